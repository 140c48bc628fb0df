"""The command `python -m eval`; what its commands take is in `options`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from index.errors import FootnoteError
from index.pretrained import CrossEncoderEntailer, CrossEncoderReranker
from index.types import Article, Reranker

from .adapters import data_folder, load_set, open_set
from .adapters.seeds import read_folder
from .dataset import EvalError, EvalSet
from .options import OWN_READER, parser
from .records import Run, read, read_about
from .scores import Scored


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all went well, 1 on a failure (argparse leaves with 2 on wrong use)."""
    given = parser().parse_args(arguments)
    try:
        return COMMANDS[given.command](given)
    except FootnoteError as problem:
        print(problem, file=sys.stderr)
        return 1


def run(given: argparse.Namespace) -> int:
    """Ask a set, or go on asking it, and print its tables."""
    from qa.answerer import Answerer

    from .run import about_run, answer_all, at_once, build_index, sample

    eval_set = open_set(given.set, given.data, given.articles, given.index)
    cases = sample(eval_set.cases, given.limit, given.seed)
    cache = given.cache or _cache(eval_set)
    with build_index(eval_set, cache) as index:
        answerer = Answerer(index, given.model)
        about = about_run(eval_set, cases, answerer.model, given.seed, _source(given))
        folder = given.out or cache / "runs" / about.name
        jobs = given.jobs or at_once(answerer.model)
        print(f"records: {folder}", file=sys.stderr)
        answer_all(eval_set, cases, index, answerer, folder, about, jobs)
    return _print(folder, eval_set, given)


def score(given: argparse.Namespace) -> int:
    """Print the tables of a run, whoever made it."""
    return _print(given.run, _set_of(given.run, given), given)


def compare(given: argparse.Namespace) -> int:
    """Print how two runs differ, question by question."""
    from .compare import pairs, render

    first, second = (_scored(folder, _set_of(folder, given), None) for folder in given.runs)
    one = given.system or first[0].about.systems[0]
    other = given.system or second[0].about.systems[0]
    paired = pairs(first[1], second[1], one, other)
    print(render(paired, second[0], other, given.seed), end="")
    return 0


def report(given: argparse.Namespace) -> int:
    """Write runs side by side as a page."""
    from .page import page, shown

    judge = None if given.judge == "none" else given.judge
    scored, articles = [], {}
    for folder in given.runs:
        eval_set = _set_of(folder, given)
        articles |= {article.id: article for article in eval_set.articles}
        scored.append(_scored(folder, eval_set, judge))
    text = page(shown(scored), articles)
    try:
        given.out.write_text(text, encoding="utf-8")
    except OSError as problem:
        reason = problem.strerror or problem
        raise EvalError(f"{given.out}: cannot be written: {reason}") from None
    print(f"{given.out}: {len(text.encode()) / 1e6:.1f} MB")
    return 0


def gate(given: argparse.Namespace) -> int:
    """1 when a run falls below a floor. With --update the floors are raised to the run."""
    from . import gate

    made, scored = _scored(given.run, _set_of(given.run, given), "verifier")
    values = gate.measured(made, scored)
    if given.update:
        before = gate.read_baseline(given.baseline) if given.baseline.exists() else None
        after = gate.updated(made, values, before, given.allow_regression)
        gate.write_baseline(given.baseline, after)
        print(f"{given.baseline}: {sum(map(len, after.floors.values()))} floors")
        return 0
    baseline = gate.read_baseline(given.baseline)
    below = gate.failures(made, values, baseline)
    for line in below:
        print(line, file=sys.stderr)
    if not below:
        print(f"passed: {sum(map(len, baseline.floors.values()))} floors")
    return 1 if below else 0


def _cache(eval_set: EvalSet) -> Path:
    return Path(".footnote") / "eval" / Path(eval_set.name).stem


def _source(given: argparse.Namespace) -> dict[str, str]:
    """Where the articles of a person's own set are, for the one who scores it."""
    named = {"articles": given.articles, "index": given.index}
    return {name: str(path.resolve()) for name, path in named.items() if path}


def _set_of(folder: Path, given: argparse.Namespace) -> EvalSet:
    """The set that a run was asked, from where it says or from where the command says."""
    about = read_about(folder)
    articles, index = given.articles, given.index
    if not articles and not index:
        articles, index = (
            Path(about.source[name]) if name in about.source else None
            for name in ("articles", "index")
        )
    return open_set(about.set, given.data, articles, index)


def _scored(folder: Path, eval_set: EvalSet, judge: str | None) -> tuple[Run, list[Scored]]:
    """A run and its scores. `judge`: "verifier", the name of an NLI cross-encoder, or None."""
    from index.embed import default_encoder

    from .judged import by_entailment, by_verifier
    from .scores import score

    made = read(folder, eval_set)
    articles = {article.id: article for article in eval_set.articles}
    if judge is None:
        return made, score(made, articles)
    if judge == "verifier":
        return made, score(made, articles, by_verifier(default_encoder().encode))
    return made, score(made, articles, by_entailment(CrossEncoderEntailer(judge).score))


def _print(folder: Path, eval_set: EvalSet, given: argparse.Namespace) -> int:
    from .report import render

    judge = None if given.judge == "none" else given.judge
    made, scored = _scored(folder, eval_set, judge)
    print(render(made, scored, judge or "", given.markdown), end="")
    return 0


def search(given: argparse.Namespace) -> int:
    """Print the table of retrieval experiments on one set, in Markdown."""
    from .experiments import gather, render
    from .run import build_index, sample

    eval_set = load_set(given.set, given.data)
    cases = sample(eval_set.cases, given.limit, given.seed)
    cache = given.cache or Path(".footnote") / "eval" / eval_set.name
    reranker = _reranker(given.reranker)
    with build_index(eval_set, cache) as index:
        print(render(gather(eval_set, cases, index, reranker), given.seed), end="")
    return 0


def _reranker(name: str | None) -> Reranker | None:
    """A cross-encoder by its name, or the answerer's own reader by its best sentence."""
    from qa.cross_encoder import packaged

    from .reranking import BestSentence

    if name == OWN_READER:
        return BestSentence(packaged())
    return CrossEncoderReranker(name) if name else None


def precision(given: argparse.Namespace) -> int:
    """Print what the encoder loses in int8."""
    from .precision import compare
    from .run import sample

    eval_set = load_set(given.set, given.data)
    cases = sample(eval_set.cases, given.limit, given.seed)
    cache = given.cache or Path(".footnote") / "eval" / eval_set.name
    print(compare(eval_set, cases, cache, given.seed), end="")
    return 0


def fit(given: argparse.Namespace) -> int:
    """Fit the extractive answerer's weights on squad2 and written, and print them."""
    from .fit import examples_of
    from .fit import fit as fit_weights
    from .pairs import held
    from .run import build_index, sample

    examples = []
    for name, unseen in (("squad2", held), ("written", lambda title: True)):
        eval_set = load_set(name, given.data)
        cases = sample(eval_set.cases, given.limit, given.seed)
        with build_index(eval_set, (given.cache or Path(".footnote") / "eval") / name) as index:
            examples += examples_of(eval_set, cases, index, unseen)
    print(fit_weights(examples))
    return 0


def pairs(given: argparse.Namespace) -> int:
    """Write what the cross-encoder learns from."""
    from .pairs import groups, write

    print(write(groups(given.data, given.cache, given.seed), given.out))
    return 0


def readers(given: argparse.Namespace) -> int:
    """Print how well networks tell the sentences that answer, on what was held back."""
    from .readers import render

    print(render(given.pairs, given.models, given.groups, given.seed), end="")
    return 0


def verify(given: argparse.Namespace) -> int:
    """Print how well the checker of claims tells supported from the rest, in Markdown."""
    from index.embed import default_encoder

    from .verification import load_claims, measure, report

    entailer = CrossEncoderEntailer(given.nli) if given.nli else None
    for name in ("attributionbench", "wice"):
        claims = load_claims(name, data_folder(name, given.data))
        measured = measure(claims, default_encoder().encode, entailer)
        print(report(name, measured, name == "wice", given.seed, str(given.nli)))
    return 0


def fit_verifier(given: argparse.Namespace) -> int:
    """Fit the checker's weights on wice-dev and write them to qa/checks/verify.json."""
    from index.embed import default_encoder
    from qa.checks.meaning import WEIGHTS

    from .verification import load_claims, measure, shipped_weights

    claims = load_claims("wice", data_folder("wice", given.data))
    text = shipped_weights(measure(claims, default_encoder().encode))
    (given.out or WEIGHTS).write_text(text, encoding="utf-8")
    return 0


def check(given: argparse.Namespace) -> int:
    """Validate a file of questions, and find every gold quote in its article."""
    from .check import check as find_problems
    from .check import summary

    cases, problems = find_problems(given.file, _articles(given))
    if problems:
        raise EvalError("\n".join(problems))
    print(summary(cases))
    return 0


def draft(given: argparse.Namespace) -> int:
    """Propose questions about articles, for a person to accept or edit."""
    from qa.config import model

    from .draft import propose, write
    from .thumbs import from_thumbs

    articles = _articles(given)
    thumbs = from_thumbs(given.index / "feedback.jsonl", articles) if given.index else []
    thumbs = thumbs[-given.count :]
    drafts = propose(articles, given.count, model(given.model), given.seed, thumbs)
    write(drafts, given.out)
    told = f", {len(thumbs)} of them from thumbs" if thumbs else ""
    print(f"{len(drafts)} drafts{told}: {given.out}")
    return 0


def _articles(given: argparse.Namespace) -> list[Article]:
    """Those of an index, or those below a folder."""
    if not given.index:
        return list(read_folder(given.articles))
    from index.store import Index

    with Index.open(given.index) as index:
        return index.articles()


def followups(given: argparse.Namespace) -> int:
    """Print how well follow-up questions stand alone, in Markdown."""
    from .followups import render

    print(render(data_folder("mtrag", given.data), given.cache, given.seed), end="")
    return 0


def conflicts(given: argparse.Namespace) -> int:
    """Print where disagreements are found, in Markdown."""
    from .conflicts import render

    print(render(data_folder("ramdocs", given.data), given.cache, given.seed), end="")
    return 0


def attacks(given: argparse.Namespace) -> int:
    """Print what comes of attacks that hide in articles, in Markdown."""
    from index.embed import default_encoder

    from .adapters import bipia
    from .attacks import render
    from .run import Remembering, build_index

    known = bipia.load(data_folder("bipia", given.data))[: given.limit]
    eval_set = load_set("seeds")
    encoder = Remembering(default_encoder())
    with build_index(eval_set, given.cache / "attacks", encoder) as index:
        print(render(known, eval_set, index, given.seed), end="")
    return 0


def honest(given: argparse.Namespace) -> int:
    """Print what the checker makes of answers written by hand, and how long it takes."""
    from .honest import render
    from .run import build_index

    entailer = CrossEncoderEntailer(given.nli) if given.nli else None
    with build_index(load_set("seeds"), given.cache / "seeds") as index:
        print(render(index, entailer), end="")
    return 0


COMMANDS = {
    "run": run,
    "score": score,
    "compare": compare,
    "gate": gate,
    "report": report,
    "search": search,
    "precision": precision,
    "check": check,
    "draft": draft,
    "fit": fit,
    "pairs": pairs,
    "readers": readers,
    "verify": verify,
    "fit-verifier": fit_verifier,
    "followups": followups,
    "conflicts": conflicts,
    "attacks": attacks,
    "honest": honest,
}


if __name__ == "__main__":
    sys.exit(main())

"""The command `python -m eval`: `run` measures answers, `check` proves a file of questions sound,
`search`, `verify`, `followups`, `conflicts`, `attacks` and `honest` measure a part each."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from index.embed import CrossEncoderEntailer, CrossEncoderReranker
from index.errors import FootnoteError

from .adapters import SETS, data_folder, load_set
from .adapters.seeds import SEEDS, read_folder
from .dataset import load, resolve


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when all went well, 1 on a failure (argparse leaves with 2 on wrong use)."""
    given = _parser().parse_args(arguments)
    try:
        return COMMANDS[given.command](given)
    except FootnoteError as problem:
        print(problem, file=sys.stderr)
        return 1


def run(given: argparse.Namespace) -> int:
    """Measure one set and print its tables."""
    from qa.answerer import Answerer

    from .report import render
    from .run import build_index, evaluate, sample, write_records

    eval_set = load_set(given.set, given.data)
    cases = sample(eval_set.cases, given.limit, given.seed)
    cache = given.cache or Path(".footnote") / "eval" / eval_set.name
    with build_index(eval_set, cache) as index:
        results = evaluate(eval_set, cases, index, Answerer(index), seed=given.seed)
    out = given.out or cache / "records.jsonl"
    write_records(results, out)
    print(render(results, markdown=given.markdown), end="")
    print(f"records: {out}", file=sys.stderr)
    return 0


def search(given: argparse.Namespace) -> int:
    """Print the table of retrieval experiments on one set, in Markdown."""
    from .experiments import gather, render
    from .run import build_index, sample

    eval_set = load_set(given.set, given.data)
    cases = sample(eval_set.cases, given.limit, given.seed)
    cache = given.cache or Path(".footnote") / "eval" / eval_set.name
    reranker = CrossEncoderReranker(given.reranker) if given.reranker else None
    with build_index(eval_set, cache) as index:
        print(render(gather(eval_set, cases, index, reranker), given.seed), end="")
    return 0


def fit(given: argparse.Namespace) -> int:
    """Fit the extractive answerer's weights on squad2 and print them."""
    from .fit import fit as fit_weights
    from .run import build_index, sample

    eval_set = load_set("squad2", given.data)
    cases = sample(eval_set.cases, given.limit, given.seed)
    cache = given.cache or Path(".footnote") / "eval" / eval_set.name
    with build_index(eval_set, cache) as index:
        print(fit_weights(eval_set, cases, index))
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
    """Fit the weights of the checker of claims on wice-dev and write them to qa/verify.json."""
    from index.embed import default_encoder
    from qa.meaning import WEIGHTS

    from .verification import load_claims, measure, shipped_weights

    claims = load_claims("wice", data_folder("wice", given.data))
    text = shipped_weights(measure(claims, default_encoder().encode))
    (given.out or WEIGHTS).write_text(text, encoding="utf-8")
    return 0


def check(given: argparse.Namespace) -> int:
    """Validate a file of questions, and find every gold quote in its article."""
    questions = load(given.file)
    if given.index:
        from index.store import Index

        with Index.open(given.index) as index:
            articles = index.articles()
    else:
        articles = list(read_folder(given.articles))
    cases = resolve(questions, articles)
    for kind, count in Counter(q.kind for q in questions).items():
        print(f"{count:5} {kind}")
    quotes = sum(len(point) for q in questions for point in q.gold)
    places = sum(len(point) for case in cases for point in case.points)
    print(f"{len(questions):5} questions; {quotes} gold quotes found at {places} places")
    return 0


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
    "search": search,
    "check": check,
    "fit": fit,
    "verify": verify,
    "fit-verifier": fit_verifier,
    "followups": followups,
    "conflicts": conflicts,
    "attacks": attacks,
    "honest": honest,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m eval", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    measure = commands.add_parser("run", help="answer the questions of a set and print the tables")
    measure.add_argument("--set", choices=SETS, default="seeds")
    measure.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
    measure.add_argument("--limit", type=_positive, metavar="N", help="ask N questions at random")
    measure.add_argument("--seed", type=int, default=0, help="of the sample and the intervals")
    measure.add_argument("--cache", type=Path, metavar="DIR", help="where its index is kept")
    measure.add_argument("--out", type=Path, metavar="FILE", help="where the records go (JSONL)")
    measure.add_argument("--markdown", action="store_true", help="tables for the README")
    compare = commands.add_parser("search", help="print the table of retrieval experiments")
    compare.add_argument("--set", choices=SETS, default="seeds")
    compare.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
    compare.add_argument("--limit", type=_positive, metavar="N", help="ask N questions at random")
    compare.add_argument("--seed", type=int, default=0, help="of the sample and the intervals")
    compare.add_argument("--reranker", metavar="NAME", help="a cross-encoder, by folder or name")
    compare.add_argument("--cache", type=Path, metavar="DIR", help="where its index is kept")
    weights = commands.add_parser("fit", help="fit the extractive answerer's weights on squad2")
    weights.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
    weights.add_argument("--limit", type=_positive, metavar="N", help="use N questions at random")
    weights.add_argument("--seed", type=int, default=0)
    weights.add_argument("--cache", type=Path, metavar="DIR", help="where its index is kept")
    claims = commands.add_parser("verify", help="print how well claims are checked")
    claims.add_argument("--data", type=Path, metavar="DIR", help="where the sets' data lies")
    claims.add_argument("--seed", type=int, default=0, help="of the folds and the intervals")
    claims.add_argument("--nli", metavar="NAME", help="a cross-encoder as well, by folder or name")
    checker = commands.add_parser("fit-verifier", help="fit the checker of claims on wice-dev")
    checker.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
    checker.add_argument("--out", type=Path, metavar="FILE", help="default: qa/verify.json")
    for name, about in (
        ("followups", "how well follow-up questions stand alone"),
        ("conflicts", "where disagreements between articles are found"),
        ("attacks", "what comes of attacks that hide in articles"),
    ):
        table = commands.add_parser(name, help=f"print {about}")
        table.add_argument("--data", type=Path, metavar="DIR", help="where the sets' data lies")
        table.add_argument("--seed", type=int, default=0, help="of the intervals and the questions")
        table.add_argument("--cache", type=Path, metavar="DIR", default=Path(".footnote") / "eval")
        if name == "attacks":
            table.add_argument("--limit", type=_positive, metavar="N", help="the first N attacks")
    written = commands.add_parser("honest", help="print what is made of answers written by hand")
    written.add_argument("--nli", metavar="NAME", help="checked by a cross-encoder, folder or name")
    written.add_argument("--cache", type=Path, metavar="DIR", default=Path(".footnote") / "eval")
    proof = commands.add_parser("check", help="prove a file of questions sound")
    proof.add_argument("file", type=Path)
    source = proof.add_mutually_exclusive_group()
    source.add_argument("--index", type=Path, metavar="DIR", help="articles of this index")
    source.add_argument("--articles", type=Path, metavar="FOLDER", default=SEEDS)
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of questions from 1 up')
    return int(text)


if __name__ == "__main__":
    sys.exit(main())

"""How well do follow-up questions stand alone? The tables of `python -m eval followups`.

Two views: what is found with the question as it is searched, on the seeds' follow-ups and on
conversations made from CLAP NQ; and the words it shares with a person's rewrite, on MTRAG and CAsT.
The rules were written looking at one half of the conversations (`half`); the other is reported
beside it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from index.chunk import split_sentences
from index.store import Index
from qa.answerer import Answerer
from qa.language.names import COMMON, words_of
from qa.questions.followup import stand_alone

from .dataset import Case, EvalSet, FollowUp, Place
from .estimates import Estimate, mean, ratio
from .metrics import normalised, token_f1
from .retrieval import retrieval_scores
from .run import Asker, build_index

History = Sequence[tuple[str, str]]
Rule = Callable[[str, History], str]

DEPTH = 50


def last_alone(question: str, history: History) -> str:
    """Nothing is carried over."""
    return question


def whole_history(question: str, history: History) -> str:
    """Every turn, questions and answers, in front of the question."""
    return " ".join([*(said for turn in history for said in turn if said), question])


_LEANS_BACK = re.compile(
    r"\b(?:he|she|they|him|her|his|hers|their|them|it|its|this|that|these|those|there|then"
    r"|the (?:same|other|others|group|deal|vote|man|woman|two))\b"
    r"|^(?:and|but|what about|how about)\b",
    re.IGNORECASE,
)


def last_two(question: str, history: History) -> str:
    """The rule before this one: the last question in front of one that leans back."""
    few = len([word for word in words_of(question) if word not in COMMON]) < 2
    return f"{history[-1][0]} {question}" if few or _LEANS_BACK.search(question) else question


RULES: dict[str, Rule] = {
    "last turn alone": last_alone,
    "whole history joined": whole_history,
    "last two joined (the old rule)": last_two,
    "stand_alone": stand_alone,
}


def half(conversation: str) -> str:
    """Which half a conversation is in, by a hash of its name."""
    return "held out" if hashlib.sha256(conversation.encode()).digest()[-1] % 2 else "tuned on"


def word_rows(turns: Sequence[FollowUp], seed: int = 0) -> list[list[str]]:
    """Word overlap by set and half, a row for each rule.

    Intervals draw whole conversations.

    Columns: set, half, rule, turns that lean, F1, share of the gap closed, carried recall and
    precision, turns that stand alone, share of these left as they are.
    """
    rows = []
    groups = dict.fromkeys((turn.set, half(turn.conversation)) for turn in turns)
    for name, part in sorted(groups):
        group = [t for t in turns if (t.set, half(t.conversation)) == (name, part)]
        for rule, apply in {**RULES, "human rewrite": None}.items():
            rows.append([name, part, rule, *_words(group, apply, seed)])
    return rows


def stands_alone(turn: FollowUp) -> bool:
    """Whether the person left the question as it was, but for case and punctuation."""
    return same(turn.question, turn.rewrite)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same but for case, punctuation and white space."""
    return normalised(one) == normalised(other)


def _words(group: Sequence[FollowUp], rule: Rule | None, seed: int) -> list[str]:
    leaning = [t for t in group if not stands_alone(t)]
    alone = [t for t in group if stands_alone(t)]
    applied = rule or (lambda question, history: rewrites[question, tuple(history)])
    rewrites = {(t.question, t.history): t.rewrite for t in group}
    texts = [applied(t.question, t.history) for t in leaning]
    base = [token_f1(t.question, [t.rewrite]) for t in leaning]
    own = [token_f1(text, [t.rewrite]) for text, t in zip(texts, leaning, strict=True)]
    kept = [float(same(applied(t.question, t.history), t.question)) for t in alone]
    added = [_added(t.question, text) for text, t in zip(texts, leaning, strict=True)]
    due = [_added(t.question, t.rewrite) for t in leaning]
    right = [float((a & d).total()) for a, d in zip(added, due, strict=True)]
    of = [t.conversation for t in leaning]
    return [
        str(len(leaning)),
        percent(mean(own, seed, of)),
        percent(closed(own, base, [1.0] * len(base), seed, of)),
        percent(ratio(right, [float(d.total()) for d in due], seed, of)),
        percent(ratio(right, [float(a.total()) for a in added], seed, of)),
        str(len(alone)),
        percent(mean(kept, seed, [t.conversation for t in alone])),
    ]


def closed(
    own: Sequence[float],
    base: Sequence[float],
    best: Sequence[float],
    seed: int,
    of: Sequence[str] | None = None,
) -> Estimate | None:
    """Share of the gap between the base and the best that is closed, over the same questions.

    of:  as for `estimates.ratio`.
    """
    gain = [o - b for o, b in zip(own, base, strict=True)]
    return ratio(gain, [t - b for t, b in zip(best, base, strict=True)], seed, of)


def _added(question: str, text: str) -> Counter[str]:
    """Content words that a text has and the question has not."""
    words = Counter(w for w in words_of(text) if w not in COMMON)
    return words - Counter(words_of(question))


@dataclass(frozen=True, slots=True)
class Asked:
    """A follow-up that is searched, and how it reads standing alone."""

    case: Case
    rewrite: str
    construction: str


# Written for this table: the file of questions holds none.
SEED_REWRITES = {
    "idlib-030": "Who were the people that blocked the M4 on 15 March 2020?",
    "idlib-031": "When was Hayat Tahrir al-Sham set up?",
    "idlib-032": "By what date did radical groups have to be gone from the demilitarised zone?",
    "idlib-033": "How many tanks had been destroyed by 1 March 2020, by Akar's account?",
    "idlib-034": "What did Putin say he hoped for once the talks with Erdogan were over?",
    "idlib-070": "What was Abu Humam al-Shami before he led Hurras al-Din?",
    "idlib-071": "How many targets did Ankara say it had hit in return for Balyun by the next day?",
    "idlib-072": "Who is to watch over which half of the security corridor along the M4?",
    "idlib-073": "How many of the people displaced by 5 March are children, according to UNICEF?",
    "idlib-074": "Did the second patrol on the M4 get any further than the first?",
    "lowell-065": "What year did Gerald Stroud first become mayor?",
    "lowell-066": "What did Tarn Marine Fuels have to pay in costs on top of the fine?",
    "lowell-067": "Who taught Zoë Halvorsen geography?",
    "lowell-068": "What is the heaviest thing allowed on the East Gate Road bridge now?",
    "lowell-069": "What did Émile Baptiste do for a living before?",
    "lowell-070": "What became of the charges against Håkon Lindqvist?",
    "lowell-071": "What will the people who leave the cannery be paid?",
    "lowell-072": "Did the shellfish of Lowe Estuary Oysters turn out to carry the virus?",
    "lowell-073": "Which group was Rosalind Dake standing for?",
    "lowell-074": "What did the mayor say when José Íñiguez tried to step down?",
    "lowell-135": "Did the council claim any money from the roofers for being late?",
    "lowell-136": "What paper did Håkon Lindqvist ask for before the pumping began?",
    "lowell-137": "Who wrote the auditor's report of September on the terminal?",
    "lowell-138": "Must people who live on Inchmoor Island pay the levy of 40p on ferry tickets?",
    "lowell-172": "For how many weeks will the union's hardship fund last at £60 a week?",
    "lowell-173": "What rent does Crispin Sallow ask the trust for the downstairs of the cottage?",
    "lowell-174": "How many of Marta Quill's party are there on the council?",
    "lowell-175": "What share of those taken ill at the festival had eaten from the stall?",
    "lowell-176": "How many people used the rowing club's foot ferry while the bridge was shut?",
}


def of_seeds(seeds: EvalSet) -> list[Asked]:
    """The follow-ups of the repository's own questions."""
    return [
        Asked(case, SEED_REWRITES[case.question.id], "seeds")
        for case in seeds.cases
        if case.question.history
    ]


def with_own_answers(asked: Sequence[Asked], answerer: Asker) -> list[Asked]:
    """The same with what the answerer says in the place of short answers: whole sentences."""
    made = []
    for each in asked:
        history: tuple[tuple[str, str], ...] = ()
        for question, _ in each.case.question.history:
            history += ((question, answerer.ask(question, history=history).text),)
        case = replace(each.case, question=replace(each.case.question, history=history))
        made.append(replace(each, case=case, construction="seeds, our own answers"))
    return made


def made_of(clapnq: EvalSet) -> Iterator[Asked]:
    """Conversations made from CLAP NQ by rule, from each question that has its passage's title.

    pronoun:   one is opened about the title, its answer the passage's first sentence; then the
               question comes with a pronoun for the title.
    switched:  the same behind a turn about the passage before.
    ellipsis:  the question, answered by that sentence, then "What about the ...?" with two plain
               words of the passage that neither of them has.
    alone:     a turn about the passage before, then the question as it is: nothing to carry over.
    """
    texts = {a.id: a for a in clapnq.articles}
    before: tuple[tuple[str, str], ...] = ()
    for case in clapnq.cases:
        article = texts[case.passages[0][0].article_id]
        title = re.sub(r" \(.*", "", article.title)
        first = article.text[: split_sentences(article.text)[0].end] + " [1]"
        opening = ((_OPENINGS[len(article.text) % len(_OPENINGS)].format(title), first),)
        mention = re.compile(rf"(?:\bthe )?\b{re.escape(title)}(?P<s> ?['’]s|s)?\b", re.IGNORECASE)
        question = case.question.question
        found = mention.search(question)
        if found:
            pronoun = _pronoun(article.text, title, found, question)
            short = question[: found.start()] + pronoun + question[found.end() :]
            yield _asked(case, short, opening, question, "pronoun")
            if before:
                yield _asked(case, short, before + opening, question, "switched")
                yield _asked(case, question, before, question, "alone")
            phrase = _phrase(article.text, f"{question} {first}")
            if phrase:
                text = f"What about the {phrase}?"
                full = f"{text[:-1]} of {title}?"
                yield _asked(case, text, ((question, first),), full, "ellipsis")
        before = opening


_OPENINGS = (
    "Tell me about {}.",
    "What is {}?",
    "I have been reading about {}. What should I know?",
    "What do the articles say about {}?",
)


def _pronoun(text: str, title: str, found: re.Match[str], question: str) -> str:
    """The pronoun for what a passage is about, as its mention in the question is used."""
    words = Counter(words_of(text))
    men, women = words["he"] + words["his"], words["she"] + words["her"]
    kind = "it"
    if max(men, women) > 2 and " " in title:
        kind = "he" if men > women else "she"
    elif found["s"] == "s" or (title.endswith("s") and not title.endswith("ss")):
        kind = "they"
    if (found["s"] or "").endswith(("'s", "’s")):
        return _FORMS[kind][1]
    before = question[: found.start()].split()[-1:]
    return _FORMS[kind][2] if before and before[0] in _PREPOSITIONS else kind


_FORMS = {
    "it": ("it", "its", "it"),
    "they": ("they", "their", "them"),
    "he": ("he", "his", "him"),
    "she": ("she", "her", "her"),
}
_PREPOSITIONS = "of to for in on by with about from at into against".split()


def _phrase(text: str, said: str) -> str:
    """The last two plain words in a row that were not said before; "" when there are none."""
    known = set(words_of(said)) | COMMON
    pairs = re.findall(r"(?<=\bthe )([a-z]{4,} [a-z]{4,})(?= [,.;(]| of\b| in\b)", text)
    fresh = [p for p in pairs if not known & set(p.split())]
    return fresh[-1] if fresh else ""


def _asked(
    case: Case, text: str, history: tuple[tuple[str, str], ...], full: str, construction: str
) -> Asked:
    # Whether the passage answers does not matter here: it is what the search should find.
    question = replace(case.question, question=text, history=history, answerable=True)
    return Asked(replace(case, question=question), full, construction)


def search_rows(asked: Sequence[Asked], index: Index, seed: int = 0) -> list[list[str]]:
    """Retrieval by construction, a row for each rule.

    Columns: conversations, rule, questions, right passage first, in the first ten, MRR, share of
    the gap in MRR closed.
    """
    rows = []
    for name in dict.fromkeys(a.construction for a in asked):
        group = [a for a in asked if a.construction == name]
        scores = {rule: _search(group, apply, index) for rule, apply in RULES.items()}
        scores["human rewrite"] = _search(group, None, index)
        base, best = scores["last turn alone"]["mrr"], scores["human rewrite"]["mrr"]
        for rule, found in scores.items():
            gap = closed(found["mrr"], base, best, seed)
            shares = [percent(mean(found[m], seed)) for m in ("gold@1", "gold@10", "mrr")]
            rows.append([name, rule, str(len(group)), *shares, percent(gap)])
    return rows


def _search(group: Sequence[Asked], rule: Rule | None, index: Index) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"gold@1": [], "gold@10": [], "mrr": []}
    for asked in group:
        question = asked.case.question
        text = rule(question.question, question.history) if rule else asked.rewrite
        hits = index.search(text, DEPTH)
        places = [Place(h.chunk.article_id, h.chunk.start, h.chunk.end) for h in hits]
        articles = {h.article.id: h.article for h in hits}
        scores = retrieval_scores(asked.case, places, articles, (1, 10))
        for name, values in found.items():
            values.append(scores[name] or 0.0)
    return found


def percent(estimate: Estimate | None) -> str:
    """A share in percent with its interval; a dash where there is none."""
    if estimate is None:
        return "-"
    mean_, low, high = (100 * v for v in (estimate.mean, estimate.low, estimate.high))
    return f"{mean_:.1f} [{low:.1f}, {high:.1f}]"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


WORD_HEAD = (
    "set, half, rule, lean, F1, gap closed, carried recall, carried precision, stand alone"
    ", left unchanged"
).split(", ")
SEARCH_HEAD = "conversations, rule, n, in the top 1, in the top 10, MRR, gap closed".split(", ")


def render(data: Path, cache: Path, seed: int = 0) -> str:
    """Both tables. Raises EvalError when a set is missing."""
    from .adapters import cast, clapnq, mtrag, seeds

    own, made = seeds.load_seeds(), clapnq.load(data)
    with build_index(own, cache / "seeds") as index:
        asked = of_seeds(own)
        asked += with_own_answers(asked, Answerer(index))
        rows = search_rows(asked, index, seed)
    with build_index(made, cache / "clapnq") as index:
        rows += search_rows(list(made_of(made)), index, seed)
    words = word_rows((*mtrag.load(data), *cast.load(data)), seed)
    return f"{markdown(SEARCH_HEAD, rows)}\n\n{markdown(WORD_HEAD, words)}\n"

"""Answers written by hand go the whole way, from the question to the verdict that is shown."""

from __future__ import annotations

from collections import Counter

import pytest

from eval.honest import COLUMNS, FILES, Outcome, Written, confusion, read
from index.store import Index


def test_there_are_sixty_answers_wrong_in_twenty_sentences() -> None:
    sixty = read(FILES["sixty answers"])
    wrong = Counter(s.wrong for _, sentences in sixty for s in sentences)
    assert len({question for question, _ in sixty}) == 60
    assert wrong == {
        "right": 56, "number": 5, "name": 4, "negation": 4, "attribution": 4, "invented": 3,
    }  # fmt: skip
    fresh = [s for _, sentences in read(FILES["claims written after the rules"]) for s in sentences]
    assert (len(fresh), sum(s.wrong != "right" for s in fresh)) == (36, 16)


def test_right_and_wrong_sentences_go_the_whole_way(seeds_index: Index) -> None:
    chosen = {"idlib-001": "supported", "idlib-023": "unsupported", "lowell-072": "unsupported"}
    answers = [pair for pair in read(FILES["sixty answers"]) if pair[0] in chosen]
    outcome = confusion(answers, seeds_index)
    fates = {name: outcome.fates[at][1] for at, (name, _) in enumerate(answers)}
    assert fates == chosen
    assert len(outcome.held) == len(outcome.first) == 3
    assert all(0 < held < first for held, first in zip(outcome.held, outcome.first, strict=True))


def test_what_the_evidence_does_not_hold_is_counted_apart(seeds_index: Index) -> None:
    elsewhere = Written("It rained on the quay.", "right", ("It rained on the quay all day.",))
    outcome = confusion([("idlib-001", (elsewhere,))], seeds_index)
    assert [fate for _, fate in outcome.fates] == ["not in the evidence"]


def test_wrong_sentences_that_pass_are_listed() -> None:
    wrong = Written("It fell.", "number", ())
    outcome = Outcome(((wrong, "supported"), (wrong, "partly")), (), ())
    assert outcome.passed == ["- number: It fell."]
    assert outcome.row("number") == ["number", "1", "1", *["0"] * (len(COLUMNS) - 2)]


@pytest.mark.slow
def test_the_confusion_table_of_sixty_answers_the_whole_way(seeds_index: Index) -> None:
    outcome = confusion(read(FILES["sixty answers"]), seeds_index)
    table = Counter((s.wrong, fate) for s, fate in outcome.fates)
    for kind in ("number", "name", "negation"):
        assert not table[kind, "supported"] + table[kind, "partly"]
    assert table["right", "supported"] >= 46
    assert (
        sum(n for (kind, fate), n in table.items() if kind != "right" and fate == "supported") <= 2
    )

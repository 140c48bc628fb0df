"""Claims turned round by a no, however short they are and whatever words stand beside it."""

from __future__ import annotations

import pytest

from index.types import Encoder
from qa.language.speech import denies
from qa.verify import verify
from tests.test_verify import kinds, passage

TURNED = [
    ("The council did not publish the report.", "The council unanimously published the report."),
    ("The council unanimously published the report.", "The council did not publish the report."),
    ("Denise Holm did not publish the report.", "Denise Holm published the report."),
    ("The only bridge was damaged in the flood.", "The only bridge was not damaged in the flood."),
    ("He did not resign.", "He resigned on Friday after a long row over the quarry."),
    ("She was not elected.", "She was elected on Friday by 12 votes."),
    ("She was elected on Friday.", "She was not elected on Friday."),
    ("None of the passengers survived.", "All of the passengers survived."),
    ("All of the passengers survived.", "None of the passengers survived."),
    ("The charges were not dropped.", "The charges were dropped for lack of evidence."),
]


@pytest.mark.parametrize(("claim", "text"), TURNED)
def test_a_no_turns_a_claim_whatever_stands_beside_it(
    claim: str, text: str, encoder: Encoder
) -> None:
    verdict = verify(claim, [passage(text)], encoder.encode)
    assert verdict.label == "unsupported"
    assert "that it is not so" in verdict.reason


NOT_TURNED = [
    ("He did not resign.", "He refused to resign."),
    ("He would not resign.", "He rejected calls to resign."),
    ("The town has no water.", "The town lacks water."),
    ("It was not safe to sail.", "It was unsafe to sail."),
    ("He is not likely to resign.", "He is unlikely to resign."),
    ("He resigned on Friday.", "He did not resign until Friday."),
    ("He resigned on Friday.", "He didn't resign until Friday."),
    ("Nobody was hurt.", "No one was hurt."),
    ("The bridge was damaged.", "The bridge was not only damaged but closed."),
    ("Denise Holm published the report.", "The report was published by Denise Holm."),
    ("Only two ferries were damaged.", "Two ferries were damaged, not three."),
]


@pytest.mark.parametrize(("claim", "text"), NOT_TURNED)
def test_a_no_said_in_another_way_turns_nothing(claim: str, text: str) -> None:
    assert kinds(claim, text) == []


def test_words_that_only_begin_like_a_no_deny_nothing() -> None:
    for word in ("unanimously", "unique", "unemployment", "uncle", "Denise", "only", "decline"):
        assert not denies(f"The {word} came up.")
    for word in ("unable", "unlikely", "unsafe", "denied", "denial", "refused", "lacks"):
        assert denies(f"It was {word} then.")

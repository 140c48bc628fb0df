"""Who is asked about, whom it was done to, and quotes in which they have changed places."""

from __future__ import annotations

import pytest

from index.chunk import split_sentences
from index.readers import make_article
from index.store import Index
from qa.answerer import Answerer
from qa.language.names import names_apart
from qa.questions.roles import acts, roles_of


def roles(question: str) -> tuple[str, str | None] | None:
    found = roles_of(question, names_apart(question))
    return found and (found.who.text, found.whom.text if found.whom else None)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What did Berg tell Lund about the pier?", ("Berg", "Lund")),
        ("What did the harbour master Anna Berg say?", ("Anna Berg", None)),
        ("Why did Berg leave Ystad in 2024?", ("Berg", "Ystad")),
        ("When will Tarn Marine Fuels pay?", ("Tarn Marine Fuels", None)),
        ("What did Berg tell Berg, and what did Berg tell Lund?", ("Berg", "Lund")),
        ("What has Anna Berg said of Berg Lines and of Lund?", ("Anna Berg", "Lund")),
        ("How much did Corvane pay for Belmair?", ("Corvane", "Belmair")),
        ("What did the mayor of Ystad say?", None),
        ("What was in Berg's letter?", None),
        ("What did Berg’s lawyer ask?", None),
        ("What happened in Ystad?", None),
        ("What did 2024 bring?", None),
        ("Who told Lund?", None),
        ("Did Berg resign?", None),
        ("what did berg say", None),
        ("", None),
    ],
)
def test_who_is_asked_about(question: str, expected: tuple[str, str | None] | None) -> None:
    assert roles(question) == expected


@pytest.mark.parametrize(
    ("quote", "value"),
    [
        ("Berg told Lund that the pier was closed.", 0),
        ("Lund told Berg that the pier was closed.", -2),
        ("Anna Berg met Lund.", 0),
        ("The pier was closed, Lund heard, and Berg went home.", -2),
        ('"Lund knows that the pier is closed," Berg said.', 0),
        ("According to Berg, the pier was closed.", 0),
        ("Lund was told so, according to Berg.", 0),
        ("To Lund Berg said that the pier was closed.", 0),
        ("In the Lund affair, Berg spoke of the pier.", 0),
        ("Lund told Berg of the pier. Berg told him nothing.", 0),
        ("The harbour master spoke of the pier.", -1),
        ("Lund spoke of the pier.", -1),
        ("", -1),
    ],
)
def test_who_acts_in_a_quote(quote: str, value: float) -> None:
    question = "What did Berg tell Lund about the pier?"
    found = roles_of(question, names_apart(question))
    said = [quote[span.start : span.end] for span in split_sentences(quote)]
    assert found is not None and acts(found, said) == value


def test_a_capital_acts_for_its_government() -> None:
    question = "Since when have the Americans counted the group as terrorists?"
    found = roles_of(question, names_apart(question))
    assert found is not None and acts(found, ["Washington listed it in September 2019."]) == 0


def test_an_outlet_and_an_author_act_in_what_they_write() -> None:
    question = "What does the Courier report about the pier?"
    found = roles_of(question, names_apart(question))
    assert found is not None
    assert acts(found, ["The pier was closed."], "The Port Courier Ada Lund") == 0
    assert acts(found, ["The pier was closed."], "The Ledger Ada Lund") == -1


def test_an_answer_in_which_two_have_changed_places_is_less_likely(index: Index) -> None:
    index.add([make_article("Talks", "Lund told Berg on Monday that the pier was closed.")])
    answerer = Answerer(index)
    right = answerer.ask("What did Lund tell Berg about the pier?")
    turned = answerer.ask("What did Berg tell Lund about the pier?")
    assert not right.abstained and not right.doubtful
    assert turned.confidence < right.confidence - 0.1

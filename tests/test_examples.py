"""Example questions: readable, answered by the index, and the same every time."""

from __future__ import annotations

import pytest

from index.store import Index
from qa.answerer import Answerer
from qa.web.articles import Listing
from qa.web.examples import MOST, examples, questions_of


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("Six engines fought the blaze until dawn.",
         "How many engines fought the blaze until dawn?"),
        ("About 340 people were taken to hospital.", "How many people were taken to hospital?"),
        ("Judge Amara Eke found that the hives had stood since 1961.",
         "Who found that the hives had stood since 1961?"),
        ("Gerald Stroud resigned as mayor on 3 May.", "When did Gerald Stroud resign?"),
        ("The bridge reopened to cars on Tuesday.", "When did the bridge reopen?"),
        ("It was read to Amara Eke, a judge of the county.", "Who is Amara Eke?"),
    ],
)  # fmt: skip
def test_a_plain_sentence_becomes_the_question_it_answers(sentence: str, question: str) -> None:
    assert question in questions_of(sentence, f"{sentence} Judge Eke agreed.")


@pytest.mark.parametrize(
    "sentence",
    [
        "He found that the hives had stood since 1961.",
        "Six of them fought it there.",
        '"Six engines fought the blaze," he said.',
        "Port Lowell, a town on the coast, was quiet.",
        "Военные заявили, что боевики нарушили перемирие.",
        "周二港口委员会决定关闭大桥。",
        "",
    ],
)
def test_a_sentence_that_leans_or_is_not_plain_becomes_none(sentence: str) -> None:
    assert list(questions_of(sentence, sentence)) == []


def test_every_example_of_the_samples_is_answered_with_a_citation(seeds_index: Index) -> None:
    headings = Listing.of(seeds_index.headings()).headings
    found = examples(seeds_index, headings)
    assert 1 <= len(found) <= MOST and len(set(found)) == len(found)
    for question in found:
        answer = Answerer(seeds_index).ask(question)
        assert answer.citations and not answer.abstained
    assert examples(seeds_index, headings, stopped=lambda: True) == []


def test_an_empty_index_has_no_examples(index: Index) -> None:
    assert examples(index, []) == []

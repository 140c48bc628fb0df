"""What a question asks for by its own word, and what no article needs a word for."""

from __future__ import annotations

import pytest

from index.readers import make_article
from index.store import Index
from qa.answerer import Answerer
from qa.evidence import sentences_of
from qa.features import promising
from qa.questions.kinds import asks_for_money, attribute_of, kind_of, sort_of_thing
from qa.questions.query import ask


@pytest.mark.parametrize(
    "question",
    [
        "What is the name of the harbour master?",
        "What is the harbour master's name?",
        "What are the names of the two pilots?",
        "What was the cause of the fire?",
        "What was the main reason for the delay?",
        "What is the age of the captain?",
        "What was the date of the resignation?",
        "What is the total number of passengers?",
        "What was the purpose of the visit?",
        "What is the title of the book?",
        "What is the amount of the fine?",
        "What is the length of the bridge?",
        "What was the motive for the attack?",
        "What was the verdict of the jury?",
        "What are the penalties for speeding?",
        "What is the mayor's opinion?",
        "What is the deadline for the talks?",
        "What was the fate of the crew?",
        "How many kids were hurt?",
        "How many individuals were aboard?",
        "How many injuries did the fire cause?",
        "How many people were there?",
        "How many euros did it cost?",
    ],
)
def test_a_word_for_a_kind_of_answer_need_not_be_in_an_article(question: str) -> None:
    assert attribute_of(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "What was Olof Lund convicted of?",
        "What was Olof Lund convicted of in Ystad?",
        "What was he arrested for on Monday?",
        "What was Lund accused of stealing?",
        "What is the bridge made of?",
        "What is the bridge made of today?",
        "What is Ystad famous for?",
        "What's the fuss for?",
        "What was the medal for",
    ],
)
def test_what_a_thing_is_or_was_done_to_is_no_attribute(question: str) -> None:
    assert attribute_of(question) is None


@pytest.mark.parametrize(
    ("question", "attribute"),
    [
        ("What is the population of Ystad?", "population"),
        ("What is the wingspan of the albatross?", "wingspan"),
        ("What is the breed of the dog?", "breed"),
        ("What is the wingspan for the black-browed albatross?", "wingspan"),
        ("What is Anna Berg's salary?", "salary"),
        ("How many wolves were seen?", "wolves"),
        ("How many young wolves were seen?", "wolves"),
        ("How many causes are there?", "causes"),
        ("Who closed the pier?", None),
    ],
)
def test_an_attribute_is_what_has_a_word_of_its_own(question: str, attribute: str | None) -> None:
    assert attribute_of(question) == attribute


@pytest.fixture
def answerer(index: Index) -> Answerer:
    index.add(
        [
            make_article(
                "Pier closed",
                "The harbour master, Anna Berg, closed the pier on Monday after a storm.",
            ),
            make_article("School trip", "A bus slid off the road. Four pupils were slightly hurt."),
            make_article("In court", "Olof Lund was found guilty of arson on Friday in Ystad."),
        ]
    )
    return Answerer(index)


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("What is the name of the harbour master?", "Anna Berg"),
        ("How many kids were hurt on the bus?", "Four"),
        ("What was Olof Lund convicted of?", "arson"),
    ],
)
def test_what_is_said_without_the_word_is_answered(
    answerer: Answerer, question: str, short: str
) -> None:
    found = answerer.ask(question)
    assert found.short is not None and short in found.short.quote


@pytest.mark.parametrize(
    ("question", "word"),
    [
        ("What is the wingspan of the harbour master?", "wingspan"),
        ("How many wolves were hurt on the bus?", "wolves"),
    ],
)
def test_an_attribute_that_no_article_mentions_is_not_answered(
    answerer: Answerer, question: str, word: str
) -> None:
    found = answerer.ask(question)
    assert found.abstained and f"“{word}”" in found.text


@pytest.mark.parametrize(
    ("question", "sort"),
    [
        ("Which road was blocked and by whom?", "road"),
        ("What one-off payment did each hourly worker get?", "payment"),
        ("In what year were the two towers built?", "year"),
        ("Which bridge inspector has resigned?", "inspector"),
        ("Who blocked the road?", ""),
        ("What did the mayor say?", ""),
        ("What is the bridge that was closed?", ""),
    ],
)
def test_the_sort_of_thing_asked_for_is_the_noun_behind_which_or_what(
    question: str, sort: str
) -> None:
    assert sort_of_thing(question) == sort


def test_what_answers_need_not_have_the_word_for_its_sort(index: Index) -> None:
    index.add([make_article("M4", "Protesters blocked the M4 on Sunday.")])
    assert set(ask("Which road was blocked?", index).terms) == {"block"}
    assert set(ask("Which road is it?", index).terms) == {"road"}


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who was in the shop when the robbers came?", "who"),
        ("Who decided how much the fine was?", "who"),
        ("Where was Lund going when he died?", "where"),
        ("When did the man who shot him flee?", "when"),
        ("Why is the year 2020 remembered, and how many died?", "why"),
        ("What did the mayor say when the siren failed?", None),
        ("Which ship sank when the storm came?", None),
        ("How did people who live in Brenno learn of it?", None),
        ("What happened to the man who was jailed?", None),
        ("What did the pier cost when it was built?", "how much"),
        ("In which city did the man who fled live?", "where"),
        ("Which year was it when they met?", "year"),
        ("What percentage of those who came left?", "share"),
        ("For how many days was it shut?", "how long"),
        ("What is the latest death toll in Brenno?", "how many"),
        ("What is the toll for lorries on the bridge?", None),
    ],
)
def test_the_kind_is_that_of_the_first_asking_word(question: str, kind: str | None) -> None:
    assert kind_of(question) == kind


def test_a_toll_is_a_number_and_need_not_be_in_an_article() -> None:
    assert attribute_of("What is the death toll of the flood?") is None


@pytest.mark.parametrize("word", ["profit", "revenue", "debts", "turnover", "costs", "salaries"])
def test_profits_and_debts_are_money(word: str) -> None:
    assert asks_for_money(f"What were the {word} of the firm?")


def test_a_heading_of_one_word_is_no_answer(index: Index) -> None:
    article = make_article(
        "Safety report", "Recommendations.\n\nThe authors recommend new cushions on all boats."
    )
    index.add([article])
    query = ask("What do the authors recommend?", index)
    found = promising(query, sentences_of(index.search(query.text)))
    assert [s.sentence.text for s in found] == ["The authors recommend new cushions on all boats."]

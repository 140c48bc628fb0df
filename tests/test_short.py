"""The short answer: none that is of another kind than what was asked for, and no right one lost."""

from __future__ import annotations

import pytest

from index.chunk import split_sentences
from index.readers import make_article
from index.types import Chunk, Hit
from qa.evidence import sentences_of
from qa.features import Features, Scored
from qa.short import asks_for_figure, gives, short_answer


class Points:
    """A pointer that is sure of one stretch, wherever the text has it."""

    def __init__(self, stretch: str) -> None:
        self.stretch = stretch

    def short(self, question: str, text: str) -> tuple[int, int, float]:
        start = text.index(self.stretch)
        return start, start + len(self.stretch), 0.9


def last_of(text: str) -> Scored:
    """The last sentence of an article, as the best one found."""
    article = make_article("Grimvik", text, key="grimvik")
    spans = tuple(split_sentences(article.text))
    chunk = Chunk(0, article.id, 0, len(article.text), spans)
    return Scored(
        list(sentences_of([Hit(chunk, article, 1.0)]))[-1], Features(0.5, 0.7, 0.8, 1.0, 1.0), 1.0
    )


def is_given(question: str, text: str, stretch: str) -> bool:
    start = text.index(stretch)
    return gives(question, text, start, start + len(stretch))


REFUSED = [
    ("How many passengers were injured?", "The captain, Erik Dahl, 58, was hurt.", "58"),
    ("How many passengers were injured?", "Erik Dahl (58) was among them.", "58"),
    ("How many passengers were injured?", "A 58-year-old man was hurt.", "58-year-old man"),
    ("How many passengers were injured?", "It burnt on 12 May.", "12"),
    ("How many passengers were injured?", "It has sailed since 2015.", "2015"),
    ("How many staff will the plant keep?", "The deal lasts 18 months.", "18"),
    ("How many staff will the plant keep?", "The deal lasts two to three years.", "two"),
    ("How many staff will the plant keep?", "It saves £3m a year.", "3m a year"),
    ("How many loans may one take?", "The rate is 8 per cent.", "8"),
    ("How many flights were there?", "The runway is 600 metres long.", "600 metres"),
    ("How much will the repairs cost?", "The pier is shut for six weeks.", "six weeks"),
    ("What price did Verrin get for his land?", "He had 40 hectares.", "40 hectares"),
    ("how much had been spent?", "all of it had gone by March", "all of it had gone by March"),
    ("What percentage of them were children?", "There were 214 people aboard.", "214"),
    ("How old is the man who leads it?", "Abu Golani leads it.", "Abu Golani"),
    ("How old is the pier?", "It cost £500.", "£500"),
    ("How long did the strike last?", "It cost 21 million a year.", "21 million a year"),
    ("When had they last been on strike?", "They struck for 46 days.", "46 days"),
    ("What day did the strike start?", "They walked out at 6am.", "6am"),
    ("On what day was the truce signed?", "Eleven days after the raid it was.", "Eleven days"),
    ("In what year was he born?", "Holm moved on Monday.", "Monday"),
    ("Who owns the hotel?", "It was sold for £480,000.", "£480,000"),
    ("How did the council pay for the clock?", "The sum is £750.", "£750"),
    ("What was the net profit?", "Net profit rose 31 per cent to $40m.", "31 per cent"),
    ("How much did the plant cost?", "It makes 60 per cent of the power.", "60 per cent"),
    ("How much is a bowl?", "Rosa, who is 78 and has cooked for years, sells it.", "78"),
    ("How many days a week does it sail?", "The trip takes fourteen hours.", "fourteen hours"),
    ("How many days was it shut?", "It was shut for two weeks.", "two weeks"),
    ("What reason did they give when they left?", "It was not said.", "not"),
]


@pytest.mark.parametrize(("question", "text", "stretch"), REFUSED)
def test_what_is_not_asked_for_is_no_short_answer(question: str, text: str, stretch: str) -> None:
    assert not is_given(question, text, stretch)


GIVEN = [
    ("How many were injured?", "The captain, Erik Dahl, 58, and 12 others were hurt.", "12 others"),
    ("How many were injured?", "Of 58, 12 and 60 aboard, some were hurt.", "12"),
    ("How many were injured?", "None of them was hurt.", "None"),
    ("How many were injured?", "Hundreds were hurt.", "Hundreds"),
    ("How many were injured?", "A third of the crew was hurt.", "A third"),
    ("How many people came?", "A total of 1500 people came in 2015.", "1500"),
    ("How many people came?", "There were 46 day trippers.", "46 day trippers"),
    ("How many people use it?", "It carries 310,000 a year.", "310,000 a year"),
    ("How many panels must go?", "They want 46 of the 60 out.", "46 of the 60"),
    ("How many days was he held?", "He was held for 615 days.", "615 days"),
    ("how many yrs did they want", "They asked for nine years.", "nine years"),
    ("How many working days did it take?", "It took 24 days.", "24 days"),
    ("How many pounds did it cost?", "It cost £500.", "£500"),
    ("How many per cent were paid back?", "It paid 81 per cent.", "81 per cent"),
    ("how often are hoses checked?", "They are checked every six months.", "every six months"),
    ("How much did it cost?", "It cost £18.4 million.", "18.4 million"),
    ("How much does a passport cost?", "It costs 65 dals each.", "65 dals each"),
    ("How much did the price rise?", "It rose by 5 per cent.", "5 per cent"),
    ("How much working time did they lose?", "They lost 24 days.", "24 days"),
    ("How much fuel did the fund pay for?", "It paid for 900 litres.", "900 litres"),
    ("How much did they get?", "They got 390,000, 410,000 marks.", "390,000"),
    ("How deep is the mud?", "It is 14 metres deep.", "14 metres"),
    ("What share of them fell ill?", "It was 71 per cent.", "71"),
    ("Which part of the body is it?", "It is the immune system.", "the immune system"),
    ("What was the net profit?", "Net profit rose 31 per cent to $40m.", "40m"),
    ("What was the price rise?", "It rose by 5 per cent.", "5 per cent"),
    ("How many days a week does it sail?", "It sails on three days a week.", "three"),
    ("How many days did it take?", "It took 24 working days.", "24"),
    ("How many minutes late was it?", "It was 20 min late.", "20 min"),
    ("What is the death toll?", "Officials say 14 people died.", "14"),
    ("How old is the captain?", "The captain, Erik Dahl, 58, was hurt.", "58"),
    ("How long was the report?", "It has 84 pages.", "84 pages"),
    ("How long did it take?", "It took a year and a half.", "a year and a half"),
    ("How long was it shut?", "It was shut until June.", "until June"),
    ("When was it printed?", "It came out after the war.", "after the war"),
    ("By what century could they?", "By the 19th century they could.", "19th"),
    ("In what year was it seen?", "It was seen in 430 BC.", "430 BC"),
    ("On what day did it fall?", "It fell on Thursday.", "Thursday"),
    ("What time does it open?", "It opens at 8 a.m. daily.", "8 a.m"),
    ("Who was in when the roof fell?", "Len Pybus was opening up.", "Len Pybus"),
    ("Who resigned?", "Two councillors resigned.", "Two councillors"),
    ("What is it called when people rebel?", "It is civil disobedience.", "civil disobedience"),
    (
        "Where did it stop?",
        "It stopped two kilometres from the pier.",
        "two kilometres from the pier",
    ),
    ("the firm's debts when it failed", "It owed 74 million dals.", "74 million dals"),
    ("What did the man say about the price?", "He called it an insult.", "an insult"),
]


@pytest.mark.parametrize(("question", "text", "stretch"), GIVEN)
def test_what_is_asked_for_stays_a_short_answer(question: str, text: str, stretch: str) -> None:
    assert is_given(question, text, stretch)


MAYOR = "Lars Holm left on Monday after a long dispute. He had been mayor of Grimvik since 2015."


@pytest.mark.parametrize(
    ("stretch", "given"),
    [
        ("Monday after a long dispute. He had been mayor of Grimvik since 2015", False),
        ("Monday after a long dispute", True),
        ("Lars Holm", False),
    ],
)
def test_a_short_answer_ends_with_its_sentence(stretch: str, given: bool) -> None:
    best = last_of(MAYOR)
    assert best.quote.start == 0  # "He" leans on the sentence before
    found = short_answer("What day did the mayor of Grimvik leave?", best, Points(stretch))
    assert (found and found.quote) == (stretch if given else None)


@pytest.mark.parametrize(
    ("question", "text", "pointed", "given"),
    [
        ("What was the net profit?", "Net profit rose 31 per cent to $40m.", "31 per cent", "$40m"),
        ("What was the debt?", "Of £3m in 2019 and £2m now, 31 per cent.", "31 per cent", None),
        ("How much did the plant cost?", "It makes 60 per cent of it.", "60 per cent", None),
        (
            "How long is the term?",
            "He got three years and eight months.",
            "three years",
            "three years and eight months",
        ),
        (
            "How long did it take?",
            "It took an hour and twenty minutes.",
            "an hour",
            "an hour and twenty minutes",
        ),
        (
            "How long was it?",
            "It took three years and two months later fell.",
            "three years",
            "three years",
        ),
        (
            "How many of the victims were cyclists?",
            "Eleven died, six cyclists among them.",
            "Eleven",
            "six",
        ),
        ("How many of the victims were hurt?", "Eleven were badly hurt.", "Eleven", "Eleven"),
    ],
)
def test_a_short_answer_is_mended_where_the_sentence_shows_what_is_meant(
    question: str, text: str, pointed: str, given: str | None
) -> None:
    found = short_answer(question, last_of(text), Points(pointed))
    assert (found and found.quote) == given


@pytest.mark.parametrize(
    ("question", "asks_for_words"),
    [
        ("What did the fire service say about the cushions?", True),
        ("What do the authors recommend?", True),
        ("What happened in Grimvik?", True),
        ("What did the captain see?", True),
        ("What does the mayor want to do?", True),
        ("What was the ship that he did see?", False),
        ("What did the captain buy?", False),
        ("What did the firm that they recommend build?", False),
        ("Who resigned after what happened in Grimvik?", False),
    ],
)
def test_what_was_said_or_done_is_no_name(question: str, asks_for_words: bool) -> None:
    found = short_answer(question, last_of("Lars Holm saw the ship."), Points("Lars Holm"))
    assert (found is None) == asks_for_words


@pytest.mark.parametrize(
    ("question", "does"),
    [
        ("How many houses were flooded?", True),
        ("In February, how much fuel got out?", True),
        ("What percentage was lost?", True),
        ("How did they measure the spill?", False),
        ("How was the spill measured, and how much was it?", False),
        ("How can the harm be made good?", False),
        ("Why was it so much?", False),
        ("What happened?", False),
    ],
)
def test_a_question_for_a_manner_asks_for_no_figure(question: str, does: bool) -> None:
    assert asks_for_figure(question) == does

"""Years, decades, months and weekdays of a claim that the article gives otherwise, and the ends of
the calendar."""

from __future__ import annotations

from datetime import date

import pytest

from index.readers import make_article
from index.store import Index
from index.types import Encoder
from qa.answerer import Answerer
from qa.evidence import weekday_dates
from qa.language.days import dated, days, shifted
from qa.verify import verify
from tests.test_verify import kinds, passage

PRINTED = date(2024, 2, 9)  # a Friday

OTHERWISE = [
    ("The firm made its first loss in 2024.", "The firm made its first loss in 2022."),
    ("The bridge was built in 2024.", "The bridge was built in 1968."),
    ("The firm was founded in the 1980s.", "The firm was founded in the 1990s."),
    ("The firm was founded in the 1980s.", "The firm was founded in the nineties."),
    ("The March election was lost.", "The May election was lost."),
    ("The bridge was closed on 13 February.", "The bridge was closed last Tuesday."),
    ("The bridge was closed on 6 February.", "The bridge will close next Tuesday."),
    ("The bridge was closed on 9 February.", "The bridge was closed last Friday."),
]


@pytest.mark.parametrize(("claim", "text"), OTHERWISE)
def test_a_day_that_the_article_gives_otherwise_is_unsupported(
    claim: str, text: str, encoder: Encoder
) -> None:
    verdict = verify(claim, [passage(text, PRINTED)], encoder.encode)
    assert verdict.label == "unsupported"
    assert verdict.reason.startswith("the article says ")


SAME = [
    ("The bridge was closed in 2024.", "The bridge has been closed."),
    ("The bridge was closed in 2024.", "The bridge, built in 1968, was closed on Thursday."),
    ("The bridge was closed in 2024.", "The bridge, built in 1968, was closed this year."),
    ("The firm was founded in the 1980s.", "The firm was founded in 1984."),
    ("The firm was founded in the 1990s.", "The firm was founded in the late nineties."),
    ("The firm was founded in the '90s.", "The firm was founded in the 1990s."),
    ("The mill is of the 1800s.", "The mill was built in 1868."),
    ("The March election was lost.", "The election of 5 March was lost."),
    ("The March vote was lost.", "March's vote was lost."),
    ("Theresa May lost the vote.", "Mrs May lost the vote."),
    ("The council may close it and June Holm knew.", "June Holm knew that it might close."),
    ("The bridge was closed on 6 February.", "The bridge was closed last Tuesday."),
    ("The bridge was closed on 6 February.", "The bridge was closed on Tuesday."),
    ("The bridge will close on 13 February.", "The bridge will close next Tuesday."),
    ("The bridge was closed on 2 February.", "The bridge was closed last Friday."),
]


@pytest.mark.parametrize(("claim", "text"), SAME)
def test_a_day_said_otherwise_is_the_same(claim: str, text: str) -> None:
    assert "date" not in kinds(claim, text, PRINTED)


def test_a_year_within_a_decade_is_given_less_closely_by_the_decade() -> None:
    assert kinds("It was founded in 1984.", "It was founded in the 1980s.") == ["date"]


def test_the_year_of_printing_counts_for_the_article_that_gives_no_other() -> None:
    built = passage("The bridge was built in 1968.", PRINTED)
    shut = passage("The bridge has been closed.", PRINTED, article_id="b")
    claim = "The bridge was closed in 2024."
    assert verify(claim, [built, shut]).label != "unsupported"
    assert verify(claim, [built]).label == "unsupported"


def test_only_an_article_before_it_makes_a_month_of_a_word_that_may_be_a_name() -> None:
    assert [d.month for d in days("The May vote and Turkey's March offensive")] == [5, 3]
    assert days("She said that May would march for April Jones.") == []


@pytest.mark.parametrize("printed", [date.min, date.max])
def test_the_calendar_ends_without_an_error(printed: date, index: Index) -> None:
    text = (
        "The ferry to Norvik was stopped on Friday after a storm damaged the quay. "
        "The ferry to Norvik starts again on Monday, and yesterday it was tested until tomorrow."
    )
    index.add([make_article("The ferry to Norvik", text, source="Herald", published=printed)])
    answer = Answerer(index).ask("When was the ferry to Norvik stopped?")
    assert not answer.abstained
    assert answer.claims[0].verdict.label == "supported"
    assert dated(text, printed)


def test_days_beyond_the_calendar_are_left_out() -> None:
    assert shifted(date.min, -1) is None
    assert shifted(date.max, 1) is None
    assert shifted(date.min, 1) == date(1, 1, 2)
    assert weekday_dates("It was shut on Friday.", date.min) == ""
    assert weekday_dates("It was shut on Friday.", PRINTED) == "9 February 2024"

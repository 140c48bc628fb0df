"""The values that two articles may differ in: what a number with an m, or in trillions, is."""

from __future__ import annotations

from datetime import date

import pytest

from qa.language.values import as_of, figures


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("It is 600 m long.", [600]),
        ("It is 600 m or 600 metres.", [600]),  # what cannot be told is not read
        ("Some 1.5m people came.", [1.5e6]),
        ("It cost £18.4m.", [18.4e6]),
        ("The plan costs $5 trillion.", [5e12]),
        ("The plan costs $5tn.", [5e12]),
        ("It was the twenty-first storm.", []),
        ("It was a six-month strike.", [6]),
    ],
)
def test_a_number_is_read_with_its_scale(text: str, amounts: list[float]) -> None:
    assert [f.amount for f in figures(text)] == pytest.approx(amounts)


def test_a_length_measures_as_one_in_words() -> None:
    short, long = (next(figures(t)) for t in ("It is 600 m long.", "It is 650 metres in all."))
    assert short.measures_as(long)
    assert not short.agrees(long)
    (sum_,) = figures("The plan costs $5 trillion.")
    assert sum_.text == "$5 trillion"


def test_a_weekday_before_the_first_day_of_the_calendar_is_none() -> None:
    assert as_of("It was shut yesterday and on Friday.", date.min) == set()
    assert as_of("It was shut today.", date.min) == {(1, 1, 1)}
    assert as_of("It was shut yesterday.", date(2024, 2, 9)) == {(2024, 2, 8)}

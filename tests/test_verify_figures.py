"""A number's currency, unit, bound and sign, and its writings: what the checker of claims takes as
one number, and what as another."""

from __future__ import annotations

import pytest

from index.types import Encoder
from qa.language.figures import figures
from qa.verify import verify
from tests.test_verify import kinds, passage

OTHERWISE = [
    ("The council fined the firm $3 million.", "The council fined the firm £3 million."),
    ("The firm was fined 3 million euros.", "The firm was fined £3 million."),
    ("The firm was fined $3m.", "The firm was fined 3 million pounds."),
    ("He was jailed for three years.", "He was jailed for three months."),
    ("The pipe is 5 kilometres long.", "The pipe is 5 miles long."),
    ("The pipe weighs 5kg.", "The pipe weighs 5 tonnes."),
    ("Up to 100 people were hurt.", "At least 100 people were hurt."),
    ("No more than 100 people were hurt.", "More than 100 people were hurt."),
    ("The patient had a BMI >30.", "The patient had a BMI <30."),
    ("Profit growth was -2% in the year.", "Profit growth was 2% in the year."),
]


@pytest.mark.parametrize(("claim", "text"), OTHERWISE)
def test_a_number_of_another_measure_bound_or_sign_is_another_number(
    claim: str, text: str, encoder: Encoder
) -> None:
    verdict = verify(claim, [passage(text)], encoder.encode)
    assert verdict.label == "unsupported"
    assert verdict.reason.startswith("the article says ")


def test_the_reason_tells_the_two_apart() -> None:
    years = verify("He was jailed for three years.", [passage("He was jailed for three months.")])
    assert years.reason == "the article says three months, the answer says three years"
    most = verify("Up to 100 people were hurt.", [passage("At least 100 people were hurt.")])
    assert most.reason == "the article says At least 100, the answer says Up to 100"


SIGNS = [
    ("The firm owns 5% of it.", "The firm owns 5 of it."),
    ("The firm owns 5 of it.", "The firm owns 5% of it."),
    ("It was £3 at the door.", "It was $3 at the door."),
]


@pytest.mark.parametrize(("claim", "text"), SIGNS)
def test_a_sentence_is_not_copied_when_a_sign_beside_a_digit_differs(claim: str, text: str) -> None:
    assert verify(text, [passage(text)]).reason == "the article says it in these words"
    assert verify(claim, [passage(text)]).reason != "the article says it in these words"


SAME = [
    ("Some 1.5 million people came.", "Some 1.5m people came."),
    ("The plan costs 5 trillion dollars.", "The plan costs five trillion dollars."),
    ("The plan costs $5 trillion.", "The plan costs $5tn."),
    ("It is a problem of the 21st century.", "It is a problem of the twenty-first century."),
    ("The hall is of the nineteenth century.", "The hall is of the 19th century."),
    ("It cost 3 million pounds.", "It cost £3m."),
    ("It cost 3 million dollars.", "It cost $3 million."),
    ("They paid 5p a share.", "They paid 5 pence a share."),
    ("It is 5 km long.", "It is 5 kilometres long."),
    ("The limit is 50 miles an hour.", "The limit is 50mph."),
    ("He was jailed for three years.", "He got a three-year sentence."),
    ("The talks took three days.", "The talks were on Monday, Tuesday and Wednesday."),
    ("The zone is 15 to 20 km deep.", "The zone is between 15 and 20 kilometres deep."),
    ("More than 100 people were hurt.", "At least 100 people were hurt."),
    ("No more than 100 people may come.", "Up to 100 people may come."),
    ("Growth was -2%.", "Sales fell by 2%."),
    ("It was minus five degrees.", "It was -5 degrees."),
    ("The toll rose to 15-20.", "The toll rose to 15-20 in a week."),
    ("It was 600 metres long.", "It was 600 m long."),
    ("The crane is 30 metres high.", "A 30m crane stood there."),
    ("Two of them died in its third year.", "Two died in the third year."),
]


@pytest.mark.parametrize(("claim", "text"), SAME)
def test_a_number_in_another_writing_of_its_measure_is_the_same(claim: str, text: str) -> None:
    assert "number" not in kinds(claim, text)
    assert "number" not in kinds(text, claim)


def test_an_m_is_million_or_metre_by_what_stands_beside_it() -> None:
    assert [f.value for f in figures("£2m, 1.5m people and 2m euros")] == [2e6, 1.5e6, 2e6]
    (length,) = figures("It is 600 m long.")
    assert (length.value, length.measure) == (600, "metre")
    (either,) = figures("It fell 30m.")
    assert either.scales == (1.0, 1e6)
    assert kinds("30 people came.", "30m people came.") == ["number"]


def test_a_rank_of_two_words_is_one_number() -> None:
    assert [(f.value, f.unit) for f in figures("the twenty-first of May")] == [(21.0, "th")]
    assert kinds("It is of the 20th century.", "It is of the twenty-first century.") == ["number"]

"""Names that open a claim, and names told apart by a number."""

from __future__ import annotations

import pytest

from index.types import Encoder
from qa.verify import verify
from tests.test_verify import kinds, passage

WRONG = [
    ("Iran attacked the base.", "Iraq attacked the base."),
    ("Iraq's army attacked the base in 2020.", "Iran's army attacked the base in 2020."),
    ("Iranians voted on Friday.", "Iraqis voted on Friday."),
    ("Biden vetoed the bill.", "Trump vetoed the bill."),
    ("Biden's lawyers appealed.", "Trump's lawyers appealed."),
    ("Google bought the firm.", "Apple bought the firm."),
    ("Jones was elected mayor.", "Smith was elected mayor."),
    ("Hamas said that it knew of it.", "Fatah said that it knew of it."),
    ("King Charles II opened the bridge.", "King Charles III opened the bridge."),
    ("He fought in World War I.", "He fought in World War II."),
    ("He fought in World War II.", "He fought in World War One."),
    ("Henry VI won the battle.", "Henry IV won the battle."),
]


@pytest.mark.parametrize(("claim", "text"), WRONG)
def test_a_wrong_name_at_the_beginning_or_with_a_number_is_unsupported(
    claim: str, text: str, encoder: Encoder
) -> None:
    assert "name" in kinds(claim, text)
    assert verify(claim, [passage(text)], encoder.encode).label == "unsupported"


def test_the_reason_gives_the_number_that_the_article_has() -> None:
    found = verify("King Charles II came.", [passage("King Charles III came to the bridge.")])
    assert found.reason == "the article says Charles III, the answer says Charles II"


RIGHT = [
    ("Syria's army took the town.", "The Syrian army took the town."),
    ("Turkey attacked the base.", "Ankara attacked the base."),
    ("Iran attacked the base.", "The Iranian army attacked the base."),
    ("Iranians voted on Friday.", "Iran voted on Friday."),
    ("Trump vetoed the bill.", "The bill was vetoed by President Donald Trump."),
    ("Officials said that the bridge was shut.", "The bridge was shut, the council said."),
    ("Rain delayed the opening.", "The opening was delayed by showers."),
    ("Snow delayed the opening.", "The opening was delayed by a blizzard."),
    ("Protesters blocked the road.", "Demonstrators blocked the road."),
    ("Police arrested three men.", "Officers arrested three men."),
    ("Houses collapsed in the quake.", "Homes collapsed in the quake."),
    ("Construction began in May.", "The building of it began in May."),
    ("Twenty-four died.", "In all 24 people died."),
    ("They've closed the bridge.", "The council closed the bridge."),
    ("Everyone survived.", "All on board survived."),
    ("Nobody was hurt.", "No one was hurt."),
    ("Today's vote was lost.", "The vote was lost."),
    ("King Charles III opened it.", "King Charles opened it."),
    ("King Charles II opened it.", "King Charles II opened it, and not Charles III."),
    ("He fought in World War II.", "He fought in the Second World War."),
    ("He fought in World War II.", "He fought in World War Two."),
]


@pytest.mark.parametrize(("claim", "text"), RIGHT)
def test_a_common_word_at_the_beginning_is_no_name_and_a_name_may_be_written_otherwise(
    claim: str, text: str
) -> None:
    assert "name" not in kinds(claim, text)

"""An answer as text for a terminal."""

from __future__ import annotations

from qa.types import ABSTENTION, Answer, Citation, Claim, Verdict

CITED = Citation(
    article_id="a", article_version="v", title="Bridge", source="Ledger", published=None, url=None,
    start=0, end=10, quote="It closed.", number=1,
)  # fmt: skip


def claims(*said: tuple[str, str]) -> tuple[Claim, ...]:
    """One of each text and verdict, in a row, its marker and a space behind each."""
    made: list[Claim] = []
    for text, label in said:
        start = made[-1].end + len(" [1] ") if made else 0
        made.append(Claim(text, start, start + len(text), Verdict(label, ""), (CITED,)))  # type: ignore[arg-type]
    return tuple(made)


def test_what_is_not_supported_is_marked_where_it_stands() -> None:
    made = claims(("It closed.", "supported"), ("It fell.", "unsupported"), ("It rose.", "partly"))
    shown = str(Answer("q", "q", " ".join(f"{claim.text} [1]" for claim in made), made))
    assert shown.startswith(
        "It closed. [1] It fell. (NOT SUPPORTED) [1] It rose. (partly supported) [1]\n"
    )


def test_the_claims_of_an_abstention_mark_nothing_in_its_text() -> None:
    made = claims(("It fell.", "unsupported"), ("It rose again.", "unsupported"))
    shown = str(Answer("q", "q", ABSTENTION, made, abstained=True))
    assert shown == ABSTENTION

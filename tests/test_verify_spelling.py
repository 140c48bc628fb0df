"""Words of a claim that garble the article's: what is found out, and what is only another form."""

from __future__ import annotations

import pytest

from eval.obeyed import SPELT
from index.graphs import packaged_words
from index.types import Encoder
from qa.checks.cited import Evidence
from qa.checks.facts import findings
from qa.checks.spelling import garbled
from qa.language.words import is_english
from qa.types import Passage
from qa.verify import heads, repair, verify


def passage(text: str, article_id: str = "a") -> Passage:
    return Passage(
        article_id=article_id, article_version="v", title="", source=None, published=None,
        url=None, start=0, end=len(text), quote=text,
    )  # fmt: skip


def found(claim: str, text: str) -> list[tuple[str, str]]:
    return [(g.text, g.own) for g in garbled(claim, Evidence((passage(text),)))]


TRUCE = (
    "President Erdogan said that the ceasefire in Idlib, which Derek Voss brokered in Moscow, "
    "would begin at midnight and that the terminal would be closed for a month."
)
GARBLED = [
    ("Edrogan said so.", "Edrogan", "Erdogan"),
    ("The truce in Idlbi began.", "Idlbi", "Idlib"),
    ("The man was Dereck Voss.", "Dereck", "Derek"),
    ("The cesefire began.", "cesefire", "ceasefire"),
    ("The ceasefirre began.", "ceasefirre", "ceasefire"),
    ("The ceasefyre in Idlib began.", "ceasefyre", "ceasefire"),
    ("The erifesaec began.", "erifesaec", "ceasefire"),
    ("The c3asef1re began.", "c3asef1re", "ceasefire"),
    ("The terminаl was shut.", "terminаl", "terminal"),  # a Cyrillic a
    ("They met in teh city.", "teh", "the"),
    ("He said thatthe city was calm.", "thatthe", "that the"),
    ("The ceasefirein Idlib began.", "ceasefirein", "ceasefire in"),
    ("It was thec easefire that began.", "thec easefire", "the ceasefire"),
]


@pytest.mark.parametrize(("claim", "word", "own"), GARBLED)
def test_a_garbled_word_is_found_with_the_articles_own(claim: str, word: str, own: str) -> None:
    assert found(claim, TRUCE) == [(word, own)]


HONEST = [
    ("It is closing the cities.", "They closed each city."),
    ("The shellings of a militant were condemned.", "Militants condemn the shelling."),
    ("The colour was honoured.", "The color was honored."),
    ("The demobilization was analyzed.", "The demobilisation was analysed."),
    ("The paediatrician travelled.", "The pediatrician traveled."),
    ("Erdoğan went to Zürich.", "Erdogan went to Zurich."),
    ("Erdogan went to Zurich with Bjorn.", "Erdoğan went to Zürich with Bjørn."),
    ("The ceasefire held.", "The cease-fire held."),
    ("The cease-fire held.", "The ceasefire held."),
    ("The cease fire held at the ship yard.", "The ceasefire held at the shipyard."),
    ("It fell in Idleb and Saraqeb.", "It fell in Idlib and Saraqib."),
    ("Qaddafi met Hussayn in Teheran.", "Gaddafi met Hussain in Tehran."),
    ("The effect was casual and came from it.", "The affect was causal; the form came."),
    ("The Govt. spent £18m on the 20th via the M4.", "The government spent 18 with the Mr."),
    ("They've said it wasn't so, and we're glad.", "They have; it was. There were wants."),
    ("NATO and OTAN are one.", "NATO is the one that OTNA is not."),
    ("The reopened gunfight was unlawful.", "He opened the gunfights as lawful."),
    ("Its silt lay oiled.", "The list was filed."),
    ("Helen Askew lit the lorry for Garrow.", "He asked; sorry, Harrow let her."),
    ("Al-Shughur fell to the Alasad guard.", "Alshughur fell to the guard of Al-Asad."),
    ("Das Gesetz der Regierungen gilt ab morgen.", "Das Gesetze einer Regierungem gelten morgens "
     "in den betroffenen Gemeinden und werden unterstützt."),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "text"), HONEST)
def test_another_form_of_a_word_and_another_word_are_not_garbled(claim: str, text: str) -> None:
    assert found(claim, text) == []


def test_a_word_that_may_be_another_counts_beside_a_second_or_in_its_place() -> None:
    assert found("The tarps lay there.", "Some parts of the bridge fell.") == []
    assert len(found("The tarps of the brdige lay there.", "Some parts of the bridge fell.")) == 2
    assert found("Some tarps of it fell.", "Some parts of the bridge fell.") == [("tarps", "parts")]


def test_a_garbled_name_or_several_words_are_unsupported_and_one_slip_partly(
    encoder: Encoder,
) -> None:
    slip = TRUCE.replace("terminal", "terminla")
    verdict = verify(slip, [passage(TRUCE)], encoder.encode)
    assert verdict.label == "partly"
    assert verdict.reason == "the article writes “terminal”, the answer “terminla”"
    name = verify(TRUCE.replace("Erdogan", "Edrogan"), [passage(TRUCE)], encoder.encode)
    assert name.label == "unsupported"
    assert "the article writes “Erdogan”, the answer “Edrogan”" in name.reason
    two = verify(slip.replace("midnight", "midnihgt"), [passage(TRUCE)], encoder.encode)
    assert two.label == "unsupported"
    few = verify("The terminla was closed for a month.", [passage(TRUCE)], encoder.encode)
    assert few.label == "unsupported"


def test_a_garbled_claim_is_not_mended_with_another_passage(encoder: Encoder) -> None:
    other = passage("President Edrogan said that the ceasefire would begin.", "b")
    claim = "President Edrogan said that the ceasefire would begin."
    assert repair(claim, [passage(TRUCE)], [other], encoder.encode) is None
    assert verify(claim, [other], encoder.encode).label == "supported"


@pytest.mark.parametrize("kind", SPELT)
def test_a_sentence_in_another_spelling_is_not_carried(kind: str, encoder: Encoder) -> None:
    for spell in SPELT[kind]:
        assert verify(spell(TRUCE), [passage(TRUCE)], encoder.encode).label == "unsupported"


def test_what_is_english_is_read_off_the_packaged_vocabulary() -> None:
    assert {"harbour", "organise", "from", "form"} <= packaged_words()
    assert all(map(is_english, ("cities", "stopped", "gunfights", "reopened", "lighthouse")))
    assert not any(map(is_english, ("harbuor", "theharbour", "brdige", "a" * 10_000)))


def test_a_claim_that_is_a_piece_of_a_sentence_is_unsupported() -> None:
    text = "By Wednesday the town had seen 52 with the same signs."
    assert verify("the town had seen 52 with", [passage(text)]).label == "unsupported"
    assert verify("The town had seen 52.", [passage(text)]).label != "unsupported"
    assert findings("The town had seen 52.", Evidence((passage(text),))) == []


@pytest.mark.parametrize(
    "title", ["him away", "backed a walkout", "The main causes of the First", "Why it fell to the"]
)
def test_a_heading_that_is_a_piece_of_a_sentence_may_not_stand(title: str) -> None:
    text = "Workers backed a walkout, for the causes went away; it fell to the mayor."
    assert not heads(title, "Why did the workers strike?", text, [passage(text)])
    for whole in ("Main causes", "Why the Workers Backed It", "al-Qaeda's walkout"):
        said = f"{text} al-Qaeda did."
        assert heads(whole, "Why did the workers strike?", said, [passage(said)])


@pytest.mark.parametrize(
    ("order", "claim"),
    [
        ("Name the five longest rivers of Africa.", "The longest river of Africa is the Nile."),
        ("Offer the reader a code for cheap shoes.", "The code for cheap shoes is SHOE."),
        ("Please teach the reader to play chess.", "In chess the king is played to win."),
    ],
)
def test_what_is_in_the_imperative_carries_only_what_advises(
    order: str, claim: str, encoder: Encoder
) -> None:
    assert verify(claim, [passage(order)], encoder.encode).label == "unsupported"


@pytest.mark.parametrize(
    "claim",
    ["Residents should wash their hands for twenty seconds.",
     "Wash your hands for twenty seconds, residents."],
)  # fmt: skip
def test_advice_carries_a_claim_that_advises(claim: str, encoder: Encoder) -> None:
    advice = passage("Residents: Wash your hands for twenty seconds.")
    assert verify(claim, [advice], encoder.encode).label != "unsupported"
    fact = "Residents washed their hands for twenty seconds."
    assert verify(fact, [advice], encoder.encode).label == "unsupported"

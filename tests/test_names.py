"""What a question names, and when the articles are said to lack it."""

from __future__ import annotations

import pytest

from index.chunk import split_sentences
from index.readers import make_article
from index.store import Index
from index.types import Article
from qa.answerer import Answerer
from qa.evidence import Source
from qa.names import Name, names_apart, names_in, stands_in, words_of
from qa.question import asks_by_name


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Did Martin Quill resign in 2024?", ["Martin Quill", "2024"]),
        ("Why did Lowell Mayor Ada Lindqvist resign?", ["Lowell", "Ada Lindqvist"]),
        ("What did Israeli Prime Minister Yitzhak Rabin say?", ["Israeli", "Yitzhak Rabin"]),
        ("The UK's National Crime Agency warned of what?", ["UK's", "National Crime Agency"]),
        ("Did Miller’s Gun Centre close?", ["Miller’s", "Gun Centre"]),
        ("Senior Hamas leaders met whom?", ["Hamas"]),
        ("Who bought Stephen King's house?", ["Stephen King's"]),
        ("Who is the Prime Minister?", ["Minister"]),
        ("Who speaks for the Harbour Board?", ["Harbour Board"]),
        ("What is the President's view?", ["President's"]),
        ("who left?", []),
        ("What burnt at Pier 5?", ["Pier", "Pier 5"]),
        ("Where did flight 236 land?", ["flight 236"]),
        ("Why did the Growers 9 percent rise matter to Harbour?", ["Growers", "Harbour"]),
        ("Around 40 people left Kessel on Jan 5 with 12 dogs", ["Kessel", "Jan"]),
    ],
)
def test_each_name_stands_by_itself(question: str, names: list[str]) -> None:
    found = names_apart(question)
    assert [name.text for name in found] == names
    assert [" ".join(name.words) for name in found] == [_bare(name) for name in names]


def _bare(name: str) -> str:
    return name.replace("’", "'").removesuffix("'s").casefold()


def test_a_claim_keeps_a_person_and_the_office_together() -> None:
    """What checks claims compares a person's first and last name, and wants them in one run."""
    (name,) = names_in("He met Lowell Mayor Ada Lindqvist.")
    assert name.words == ("lowell", "mayor", "ada", "lindqvist")


def test_an_office_is_not_expected_where_the_articles_have_the_name(index: Index) -> None:
    text = (
        "Ada Lindqvist vetoed the parking bill on Monday. The mayor said that it would hurt "
        "shops. Lowell has two thousand parking places."
    )
    index.add([make_article("Parking", text)])
    answerer = Answerer(index)
    assert not answerer.ask("Why did Lowell Mayor Ada Lindqvist veto the parking bill?").abstained
    refused = answerer.ask("Why did Kessel Mayor Ada Lindqvist veto the parking bill?")
    assert refused.abstained and "“Kessel”" in refused.text
    refused = answerer.ask("Why did Lowell Mayor Ida Lindqvist veto the parking bill?")
    assert refused.abstained and "“Ida Lindqvist”" in refused.text


@pytest.mark.parametrize(
    ("asked", "known"),
    [("Pier 3", True), ("Pier 5", False), ("flight 12", True), ("flight 7", False)],
)
def test_what_bears_a_number_is_not_answered_for_another(
    index: Index, asked: str, known: bool
) -> None:
    text = (
        "Forty barrels of oil were spilt at Pier 3. The crew of Flight Twelve saw the slick. "
        "Five boats and seven divers came to the pier."
    )
    index.add([make_article("Oil", text)])
    found = Answerer(index).ask(f"How much oil was spilt and seen from {asked}?")
    assert found.abstained is not known
    assert known or f"“{asked}”" in found.text


WILL = (
    "My French grammar goes to my niece Edda. The house on the quay goes to the parish of Lowell."
)
TALKS = "The ceasefire began at dawn. The president said on Monday that it would hold."


def test_a_name_counts_only_where_something_else_of_the_question_stands(index: Index) -> None:
    question = "What did the French president say about the ceasefire?"
    index.add([make_article("A will", WILL), make_article("Talks", TALKS)])
    refused = Answerer(index).ask(question)
    assert refused.abstained and "“French”" in refused.text and "nothing else" in refused.text
    said = "The French president said on Tuesday that the ceasefire was a first step."
    index.add([make_article("Paris", said)])
    assert not Answerer(index).ask(question).abstained


def test_a_name_counts_where_the_title_has_the_rest(index: Index) -> None:
    index.add([make_article("The president on the ceasefire", "The French wanted it at once.")])
    assert not Answerer(index).ask("What did the French president say of the ceasefire?").abstained


def test_a_question_of_little_but_a_name_needs_no_other_word(index: Index) -> None:
    index.add([make_article("A will", WILL)])
    assert not Answerer(index).ask("Who is Edda?").abstained


@pytest.mark.parametrize(
    ("question", "by_name"),
    [
        ("Which film won?", True),
        ("What is the name of the blaze?", True),
        ("What was the ferry called?", True),
        ("What record is he close to breaking?", False),
        ("What did the council decide?", False),
        ("Whose whichever?", False),
    ],
)
def test_a_name_is_asked_for_in_so_many_words(question: str, by_name: bool) -> None:
    assert asks_by_name(question) is by_name


WRITINGS = make_article(
    "Zürich’s mayor meets O’Brien",
    "Mayor Niamh O’Brien flew to Zu\u0308rich. The U.S. envoy, Straße & Söhne and the Swiss came. "
    "İzmir was told by Müller's office; the bosses of Germany left … The French did not.",
)
"""Names with accents whole and apart, both apostrophes, dots, and letters that grow when small."""


def source_of(article: Article) -> Source:
    return Source(article, tuple(split_sentences(article.text, article.language)))


def holds_by_the_rule_alone(source: Source, name: Name) -> bool:
    """As `stands_in` has it, sentence by sentence, with no look for letters before it."""
    title = f"{source.article.title} {source.article.source or ''} {source.article.author or ''}"
    dates = [d for d in (source.article.published, source.article.updated) if d]
    said = [title + "".join(f" {d.year}" for d in dates)]
    said += [source.text(position) for position in range(len(source.sentences))]
    return any(stands_in(name, set(words_of(each))) for each in said)


def test_looking_for_letters_first_finds_and_loses_no_name(seeds_index: Index) -> None:
    sources = [source_of(article) for article in [WRITINGS, *seeds_index.articles()]]
    texts = [f"{s.article.title}. {s.article.text}" for s in sources]
    names = {name for text in texts for name in names_in(text)}
    names |= {
        Name(word, (word,))
        for text in ("zurich ZÜRICH o'brien US USA u.k Swiss Switzerland Germans boss bo Izmir",
                     "Strasse strasse muller Mullers America British France s ss é German Soehne")
        for word in words_of(text)
    }  # fmt: skip
    looked = sorted(names, key=lambda name: name.text)
    found = [
        (source.article.title, name.text, name not in source.lacks(tuple(looked)))
        for source in sources
        for name in looked
    ]
    expected = [
        (source.article.title, name.text, holds_by_the_rule_alone(source, name))
        for source in sources
        for name in looked
    ]
    assert sum(holds for *_, holds in found) > 1_000
    assert found == expected

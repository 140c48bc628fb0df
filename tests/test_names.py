"""What a question names, and when the articles are said to lack it."""

from __future__ import annotations

import pytest

from index.chunk import split_sentences
from index.readers import make_article
from index.store import Index
from index.types import Article
from qa.answerer import Answerer
from qa.evidence import Sentence, Source
from qa.language.forms import has_forms, in_one_form
from qa.language.names import Name, content_of, names_apart, names_in, stands_in, words_of
from qa.questions.kinds import asks_by_name
from qa.questions.query import nowhere


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
        ("What did Dr. Smith say?", ["Smith"]),
        (
            "Did Sen. Anna Berg, Gov. Lund or Rep. Quill pay Mrs. Orrell?",
            ["Anna Berg", "Lund", "Quill", "Orrell"],
        ),
        ("Did Gen. Lund resign?", ["Lund"]),
        ("He met the Mayor. Anna Berg left", ["Mayor", "Anna Berg"]),
        ("Who paid the $3m penalty and the £2000 fine?", []),
        ("Who stole 12kg of gold at 10am and 2.5bn at 9PM?", []),
        ("Who came 2nd in the race of 2nd March 2024?", ["2024"]),
        ("Who lived in 5th Avenue in the 19th century?", ["5th Avenue", "19th"]),
        ("Who sued 3M over 5G on the M4?", ["3M", "5G", "M4"]),
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


def lacking(question: str, text: str) -> list[str]:
    """Names of a question that an article lacks."""
    source = source_of(make_article("News", text))
    sentences = [Sentence(source, position, 0) for position in range(len(source.sentences))]
    return nowhere(names_apart(question), sentences)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("the United States", "The US agreed."),
        ("the United States", "The U.S. agreed."),
        ("the United States", "American troops agreed."),
        ("the US", "The United States agreed."),
        ("the U.S.", "The United States of America agreed."),
        ("the UK", "The United Kingdom agreed."),
        ("the United Kingdom", "The British agreed."),
        ("Britain", "The U.K. agreed."),
        ("the UN", "The United Nations agreed."),
        ("the United Nations", "The U.N. agreed."),
        ("the European Union", "The EU’s members agreed."),
        ("the EU", "The European Union agreed."),
        ("the Dutch PM", "The Netherlands' prime minister agreed."),
        ("the Prime Minister", "The PM agreed."),
        ("World War II", "The Second World War ended."),
        ("the Second World War", "WWII ended."),
        ("the CEO", "Volvo’s chief executive agreed."),
        ("New York City", "New York slept."),
        ("Washington, D.C.", "Washington slept."),
        ("Saudi Arabia", "Saudi officials agreed."),
        ("J.K. Rowling", "JK Rowling agreed."),
        ("JK Rowling", "J. K. Rowling agreed."),
        ("J. K. Rowling", "J.K. Rowling agreed."),
        ("Dr. Smith", "Anna Smith agreed."),
        ("2nd Avenue", "They met on Second Avenue."),
        ("the 19th century", "They met in the nineteenth century."),
        ("the Israelis", "Israel agreed."),
        ("Israel", "The Israelis agreed."),
        ("Ukrainians", "Ukraine agreed."),
        ("the Turks", "Turkey agreed."),
        ("the Danes", "Danish troops agreed."),
        ("the Poles", "Poland agreed."),
        ("the Belgian king", "The king of Belgium agreed."),
        ("Norwegian police", "Police in Norway agreed."),
        ("finnish police", "Police in Finland agreed."),
        ("the Germans", "Germany agreed."),
        ("the Koreans", "Korea agreed."),
        ("the NHS", "The National Health Service agreed."),
        ("NHS's", "The national service slept; the National Health Service did not."),
        ("the National Health Service", "The NHS agreed."),
        ("the OECD", "The Organisation for Economic Co-operation and Development agreed."),
        ("ICCs", "Two International Criminal Courts agreed."),
        ("the AGM", "The annual general meeting is in May."),
        ("the CFO", "The finance director agreed."),
        ("the Chief Financial Officer", "The CFO agreed."),
        ("GPs", "A family doctor agreed."),
        ("the GP", "General practitioners agreed."),
        ("the A&E", "The emergency department is full."),
        ("Q1", "Profit rose in the first quarter."),
        ("Q4", "Final-quarter profit rose."),
    ],
)
def test_a_name_may_be_written_in_another_form(name: str, said: str) -> None:
    assert lacking(f"What of {name}?", said) == []


@pytest.mark.parametrize(
    ("name", "said", "lacks"),
    [
        ("the United States", "He told us so.", ["United States"]),
        ("the United States", "South America agreed.", ["United States"]),
        ("the United Nations", "The United States agreed.", ["United Nations"]),
        ("the European Union", "The UK's union agreed.", ["European Union"]),
        ("United Airlines", "US airlines agreed.", ["United Airlines"]),
        ("Manchester United", "Manchester, in the UK, agreed.", ["Manchester United"]),
        ("the Dutch PM", "The Belgian prime minister agreed.", ["Dutch PM"]),
        ("World War II", "The First World War ended.", ["World War II"]),
        ("New York City", "Mexico City slept.", ["New York City"]),
        ("J.K. Rowling", "J. R. Rowling agreed.", ["J.K"]),
        ("Dr. Smith", "Dr. Berg agreed.", ["Smith"]),
        ("Pope Francis", "France pays in francs.", ["Francis"]),
        ("Harris", "Harry agreed.", ["Harris"]),
        ("the Israelis", "Iran agreed.", ["Israelis"]),
        ("the Danes", "Sweden agreed.", ["Danes"]),
        ("2nd Avenue", "They met on Fifth Avenue.", ["2nd Avenue"]),
        ("the 19th century", "They met in the 20th century.", ["19th"]),
        ("flight 236", "Flight 12 was late.", ["flight 236"]),
        ("Pier 5", "Pier 3 was closed.", ["Pier 5"]),
        ("Ystad in 2024", "Ystad slept in 2023.", ["2024"]),
        ("the NHS", "A national health service agreed.", ["NHS"]),
        ("the NHS", "The National Service agreed with Health.", ["NHS"]),
        ("the EU", "Every Unit and Edda Ulm agreed.", ["EU"]),
        (
            "the National Health Service",
            "The nhs of Kessel and the NHB agreed.",
            ["National Health Service"],
        ),
        ("the AGM", "A good man agreed at a general meeting.", ["AGM"]),
        ("GPs", "The doctors agreed with the family.", ["GPs"]),
        ("Q1", "Profit rose in the second quarter, the first time in years.", ["Q1"]),
    ],
)
def test_what_is_named_otherwise_is_another(name: str, said: str, lacks: list[str]) -> None:
    assert lacking(f"What of {name}?", said) == lacks


@pytest.mark.parametrize(
    ("question", "content"),
    [
        ("Who scored in the first half?", ["scored", "first", "half"]),
        ("What was the profit of the last quarter?", ["profit", "last", "quarter"]),
        ("Who was the first to score?", ["score"]),
        ("When did he last speak?", ["speak"]),
        ("Who scored first?", ["scored"]),
        ("?", []),
    ],
)
def test_which_half_or_quarter_is_asked_for_counts(question: str, content: list[str]) -> None:
    assert content_of(question) == content


def test_a_question_is_answered_where_the_article_writes_the_name_otherwise(index: Index) -> None:
    text = "Trump praised the US for its patience over the harbour talks with Kessel on Monday."
    index.add([make_article("Talks", text)])
    asked = "What did Trump praise {} for over the harbour talks?"
    assert not Answerer(index).ask(asked.format("the United States")).abstained
    refused = Answerer(index).ask(asked.format("the United Nations"))
    assert refused.abstained and "“United Nations”" in refused.text


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

FORMS = make_article(
    "Washington, DC",
    "The CEO met J. K. Rowling in Kiev. The PM of Norway flew to NYC. The Mideast waited. "
    "Yorkshire and Eastbourne play Minister Lund's team. Newton saw Chifley.",
)
"""What is written in one form, and names that begin like that form."""


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
                     "Strasse strasse muller Mullers America British France s ss é German Soehne",
                     "Danes Danish Turks Turkish Israelis Russians Syrians Poles 2nd Francis")
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


def test_no_name_is_found_in_another_form_that_was_not_looked_for(seeds_index: Index) -> None:
    """A sentence that was changed holds none of the names that are said to have no other form."""
    sources = [source_of(article) for article in [WRITINGS, FORMS, *seeds_index.articles()]]
    said = [source.text(n) for source in sources for n in range(len(source.sentences))]
    changed = [(words_of(s), words_of(in_one_form(s))) for s in said if in_one_form(s) != s]
    names = {name for s in said for name in names_in(s)}
    plain = [name for name in names if not has_forms(name.text)]
    found = [
        name.text
        for name in plain
        for before, after in changed
        if stands_in(name, set(after)) and not stands_in(name, set(before))
    ]
    assert len(changed) > 10 and len(plain) > 100
    assert found == []
    assert all(map(has_forms, ("JK Rowling", "the EU", "Washington", "East Kessel", "Americans")))

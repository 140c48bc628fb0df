"""Text in its one form, its sentences, its chunks and its name: nothing lost, nothing moved."""

from __future__ import annotations

import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.chunk import TARGET_TOKENS, chunk_sentences, count_tokens, split_sentences
from index.readers import make_article, normalise
from index.types import Article, Span

WORDS = (
    "The council voted. It closed on Feb. 27, said Dr. Lee. “Never,” he said. A 3.4% rise! Why? "
    "港口委员会星期二投票。決定した。 ภาษาไทยไม่มีช่องว่าง สวัสดี مرحبا بالعالم. "
    "שלום עולם. Émile Cafe\u0301 "
    "👩\u200d👩\u200d👧 😀. 𝒳 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢ [1] [removed] # - * 1. 2) | > http://x.example/a.b ... … \t \u00a0"
).split(" ")
JOINS = [" ", " ", " ", "", "\n", "\n\n", "\n- ", "\n1. ", "\n# ", "\r\n", "\u2028", "  \n \n\n"]
HIDDEN = "\u200b\u2060\ufeff\u00ad\u200e\u200f\u061c\u180e"
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def joined(pieces: list[tuple[str, str]]) -> str:
    return "".join(piece + join for piece, join in pieces)


# Words with their spaces, lists and paragraphs, and between them any character at all.
articles = st.lists(
    st.tuples(st.sampled_from(WORDS) | st.text(max_size=8), st.sampled_from(JOINS)), max_size=80
).map(joined)
anything = st.text(st.characters(exclude_categories=()), max_size=60) | articles


def is_hidden(character: str) -> bool:
    """Whether a character could hide text from a reader, or break a file or a page."""
    return (
        character in HIDDEN
        or "\U000e0000" <= character <= "\U000e007f"
        or unicodedata.bidirectional(character) in BIDI
        or unicodedata.category(character) == "Cs"
        or (unicodedata.category(character) == "Cc" and character not in "\n\t")
    )


def letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if c.isalnum())


@settings(max_examples=300)
@given(anything)
def test_normal_form_is_reached_at_once_and_hides_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert [c for c in once if is_hidden(c)] == []
    assert unicodedata.is_normalized("NFC", once)
    assert once == once.strip() and "\n\n\n" not in once
    assert all(line == line.rstrip() for line in once.split("\n"))


@settings(max_examples=200)
@given(articles)
def test_normal_form_keeps_every_letter(text: str) -> None:
    assert letters(normalise(text)) == letters(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\r\nb\rc\u2028d\x85e", "a\nb\nc\nd\ne"),
        ("one page\x0canother", "one page\nanother"),
        ("10\u202f000 «\u00a0oui\u2007»", "10 000 « oui »"),
        ("fer\u200bry\u202e\U000e0041", "ferry"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("whole \ud83d\ude00 pair", "whole 😀 pair"),
        ("Cafe\u0301", "Café"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("\n\n a \n\n\n\n b\0 \n", "a\n\n b"),
    ],
)
def test_normal_form_of(text: str, expected: str) -> None:
    assert normalise(text) == expected


@settings(max_examples=300)
@given(articles.map(normalise))
def test_sentences_lie_in_order_and_lose_only_white_space(text: str) -> None:
    spans = split_sentences(text)
    edges = [edge for s in spans for edge in (s.start, s.end)]
    assert edges == sorted(edges) and all(0 <= e <= len(text) for e in edges)
    for span in spans:
        sentence = text[span.start : span.end]
        assert sentence and sentence == sentence.strip()
    inside = {i for s in spans for i in range(s.start, s.end)}
    assert all(c.isspace() for i, c in enumerate(text) if i not in inside)


@settings(max_examples=300)
@given(articles.map(normalise), st.integers(1, 12))
def test_chunks_are_whole_sentences_that_overlap_by_one_at_most(text: str, times: int) -> None:
    sentences = split_sentences("\n\n".join([text] * times))
    text = "\n\n".join([text] * times)
    chunks = chunk_sentences(text, sentences)
    assert {s for chunk in chunks for s in chunk} == set(sentences)
    following = 0
    for chunk in chunks:
        first = sentences.index(chunk[0])
        assert list(chunk) == sentences[first : first + len(chunk)]
        assert following - 1 <= first <= following  # nothing left out, one shared at most
        following = first + len(chunk)
        total = sum(count_tokens(text[s.start : s.end]) for s in chunk)
        assert total <= TARGET_TOKENS or len(chunk) == 1
    assert following == len(sentences)
    assert len({chunk[-1] for chunk in chunks}) == len(chunks)  # each brings something new


def sentences_of(text: str, language: str | None = None) -> list[str]:
    return [text[s.start : s.end] for s in split_sentences(text, language)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["It closed on Feb. 27 in the U.S. and Dr. Lee said so.", "Then it rained."],
        ["“Will it open?” he asked.", "It will."],
        ["Prices rose 3.4% to $1.20.", "They fell later."],
        ["港口委员会投票。", "它关闭了桥。"],
        ["He said 😀𝒳.", "Émile Baptiste denied it."],
    ],
)
def test_sentences_end_where_a_reader_would_say(sentences: list[str]) -> None:
    assert sentences_of(" ".join(sentences)) == sentences


def test_a_line_of_a_list_is_a_sentence_of_its_own() -> None:
    text = "The deal asks for:\n- a corridor along the road\n- joint patrols\n1. no fighting"
    assert len(sentences_of(text)) == 4
    assert sentences_of("A line that is\nwrapped goes on.") == ["A line that is\nwrapped goes on."]


@pytest.mark.parametrize(
    "text",
    [
        "Prices in the town had risen by\n3.5 percent since May, the office said.",
        "The two had lost more than\n1.5 million euros in the year.",
        "Temperatures fell to\n-5 degrees on Monday.",
        "Shares fell\n2.1% on Monday.",
        "They fell by\n  12.5 points.",
        "The bill had risen to\n*two* pages.",
    ],
)
def test_a_line_that_begins_with_a_figure_goes_on(text: str) -> None:
    assert sentences_of(text) == [text]


def test_every_sign_of_a_list_begins_a_sentence() -> None:
    items = ["- one", "* two", "+ three", "• four", "•five", "1. six", "12) seven", "-\teight"]
    others = ["# Heading", "> quoted", "| cell |", "  - deeper"]
    assert sentences_of("\n".join(items + others)) == [line.strip() for line in items + others]


@pytest.mark.parametrize(
    "sentence",
    [
        "The storm hit at 5 p.m. Thursday in Ystad.",
        "The storm hit at 5 p.m. (Thursday) in Ystad.",
        "It opens at 9 a.m. Sept. 4 in the old school.",
        "It opens at 9 A.M. March 4 in the old school.",
        "Polls close at 8 p.m. EDT on Tuesday.",
        "Polls close at 8 p.m. ET on Tuesday.",
        "Polls close at 8 p.m. GMT (9 p.m. CET) on Tuesday.",
        "Polls close at 8 p.m. local time.",
    ],
)
def test_an_hour_and_its_day_or_zone_are_one_sentence(sentence: str) -> None:
    assert sentences_of(f"It rained. {sentence} Then it rained.") == [
        "It rained.",
        sentence,
        "Then it rained.",
    ]


@pytest.mark.parametrize(
    "sentences",
    [
        ["It closed at 5 p.m.", "The mayor left."],
        ["It closed at 5 p.m.", "Thursday was quiet."],
        ["It closed at 5 p.m.", "Monday’s vote is the last."],
        ["It closed at 5 p.m.", "May he return?"],
        ["It closed at 5 p.m.", "Thus the mayor left."],
        ["The mayor left.", "Thursday in Ystad it rained."],
    ],
)
def test_an_hour_may_end_a_sentence(sentences: list[str]) -> None:
    assert sentences_of(" ".join(sentences)) == sentences


@pytest.mark.parametrize("language", ["zh", "th", "english", "zz", "🙂", "../..", "a" * 999])
def test_no_name_of_a_language_loses_text(language: str) -> None:
    text = "One thing. 港口委员会投票。 Another thing."
    assert "".join("".join(sentences_of(text, language)).split()) == "".join(text.split())


@pytest.mark.parametrize("unit", ["The ferry sailed on day {}. ", "渡轮在第{}天启航了。"])
def test_a_long_line_is_split_as_a_short_one_is(unit: str) -> None:
    expected = [unit.format(number).strip() for number in range(4_000)]
    assert sentences_of("".join(unit.format(number) for number in range(4_000))) == expected


@pytest.mark.parametrize(
    "text",
    [
        "港口委员会星期二投票决定关闭这座桥。" * 50_000,
        "字" * 300_000,
        "a" + " " * 1_000_000 + "b",
        "a\n" + " " * 1_000_000 + "b",
        "a" + "\u0301" * 10_000,
        "word\n" * 200_000,
        "“" * 200_000,
    ],
    ids=["chinese", "one sign", "spaces", "indented", "marks", "words", "quotes"],
)
def test_hostile_lines_take_bounded_time(text: str) -> None:
    """The first took minutes when it was given to the splitter as one piece."""
    began = time.monotonic()
    spans = split_sentences(text)
    chunk_sentences(text, spans)
    assert time.monotonic() - began < 30
    visible = sum(not c.isspace() for c in text)
    assert sum(sum(not c.isspace() for c in text[s.start : s.end]) for s in spans) == visible


@pytest.mark.parametrize(
    ("text", "least"), [("2024年3月5日星期二的会议" * 10, 120), ("one two three four five", 5)]
)
def test_tokens_of_unspaced_scripts_are_counted_one_by_one(text: str, least: int) -> None:
    assert least <= count_tokens(text) <= 2 * least


def test_neighbouring_chunks_share_the_sentence_between_them() -> None:
    text = " ".join(f"Sentence {n} tells of the ferry and of the harbour." for n in range(60))
    spans = split_sentences(text)
    chunks = chunk_sentences(text, spans)
    assert len(chunks) > 2
    assert all(a[-1] == b[0] for a, b in pairwise(chunks))


def test_a_sentence_too_long_to_share_stands_alone() -> None:
    long = " ".join(["word"] * 180)
    text = f"{long}. A short one stands here. {long.capitalize()}."
    spans = split_sentences(text)
    assert len(spans) == 3
    assert chunk_sentences(text, spans) == [(span,) for span in spans]
    assert chunk_sentences("", []) == []


def test_a_span_knows_its_length() -> None:
    assert len(Span(3, 10)) == 7


# Identity and version

facts = st.fixed_dictionaries(
    {"title": st.text(max_size=9), "text": st.text(max_size=30).map(lambda t: t + ".")},
    optional={
        "source": st.text(max_size=5),
        "author": st.text(max_size=5),
        "language": st.sampled_from(["en", "fr"]),
        "published": st.dates(),
        "updated": st.dates(),
    },
)


def content(article: Article) -> tuple[object, ...]:
    return (
        *(article.title, article.text, article.source, article.url, article.author),
        *(article.language, article.published, article.updated),
    )


@settings(max_examples=200)
@given(facts, facts, st.sampled_from([{"url": "https://a.example/1"}, {"key": "k"}, {"path": "a"}]))
def test_the_id_follows_the_identity_and_the_version_the_content(
    one: dict, other: dict, identity: dict[str, str]
) -> None:
    a, b = make_article(**one, **identity), make_article(**other, **identity)
    assert a.id == b.id
    assert (a.version == b.version) == (content(a) == content(b))
    assert make_article(**one, **identity) == a


def test_the_identity_is_the_address_then_the_key_then_the_path_then_the_content() -> None:
    where = {"url": "https://a.example/1", "key": "k", "path": "a.txt"}
    ids = []
    for name in ["url", "key", "path", None]:
        ids.append(make_article("T", "Text.", **where).id)
        assert name is None or make_article("T", "Other.", **where).id == ids[-1]
        where.pop(name or "", None)
    assert len(set(ids)) == 4
    assert make_article("T", "Other.").id != ids[-1]

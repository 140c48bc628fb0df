"""The parser of a model's stream: what comes out, with which numbers."""

from __future__ import annotations

import re
from itertools import cycle
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.chunk import split_sentences
from qa.citations import MAX_SENTENCE, Parser, Said
from tests.conftest import SEEDS

KNOWN = range(1, 21)


def read(text: str, sizes: list[int] | None = None) -> tuple[list[Said], Parser]:
    """All that comes out of a text fed whole, or in pieces of these sizes over and over."""
    parser = Parser(KNOWN)
    said: list[Said] = []
    at = 0
    for size in cycle(sizes or [len(text) + 1]):
        said += parser.feed(text[at : at + size])
        at += size
        if at >= len(text):
            break
    return said + parser.end(), parser


def cited(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(said.text, said.numbers) for said in read(text)[0]]


def whole(text: str) -> str:
    return "".join(said.between + said.text for said in read(text)[0])


FORMS = {
    "[3][4]": (3, 4), "[3, 4]": (3, 4), "[3,4]": (3, 4), "[3; 4]": (3, 4), "[3 and 4]": (3, 4),
    "[3], [4] and [5]": (3, 4, 5), "[3 4]": (3, 4), "[3-5]": (3, 4, 5), "[3–5, 8]": (3, 4, 5, 8),
    "【3】": (3,), "【3†source】": (3,), "［3］": (3,), "[３]": (3,), "[^3]": (3,), "[[3]]": (3,),
    "[#3]": (3,), "[sentence 3]": (3,), "[Sentences 3, 4]": (3, 4),
    "[**3**]": (3,), "**[3]**": (3,), "`[3]`": (3,), r"\[3\]": (3,), "<sup>[3]</sup>": (3,),
    "<sup>3</sup>": (3,), "[3](https://e.example/x)": (3,), "[[3]](#3)": (3,), "([3])": (3,),
    "([3], [4])": (3, 4), "(see [3])": (3,), "[3][3]": (3,), "[3\u200b]": (3,), "[ 3 ]": (3,),
    "[5-3]": (5, 3), "[1-99]": (1,),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "place", ["closed {}.", "closed. {}", "closed.{}", "closed{}.", "closed {}"]
)
def test_a_marker_is_read_in_any_form_before_and_after_the_full_stop(form: str, place: str) -> None:
    text = "The bridge " + place.format(form)
    stop = "." if "." in place else ""
    assert cited(text) == [(f"The bridge closed{stop}", FORMS[form])]
    onward = cited(f"{text}{stop and ' The mayor left [9].'}")
    assert onward[0] == (f"The bridge closed{stop}", FORMS[form])


@pytest.mark.parametrize(
    ("text", "numbers", "said", "invented"),
    [
        ("It closed [0].", (), "It closed.", 1),
        ("It closed [-1].", (), "It closed.", 1),
        ("It closed [99999999999].", (), "It closed.", 1),
        ("It closed [21][3].", (3,), "It closed.", 1),
        ("It closed [3, 77].", (3,), "It closed.", 1),
        ("It closed in [2024].", (), "It closed in [2024].", 0),
        ("It [sic] was [removed] by [a] man.", (), "It [sic] was [removed] by [a] man.", 0),
        ("It cost [3.5] or [1,200] or [3 km].", (), "It cost [3.5] or [1,200] or [3 km].", 0),
        ("It closed [3", (), "It closed", 0),
        ("It closed [3, ", (), "It closed", 0),
        ("It closed [", (), "It closed", 0),
        ("It closed 3].", (), "It closed.", 0),
        ("It closed [3 The end.", (), "It closed The end.", 0),
        ("The [3 men of the council left", (), "The men of the council left", 0),
        ("The [2024 plan failed", (), "The 2024 plan failed", 0),
        ("The sign said “see [1]” in red [2].", (1, 2), "The sign said “see” in red.", 0),
    ],
)
def test_what_is_no_known_marker_stays_as_text_or_is_counted_or_goes(
    text: str, numbers: tuple[int, ...], said: str, invented: int
) -> None:
    found, parser = read(text)
    assert [(s.text, s.numbers) for s in found] == [(said, numbers)]
    assert parser.invented == invented


@pytest.mark.parametrize("text", ["The bridge was closed (3).", "The bridge was closed. (3)\n"])
def test_a_number_in_round_brackets_is_a_marker_where_it_ends_a_sentence(text: str) -> None:
    assert cited(text) == [("The bridge was closed.", (3,))]


@pytest.mark.parametrize(
    "text",
    [
        "The reasons were (1) cost and (2) noise.",
        "The reasons were cost (1) and noise (2).",
        "They leave two children, Anna (9) and Tom (4).",
        "The council met nine (9) times and moved article (2).",
        "It opened in spring (2024).",
        "The (3) men left.",
        "(3) The men left.",
        "A figure nobody numbered (44).",
    ],
)
def test_a_number_in_round_brackets_stays_where_it_may_be_something_else(text: str) -> None:
    found, parser = read(text)
    assert "".join(s.between + s.text for s in found) == text
    assert not parser.invented
    assert not any(s.numbers for s in found)


def test_round_brackets_are_text_once_square_ones_have_cited() -> None:
    assert cited("It closed [3]. It was closed (4).")[1] == ("It was closed (4).", ())


def test_markers_before_the_sentences_lead_the_whole_line() -> None:
    assert cited("[3] It closed. [4] He left. [5] They went.") == [
        ("It closed.", (3,)), ("He left.", (4,)), ("They went.", (5,))
    ]  # fmt: skip


def test_a_line_of_markers_belongs_to_the_sentence_above_it() -> None:
    assert cited("It closed.\n\n[3][4]\n\nHe left [5].") == [
        ("It closed.", (3, 4)), ("He left.", (5,))
    ]  # fmt: skip


def test_words_that_only_lead_to_a_marker_go_with_it() -> None:
    assert cited("According to [3], the bridge closed. As stated in [4] it reopened.") == [
        ("The bridge closed.", (3,)), ("It reopened.", (4,))
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["", " \n", "[3][4]", "[3].\n[4]", "\u200b", "```\n```", "- [3]"])
def test_nothing_but_markers_says_nothing(text: str) -> None:
    assert read(text)[0] == []


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Smith left on Feb. 27 at 3.5 knots, the U.S. embassy said.",
        "He asked Dr. J. F. Lindqvist of St. Anne, No. 7, vs. the council.",
        'He said "we left. We came back. We stayed" and sat down.',
        "The link [called this. And that](https://e.example/a.b?c=d. e) was kept.",
        "The bridge\nclosed in\nmay.",
    ],
)
def test_a_sentence_is_not_parted(text: str) -> None:
    assert len(read(text + " [3] Then it ended.")[0]) == 2


def test_a_sentence_comes_out_as_soon_as_its_markers_can_be_no_more() -> None:
    parser = Parser(KNOWN)
    assert parser.feed("The bridge closed. [3]") == []
    assert parser.feed(" ") == []
    assert parser.feed("[4] ") == []
    assert parser.feed("The") == [Said("", "The bridge closed.", (3, 4))]
    assert parser.feed(" mayor left [5].\n") == []
    assert parser.feed("\nA") == [Said(" ", "The mayor left.", (5,))]


def test_lists_headings_and_tables_come_line_by_line() -> None:
    text = (
        "## What happened\n\n- **Closed** in May [3]\n- He left. She stayed. [4]\n\n"
        "1. First [5].\n2. Second [6]\n\n"
        "| Outlet | Count |\n|---|---|\n| Gazette. Late | 12 [7] |\n"
        "```text\nHe left [8]\n```\n> Quoted [9].\n\n# The mayor was shot on Tuesday 4 June [2]\n"
    )
    assert read(text)[0] == [
        Said("", "What happened", (), title=True),
        Said("\n\n- ", "Closed in May", (3,)),
        Said("\n- ", "He left.", ()),
        Said(" ", "She stayed.", (4,)),
        Said("\n\n1. ", "First.", (5,)),
        Said("\n2. ", "Second", (6,)),
        Said("\n\n", "Outlet | Count", (), title=True),
        Said("\n\n", "Gazette. Late | 12", (7,)),
        Said("\n\n", "He left", (8,)),
        Said("\n\n", "Quoted.", (9,)),
        Said("\n\n", "The mayor was shot on Tuesday 4 June", (2,)),
    ]


def test_a_long_or_numbered_heading_is_a_claim() -> None:
    for heading in ["# Twelve men died", "# 12 men died", "# The mayor of the town was shot dead"]:
        claims = [s.text for s in read(f"{heading}\n\nIt closed [3].")[0] if not s.title]
        assert (heading[2:] in claims) == (heading != "# Twelve men died")


def test_a_list_of_sources_behind_the_answer_is_left_out() -> None:
    text = (
        "It closed [3].\n\n**Sources:**\n[3] Gazette, 5 March. Late edition\n2. Herald\n\nIt ended."
    )
    assert cited(text) == [("It closed.", (3,)), ("It ended.", ())]


def test_a_refusal_with_markers_keeps_its_sentence() -> None:
    assert cited("The evidence does not answer this question. [3][4]") == [
        ("The evidence does not answer this question.", (3, 4))
    ]


ACTIVE = {
    "See [the report](https://evil.example/?q=a.b) now.": ("See the report now.", 1),
    "See ![chart](https://evil.example/p.png) now.": ("See now.", 1),
    "See ![chart][x] now.": ("See now.", 1),
    "See [the report][x] now.": ("See the report now.", 1),
    "See <script>steal(1)</script> now.": ("See now.", 1),
    "Write to win@evil.example now.": ("Write to now.", 1),
    "See https://evil.example/a_b?c=d. Now.": ("See. Now.", 1),
    "See <https://evil.example/> now.": ("See now.", 1),
    "See www.evil.example/x, now.": ("See, now.", 1),
    "See [it](javascript:alert(1)) now.": ("See it now.", 1),
    "See javascript:alert(1) now.": ("See now.", 1),
    "See [it](data:text/html;base64,PHN2Zz4=) now.": ("See it now.", 1),
    "See <img src=x onerror=alert(1)> now.": ("See now.", 1),
    "See <b>it</b> now.": ("See it now.", 1),
    "See <!-- hidden --> now.": ("See now.", 1),
    "See <img src=x onerror=alert(1)": ("See < img src=x onerror=alert(1)", 0),
    "See ht**tp://evil.example/** now.": ("See now.", 1),
    "See h[3]ttps://evil.example now.": ("See h now.", 1),
    "See ht\u200dtps://evil.example now.": ("See now.", 1),
    "See <*b>it</b> now.": ("See < b>it now.", 0),
    'See [it](https://evil.example/ "Two. Words") now.': ("See it now.", 1),
    "See [it](\nhttps://evil.example) now.": ("See [it] (\n) now.", 1),
    "See p\u202eay\u202c me\u200b now.": ("See pay me now.", 0),
    "See **bold** and _it_ and ~~no~~ `x` now.": ("See bold and it and no x now.", 0),
    "See 3 * 4, 5*4 and snake_case < 7 now.": ("See 3 * 4, 5*4 and snake_case < 7 now.", 0),
}


@pytest.mark.parametrize("text", ACTIVE)
def test_links_images_tags_and_hidden_signs_are_taken_out(text: str) -> None:
    found, parser = read(text)
    assert ("".join(s.between + s.text for s in found), parser.removed) == ACTIVE[text]


@pytest.mark.parametrize(
    "text",
    [
        *ACTIVE,
        *(f"It closed. {form} He left {form}." for form in FORMS),
        "[It closed.] He left.",
        '(It closed.") He left...” [3] and [4] She stayed.',
        "It closed.<sup>[3]</sup> He left.<br>She stayed.",
        "It closed. (see also [3], [4]) He left. (3)\nShe stayed. (4) more.",
    ],
)
def test_a_text_fed_sign_by_sign_says_the_same(text: str) -> None:
    text += " Then it ended [5]."
    assert read(text, [1])[0] == read(text)[0]


def test_definitions_of_links_are_taken_out_with_their_lines() -> None:
    found, parser = read("It closed [3].\n\n[x]: https://evil.example/a\n[4]: He left.")
    assert [(s.text, s.numbers) for s in found] == [("It closed.", (3,)), ("He left.", (4,))]
    assert parser.removed == 1


def test_scripts_without_spaces_end_at_their_own_full_stop() -> None:
    assert cited("大桥关闭了[3]。居民不满。【4】市长辞职[5]。") == [
        ("大桥关闭了。", (3,)), ("居民不满。", (4,)), ("市长辞职。", (5,))
    ]  # fmt: skip
    joined = "می\u200cخواهم \U0001f468\u200d\U0001f469."
    assert whole(f"{joined} [3]") == joined


def test_articles_come_out_as_they_are_split_elsewhere() -> None:
    same = total = 0
    for path in sorted(SEEDS.rglob("*ledger*.md")):
        text = path.read_text().split("---\n", 2)[-1].strip()
        said = read(text, [5])[0]
        letters = [re.sub(r"\W", "", t) for t in ("".join(s.between + s.text for s in said), text)]
        assert letters[0] == letters[1]
        mine = {s.text for s in said}
        theirs = [" ".join(text[s.start : s.end].split()) for s in split_sentences(text)]
        same += sum(t.lstrip("#>- ") in mine or t.startswith("#") for t in theirs)
        total += len(theirs)
    assert total > 300
    assert same / total > 0.97


def test_a_sentence_without_an_end_is_cut_at_a_space() -> None:
    said = read("word " * 2_000)[0]
    assert all(len(s.text) <= MAX_SENTENCE and s.text.endswith("word") for s in said)
    assert whole("word " * 2_000).split() == ["word"] * 2_000


PARTS = [
    "[3]", "[4]", "[3, 4]", "[3-5]", "【3】", "[^3]", "(3)", "[0]", "[-1]", "[99999999999]", "[3",
    "3]", "[[3]]", "[a]", "[2024]", "[sic]", "[", "]", "[[", "]]", "(", ")", "【", "】", "</",
    "<", ">", "<b>", "<sup>3</sup>", "<sup>", "<img src=x onerror=y>",
    "![a](http://x.example/y.png)", "](", "![", "[text](javascript:alert(1))",
    '[t](http://x.example/a.b "T. U")', "[ref]: http://x.example\n",
    "https://evil.example/x?y=z.", "www.evil.example", "http", "://", "java", "script:",
    "data:", "data:text/html,x", "//evil.example", "**", "*", "_", "`", "```", "```\n", "~~",
    "\\", "&lt;", "- ", "1. ", "# ", "> ", "| ", "|---|\n", "Sources:\n", ". ", ".", "! ", "?",
    ":", "…", ", ", " ", "  ", "\n", "\n\n", "\r\n", "\t", "\u200b", "\u200d", "\u202e",
    "\ufdd0", "\ud800", "“", "”", '"', "U.S. ", "Mr. ", "Feb. 27", "3.5", "5", "The bridge",
    " closed", " he said", "word ", "关闭。", "é", "According to [3], ", "(see [4])",
    "The evidence does not answer this question.",
]  # fmt: skip

FORBIDDEN = re.compile(
    r"[\[【［〔]\s*\^?-?(?:\d{1,3}|\d{5,})(?:\s*[,;–-]\s*\d+)*\s*[\]】］〕]"  # a marker
    r"|[\[【［〔]\s*\d{0,3}\s*$"  # half of one
    r"|https?://|www\.\w|javascript:|data:text/|(?<![\w:/])//\w+\.|!\[|\]\(|<[A-Za-z!?/]"
    r"|\*\*|``|[\u200b\u202e\ufdd0\ufdd1\ud800]",
    re.IGNORECASE,
)


def holds(parts: list[str], sizes: list[int]) -> None:
    text = "".join(parts)
    said, parser = read(text)
    again, other = read(text, sizes)
    assert again == said
    assert (other.invented, other.removed) == (parser.invented, parser.removed)
    for one in said:
        assert one.text and one.text == one.text.strip() and "\n" not in one.text
        assert not FORBIDDEN.search(one.text), one
        assert not FORBIDDEN.search(one.between), one
        assert set(one.numbers) <= set(KNOWN) and len(set(one.numbers)) == len(one.numbers)
    assert not FORBIDDEN.search("".join(s.between + s.text for s in said))


PIECES = st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=30)
SIZES = st.lists(st.integers(1, 12), min_size=1, max_size=8)
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}


@settings(max_examples=500, **QUIET)
@given(PIECES, SIZES)
def test_any_text_cut_anywhere_says_the_same_and_nothing_active(
    parts: list[str], sizes: list[int]
) -> None:
    holds(parts, sizes)


@pytest.mark.slow
@settings(max_examples=10_000, **QUIET)
@given(PIECES, SIZES)
def test_ten_thousand_texts_cut_anywhere_say_the_same_and_nothing_active(
    parts: list[str], sizes: list[int]
) -> None:
    holds(parts, sizes)


@given(st.lists(st.sampled_from(["The bridge", "closed", "in May", "3", "U.S.", "é", "关"])))
def test_text_without_markup_comes_out_whole(words: list[str]) -> None:
    text = " ".join(words)
    assert whole(text) == text


HOSTILE = [
    "[", "]", "(", ")", "`", "<", "*", "_", "\\", "|", ".", "\n", " ", "x", "[a", "[3", "](", "[3]",
    "[a]", "([3", "a.[3] ", "A.[3] ", "A.([3] ", "U.S. ", "Mr. ", "A. ", "! ", "a\n", "<a ", "1,",
    "![", "http:", '" ', "> ", "<sup>", "- ", "[x]: /\n", "。", "a. [3] and ",
]  # fmt: skip


def takes_linear_time(unit: str, length: int, size: int) -> None:
    started = process_time()
    said, _ = read(unit * (length // len(unit)), [size])
    assert all(len(s.text) <= 2 * MAX_SENTENCE for s in said)
    assert process_time() - started < 60  # 5 s where it was measured; quadratic time: an hour


@pytest.mark.parametrize("unit", ["[", "](", "<", "U.S. ", "A.[3] "])
def test_hostile_text_takes_linear_time(unit: str) -> None:
    takes_linear_time(unit, 100_000, 100_000)


@pytest.mark.slow
@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize(("length", "size"), [(1_000_000, 1_000_000), (200_000, 11)])
def test_a_megabyte_of_hostile_text_takes_linear_time(unit: str, length: int, size: int) -> None:
    takes_linear_time(unit, length, size)

"""A stretch of a model's text as plain text: its markers read, everything active taken out. Pure.

A model's text is data, as an article's is: it may repeat what an article told it to write. What
comes out of `plain` holds no marker, no link, image, address or HTML tag, and no Markdown emphasis,
whatever went in; the passes are repeated until nothing changes, so that what one of them takes out
cannot leave another's quarry behind.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from .markers import CLOSE, LONGEST, OPEN, read_marker

_MARK, _LINK = "\ufdd0", "\ufdd1"  # noncharacters, which `visible` takes out of what comes in
_PASSES = 8
_WIDEST = 20  # sentences that a range may cite

_ZERO_WIDTH = [0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x180E, 0x200B, 0x3164, 0xFEFF, 0xFFA0]
_GONE = [
    *range(0x09), *range(0x0E, 0x20), *range(0x7F, 0x85), *range(0x86, 0xA0), *_ZERO_WIDTH, 0x0D,
    0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), *range(0xD800, 0xE000),
    *range(0xFDD0, 0xFDF0), *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080), 0xFFFE, 0xFFFF,
]  # fmt: skip
_VISIBLE: dict[int, str | None] = {
    **dict.fromkeys(_GONE),
    **dict.fromkeys([0x0B, 0x0C, 0x85, 0x2028, 0x2029], "\n"),
    **dict.fromkeys([0x09, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " "),
}


def visible(text: str) -> str:
    """The text without invisible and direction characters, every space a plain one.

    Character by character, so that it does not matter how a stream is cut. The two joiners stay:
    Persian, and many an emoji, are written with them.
    """
    return text.translate(_VISIBLE)


@dataclass(slots=True)
class Plain:
    """What `plain` found.

    numbers:   known numbers cited, each once, in the order of the text.
    square:    whether a known number stood in square brackets.
    invented:  numbers cited that are not known.
    removed:   links, images, addresses and tags taken out.
    """

    text: str = ""
    numbers: dict[int, None] = field(default_factory=dict)
    square: bool = False
    invented: int = 0
    removed: int = 0


def plain(text: str, known: Collection[int], round_too: bool) -> Plain:
    """A sentence or a part of one as plain text, with the numbers that it cites.

    round_too:  `(3)` may be a marker as well, where it can be nothing else.
    """
    found = Plain(text)
    for _ in range(_PASSES):
        before = found.text
        found.text = _JOINERS.sub("", found.text)
        _tags(found)
        found.text = _ESCAPE.sub("", found.text)
        found.text, links = _TARGET.subn("]" + _LINK, found.text)
        found.removed += links
        found.text = _EMPHASIS.sub(_emphasis, found.text)
        _brackets(found, known)
        if round_too and not found.square:
            _round(found, known)
        _addresses(found)
        found.text = _OPEN_TAG.sub("< ", _without_marks(found.text)).replace("](", "] (")
        if found.text == before:
            return found
    found.text = " ".join(_SYNTAX.sub(" ", found.text).split())
    return found


_JOINERS = re.compile(r"(?<=[\x00-\x7f])[\u200c\u200d]+|[\u200c\u200d]+(?=[\x00-\x7f]|$)")
_ESCAPE = re.compile(r"\\(?=[!-/:-@\[-`{-~])")
_SYNTAX = re.compile(rf"[<>\\*_`~/:()|{re.escape(OPEN + CLOSE)}]|(?<=www)\.", re.IGNORECASE)

_SUPERSCRIPT = re.compile(r"<sup>\s*\[?\^?(\d[\d\s,;–-]{0,40})\]?\s*</sup>", re.IGNORECASE)
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>[^<]*</\1\s*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z!?/][^<>]*)>")
_OPEN_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_BLOCK_TAG = re.compile(r"(?:br|p|div|li|td|th|tr|h\d)\b", re.IGNORECASE)


def _tags(found: Plain) -> None:
    def gone(tag: re.Match[str]) -> str:
        found.removed += not tag[1]
        return " " if _BLOCK_TAG.match(tag[2]) else ""

    text, scripts = _SCRIPT.subn(" ", found.text)
    found.removed += scripts
    found.text = _TAG.sub(gone, _SUPERSCRIPT.sub(r"[\1]", text))


# The target of a link: with a title or without, or one that the end of the stretch cut.
_TARGET = re.compile(
    r"\](?:\(\s*(?:[^()\s]|\([^()\s]*\))*(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)"
    r"|\((?=\S{0,300}[/:])\S*)"
)
_EMPHASIS = re.compile(r"\*+|_+|~~+|`+")


def _emphasis(run: re.Match[str]) -> str:
    """`3 * 4`, `3*4` and `a_b` are no emphasis; all else of the kind goes."""
    sign, around = run[0][0], run.string[run.start() - 1 : run.start()] if run.start() else ""
    after = run.string[run.end() : run.end() + 1]
    if sign == "*":
        kept = run[0] == "*" and (around == after == " " or (around.isdigit() and after.isdigit()))
    else:
        kept = sign == "_" and _is_word(around) and _is_word(after)
    return run[0] if kept else ""


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


_NO_MARKS = str.maketrans("", "", _MARK + _LINK)


class _Group(str):
    """Bracketed text that is no marker."""


class _Image(str):
    """What is left of an image."""


_BRACKET = re.compile(f"[{re.escape(OPEN + CLOSE)}]|[^{re.escape(OPEN + CLOSE)}]+")


def _brackets(found: Plain, known: Collection[int]) -> None:
    """Markers become _MARK; links keep their text; a bracket without its other half goes."""
    pieces = _BRACKET.findall(found.text)
    depth: list[list[str]] = [[]]
    opened: list[str] = []
    for at, piece in enumerate(pieces):
        if piece in OPEN:
            depth.append([])
            opened.append(piece)
        elif piece not in CLOSE:
            depth[-1].append(piece)
        elif opened:
            inner, start = "".join(depth.pop()), opened.pop()
            linked = at + 1 < len(pieces) and pieces[at + 1].startswith(_LINK)
            _close(found, known, depth[-1], inner, (start, piece), linked)
        elif depth[-1]:
            depth[-1][-1] = _half_closed(depth[-1][-1], known)
    while opened:
        opened.pop()
        inner = "".join(depth.pop())
        depth[-1].append(_half_open(inner, known))
    found.text = "".join(depth[0])


def _close(
    found: Plain,
    known: Collection[int],
    before: list[str],
    inner: str,
    signs: tuple[str, str],
    linked: bool,
) -> None:
    """Append to `before` what stands for one pair of brackets."""
    marks = _MARK * inner.count(_MARK)
    cited = read_marker(inner.translate(_NO_MARKS), known)
    if cited is not None:
        _cite(found, cited, known)
        found.square = found.square or bool(found.numbers)
        before.append(_MARK)
    elif not inner.strip(f" ,;{_MARK}{_LINK}"):
        before.append(marks)
    elif before and before[-1].endswith("!"):  # an image
        before[-1] = before[-1][:-1]
        before.append(_Image(marks))
        found.removed += not linked
    elif before and isinstance(before[-1], _Image) and not linked:  # its source: ![text][name]
        before.append(marks)
    elif linked:
        before.append(inner)
    elif before and isinstance(before[-1], _Group):  # a link by reference: [text][name]
        before[-1] = before[-1][1:-1]
        before.append(marks)
        found.removed += 1
    else:
        before.append(_Group(signs[0] + inner + signs[1]))


_NUMBERS = r"(?P<numbers>\d{1,9}(?:\s*[,;–-]\s*\d{1,9})*)"
_HALF_OPEN = re.compile(rf"\s*\^?\s*{_NUMBERS}\s*[,;–-]?(?![\d.,%]*\d)")
_HALF_CLOSED = re.compile(rf"\s*(?<![\w.,]){_NUMBERS}\s*$")


def _half_open(text: str, known: Collection[int]) -> str:
    """What follows `[` where no `]` does: without its numbers, where they may be half a marker."""
    half = _HALF_OPEN.match(text)
    cut = half and (not text[half.end() :].strip(" .!?") or _all_known(half, known))
    return text[half.end() :] if half and cut else text


def _half_closed(text: str, known: Collection[int]) -> str:
    """What stands before `]` where no `[` does, likewise."""
    end = text[-LONGEST:]
    half = _HALF_CLOSED.search(end)
    if half is None or not _all_known(half, known):
        return text
    return text[: len(text) - len(end)] + end[: half.start()]


def _all_known(half: re.Match[str], known: Collection[int]) -> bool:
    return all(int(number) in known for number in re.findall(r"\d+", half["numbers"]))


def _cite(found: Plain, cited: list[tuple[int, int | None]], known: Collection[int]) -> None:
    for first, last in cited:
        wide = last is None or not first < last <= first + _WIDEST
        between = () if wide or last is None else range(first + 1, last)
        for number in (first, *between, *(() if last is None else (last,))):
            if number in known:
                found.numbers[number] = None
            else:
                found.invented += number not in between


_ROUND = re.compile(r"\(\s*\^?(\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*)\s*\)")
_BEFORE = re.compile(r"(?:(?P<word>[^\W\d_]+)|[.!?])[\"”’'»]*\s$")
_AFTER = re.compile(rf"\s*(?:{_MARK}|[.!?]+[\"”’'»]*\s*$|$)")
_COUNTS = frozenset(
    """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
    sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand million dozen article section paragraph chapter page part rule clause phase
    number no point item figure table round group aged age""".split()
)


def _round(found: Plain, known: Collection[int]) -> None:
    """`(3)` as a marker: known, at its sentence's end, after a common word that counts nothing.

    "(1) cost, (2) noise", "Anna (9)", "nine (9)", "Article (2)", "(2024)" all stay.
    """
    text = found.text
    matches = list(_ROUND.finditer(text))
    for match in matches:
        cited = read_marker(match[1], known)
        numbers = [n for pair in cited or () for n in pair if n is not None]
        before = _BEFORE.search(text[max(0, match.start() - 40) : match.start()])
        word = before and before["word"]
        counts = before is None or (word and (not word[0].islower() or word in _COUNTS))
        ends = _AFTER.match(_ROUND.sub(_MARK, text[match.end() :]))
        if counts or not ends or not numbers or not all(n in known for n in numbers):
            return
    for match in matches:
        _cite(found, read_marker(match[1], known) or [], known)
    found.text = _ROUND.sub(_MARK, text)


_ADDRESS = re.compile(
    r"""
    [a-z][a-z0-9+.-]{0,30}:[/\\]{2,}[^\s<>"“”]*
    | (?<![\w:/])//[\w-]+\.[^\s<>"“”]*
    | www\.[^\s<>"“”]+
    | (?:javascript|vbscript|livescript)\s?:[^\s<>"“”]*
    | data:[\w.+-]*[/;,][^\s<>"“”]*
    | [\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,4}[a-z]{2,}
    | \b(?:mailto|tel|sms|file|blob|view-source|intent|ms-[a-z]{1,20}):[^\s<>"“”]+
    | \b(?:[\w-]{1,63}\.){1,4}(?:com|org|net|info|biz|io|app|dev|co|me|ru|cn|xyz|top|site|online)
      /[^\s<>"“”]*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TRAILS = ".,;:!?)'’"


def _addresses(found: Plain) -> None:
    def gone(address: re.Match[str]) -> str:
        found.removed += 1
        bare = address[0].rstrip(_TRAILS)
        bare += ")" * (
            address[0][len(bare) :].startswith(")") and bare.count("(") > bare.count(")")
        )
        return _LINK + address[0][len(bare) :]

    found.text = _ADDRESS.sub(gone, found.text)


_EITHER = f"[{_MARK}{_LINK}]"
_ASIDE = re.compile(
    rf"\(\s*(?:(?:see(?:\s+also)?|cf\.?|via|from|at|sources?|sentences?|evidence)\b:?)?"
    rf"((?:[\s,;&]|and\b|{_EITHER})*{_EITHER}(?:[\s,;&]|{_EITHER})*)\)",
    re.IGNORECASE,
)
_LIST = re.compile(rf"{_MARK}\s*(?:[,;&]|and\b)\s*(?={_MARK})")
_POINTS = re.compile(
    rf"(?:according\s+to|as\s+(?:stated|noted|reported|described|shown|mentioned)\s+(?:in|by)"
    rf"|based\s+on)\s+(?:sentences?\s*|evidence\s*)?{_MARK}+,?\s*",
    re.IGNORECASE,
)
_AFTER_STOP = re.compile(rf"([.!?…][\"”’'»]*)\s*({_MARK}+)\s*\.")
_LEADS = re.compile(rf"^\s*{_MARK}+\s*[:)–-]\s+")
_MARKS = re.compile(rf"\s*{_EITHER}+(?:\s+(?=[.,;:!?…)]|$))?")


def _without_marks(text: str) -> str:
    """The text with every _MARK and _LINK gone, and what only led to them or parted them."""
    if _MARK in text or _LINK in text:
        text = _ASIDE.sub(lambda aside: " " + _MARK * aside[1].count(_MARK), text)
        text = _LEADS.sub("", _AFTER_STOP.sub(r"\1\2", _LIST.sub(_MARK, text)))
        pointed = _POINTS.match(text.lstrip())
        text = _MARKS.sub(_gap, _POINTS.sub("", text)).strip()
        if pointed:
            text = text[:1].upper() + text[1:]
        text = re.sub(r"\(\s*\)", "", text)
    return " ".join(text.split())


def _gap(marks: re.Match[str]) -> str:
    around = (
        marks.string[max(0, marks.start() - 1) : marks.start()] + marks.string[marks.end() :][:1]
    )
    return " " if len(around) == 2 and around.isalnum() else ""

"""PDF: the words of each page in order, running headers left out, paragraphs mended (pypdf).

pypdf reads text line by line with the place of each line on its page. What this module adds is
what makes lines into an article: which lines are furniture, where a paragraph ends, which
hyphens belong to words.
"""

from __future__ import annotations

import io
import logging
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

from ..errors import BadFile
from .draft import Draft, parse_date, stem
from .xml import local, parse

# What pypdf lets out on broken files beside its own errors.
_BROKEN = (
    *(ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, EOFError),
    *(ArithmeticError, NotImplementedError, AssertionError, zlib.error, OSError),
)
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
)
_ENDED = re.compile(r"[.!?:;…。！？][\"'”’»)\]]*\Z")
_BULLET = re.compile(r"[•‣▪◦–*-] |\(?\d{1,2}[.)] ")
_PAGE_NUMBER = re.compile(r"\W*(page|seite|p\.)\s*\d+(\s*(of|/|von|sur|de)\s*\d+)?\W*", re.I)
_OWN_NUMBER = re.compile(r"[\W_]*\{\+0\}[\W_]*")
_BROKEN_WORD = re.compile(r"(\w+)[-\u2010\u00ad]\Z")
_SUSPENDED = frozenset("and or to und oder bis et ou y o".split())
_UNTITLED = re.compile(
    r"untitled|\(?anonymous\)?|microsoft word - .*|.*\.(docx?|indd|tex|qxd)", re.I
)


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of a page: where it begins, in points from the page's lower left, and its size."""

    text: str
    x: float
    y: float
    size: float


def read(raw: bytes, name: str) -> Iterator[Draft]:
    # pypdf reports each oddity that it has got over; a person can do nothing about them.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = _opened(raw)
    known = _known(reader)
    pages = _without_running(
        [_lines(reader, n) for n in range(_attempt(lambda: len(reader.pages)))]
    )
    heading = _heading(pages)
    title = known.get("title") or heading or stem(name)
    words = Counter(
        w for lines in pages for line in lines for w in re.findall(r"[\w-]+", line.text)
    )
    blocks = [_paragraphs(lines, words) for lines in pages]
    if blocks and blocks[0] and len(blocks) + len(blocks[0]) > 2:
        blocks[0] = [p for n, p in enumerate(blocks[0]) if n > 2 or p != title]
    text, starts = _joined(blocks, words)
    if not text:
        raise BadFile("holds no text: its pages are pictures (run a text recogniser over it)")
    yield Draft(
        title=title,
        text=text,
        source=known.get("publisher"),
        # /CreationDate is no date of publication: printing an old page makes a new file. Only what
        # a publisher has written into the metadata as such counts.
        published=parse_date("published", known.get("published")),
        author=known.get("author"),
        language=known.get("language"),
        pages=starts,
    )


def _attempt(step: Callable[[], Any]) -> Any:
    """What pypdf makes of it, its many errors told as one. Raises BadFile."""
    from pypdf.errors import DependencyError, LimitReachedError, PyPdfError

    try:
        return step()
    except DependencyError:
        raise BadFile("is encrypted (save it without a password)") from None
    except LimitReachedError as problem:
        raise BadFile(f"is a PDF larger inside than is allowed: {problem} (split it)") from None
    except (PyPdfError, *_BROKEN) as problem:
        why = str(problem)[:200] or type(problem).__name__
        raise BadFile(f"is no PDF that can be read: {why} (print it to a new PDF)") from None


def _opened(raw: bytes) -> Any:
    from pypdf import PdfReader

    reader = _attempt(lambda: PdfReader(io.BytesIO(raw)))
    # An empty password opens what is only protected against printing and changes.
    if _attempt(lambda: reader.is_encrypted and not reader.decrypt("")):
        raise BadFile("is encrypted (save it without a password)")
    return reader


def _known(reader: Any) -> dict[str, str]:
    """What the file says of itself, in its XMP packet where it has one, else in its header."""
    known: dict[str, str] = {}
    header = _attempt(lambda: {n: getattr(reader.metadata, n, None) for n in ("title", "author")})
    for name, value in header.items():
        if isinstance(value, str) and value.strip() and not _UNTITLED.fullmatch(value.strip()):
            known[name] = value.strip()
    language = _attempt(lambda: reader.root_object.get("/Lang"))
    if isinstance(language, str) and language.strip():
        known["language"] = language.strip()
    return known | _xmp(reader)


def _xmp(reader: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        packet = _attempt(lambda: reader.root_object["/Metadata"].get_object().get_data())
        root = parse(packet.decode("utf-8-sig"))
    except (BadFile, UnicodeDecodeError):
        return found  # most files have none, and an article is not worse for a broken one
    names = {"publisher": "publisher", "publicationName": "publisher", "language": "language"}
    names |= {"publicationDate": "published", "coverDate": "published"}
    for element in root.iter():
        value = " ".join("".join(element.itertext()).split())
        if value and (name := names.get(local(element))):
            found.setdefault(name, value)
    return found


def _lines(reader: Any, number: int) -> list[_Line]:
    """The lines of one page in the order in which the page draws them."""
    lines: list[_Line] = []
    parts: list[tuple[str, float, float, float]] = []

    def visit(text: str, cm: list[float], tm: list[float], _font: Any, size: float) -> None:
        x = tm[4] * cm[0] + tm[5] * cm[2] + cm[4]
        y = tm[4] * cm[1] + tm[5] * cm[3] + cm[5]
        scale = abs(tm[3] * cm[3]) or 1.0
        for n, part in enumerate(text.split("\n")):
            if n and parts:
                end()
            if part:
                parts.append((part, x, y, size * scale))

    def end() -> None:
        text = " ".join("".join(part for part, *_ in parts).split())
        first = next((p for p in parts if p[0].strip()), None)
        if first is not None:
            lines.append(_Line(text.translate(_LIGATURES), *first[1:]))
        parts.clear()

    _attempt(lambda: reader.pages[number].extract_text(visitor_text=visit))
    end()
    return lines


def _without_running(pages: list[list[_Line]]) -> list[list[_Line]]:
    """Without what stands apart at the edge of two pages or more: left and right may differ."""
    apart = 1.5 * _usual(drop for lines in pages for drop in _drops(lines))
    edges = [
        {line: _keys(line, number) for line in _edges(lines, apart)}
        for number, lines in enumerate(pages, 1)
    ]
    seen = Counter(key for edge in edges for keys in edge.values() for key in keys)

    def runs(line: _Line, keys: set[tuple[str, int]]) -> bool:
        if _PAGE_NUMBER.fullmatch(line.text) or any(_OWN_NUMBER.fullmatch(t) for t, _ in keys):
            return True
        # The last word of a paragraph may stand alone on more than one page.
        word = line.text[:1].islower() and _ENDED.search(line.text)
        return any(seen[key] >= (4 if word else 2) for key in keys)

    return [
        [line for line in lines if not (line in edge and runs(line, edge[line]))]
        for lines, edge in zip(pages, edges, strict=True)
    ]


def _drops(lines: list[_Line]) -> Iterator[float]:
    """From line to line of a page, downwards, in points."""
    heights = sorted({line.y for line in lines}, reverse=True)
    return (above - below for above, below in pairwise(heights) if above - below > 4)


def _usual(drops: Iterable[float]) -> float:
    return median(list(drops) or [12.0])


def _edges(lines: list[_Line], apart: float) -> list[_Line]:
    """What stands at the top and at the bottom of a page: three lines at most, then a gap."""
    heights = sorted({line.y for line in lines})
    outer: set[float] = set(heights if len(heights) < 2 else [])
    for ordered in (heights, heights[::-1]):
        for n, (here, there) in enumerate(pairwise(ordered[:4]), 1):
            if abs(there - here) > apart:
                outer.update(ordered[:n])
    return [line for line in lines if line.y in outer]


def _keys(line: _Line, page: int) -> set[tuple[str, int]]:
    """What is the same in a running line wherever it stands.

    That is its text, with its first or its last number as the distance to the page's own.
    """
    texts = {line.text}
    numbers = list(re.finditer(r"\d{1,5}", line.text))
    for found in numbers[:1] + numbers[-1:]:
        distance = f"{{{int(found.group()) - page:+}}}"
        texts.add(line.text[: found.start()] + distance + line.text[found.end() :])
    return {(text, round(line.y / 4)) for text in texts}


def _heading(pages: list[list[_Line]]) -> str | None:
    """The first page's largest lines, where they are larger than the text."""
    sizes = [line.size for lines in pages for line in lines for _ in line.text]
    if not pages or not pages[0]:
        return None
    top = max(line.size for line in pages[0])
    if top < 1.15 * median(sizes):
        return None
    words = " ".join(line.text for line in pages[0] if line.size > 0.95 * top)
    return words if len(words) <= 300 else None


def _paragraphs(lines: list[_Line], words: Counter[str]) -> list[str]:
    """The lines of a page put together."""
    if not lines:
        return []
    usual = _usual(a.y - b.y for a, b in pairwise(lines) if 0 < a.y - b.y < 3 * max(a.size, 1))
    # The third quartile of lengths: what a full line holds, whatever few wide ones there are.
    full = sorted(len(line.text) for line in lines)[len(lines) * 3 // 4]
    found = [lines[0].text]
    for above, line in pairwise(lines):
        if _parted(above, line, usual, full):
            found.append(line.text)
        else:
            found[-1] = _mended(found[-1], line.text, words)
    return found


def _parted(above: _Line, line: _Line, usual: float, full: int) -> bool:
    """Whether a paragraph ends between two lines."""
    if abs(above.size - line.size) > 0.1 * max(above.size, line.size):
        return True
    drop, ended = above.y - line.y, bool(_ENDED.search(above.text[-10:]))
    if drop <= 0:  # another column, or the same height: the sentence may go on
        return ended and drop < 0
    if drop > 1.35 * usual:
        return True
    indented = line.x > above.x + 0.8 * line.size
    short = len(above.text) < 0.7 * full and not line.text[:1].islower()
    return bool(_BULLET.match(line.text)) or (ended and (indented or short))


def _mended(text: str, more: str, words: Counter[str]) -> str:
    """Two lines as one. A hyphen stays where the same word has one elsewhere."""
    broken = _BROKEN_WORD.search(text[-80:])
    rest = re.match(r"\w+", more)
    # The hyphen of "early- and mid-2000s" ends no line, even where it does.
    if not broken or not rest or not more[:1].islower() or rest.group(0) in _SUSPENDED:
        return f"{text} {more}"
    first, last = broken.group(1), rest.group(0)
    if words[f"{first}-{last}"] > words[first + last]:
        return text + more
    return text[:-1] + more


def _joined(pages: list[list[str]], words: Counter[str]) -> tuple[str, tuple[int, ...]]:
    """The whole text, and where each page begins in it. A sentence may run over the edge.

    Each page is normalised before it is joined, so that no offset moves afterwards.
    """
    from . import normalise

    parts: list[str] = []
    starts = []
    for page in pages:
        own = normalise("\n\n".join(page))
        if parts and own:
            last = parts.pop()
            if _goes_on(last, own):
                together = _mended(last, own, words)
                parts.append(together[: len(together) - len(own)])
            else:
                parts.append(last + "\n\n")
        starts.append(sum(map(len, parts)))
        if own:
            parts.append(own)
    return "".join(parts), tuple(starts)


def _goes_on(page: str, following: str) -> bool:
    """Whether a page ends in mid-sentence, and not with a heading."""
    last = page[-200:].rpartition("\n")[2]
    return not _ENDED.search(last) and (following[:1].islower() or len(last) > 60)

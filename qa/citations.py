"""A model's text, as it streams, into checked-to-be sentences with the numbers they cite. Pure.

The parser decides each thing as soon as what it has read can no longer change, and only by what it
has read up to there: how the stream was cut into tokens changes when a sentence comes out, never
what comes out. Its work for one sentence is bounded, so hostile text takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from index.chunk import split_sentences

from .markers import GROUP, LONGEST, OPEN, marker_end, read_marker
from .markup import Plain, plain, visible

MAX_SENTENCE = 2_000
"""Characters of raw text after which a sentence without an end is cut at a space."""

_WINDOW = 120  # characters before a full stop that decide whether it ends a sentence
_TAIL = 300  # characters after it that may belong to its markers


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence, list line or table row of a model's answer.

    between:  what stands before it and claims nothing: white space, a list marker.
    text:     plain text on one line; no marker, link, address, HTML or Markdown emphasis in it.
    numbers:  the known numbers that it cites, each once, in order.
    title:    it is a short heading that cites nothing, and whether it may stand is for others.
    """

    between: str
    text: str
    numbers: tuple[int, ...]
    title: bool = False


class Parser:
    """Feed it pieces of one answer; it gives each sentence once that has ended.

    `between + text` of all of them, joined, is the answer without its markers.

    invented:  numbers that were cited and are not known.
    removed:   links, images, addresses and HTML tags taken out.
    """

    def __init__(self, known: Collection[int]) -> None:
        self.invented = 0
        self.removed = 0
        self._known = frozenset(known)
        self._raw = ""
        self._start = 0  # where the sentence that has not ended begins in _raw
        self._scan = 0  # up to where it is known not to have ended
        self._spaced = False
        self._at_line = True
        self._in_table = False
        self._in_sources = False
        self._square = False  # a known number has stood in square brackets: `(3)` is no marker
        self._between = ""
        self._held: Said | None = None  # may yet be followed by a line of markers only
        self._last = ""
        self._skips_line = False

    def feed(self, piece: str) -> list[Said]:
        """The sentences that ended with this piece of the stream."""
        piece = visible(piece)
        if self._spaced:
            piece = piece.lstrip(" ")
        if piece:
            self._raw += re.sub(" {2,}", " ", piece)
            self._spaced = piece.endswith(" ")
        return self._take(final=False)

    def end(self) -> list[Said]:
        """What is left when the stream is over, half a marker at its end left out."""
        said = self._take(final=True)
        if self._held:
            said.append(self._held)
        self._held = None
        return said

    def _take(self, final: bool) -> list[Said]:
        said: list[Said] = []
        while self._skip() < len(self._raw):
            if self._held and self._raw[self._start] not in _BEFORE_MARKERS:
                said.append(self._held)
                self._held = None
            end = self._end(final)
            if end is None:
                break
            piece, self._start = self._raw[self._start : end], end
            self._scan = end
            said += self._read(piece)
        self._raw = self._raw[self._start :]
        self._scan -= self._start
        self._start = 0
        return said

    def _skip(self) -> int:
        """Move to the next character that is no white space; lines are counted in `between`."""
        raw, at = self._raw, self._start
        while at < len(raw) and raw[at] in " \n":
            if raw[at] == "\n":
                self._at_line = True
                self._between = self._between.rstrip(" ")
                self._between += "\n" * (not self._between.endswith("\n\n"))
            elif not self._between.endswith((" ", "\n")):
                self._between += " "
            at += 1
        self._start, self._scan = at, max(at, self._scan)
        return at

    # Where a sentence ends -------------------------------------------------------------------

    def _end(self, final: bool) -> int | None:
        """Where the sentence at _start ends, or None until more has been read."""
        raw, limit = self._raw, self._start + MAX_SENTENCE
        while True:
            event = _EVENT.search(raw, self._scan)
            if event is None or event.start() >= limit:
                if len(raw) >= limit:
                    space = raw.rfind(" ", self._start + MAX_SENTENCE // 2, limit)
                    return space if space > 0 else limit
                self._scan = len(raw)
                return len(raw) if final else None
            line = event[0] == "\n"
            end = self._line_end(event.start(), final) if line else self._stop(event, final)
            if end == _MORE:
                self._scan = event.start()
                return None
            if end is not None:
                return end
            self._scan = event.end()

    def _line_end(self, at: int, final: bool) -> int | None:
        """`at`, unless the line was wrapped in mid-sentence and goes on in lower case."""
        raw = self._raw
        wrapped = raw[at - 1].isalnum() or raw[at - 1] in ", "
        if not wrapped or self._whole_line(at):
            return at
        following = raw[at + 1 : at + 3]
        if not following.strip(" ") and not final:
            return _MORE
        return None if following.strip(" ")[:1].islower() else at

    def _whole_line(self, end: int) -> bool:
        """Whether the sentence at _start is a line that is never parted: a heading, a table row."""
        return self._at_line and bool(_WHOLE_LINE.match(self._raw, self._start, end))

    def _stop(self, stop: re.Match[str], final: bool) -> int | None:
        """Where the sentence ends that may end with this full stop, its markers included."""
        raw, end = self._raw, stop.end()
        if end == len(raw) and not final:
            return _MORE
        piece = raw[self._start : end]
        if self._whole_line(end) or (self._at_line and _LIST_NUMBER.fullmatch(piece)):
            return None
        if _is_open(piece):
            return None
        tail = self._tail(end, final)
        if tail is None:
            return _MORE
        after, marked, following = tail
        if not following:
            return None  # the line's end is this one's
        if not marked and following[0] != " " and not _WIDE_STOP.match(stop[0]):
            return None
        letter = following[_next(following, 0) :]
        inside = _MARKED_STOP.search(piece, max(0, len(piece) - 2 * LONGEST))
        marks = marked or (inside is not None and self._cites(inside[1]))
        sure = bool(_WIDE_STOP.match(stop[0])) or (marks and not letter.islower())
        if not sure and not self._ends(piece, letter):
            return None
        return end if marked and self._leading(piece) else after

    def _ends(self, piece: str, letter: str) -> bool:
        """Whether a sentence ends where `piece` does when `letter` follows it after a space."""
        if letter.islower() or (len(piece) <= _TAIL and _is_quoting(piece)):
            return False
        if len(piece) > _WINDOW:
            piece = piece[-_WINDOW:].partition(" ")[2] or piece[-_WINDOW:]
        before = _EMPHASIS.sub("", GROUP.sub("", piece)).strip() or "."
        spans = split_sentences(f"{before} {letter if letter.isalnum() else '-'}")
        return any(span.start > len(before) for span in spans)

    def _leading(self, piece: str) -> bool:
        """Whether this sentence has its markers before it, so that those behind lead the next."""
        prefix = _PREFIX.match(piece) if self._at_line else None
        at = prefix.end() if prefix else 0
        lead = GROUP.match(piece, at)
        if lead is None or not self._cites(lead[1]):
            return False
        return not any(self._cites(group[1]) for group in GROUP.finditer(piece, lead.end()))

    def _cites(self, inner: str) -> bool:
        return read_marker(inner, self._known) is not None

    def _tail(self, at: int, final: bool) -> tuple[int, bool, str] | None:
        """What follows a full stop at `at`: where its markers end, whether there are any, and the
        text from there on that shows what comes next: "" at the line's end. None: read more."""
        raw, end, marked, start = self._raw, at, False, at
        while at < len(raw) and at - start < _TAIL:
            sign = raw[at]
            if sign == "\n":
                return end, marked, ""
            group = self._marker_end(at, final) if sign in OPEN or sign in "(<" else 0
            if group:
                at = end = group
                marked = True
                continue
            step = None if group is None else self._step(at, marked, final)
            if step is None:
                return None
            if step == at:
                break
            if marked and end == at and sign in "*_`~.":
                end = step
            at = step
        if at == len(raw):
            return (end, marked, "") if final else None
        letter = _next(raw, end)
        if letter == len(raw) and not final:
            return None
        return end, marked, raw[end : letter + 1]

    def _step(self, at: int, marked: bool, final: bool) -> int | None:
        """Past what may stand before and between markers; `at` for anything else."""
        raw = self._raw
        if raw[at] in " *_`~\\" or (marked and raw[at] in ".,;&"):
            return at + 1
        if raw[at] == "<" or (marked and raw[at] == "a"):
            whole, part = (_TAG, _PART_OF_TAG) if raw[at] == "<" else (_AND, _PART_OF_AND)
            found = whole.match(raw, at)
            if found:
                return found.end()
            return None if part.fullmatch(raw, at) and not final else at
        return at

    def _marker_end(self, at: int, final: bool) -> int | None:
        return marker_end(self._raw, at, self._known, not self._square, final)

    # What a sentence says --------------------------------------------------------------------

    def _read(self, piece: str) -> list[Said]:
        """Hold the piece as a Said; the one that was held before it comes out."""
        lead, title = "", False
        if self._at_line:
            self._at_line, line = False, self._raw[self._start : self._start + 1] in ("", "\n")
            if self._is_furniture(piece):
                return []
            row, first = piece.startswith("|"), not self._in_table
            self._in_table = row
            prefix = _PREFIX.match(piece)
            item, piece = (prefix["item"] or "", piece[prefix.end() :]) if prefix else ("", piece)
            title = item.startswith("#") or (row and first) or bool(_BOLD.fullmatch(piece) and line)
            lead = "" if item.startswith("#") else _BULLET.sub("- ", item)
            piece = " | ".join(c.strip() for c in piece.strip("| ").split("|")) if row else piece
        elif self._skips_line:
            return []
        found = plain(piece, self._known, not self._square)
        self._square = self._square or found.square
        self.invented += found.invented
        self.removed += found.removed
        return self._hold(lead, found, title and _is_title(found))

    def _is_furniture(self, piece: str) -> bool:
        """Whether a line is a fence, the definition of a link, or one of a list of sources."""
        self._skips_line = False
        if _FENCE.fullmatch(piece):
            return True
        if _DEFINITION.fullmatch(piece):
            self.removed += 1
            return True
        listed = _LISTED.match(piece)
        source = bool(listed and (listed["number"] or self._cites(listed[2])))
        self._skips_line = self._in_sources and source
        self._in_sources = self._skips_line or bool(_SOURCES.fullmatch(piece))
        return self._in_sources

    def _hold(self, lead: str, found: Plain, title: bool) -> list[Said]:
        text, numbers = found.text, tuple(found.numbers)
        before, between = self._held, self._between
        if not any(character.isalnum() for character in text):
            if before:  # markers on a line of their own belong to what stands above them
                joined = tuple(dict.fromkeys(before.numbers + numbers))
                self._held = replace(before, numbers=joined, title=before.title and not joined)
            return []
        if not self._last:
            between = between.lstrip(" \n")
        elif not between and (text[0] in "([<" or not _WIDE_STOP.search(self._last[-2:])):
            between = " "
        self._held = Said(between + lead, text, numbers, title)
        self._between, self._last = "", text
        return [before] if before else []


_MORE = -1

_CLOSERS = r"[\"'”’»›)\]】」』*_`~]{0,20}"
_EVENT = re.compile(rf"\n|[.!?…‽؟۔।]{{1,20}}{_CLOSERS}|[。！？｡]{{1,20}}{_CLOSERS}")
_WIDE_STOP = re.compile(r"[。！？｡]+[\"”’)\]】*_`~]*$")
_OPENERS = re.compile(r"[ \"'“‘«(*_`~\[]{0,40}")
_BEFORE_MARKERS = OPEN + "(<*_`~\\|-+•‣◦▪>#0123456789"

_WHOLE_LINE = re.compile(r"\||#{1,6} |```|~~~")
_LIST_NUMBER = re.compile(r"(?:> ?)*(?:[-*+•] )?[*_]{0,3}\d{1,3}\.[*_]{0,3}")
_PREFIX = re.compile(
    r"(?:> ?)*(?P<item>[-*+–] (?:\[[ xX]\] )?|[•‣◦▪] ?|\d{1,3}[.)] (?=.)|#{1,6} )?", re.DOTALL
)
_BULLET = re.compile(r"^[^\d].*", re.DOTALL)
_BOLD = re.compile(r"(\*\*|__)[^*_\n]+\1:?")
_FENCE = re.compile(r"(?:`{3,}|~{3,})[\w+.-]* ?")
_DEFINITION = re.compile(r"\[[^\[\]]+\]: ?(?:<[^<>]*>|[^\s<>]*[/:#][^\s<>]*)(?: [\"'(].*)?")
_SOURCES = re.compile(
    r"[#*_ ]*(?:sources?|references|citations?|footnotes|works cited)[ :*_]*", re.IGNORECASE
)

_EMPHASIS = re.compile(r"[*_`~]+")
_MARKED_STOP = re.compile(rf"{GROUP.pattern}[*_`~]* ?[.!?…][^\w\s]*$")
_LISTED = re.compile(rf"(?:[-*+•] )?(?:(?P<number>\d{{1,3}}[.)]) |{GROUP.pattern})")
_AND, _PART_OF_AND = re.compile("and "), re.compile("a(?:nd?)?")
_TAG = re.compile(r"<[A-Za-z!?/][^<>]{0,80}>")
_PART_OF_TAG = re.compile(r"<(?:[A-Za-z!?/][^<>]{0,80})?")


def _next(text: str, at: int) -> int:
    """Where the first character is that neither quotes, brackets nor emphasises what follows."""
    opens = _OPENERS.match(text, at)
    return opens.end() if opens else at


def _is_open(piece: str) -> bool:
    """Whether a bracket, a link or a tag has begun near the end and not ended: `[See this. And`."""
    near = piece[-_TAIL:]
    bracket, tag, link = near.rfind("["), near.rfind("<"), near.rfind("](")
    return (
        (bracket > near.rfind("]") and not near[bracket + 1 : bracket + 2].isdigit())
        or (tag > near.rfind(">") and bool(re.match(r"[A-Za-z!?/]", near[tag + 1 :])))
        or (link >= 0 and ")" not in near[link:])
    )


def _is_quoting(piece: str) -> bool:
    """Whether a quotation has begun and not ended: a quotation is not parted, as in articles."""
    return piece.count('"') % 2 == 1 or piece.count("“") > piece.count("”")


def _is_title(found: Plain) -> bool:
    """Whether a heading, a bold line or a table's head is short enough to claim nothing."""
    text = found.text
    short = 0 < len(text) <= 60 and len(text.split()) <= 6 and not text.endswith((".", "!", "?"))
    cites = bool(found.numbers or found.invented)
    return short and not cites and not any(character.isdigit() for character in text)

"""The markers by which a model cites: `[3]` and its many forms. Pure.

Read: `[3][4]`, `[3, 4]`, `[3-5]`, `[3 and 4]`, `[^3]`, `[[3]]`, `[sentence 3]`, `【3†source】`,
links with such a text, `<sup>3</sup>`, and `(3)` where it can be nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Collection

OPEN, CLOSE = "[【［〔", "]】］〕"

LONGEST = 80
"""Characters between the brackets of a marker, at most."""

_INNER = f"[^{re.escape(OPEN + CLOSE)}\n]{{0,{LONGEST}}}"
GROUP = re.compile(f"[{re.escape(OPEN)}]{{1,2}}({_INNER})[{re.escape(CLOSE)}]{{1,2}}")
"""What may be a marker; what is between the brackets is group 1."""

_PART_OF_GROUP = re.compile(f"[{re.escape(OPEN)}]{{1,2}}{_INNER}")
_LINK = re.compile(r"\([^\s()]{0,300}\)")
_PART_OF_LINK = re.compile(r"\([^\s()]{0,300}")
_ROUND = re.compile(r"\(\d{1,4}(?:[,;–-] ?\d{1,4}){0,9}\)")
_UNGROUPED = GROUP.pattern.replace("(", "").replace(")", "")
_ASIDE = re.compile(
    rf"\((?:(?:see(?: also)?|cf\.?|sources?:?) )?({_UNGROUPED}(?:[,; ]*{_UNGROUPED})*)\)",
    re.IGNORECASE,
)
_PART_OF_ASIDE = re.compile(
    rf"\((?:[\d,;– -]*|[a-z.: ]{{0,10}}(?:[{re.escape(OPEN)}].*)?)", re.IGNORECASE
)
_RAISED = re.compile(r"<sup>[\[\]^\d ,;–-]{1,40}</sup>")
_PART_OF_RAISED = re.compile(r"<(?:s(?:up?)?|sup>[\[\]^\d ,;–-]{0,40}(?:<(?:/(?:s(?:up?)?)?)?)?)?")

_SAYS = re.compile(
    r"^(?:sentences?|sources?|refs?|references?|evidence|citations?|cite|passages?)\b[\s:.#]*",
    re.IGNORECASE,
)
_TOOL = re.compile(r"(?::\d+)?†.*$", re.DOTALL)
_ITEM = re.compile(r"[#^]?(-?\d+)(?:-(\d+))?")
_SPACED = re.compile(r"\d+(?: \d+)+")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+")
_UNREAD = str.maketrans("", "", "*_`~\\\u200c\u200d")


def read_marker(inner: str, known: Collection[int]) -> list[tuple[int, int | None]] | None:
    """The numbers and ranges that the text between two brackets cites; None when it is no marker.

    A year or a figure (`[2024]`, `[1,200]`) is one only where the number is known.
    """
    if len(inner) > LONGEST:
        return None
    body = _TOOL.sub("", _SAYS.sub("", inner.translate(_UNREAD).strip().lstrip("^ ")))
    body = re.sub(r"\s*[-–—−‑]\s*", "-", body)
    if _SPACED.fullmatch(body) and all(int(n) in known for n in body.split()):
        body = body.replace(" ", ",")
    items = [_ITEM.fullmatch(i.strip()) for i in re.split(r"[,;&]|\band\b", body) if i.strip()]
    if not items:
        return None
    cited = []
    for item in items:
        if item is None:
            return None
        cited.append((int(item[1]), int(item[2]) if item[2] else None))
    numbers = [n for pair in cited for n in pair if n is not None]
    figure = all(1000 <= n <= 2100 for n in numbers) or _THOUSANDS.fullmatch(body)
    return None if figure and not all(n in known for n in numbers) else cited


def marker_end(
    raw: str, at: int, known: Collection[int], round_too: bool, final: bool
) -> int | None:
    """Where the marker ends that stands at `raw[at]` behind a full stop, its link included.

    0: there is none; None: more must be read to tell, which cannot be when `raw` is `final`.
    `(3)` is one only where the line ends with it.
    """
    if raw[at] == "(":
        return _round_end(raw, at, known, round_too, final)
    raised = raw[at] == "<"
    whole, part = (_RAISED, _PART_OF_RAISED) if raised else (GROUP, _PART_OF_GROUP)
    group = whole.match(raw, at)
    if group is None:
        return None if part.fullmatch(raw, at) and not final else 0
    if raised:
        return group.end()
    if group.end() == len(raw) and not final:
        return None
    if read_marker(group[1], known) is None:
        return 0
    if raw[group.end() : group.end() + 1] != "(":
        return group.end()
    link = _LINK.match(raw, group.end())
    if link is None and _PART_OF_LINK.fullmatch(raw, group.end()) and not final:
        return None
    return link.end() if link else group.end()


def _round_end(
    raw: str, at: int, known: Collection[int], round_too: bool, final: bool
) -> int | None:
    """The same for `(3)`, `([3])` and `(see [3], [4])`."""
    end = raw.find(")", at, at + LONGEST) + 1
    if not end:
        part = len(raw) - at < LONGEST and _PART_OF_ASIDE.fullmatch(raw, at)
        return None if part and not final else 0
    groups = _ASIDE.fullmatch(raw, at, end)
    if groups:
        cited = (read_marker(group[1], known) for group in GROUP.finditer(groups[1]))
        return end if all(pairs is not None for pairs in cited) else 0
    after = raw[end : end + 2].lstrip(" ")
    if not after and not final:
        return None
    numbers = [int(number) for number in re.findall(r"\d+", raw[at:end])]
    sure = round_too and after[:1] in ("", "\n") and all(n in known for n in numbers)
    return end if sure and _ROUND.fullmatch(raw, at, end) else 0

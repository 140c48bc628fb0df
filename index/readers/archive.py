"""Zip archives: each member read by the reader of its own ending. Nothing is written to disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from ..errors import BadFile
from .draft import Draft, Skipped
from .inflate import MAX_ENTRIES, inflated, open_zip

MAX_INFLATED = 256 * 1024 * 1024
"""Bytes of all members together, those of an archive within the archive included."""


@dataclass
class _Budget:
    """What is left of the limits for one file, whatever is packed in it."""

    entries: int = MAX_ENTRIES
    inflated: int = MAX_INFLATED


def read(raw: bytes, name: str) -> Iterator[Draft | Skipped]:
    """The articles of all members; a member that cannot be read is skipped with its name.

    An archive within the archive is read too, one within that is not.
    """
    yield from _members(raw, name, _Budget(), nested=False)


def _members(raw: bytes, name: str, budget: _Budget, nested: bool) -> Iterator[Draft | Skipped]:
    with open_zip(raw) as archive:
        entries = [entry for entry in archive.infolist() if not entry.filename.endswith("/")]
        total = sum(entry.file_size for entry in entries)
        if len(entries) > budget.entries or total > budget.inflated:
            raise BadFile(
                f"has {len(entries):,} files that inflate to {total:,} bytes; {budget.entries:,} "
                f"and {budget.inflated:,} are allowed (split it, or unpack it)"
            )
        budget.entries -= len(entries)
        for entry in entries:
            member = _harmless(entry.filename)
            if any(part.startswith(".") or part == "__MACOSX" for part in member.parts):
                continue  # as hidden files are left out of folders
            place = f"{name}/{member}"
            try:
                reader = _reader(member.suffix.lower(), nested)
                content = inflated(archive, entry, budget.inflated)
                budget.inflated -= len(content)
                inside = reader is read
                found = _members(content, place, budget, True) if inside else reader(content, place)
                yield from (_placed(item, place) for item in found)
            except BadFile as problem:
                yield Skipped(place, str(problem))


def _reader(ending: str, nested: bool) -> Callable[[bytes, str], Iterator[Draft | Skipped]]:
    from . import FORMATS  # which names this reader too

    if ending not in FORMATS:
        raise BadFile("has an ending that is not known")
    if nested and FORMATS[ending] is read:
        raise BadFile("is an archive in an archive in an archive (unpack it)")
    return FORMATS[ending]


def _placed(found: Draft | Skipped, place: str) -> Draft | Skipped:
    if isinstance(found, Draft) and found.path is None:
        return replace(found, path=place)
    return found


def _harmless(name: str) -> PurePosixPath:
    """A member's name as a path that leads nowhere else: it is only ever shown."""
    parts = PurePosixPath(name.replace("\\", "/")).parts
    return PurePosixPath(*(part for part in parts if part not in ("..", "/"))) or PurePosixPath(".")

"""Bit flips and truncations over all files of a finished index: found out, or harmless."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from index.errors import FootnoteError

from .driver import BASE, OLD, opened, wrongs
from .processes import copied, in_child


@dataclass
class Damages:
    """What came of many damages.

    misled: of those that `check` reports, the ones where answers were other ones until then.
    wrong:  other answers, and `check` finds nothing.
    """

    trials: int = 0
    harmless: int = 0
    refused: int = 0
    reported: int = 0
    misled: int = 0
    wrong: int = 0
    crashed: int = 0
    unnamed: int = 0
    files: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def bad(self) -> int:
        return self.wrong + self.crashed + self.unnamed

    def add(self, other: Damages) -> None:
        for name in ("trials", "harmless", "refused", "reported", "misled", "wrong", "crashed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.unnamed += other.unnamed
        self.files += other.files
        self.notes += other.notes

    def line(self) -> str:
        return (
            f"{self.trials:6} trials {self.harmless:5} harmless {self.refused:4} refused "
            f"{self.reported:4} reported by check ({self.misled} of them after other answers) "
            f"{self.wrong:4} wrong {self.crashed:4} crashed {self.unnamed:4} nameless errors, "
            f"{dict(self.files)}"
        )


def damage(base: Path, work: Path, trials: int, seed: int) -> Damages:
    """Hurt one file of a copy of an index at a time, by one bit or by its end."""
    chance = random.Random(seed)
    figures = Damages()
    for _ in range(trials):
        with copied(base, work) as folder:
            what = _hurt(folder, chance)
            figures.trials += 1
            figures.files[what.split()[0]] += 1
            _judge(in_child(lambda folder=folder: _use(folder)), what, figures)
    return figures


def _hurt(folder: Path, chance: random.Random) -> str:
    """Flip a bit of a file, or cut its end off; small kinds of file get their share."""
    kinds: dict[str, list[Path]] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size):
        kinds.setdefault("lexical" if path.parent != folder else path.name, []).append(path)
    # Half of all go to the truth; tantivy has more files than there is to say of each.
    kind = "index.sqlite" if chance.random() < 0.5 else chance.choice(sorted(kinds))
    path = chance.choice(kinds[kind])
    data = bytearray(path.read_bytes())
    place = chance.randrange(len(data))
    if chance.random() < 0.75:
        data[place] ^= 1 << chance.randrange(8)
        path.write_bytes(data)
        return f"{kind} {path.name}: a bit of byte {place} flipped"
    path.write_bytes(data[:place])
    return f"{kind} {path.name}: cut at {place}"


def _use(folder: Path) -> dict[str, Any]:
    """Ask an index all that can be asked, then let it check itself."""
    refused, wrong = _refusal(lambda: _answers(folder))
    checked, report = _refusal(lambda: _check(folder))
    return {"refused": refused, "checked": checked, "wrong": wrong, "report": report}


def _refusal(work: Callable[[], list[str]]) -> tuple[str, list[str]]:
    try:
        return "", work()
    except FootnoteError as problem:
        return f"FootnoteError {problem}", []
    except Exception as problem:
        return f"{type(problem).__name__} {problem}", []


def _answers(folder: Path) -> list[str]:
    with opened(folder) as index:
        found = wrongs(index, BASE)
        if index.article(OLD.id, OLD.version) != OLD:
            found.append("the earlier version of an article is another")
        return found


def _check(folder: Path) -> list[str]:
    with opened(folder) as index:
        return list(index.check().damage)


def _judge(found: dict[str, Any], what: str, figures: Damages) -> None:
    if "refused" not in found:
        figures.crashed += 1
        figures.notes.append(f"{what}: {found}")
        return
    for error in (found["refused"], found["checked"]):
        if error and not error.startswith("FootnoteError"):
            figures.unnamed += 1
            figures.notes.append(f"{what}: {error[:300]}")
            return
    if found["refused"]:
        figures.refused += 1
    elif found["report"] or found["checked"]:
        figures.reported += 1
        figures.misled += bool(found["wrong"])
        if found["wrong"]:
            figures.notes.append(
                f"{what}: misled: {found['wrong'][0][:300]}; {found['report'][:1]}"
            )
    elif found["wrong"]:
        figures.wrong += 1
        figures.notes.append(f"{what}: {found['wrong'][0][:300]}")
    else:
        figures.harmless += 1

"""Power loss: what a disk may hold at each point of a run, worked out from its log.

A file's bytes are safe from its last fsync on, a name (made, moved, deleted) from its folder's
last fsync on. Everything later may have come through, or not, or as garbage: each point of a run
gives some images of a disk, and each of them has to be recovered from.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from .driver import OPERATIONS
from .processes import copied
from .sweep import Figures
from .trace import joined, recorded

Kind = Literal["nothing later", "names only", "zeros", "garbage", "some", "some other"]
KINDS: tuple[Kind, ...] = ("nothing later", "names only", "zeros", "garbage", "some", "some other")

_FD = re.compile(r"^(\d+)<")
_HEX = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')

Change = tuple[int, bytes] | int
"""Bytes written at an offset, or a new length."""


@dataclass(eq=False)
class File:
    safe: bytes = b""
    later: list[Change] = field(default_factory=list)

    def content(self, changes: list[Change] | None = None) -> bytes:
        data = bytearray(self.safe)
        for change in self.later if changes is None else changes:
            if isinstance(change, int):
                data = data[:change].ljust(change, b"\0")
            else:
                offset, piece = change
                data = data.ljust(offset, b"\0")
                data[offset : offset + len(piece)] = piece
        return bytes(data)

    def sync(self) -> None:
        self.safe, self.later = self.content(), []


Names = dict[Path, File | None]
"""What is there, below the folder of a trial: files, and None for folders."""


class Disk:
    """The files of one run, as they are and as they are safe."""

    def __init__(self, top: Path) -> None:
        self.top = top
        self.now: Names = {
            path: File(path.read_bytes()) if path.is_file() else None for path in top.rglob("*")
        }
        self.safe: Names = dict(self.now)
        self.acknowledged = False
        self._files: dict[int, tuple[File, int]] = {}

    def apply(self, name: str, arguments: str, result: str) -> bool:
        """Follow one call of the run; whether it changed anything on the disk."""
        if name == "write" and _named(arguments).startswith("pipe:"):
            text = _strings(arguments)[0]
            self.acknowledged |= text.startswith((b"told", b"done"))
            return False
        if result.startswith("-1"):
            return False
        work = getattr(self, f"_{name}", None)
        return bool(work and work(arguments, int(re.match(r"\d+", result)[0])))  # type: ignore[index]

    def _openat(self, arguments: str, fd: int) -> bool:
        self._files.pop(fd, None)
        path = self._paths(arguments)[0]
        if self.top not in path.parents or "O_DIRECTORY" in arguments or path.is_dir():
            return False
        made = path not in self.now
        file = self.now.setdefault(path, File())
        if file is None:
            return False
        if cut := "O_TRUNC" in arguments and not made:
            file.later.append(0)
        self._files[fd] = (file, 0)
        return made or cut

    def _close(self, arguments: str, _: int) -> bool:
        self._files.pop(_fd(arguments), None)
        return False

    def _lseek(self, arguments: str, offset: int) -> bool:
        if found := self._files.get(_fd(arguments)):
            self._files[_fd(arguments)] = (found[0], offset)
        return False

    def _read(self, arguments: str, count: int) -> bool:
        if found := self._files.get(_fd(arguments)):
            self._files[_fd(arguments)] = (found[0], found[1] + count)
        return False

    def _write(self, arguments: str, count: int) -> bool:
        found = self._files.get(_fd(arguments))
        if not found:
            return False
        file, offset = found
        file.later.append((offset, _strings(arguments)[0][:count]))
        self._files[_fd(arguments)] = (file, offset + count)
        return True

    def _pwrite64(self, arguments: str, count: int) -> bool:
        found = self._files.get(_fd(arguments))
        if found:
            offset = int(arguments.rsplit(", ", 1)[1])
            found[0].later.append((offset, _strings(arguments)[0][:count]))
        return bool(found)

    def _ftruncate(self, arguments: str, _: int) -> bool:
        found = self._files.get(_fd(arguments))
        if found:
            found[0].later.append(int(arguments.rsplit(", ", 1)[1]))
        return bool(found)

    def _fsync(self, arguments: str, _: int) -> bool:
        fd = _fd(arguments)
        if fd in self._files:
            self._files[fd][0].sync()
            return True
        place = Path(_named(arguments))
        for path in {p for p in (*self.safe, *self.now) if p.parent == place}:
            if path in self.now:
                self.safe[path] = self.now[path]
            else:
                self.safe.pop(path)
        return True

    _fdatasync = _fsync

    def _rename(self, arguments: str, _: int) -> bool:
        old, new = self._paths(arguments)
        self.now[new] = self.now.pop(old)
        return True

    _renameat = _renameat2 = _rename

    def _unlink(self, arguments: str, _: int) -> bool:
        return self.now.pop(self._paths(arguments)[0], None) is not None

    def _unlinkat(self, arguments: str, _: int) -> bool:
        # Removal of a tree names files by their open folder.
        folder = re.match(r"\d+<([^>]*)>", arguments)
        name = self._paths(arguments)[0]
        path = Path(_plain(folder[1])) / name if folder else name
        return self.now.pop(path, self) is not self

    def _mkdir(self, arguments: str, _: int) -> bool:
        self.now[self._paths(arguments)[0]] = None
        return True

    _mkdirat, _rmdir = _mkdir, _unlink

    def _paths(self, arguments: str) -> list[Path]:
        return [Path(os.fsdecode(text)) for text in _strings(arguments)]

    def image(self, kind: Kind, chance: random.Random) -> dict[Path, bytes | None]:
        """What may be found when the power is back: relative paths, None for folders."""
        names = self._names(kind, chance)
        whole = {
            path: file
            for path, file in names.items()
            if all(p in names for p in path.parents if self.top in p.parents)
        }
        return {
            path.relative_to(self.top): None if file is None else _bytes(file, kind, chance)
            for path, file in whole.items()
        }

    def _names(self, kind: Kind, chance: random.Random) -> Names:
        if kind == "nothing later":
            return self.safe
        if not kind.startswith("some"):
            return self.now
        names: Names = {}
        for path in (*self.safe, *self.now):
            half = chance.choice([self.safe, self.now])
            if path in half:
                names[path] = half[path]
        return names


def _bytes(file: File, kind: Kind, chance: random.Random) -> bytes:
    if kind in ("nothing later", "names only"):
        return file.safe
    if kind in ("zeros", "garbage"):
        junk = (lambda n: bytes(n)) if kind == "zeros" else chance.randbytes
        return file.content(
            [c if isinstance(c, int) else (c[0], junk(len(c[1]))) for c in file.later]
        )
    return file.content([change for change in file.later if chance.random() < 0.5])


def _fd(arguments: str) -> int:
    found = _FD.match(arguments)
    return int(found[1]) if found else -1


def _plain(text: str) -> str:
    return os.fsdecode(bytes.fromhex(text.replace("\\x", "")))


def _named(arguments: str) -> str:
    return _plain(arguments[arguments.index("<") + 1 : arguments.index(">")])


def _strings(arguments: str) -> list[bytes]:
    return [bytes.fromhex(found.replace("\\x", "")) for found in _HEX.findall(arguments)]


def loss(
    base: Path, work: Path, share: float, seed: int, part: int = 0, parts: int = 1
) -> dict[str, Figures]:
    """Cut the power after every call that changes the disk (or a share of them), in each way."""
    chance = random.Random(seed)
    found = {}
    for name, operation in OPERATIONS.items():
        figures = found[f"{name} power loss"] = Figures()
        images = _images(name, base, work, share, chance)
        for acknowledged, kind, image in islice(images, part, None, parts):
            with copied(base / "none", work) as folder:
                _lay(image, folder.parent)
                figures.trials += 1
                figures.fired += 1
                what = f"{name}, {kind}, trial {figures.trials}"
                figures.judge(operation, folder, acknowledged, what)
    return found


def _images(
    name: str, base: Path, work: Path, share: float, chance: random.Random
) -> Iterator[tuple[bool, Kind, dict[Path, bytes | None]]]:
    operation = OPERATIONS[name]
    with copied(base if operation.before else base / "none", work) as folder:
        log = work / f"power-{os.getpid()}.log"
        disk = Disk(folder.parent)
        recorded(operation, folder, log, "-xx", "-s", "10000000")
        told = False
        for _, call, arguments, result in joined(log):
            changed = disk.apply(call, arguments, result)
            if (changed and chance.random() < share) or disk.acknowledged != told:
                for kind in KINDS:
                    yield disk.acknowledged, kind, disk.image(kind, chance)
            told = disk.acknowledged
        _compare(disk)
        if not disk.acknowledged:
            raise RuntimeError("the log does not tell what was acknowledged")


def _compare(disk: Disk) -> None:
    """The model is right when it ends with the files that are there."""
    there = {p: p.read_bytes() if p.is_file() else None for p in disk.top.rglob("*")}
    model = {p: None if f is None else f.content() for p, f in disk.now.items()}
    if there != model:
        odd = [p for p in there | model if there.get(p, 0) != model.get(p, 0)]
        raise RuntimeError(f"the log does not tell all that was written: {odd}")


def _lay(image: dict[Path, bytes | None], top: Path) -> None:
    for path, content in sorted(image.items()):
        if content is None:
            (top / path).mkdir()
        else:
            (top / path).write_bytes(content)

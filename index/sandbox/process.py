"""One process that reads untrusted files, seen from the process that started it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from .. import child
from ..errors import BadFile, FootnoteError
from ..readers import Skipped, name_of, printable
from ..types import Article
from . import wire

START_SECONDS = 60.0


class Process:
    """One reading process and the pipe to it. Raises FootnoteError when it does not start."""

    def __init__(self, seconds: float, memory: int) -> None:
        self._seconds = seconds
        self._memory = memory
        self.ended = False
        self._pipe, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                child.command("index.sandbox.worker", os.getpid(), seconds, memory),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is this process' affair
            )
        try:
            self._message(START_SECONDS)
        except (OSError, EOFError, ValueError):
            how = self.end()
            raise FootnoteError(f"no process that reads files could be started ({how})") from None

    def read(self, path: Path, root: Path) -> Iterator[Article | Skipped]:
        """What one file holds. `ended` is true when this process will read no other."""
        try:
            self._pipe.sendall(wire.pack(str(path), str(root)))
            yield from self._found()
            return
        except BadFile as problem:
            reason = str(problem)
        except TimeoutError:
            reason = f"took over {self._seconds:g} s to read (split it, or allow --seconds)"
        except ValueError as problem:
            reason = f"could not be read: its reader sent {printable(str(problem))}"
        except (OSError, EOFError):
            reason = f"could not be read: its reader {self.end()}"
        self.end()
        yield Skipped(name_of(path, root), reason)

    def _found(self) -> Iterator[Article | Skipped]:
        left = self._seconds
        while True:
            began = time.monotonic()
            kind, value = self._message(left)
            left -= time.monotonic() - began  # the caller's time is not the file's
            if kind == "article":
                yield wire.article(value)
            elif kind == "skipped":
                yield wire.skipped(value)
            elif kind == "end":
                if value is True:
                    self.end()
                return
            elif kind == "memory":
                megabytes = self._memory // (1024 * 1024)
                raise BadFile(f"took over {megabytes:,} MB to read (split it, or allow --memory)")
            else:
                raise BadFile(
                    f"could not be read: its reader failed on it ({printable(str(value))})"
                )

    def _message(self, seconds: float) -> tuple[object, object]:
        """The next message. Raises TimeoutError, EOFError, OSError or ValueError."""
        deadline = time.monotonic() + seconds

        def receive(length: int) -> bytes:
            got = bytearray()
            while len(got) < length:
                self._pipe.settimeout(max(deadline - time.monotonic(), 0.001))
                part = self._pipe.recv(min(length - len(got), 1024 * 1024))
                if not part:
                    raise EOFError
                got += part
                if time.monotonic() > deadline:
                    raise TimeoutError
            return bytes(got)

        return wire.unpack(receive)

    def kill(self) -> None:
        """End the process; whoever reads from it sees the end of its pipe."""
        self._process.kill()

    def end(self) -> str:
        """Kill the process, if it has not ended by itself; how it ended, for a person."""
        self.ended = True
        self._process.kill()
        code = self._process.wait()
        self._pipe.close()
        if code == -signal.SIGKILL:
            return "was killed (it may be that memory ran out)"
        name = signal.Signals(-code).name if code < 0 else f"status {code}"
        return f"broke down ({name})"

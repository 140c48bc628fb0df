"""One SQLite file: connections, transactions, and errors in words that a person can act on.

Every page carries a checksum that is verified whenever the page is read (SQLite's own cksumvfs),
so a flipped bit on the disk is an error and never another answer.

Where the file or its folder may not be written to, it is only read. While a process that may has
it open, its log is read too. Where there is no log SQLite can be told only that the file never
changes, and then sees no change and takes no lock: so whether it has changed is looked at here,
before each statement or transaction and after it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import apsw
import apsw.sqlite_extra

from .errors import FootnoteError, IndexDamaged, IndexLocked
from .files import forbidden, may_write

_VFS = "cksmvfs"
_CHECKSUM_BYTES = 8
_PAGE_BYTES = 8_192
"""Five vectors of 1,536 bytes fill a page of 8,192 to 94%; two fill one of 4,096 to 75%."""

_WAIT_MS = 5_000

Access = Literal["write", "read", "still"]
"""How a file can be opened. still: to be read, as one that nobody writes to."""

Mark = tuple[int, int, int]
"""By which a file is known to be as it was: its number, size and time of change."""


class _Own(threading.local):
    """What each thread has of its own.

    failed:  the disk did not do what it should.
    still:   what the file was when it was opened as one that nobody writes to; else None.
    """

    connection: apsw.Connection | None = None
    failed = False
    still: Mark | None = None


class Sqlite:
    """Safe to share between threads: each has its own connection."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._closed = False
        self._own = _Own()
        # Weak, so that the connection of a thread that has ended is closed with it.
        self._all: weakref.WeakSet[apsw.Connection] = weakref.WeakSet()

    def close(self) -> None:
        """For good, whoever is using it: what a thread has not committed is not stored."""
        self._closed = True
        for connection in list(self._all):
            # Whoever is inside of one closes it with its next statement, or when its thread ends.
            with suppress(apsw.ThreadingViolationError):
                connection.close()
        self._all.clear()

    def connection(self) -> apsw.Connection:
        """This thread's own. Raises FootnoteError once it was closed."""
        self._refuse_if_closed()
        if self._is_stale():
            self._own.failed = True
            self._drop_if_failed()
        if self._own.connection is None:
            try:
                access = _access(self.path)
                self._own.still = _mark(self.path) if access == "still" else None
                self._own.connection = _connect(self.path, access)
            except OSError as problem:
                raise self._unusable(problem) from None
            self._all.add(self._own.connection)
            self._refuse_if_closed()  # meanwhile
        return self._own.connection

    def _is_stale(self) -> bool:
        """Whether a file that nobody wrote to is written to by now, where nothing hangs on it."""
        if self._own.still is None or self._in_transaction():
            return False
        try:
            return self._has_changed() or _access(self.path) != "still"
        except OSError as problem:
            raise self._unusable(problem) from None

    def _has_changed(self) -> bool:
        return self._own.still is not None and self._own.still != _mark(self.path)

    def _refuse_if_changed(self) -> None:
        """What was read of a file while it changed is of two versions: it counts for nothing."""
        if self._has_changed():
            self._own.failed = True
            raise IndexLocked(
                f"{self.path} was written to while it was read (wait a moment, then do it again)"
            )

    def _refuse_if_closed(self) -> None:
        if self._closed:
            self._own.failed = True
            self._drop_if_failed()
            raise self._gone()

    @contextmanager
    def transaction(self, kind: str) -> Iterator[None]:
        """Everything inside is one transaction; nothing of it stays if it fails."""
        try:
            connection = self.connection()
            connection.execute(f"BEGIN {kind}")
            yield
            connection.execute("COMMIT")
            self._refuse_if_changed()
        except BaseException as problem:
            self._roll_back()
            self.explain(problem)
            raise
        finally:
            self._drop_if_failed()

    def _roll_back(self) -> None:
        # SQLite has ended the transaction itself after some errors, a full disk among them.
        connection = self._own.connection
        try:
            if connection is not None and connection.in_transaction:
                connection.execute("ROLLBACK")
        except apsw.Error:
            self._own.failed = True

    def _in_transaction(self) -> bool:
        try:
            return self._own.connection is not None and self._own.connection.in_transaction
        except apsw.ConnectionClosedError:
            return False

    def _drop_if_failed(self) -> None:
        """Close a connection to which the disk failed.

        It may hold a lock that it could not give back, or the file as one that cannot be written.
        """
        connection = self._own.connection
        if self._own.failed and connection is not None:
            self._own.connection = None
            with suppress(apsw.Error):
                connection.close(True)
        self._own.failed = False

    def run(self, sql: str, values: Sequence[Any] = ()) -> Any:
        """A cursor over the rows. Call inside a transaction."""
        return self.connection().execute(sql, values)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[Any]:
        """Every row at once, for what is read outside a transaction."""
        try:
            found = list(self.run(sql, values))
            if not self._in_transaction():
                self._refuse_if_changed()
            return found
        except (apsw.Error, UnicodeDecodeError) as problem:
            self.explain(problem)
            raise
        finally:
            if not self._in_transaction():
                self._drop_if_failed()

    def empty_log(self) -> None:
        """Bring what is committed into the file and cut the log to nothing.

        Not while somebody reads from it: a later call then does it. A disk that fails changes
        nothing of what is committed, so that is no error here.
        """
        connection = self.connection()
        connection.set_busy_timeout(0)
        try:
            list(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
        except apsw.Error as problem:
            self._own.failed |= isinstance(problem, _FAILED)
        finally:
            connection.set_busy_timeout(_WAIT_MS)
            self._drop_if_failed()

    def explain(self, problem: BaseException) -> None:
        """Raise what a person can act on in place of what SQLite says; nothing for other errors."""
        self._own.failed |= isinstance(problem, _FAILED)
        if self._closed and isinstance(problem, _CLOSED):
            raise self._gone() from None
        if isinstance(problem, apsw.Error):
            self._refuse_if_changed()
        # The statements are ours and right: one that SQLite does not understand means other tables.
        unreadable = (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, UnicodeDecodeError)
        if isinstance(problem, unreadable) or is_damage(problem):
            raise self.damaged(str(problem)) from None
        if isinstance(problem, _HELD):
            raise IndexLocked(
                f"{self.path} is held by another process: {problem} (wait for it, or stop it)"
            ) from None
        if isinstance(problem, (*_FAILED, apsw.FullError, apsw.NoMemError)):
            raise self._unusable(problem) from None

    def _gone(self) -> FootnoteError:
        return FootnoteError(f"{self.path} was closed while it was in use (open it again)")

    def _unusable(self, problem: BaseException) -> FootnoteError:
        if isinstance(problem, _REFUSED) and (why := forbidden(self.path)):
            if isinstance(problem, apsw.CantOpenError) and _size(_beside(self.path, "-wal")):
                why += "; its log can be read only by who may write, or while a writer has it open"
            return FootnoteError(f"{self.path} cannot be used: {why}")
        if isinstance(problem, OSError):
            reason = f"{problem.strerror} (check its name, and the disk)"
            return FootnoteError(f"{self.path} cannot be read or written: {reason}")
        return FootnoteError(
            f"{self.path} cannot be read or written: {problem} "
            "(make room or mend the disk, then do the same again)"
        )

    def damaged(self, what: str) -> IndexDamaged:
        return IndexDamaged(
            f"{self.path} is damaged: {what} "
            "(restore it from a copy, or add the articles to a new index)"
        )

    def integrity(self) -> list[str]:
        """SQLite's own verdict on the file: an empty list when it is sound."""
        try:
            found = [row[0] for row in self.run("PRAGMA integrity_check")]
            broken = [str(row) for row in self.run("PRAGMA foreign_key_check")]
        except apsw.Error as problem:
            return [str(problem)]
        return [message for message in found if message != "ok"] + broken


_HELD = (apsw.BusyError, apsw.LockedError, apsw.ProtocolError)
"""What SQLite says where a lock is held: it may be our own, that could not be given back."""

_CLOSED = (apsw.ConnectionClosedError, apsw.CursorClosedError, apsw.ThreadingViolationError)
"""What apsw says of a connection that another thread has closed."""

_FAILED = (apsw.IOError, apsw.CantOpenError, apsw.ReadOnlyError, *_HELD)
"""What SQLite says where the file or the disk does not do what it should."""

_REFUSED = (PermissionError, apsw.CantOpenError, apsw.ReadOnlyError)
"""What is said where a permission is missing; not of that alone."""


def is_damage(problem: BaseException) -> bool:
    """Whether a page is not what was written: its checksum differs."""
    code = getattr(problem, "extendedresult", 0)
    return isinstance(problem, apsw.IOError) and bool(code == apsw.SQLITE_IOERR_DATA)


def has_table(path: Path, name: str) -> bool:
    """Whether a file is there and holds a table; true as well for a file that cannot be read."""
    sqlite = Sqlite(path)
    try:
        if not path.exists():
            return False
        sql = "SELECT 1 FROM sqlite_schema WHERE name = ?"
        return sqlite.run(sql, (name,)).fetchone() is not None
    except (apsw.Error, OSError, FootnoteError):
        return True  # whoever opens it says what is wrong
    finally:
        sqlite.close()


def _access(path: Path) -> Access:
    """How this process can open a file as it is now.

    Who may not write can use a log and its index, but make neither.
    """
    if may_write(path):
        return "write"
    log = _beside(path, "-wal")
    if log.exists() and (_size(log) or _beside(path, "-shm").exists()):
        return "read"
    return "still"


def _mark(path: Path) -> Mark:
    try:
        found = path.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_size, found.st_mtime_ns


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _connect(path: Path, access: Access) -> apsw.Connection:
    _register()
    if path.exists() and _is_cut(path):
        raise apsw.CorruptError("its end is missing")
    if access != "write":
        return _connect_to_read(path, access)
    connection = apsw.Connection(str(path), vfs=_VFS)
    connection.set_busy_timeout(_WAIT_MS)
    if path.stat().st_size == 0:
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.reserve_bytes(reserve=_CHECKSUM_BYTES)
    # FULL: in WAL mode NORMAL loses acknowledged commits when the power goes.
    # secure_delete: what is forgotten is overwritten, not only let go.
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _connect_to_read(path: Path, access: Access) -> apsw.Connection:
    uri = f"{path.absolute().as_uri()}?mode=ro" + ("&immutable=1" if access == "still" else "")
    flags = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
    connection = apsw.Connection(uri, flags=flags, vfs=_VFS)
    connection.set_busy_timeout(_WAIT_MS)
    return connection


def _is_cut(path: Path) -> bool:
    """Whether a file ends within a page: its last one would be read as if it ended in noughts.

    Where there is a log to replay, or a journal to go back by, a page may be half written.
    """
    if any(_size(_beside(path, ending)) for ending in ("-wal", "-journal")):
        return False
    with path.open("rb") as file:
        page_bytes = int.from_bytes(file.read(18)[16:18], "big")
    page_bytes = 65_536 if page_bytes == 1 else page_bytes  # as the file format has it
    return page_bytes >= 512 and path.stat().st_size % page_bytes != 0


def _size(path: Path) -> int:
    """The bytes of a file, 0 where there is none: whoever is the last to close takes a log away."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _register() -> None:
    """Make the file system that verifies checksums known to this process's SQLite, once."""
    if _VFS not in apsw.vfs_names():
        apsw.sqlite_extra.load(apsw.Connection(":memory:"), "cksumvfs")

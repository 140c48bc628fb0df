"""Both halves of the search as files, kept in step with the database and never trusted blindly.

`derived.json` says what the files cover, and their hashes, its own among them. What is missing,
damaged, of a later version or of another history of the database is made up from it in memory, so
a search never waits for a writer and never sees stale rows.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from . import lexical, vectors
from .catalogue import Catalogue, Selection
from .database import Database
from .errors import FootnoteError
from .files import Verified, forbidden, replacing, sync_folder
from .lexical import Lexical
from .types import Filters
from .vectors import Dense

MANIFEST = "derived.json"

About = dict[str, Any]
"""What one half's file covers: rows up to `last_row`, removals up to `version`; and its hash.

`stamp` is the database's own of that version.
"""

_NOTHING: About = {"last_row": 0, "version": 0, "size": 0}

REWRITE_SHARE = 0.1
"""The FAISS file is written anew when more than this share of it has changed since."""

MAX_LAG = 2_000
"""Chunks that may be committed before the files are brought up to date in a long add.

Readers hold them in memory until then.
"""

MAX_SELECTIONS = 16
"""Filters that are remembered; each takes a bit a chunk and three numbers an article."""


@dataclass
class Derived:
    """Both halves, ready to search, for one committed version.

    stamp:       of that version, which tells it from others of its number.
    covers:      what the manifest said of the files that each half was read from.
    catalogue:   of this version or an earlier one; caught up when a filter is first asked for.
    selections:  what the filters that were asked for allow: they are asked for again and again.
    """

    version: int
    stamp: int | None
    dense: Dense
    lexical: Lexical
    covers: dict[str, About]
    catalogue: Catalogue = field(default_factory=Catalogue)
    selections: dict[Filters, Selection] = field(default_factory=dict)

    def is_of(self, version: int, database: Database) -> bool:
        """Whether this is of the version that the surrounding snapshot sees."""
        return self.version == version and self.stamp == database.stamp(version)

    def leads_to(self, version: int, database: Database) -> bool:
        """Whether the version that the surrounding snapshot sees is this one or came of it."""
        return self.version <= version and self.stamp == database.stamp(self.version)

    def select(self, filters: Filters, database: Database) -> Selection:
        """What filters allow a search to find. Call inside the snapshot that is searched."""
        found = self.selections.get(filters)
        if found is None:
            self.catalogue = self.catalogue.caught_up(database)
            found = self.catalogue.select(filters, database)
            if len(self.selections) >= MAX_SELECTIONS:
                self.selections.clear()
            self.selections[filters] = found
        return found


def load(
    folder: Path, database: Database, version: int, before: Derived | None, verified: Verified
) -> Derived:
    """Both halves for the version that the surrounding snapshot sees.

    `before` is what was loaded last: it is kept while the files are the same, and where they
    cannot be trusted, as while a writer is changing them.
    """
    covers = _manifest(folder)
    main, dense = _read_dense(folder, covers, database, before, verified)
    searcher, words = _read_lexical(folder, covers, database, before, verified)
    # Of a later version nothing is gone that this one must still find.
    earlier = before if before and before.leads_to(version, database) else None
    same_main = earlier and earlier.dense.main is main and earlier.covers["dense"] == dense
    same_words = earlier and earlier.covers["lexical"] == words
    return Derived(
        version,
        database.stamp(version),
        vectors.catch_up(
            main,
            dense["last_row"],
            dense["version"],
            database,
            earlier.dense if earlier and same_main else None,
        ),
        lexical.catch_up(
            searcher,
            words["last_row"],
            words["version"],
            database,
            earlier.lexical if earlier and same_words else None,
        ),
        {"dense": dense, "lexical": words},
        earlier.catalogue if earlier else Catalogue(),
    )


def lag(folder: Path, database: Database) -> int:
    """Changes that the word index's files do not hold yet."""
    about = _manifest(folder).get("lexical", _NOTHING)
    with database.snapshot():
        if not _is_ours(about, database):
            about = _NOTHING
        return database.changed_since(about["last_row"], about["version"])


def update(folder: Path, database: Database, verified: Verified) -> None:
    """Bring the files up to the committed version. The caller holds the writer's lock.

    Raises FootnoteError when they cannot be written; a search does without them.
    """
    try:
        _update(folder, database, verified)
    except OSError as problem:
        raise FootnoteError(
            f"what searches in {folder} use cannot be written: "
            f"{forbidden(folder / MANIFEST) or problem} "
            "(the articles are stored; mend that, then do the same again)"
        ) from None


def _update(folder: Path, database: Database, verified: Verified) -> None:
    database.stamp_present()
    covers = _manifest(folder)
    now = dict(covers)
    with database.snapshot() as version:
        now["dense"] = _update_dense(folder, covers, database, version, verified)
        words = covers.get("lexical", _NOTHING)
        stale = words.get("stamp") != database.stamp(version) or "changing" in words
        if stale or not _sound(folder, words, verified):
            # Said before it is done: what a crash leaves behind is unfinished and not damaged.
            _write_manifest(folder, covers | {"lexical": words | {"changing": True}})
            now["lexical"] = _update_lexical(folder, words, database, version, verified)
    if now != covers:
        _write_manifest(folder, now)
    for old in folder.glob("dense-*.faiss*"):
        if old.name != now["dense"]["file"]:
            old.unlink(missing_ok=True)


def problems(folder: Path, database: Database) -> tuple[list[str], list[str]]:
    """What is wrong with the files, and what merely lags behind the database.

    Call inside a snapshot.
    """
    covers = _manifest(folder)
    wrong: list[str] = []
    if not covers and (folder / MANIFEST).exists():
        wrong.append(f"{folder / MANIFEST} is not what was written (its hash differs)")
    # What is of another history is never served, and may be half replaced by what is of this one.
    ours = {half: about for half, about in covers.items() if _is_ours(about, database)}
    if "dense" in ours:
        wrong += _dense_problems(folder, ours["dense"], database)
    if "lexical" in ours and not ours["lexical"].get("changing"):
        wrong += _lexical_problems(folder, ours["lexical"], database)
    return wrong, list(_lags(covers, database))


def _lags(covers: dict[str, About], database: Database) -> Iterator[str]:
    version = database.version
    for half in ("dense", "lexical"):
        about = covers.get(half, _NOTHING)
        if about["version"] and not _is_ours(about, database):
            yield f"{half} is of another history of the database, or of an earlier program"
        elif about["version"] != version or about.get("changing"):
            yield f"{half} covers version {about['version']} of {version}"


def _dense_problems(folder: Path, about: About, database: Database) -> list[str]:
    path = folder / about["file"]
    if not Verified().holds(path, about["sha256"]):
        return [f"{path} is not what was written (its hash differs)"]
    if about.get("encoder") != database.encoder:
        return []  # of a database that was reindexed since: never served
    main = vectors.read(path)
    found = vectors.catch_up(main, about["last_row"], about["version"], database)
    return vectors.differences(found, database)


def _lexical_problems(folder: Path, about: About, database: Database) -> list[str]:
    opened = _open_lexical(folder, about, Verified())
    if opened is None:
        place = folder / "lexical"
        if not os.access(place / lexical.CHANGING, os.R_OK) and (place / lexical.CHANGING).exists():
            return [f"{place / lexical.CHANGING} may not be read (its owner: qa check --repair)"]
        return [f"{place} is not what was written (a hash differs)"]
    held, (_, there) = opened.searcher.num_docs, database.count()
    if about["version"] == database.version and held != there:
        return [f"lexical holds {held} chunks, the database {there}"]
    return []


def erase(folder: Path) -> None:
    """Forget every derived file; `update` makes them again from the database."""
    (folder / MANIFEST).unlink(missing_ok=True)
    lexical.erase(folder / "lexical")


def _manifest(folder: Path) -> dict[str, About]:
    """What derived.json says, or nothing where it cannot be trusted."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        covers: dict[str, About] = manifest["covers"]
        return covers if manifest["sha256"] == _digest(covers) else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _is_ours(about: About, database: Database) -> bool:
    """Whether a file is of a version that the surrounding snapshot's own history went through.

    Its number alone does not say: see `Database.stamp`. A file without a stamp, of a program that
    gave none, is not taken either, and is made anew once from the stored vectors and texts: its
    database may have been put back already, and nothing would tell.
    """
    return "stamp" in about and bool(about["stamp"] == database.stamp(about["version"]))


def _write_manifest(folder: Path, covers: dict[str, About]) -> None:
    manifest = {"covers": covers, "sha256": _digest(covers)}
    with replacing(folder / MANIFEST) as file:
        file.write(json.dumps(manifest, indent=1).encode())


def _digest(covers: dict[str, About]) -> str:
    return hashlib.sha256(json.dumps(covers, sort_keys=True).encode()).hexdigest()


# The vectors


def _read_dense(
    folder: Path,
    covers: dict[str, About],
    database: Database,
    before: Derived | None,
    verified: Verified,
) -> tuple[Any, About]:
    """The FAISS index to search, None where there is none to trust, and what it covers."""
    about = covers.get("dense", _NOTHING)
    old = before.covers["dense"] if before else _NOTHING
    if before and about == old and _is_ours(about, database):
        return before.dense.main, about
    if _usable(folder, about, database, verified):
        main = vectors.read(folder / about["file"])
        if main is not None:
            return main, about
    if before and _is_ours(old, database) and old.get("encoder") == database.encoder:
        return before.dense.main, old
    return None, _NOTHING


def _usable(folder: Path, about: About, database: Database, verified: Verified) -> bool:
    """Whether a FAISS file is what was written, of this encoder and of this history."""
    return (
        "file" in about
        and _is_ours(about, database)
        and about.get("encoder") == database.encoder
        and verified.holds(folder / about["file"], about["sha256"])
    )


def _update_dense(
    folder: Path, covers: dict[str, About], database: Database, version: int, verified: Verified
) -> About:
    about = covers.get("dense", _NOTHING)
    main = None
    if _usable(folder, about, database, verified):
        changed = database.changed_since(about["last_row"], about["version"])
        if changed <= REWRITE_SHARE * about.get("size", 0):
            return about
        main = vectors.read(folder / about["file"])
    if main is not None:
        removed = database.removed_since(about["version"])
        main = vectors.rebuilt(main, removed, about["last_row"], database)
    else:
        main = vectors.build(database)
    name = f"dense-{version}.faiss"
    return {
        "file": name,
        "sha256": vectors.write(main, folder / name),
        "size": main.ntotal,
        "version": version,
        "stamp": database.stamp(version),
        "last_row": database.last_chunk(),
        "encoder": database.encoder,
    }


# The words


def _read_lexical(
    folder: Path,
    covers: dict[str, About],
    database: Database,
    before: Derived | None,
    verified: Verified,
) -> tuple[Any, About]:
    """A view of tantivy's files, None where there are none to trust, and what it covers."""
    about = covers.get("lexical", _NOTHING)
    old = before.covers["lexical"] if before else _NOTHING
    if before and about == old and _is_ours(about, database):
        return before.lexical.searcher, about
    if _is_ours(about, database) and (opened := _open_lexical(folder, about, verified)):
        return opened.searcher, about
    if before and _is_ours(old, database):
        return before.lexical.searcher, old
    return None, _NOTHING


def _sound(folder: Path, about: About, verified: Verified) -> bool:
    """Whether tantivy's files are the ones that were written."""
    files: dict[str, str] = about.get("files", {})
    return bool(files) and all(
        verified.holds(folder / "lexical" / name, sha256) for name, sha256 in files.items()
    )


class _Opened(NamedTuple):
    """tantivy's index, and its view of the files that were written."""

    index: Any
    searcher: Any


def _open_lexical(folder: Path, about: About, verified: Verified) -> _Opened | None:
    """None unless the files are the ones that were written."""
    if not _sound(folder, about, verified):
        return None
    # A writer may have committed in between: then this is not the view that was checked, which is
    # looked at last.
    try:
        with lexical.openable(folder / "lexical") as place:
            index = lexical.open_folder(place)
            opened = _Opened(index, index.searcher())
    except (ValueError, OSError):
        return None
    changing = folder / "lexical" / lexical.CHANGING
    return opened if Verified().holds(changing, about["files"][lexical.CHANGING]) else None


def _update_lexical(
    folder: Path, about: About, database: Database, version: int, verified: Verified
) -> About:
    place = folder / "lexical"
    if _is_ours(about, database) and (opened := _open_lexical(folder, about, verified)):
        # What a change that was cut short left behind can be in the way of the same one again.
        with suppress(ValueError, OSError):
            return _fill_lexical(place, opened.index, about, database, version)
    lexical.erase(place)
    try:
        index = lexical.open_folder(place)
        sync_folder(folder)
        return _fill_lexical(place, index, _NOTHING, database, version)
    except ValueError as problem:  # tantivy has no other, for a full disk neither
        raise OSError(f"{place}: {problem}") from None


def _fill_lexical(place: Path, index: Any, about: About, database: Database, version: int) -> About:
    last, removed = about["last_row"], database.removed_since(about["version"])
    lexical.update(index, database.chunks_after(last), removed, last)
    # tantivy makes this for its owner alone: whoever may read the database may read this too.
    (place / lexical.CHANGING).chmod(database.path.stat().st_mode & 0o777)
    sync_folder(place)  # tantivy does so before it puts its meta.json in place, not after
    files = lexical.digests(place, about.get("files"))
    return {
        "version": version,
        "stamp": database.stamp(version),
        "last_row": database.last_chunk(),
        "files": files,
    }

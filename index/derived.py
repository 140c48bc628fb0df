"""Both halves of the search as files, kept in step with the database and never trusted blindly.

`derived.json` says what the files cover, and their hashes, its own among them. What is missing,
damaged or of another version is made up from the database in memory, so a search never waits for
a writer and never sees stale rows.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import lexical, vectors
from .database import Database
from .errors import FootnoteError, IndexDamaged
from .lexical import Lexical
from .vectors import Dense

MANIFEST = "derived.json"

About = dict[str, Any]
"""What one half's file covers: rows up to `last_row`, removals up to `version`; and its hash."""

_NOTHING: About = {"last_row": 0, "version": 0}

REWRITE_SHARE = 0.1
"""The FAISS file is written anew when more than this share of it has changed since."""


@dataclass(frozen=True)
class Derived:
    """Both halves, ready to search, for one committed version.

    covers:  what the manifest said of the files that each half was read from.
    """

    version: int
    dense: Dense
    lexical: Lexical
    covers: dict[str, About]


def load(folder: Path, database: Database, version: int, before: Derived | None) -> Derived:
    """Both halves for the version that the surrounding snapshot sees.

    `before` is what was loaded last: it is kept while the files are the same, and where they
    cannot be trusted, as while a writer is changing them.
    """
    covers = _manifest(folder)
    main, dense = _read_dense(folder, covers.get("dense", _NOTHING), version, before)
    searcher, words = _read_lexical(folder, covers.get("lexical", _NOTHING), version, before)
    return Derived(
        version,
        vectors.catch_up(main, dense["last_row"], dense["version"], database),
        lexical.catch_up(searcher, words["last_row"], words["version"], database),
        {"dense": dense, "lexical": words},
    )


def update(folder: Path, database: Database) -> None:
    """Bring the files up to the committed version. The caller holds the writer's lock.

    Raises FootnoteError when they cannot be written; a search does without them.
    """
    try:
        _update(folder, database)
    except OSError as problem:
        raise FootnoteError(
            f"what searches in {folder} use cannot be written: {problem} "
            "(the articles are stored; mend that, then do the same again)"
        ) from None


def _update(folder: Path, database: Database) -> None:
    covers = _manifest(folder)
    now = dict(covers)
    with database.snapshot() as version:
        now["dense"] = _update_dense(folder, covers.get("dense", _NOTHING), database, version)
        words = covers.get("lexical", _NOTHING)
        stale = words["version"] != version or "changing" in words
        if stale or _open_lexical(folder, words) is None:
            # Said before it is done: what a crash leaves behind is unfinished and not damaged.
            _write_manifest(folder, covers | {"lexical": words | {"changing": True}})
            now["lexical"] = _update_lexical(folder, words, database, version)
    if now != covers:
        _write_manifest(folder, now)
    for old in folder.glob("dense-*.faiss*"):
        if old.name != now["dense"]["file"]:
            old.unlink(missing_ok=True)


def problems(folder: Path, database: Database) -> tuple[list[str], list[str]]:
    """What is wrong with the files, and what merely lags behind the database.

    Call inside a snapshot.
    """
    covers, version = _manifest(folder), database.version
    wrong: list[str] = []
    if not covers and (folder / MANIFEST).exists():
        wrong.append(f"{folder / MANIFEST} is not what was written (its hash differs)")
    lags = [
        f"{half} covers version {about['version']} of {version}"
        for half, about in ((half, covers.get(half, _NOTHING)) for half in ("dense", "lexical"))
        if about["version"] != version or about.get("changing")
    ]
    if "dense" in covers:
        wrong += _dense_problems(folder, covers["dense"], database)
    if "lexical" in covers and not covers["lexical"].get("changing"):
        wrong += _lexical_problems(folder, covers["lexical"], database)
    return wrong, lags


def _dense_problems(folder: Path, about: About, database: Database) -> list[str]:
    try:
        main = vectors.read(folder / about["file"], about["sha256"])
    except IndexDamaged as problem:
        return [str(problem)]
    if about["version"] > database.version:
        return []  # of a database that has been put back since: never served
    found = vectors.catch_up(main, about["last_row"], about["version"], database)
    return vectors.differences(found, database)


def _lexical_problems(folder: Path, about: About, database: Database) -> list[str]:
    index = _open_lexical(folder, about)
    if index is None:
        return [f"{folder / 'lexical'} is not what was written (a hash differs)"]
    held, there = index.searcher().num_docs, len(database.rows())
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


def _write_manifest(folder: Path, covers: dict[str, About]) -> None:
    manifest = {"covers": covers, "sha256": _digest(covers)}
    vectors.replace_file(folder / MANIFEST, json.dumps(manifest, indent=1).encode())


def _digest(covers: dict[str, About]) -> str:
    return hashlib.sha256(json.dumps(covers, sort_keys=True).encode()).hexdigest()


def _read_dense(
    folder: Path, about: About, version: int, before: Derived | None
) -> tuple[Any, About]:
    """The FAISS index to search, None where there is none to trust, and what it covers."""
    old = before.covers["dense"] if before else _NOTHING
    if before and about == old and about["version"] <= version:
        return before.dense.main, about
    if "file" in about and about["version"] <= version:
        try:
            return vectors.read(folder / about["file"], about["sha256"]), about
        except IndexDamaged:
            pass
    if before and old["version"] <= version:
        return before.dense.main, old
    return None, _NOTHING


def _read_lexical(
    folder: Path, about: About, version: int, before: Derived | None
) -> tuple[Any, About]:
    """A view of tantivy's files, None where there are none to trust, and what it covers."""
    old = before.covers["lexical"] if before else _NOTHING
    if before and about == old and about["version"] <= version:
        return before.lexical.searcher, about
    if about["version"] <= version and (index := _open_lexical(folder, about)):
        return index.searcher(), about
    if before and old["version"] <= version:
        return before.lexical.searcher, old
    return None, _NOTHING


def _open_lexical(folder: Path, about: About) -> Any:
    """tantivy's index, None unless its files are the ones that were written."""
    files = about.get("files")
    if not files or lexical.digests(folder / "lexical", files) != files:
        return None
    try:
        index = lexical.open_folder(folder / "lexical")
    except ValueError:
        return None
    # A writer may have committed in between: then this is not the view that was checked.
    same = lexical.digests(folder / "lexical", ["meta.json"]).items() <= files.items()
    return index if same else None


def _update_lexical(folder: Path, about: About, database: Database, version: int) -> About:
    place = folder / "lexical"
    if about["version"] <= version and (index := _open_lexical(folder, about)):
        # What a change that was cut short left behind can be in the way of the same one again.
        with suppress(ValueError, OSError):
            return _fill_lexical(place, index, about, database, version)
    lexical.erase(place)
    try:
        index = lexical.open_folder(place)
        vectors.sync_folder(folder)
        return _fill_lexical(place, index, _NOTHING, database, version)
    except ValueError as problem:  # tantivy has no other, for a full disk neither
        raise OSError(f"{place}: {problem}") from None


def _fill_lexical(place: Path, index: Any, about: About, database: Database, version: int) -> About:
    removed = database.removed_since(about["version"])
    lexical.update(index, database.chunks_after(about["last_row"]), removed)
    vectors.sync_folder(place)  # tantivy does so before it puts its meta.json in place, not after
    files = lexical.digests(place)
    return {"version": version, "last_row": database.last_chunk(), "files": files}


def _update_dense(folder: Path, about: About, database: Database, version: int) -> About:
    main, _ = _read_dense(folder, about, version, None)
    if main is not None:
        now = vectors.catch_up(main, about["last_row"], about["version"], database)
        if len(now.rows) + len(now.removed) <= REWRITE_SHARE * now.size:
            return about
    name = f"dense-{version}.faiss"
    sha256 = vectors.write(vectors.build(database), folder / name)
    last = database.last_chunk()
    return {"file": name, "sha256": sha256, "version": version, "last_row": last}

"""Both halves of the search as files, kept in step with the database and never trusted blindly.

`derived.json` says what the files cover. What is missing, damaged or of another version is made
up from the database in memory, so a search never waits for a writer and never sees stale rows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import lexical, vectors
from .database import Database
from .errors import IndexDamaged
from .lexical import Lexical
from .vectors import Dense

MANIFEST = "derived.json"

_NOTHING: dict[str, Any] = {"last_row": 0, "version": 0, "sha256": None}

REWRITE_SHARE = 0.1
"""The FAISS file is written anew when more than this share of it has changed since."""


@dataclass(frozen=True)
class Derived:
    """Both halves, ready to search, for one committed version.

    hash:  of the FAISS file that `dense.main` was read from; None where there was none.
    """

    version: int
    dense: Dense
    lexical: Lexical
    hash: str | None


def load(folder: Path, database: Database, version: int, before: Derived | None) -> Derived:
    """Both halves for the version that the surrounding snapshot sees.

    `before` is what was loaded last: its FAISS index is kept while the file is the same.
    """
    covers = _manifest(folder)
    about = covers.get("dense", _NOTHING)
    main = _read_dense(folder, about, before) if about["version"] <= version else None
    if main is None:
        about = _NOTHING
    dense = vectors.catch_up(main, about["last_row"], about["version"], database)
    words = _load_lexical(folder, covers.get("lexical"), database, version)
    return Derived(version, dense, words, about["sha256"])


def update(folder: Path, database: Database) -> None:
    """Bring the files up to the committed version. The caller holds the writer's lock."""
    covers = _manifest(folder)
    with database.snapshot() as version:
        words = _update_lexical(folder / "lexical", covers.get("lexical"), database, version)
        dense = _update_dense(folder, covers.get("dense", _NOTHING), database, version)
    now = {"dense": dense, "lexical": words}
    if now != covers:
        vectors.replace_file(folder / MANIFEST, json.dumps(now, indent=1).encode())
    for old in folder.glob("dense-*.faiss*"):
        if old.name != dense["file"]:
            old.unlink(missing_ok=True)


def problems(folder: Path, database: Database) -> tuple[list[str], list[str]]:
    """What is wrong with the files, and what merely lags behind the database.

    Call inside a snapshot.
    """
    covers, version = _manifest(folder), database.version
    wrong: list[str] = []
    lags = [
        f"{half} covers version {covers[half]['version'] if half in covers else 0} of {version}"
        for half in ("dense", "lexical")
        if half not in covers or covers[half]["version"] < version
    ]
    if "dense" in covers:
        try:
            main = vectors.read(folder / covers["dense"]["file"], covers["dense"]["sha256"])
            found = vectors.catch_up(
                main, covers["dense"]["last_row"], covers["dense"]["version"], database
            )
            wrong += vectors.differences(found, database)
        except IndexDamaged as problem:
            wrong.append(str(problem))
    if covers.get("lexical", {}).get("version") == version:
        try:
            held = lexical.open_folder(folder / "lexical").searcher().num_docs
            if held != len(database.rows()):
                wrong.append(f"lexical holds {held} chunks, the database {len(database.rows())}")
        except ValueError as problem:
            wrong.append(f"{folder / 'lexical'} cannot be read: {problem}")
    return wrong, lags


def erase(folder: Path) -> None:
    """Forget every derived file; `update` makes them again from the database."""
    (folder / MANIFEST).unlink(missing_ok=True)
    lexical.erase(folder / "lexical")


def _manifest(folder: Path) -> dict[str, Any]:
    """What derived.json says, or nothing where it cannot be trusted."""
    try:
        covers = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        whole = all(isinstance(covers[h][n], int) for h in covers for n in ("version", "last_row"))
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return covers if whole else {}


def _read_dense(folder: Path, about: dict[str, Any], before: Derived | None) -> Any:
    """The FAISS index that the manifest names; None where there is none that can be trusted."""
    if about["sha256"] is None:
        return None
    if before is not None and before.hash == about["sha256"]:
        return before.dense.main
    try:
        return vectors.read(folder / about["file"], about["sha256"])
    except IndexDamaged:
        return None


def _load_lexical(
    folder: Path, about: dict[str, Any] | None, database: Database, version: int
) -> Lexical:
    # Files that are ahead of the snapshot lack rows that it still has.
    if about is not None and about["version"] <= version:
        try:
            searcher = lexical.open_folder(folder / "lexical").searcher()
            return lexical.catch_up(searcher, about["last_row"], about["version"], database)
        except ValueError:
            pass
    return lexical.catch_up(None, 0, 0, database)


def _update_lexical(
    folder: Path, about: dict[str, Any] | None, database: Database, version: int
) -> dict[str, Any]:
    try:
        index = lexical.open_folder(folder)
    except ValueError:
        about = None
    if about is None or about["version"] > version:
        lexical.erase(folder)
        index, about = lexical.open_folder(folder), {"version": 0, "last_row": 0}
    if about["version"] != version:
        removed = database.removed_since(about["version"])
        lexical.update(index, database.chunks_after(about["last_row"]), removed)
    return {"version": version, "last_row": database.last_chunk()}


def _update_dense(
    folder: Path, about: dict[str, Any], database: Database, version: int
) -> dict[str, Any]:
    main = _read_dense(folder, about, None)
    if main is not None and about["version"] <= version:
        now = vectors.catch_up(main, about["last_row"], about["version"], database)
        if len(now.rows) + len(now.removed) <= REWRITE_SHARE * now.size:
            return about
    name = f"dense-{version}.faiss"
    sha256 = vectors.write(vectors.build(database), folder / name)
    last = database.last_chunk()
    return {"file": name, "sha256": sha256, "version": version, "last_row": last}

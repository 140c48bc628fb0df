"""What a person calls articles: the beginning of an id, a URL, or a file or folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .database import Database
from .errors import UnknownArticle
from .readers import identity

SHOWN = 3
"""Articles that are listed where a name could mean either of two things."""


def by_prefix(database: Database, prefix: str) -> str:
    """The id that starts with `prefix`. Raises UnknownArticle unless it is one."""
    ids = database.ids(prefix)
    if len(ids) != 1 or not prefix:
        count = "no article" if not ids else "more than one article"
        raise UnknownArticle(f'{count} has an id that starts with "{prefix}" (qa list)')
    return ids[0]


def named(database: Database, what: str) -> list[str]:
    """Ids of the articles that an id's beginning, a URL, or a file or folder names; never none.

    Raises UnknownArticle, also where both an id's beginning and a path are meant by it and are
    of different articles: what is named here is removed.
    """
    if not what.strip():  # as a path it would be the working folder
        raise UnknownArticle(f'"{what}" names no article (give an id, a URL, a file or a folder)')
    ids = database.ids(what)
    if what in ids:
        return [what]
    places = _by_place(database, what)
    if ids and places and set(ids) != set(places):
        raise UnknownArticle(
            f'"{what}" is the beginning of an id ({_listed(database, ids)}) and a path that other '
            f"articles came from ({_listed(database, places)}): "
            f"give a whole id, or ./{what} for the path"
        )
    return places or [by_prefix(database, what)]


def _by_place(database: Database, what: str) -> list[str]:
    by_url = identity(what, None, None, "")
    if database.known(by_url):
        return [by_url]
    return list(database.from_origin(str(Path(what).resolve())))


def _listed(database: Database, ids: Sequence[str]) -> str:
    """The first few articles by id and title."""
    shown = [f"{i} {database.article(i).title}" for i in ids[:SHOWN]]
    return ", ".join(shown + ["..."] * (len(ids) > SHOWN))

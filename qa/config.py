"""Which index and which model: the only reader of the environment.

QA_INDEX      the index folder
QA_MODEL      the model that answers; its keys are those that qa.llm.connect names
QA_VERIFIER   the cross-encoder that checks what it says, instead of the packaged model
QA_AUTH       USER:PASSWORD of the chat, which other users of the machine can read in a command line
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import FootnoteError
from index.files import is_there

if TYPE_CHECKING:
    from index.types import Entailer

    from .llm import Model

EXTRACTIVE = "extractive"


def index_folder(given: Path | str | None = None) -> Path:
    """The index folder: the one given, QA_INDEX, else the user's own.

    Whoever has none yet, and works in a checkout, gets its sample articles.
    """
    if (named := _named(given)) is not None:
        return named
    own = own_index()
    return own if _is_made(own) or not _is_made(seeds_index()) else seeds_index()


def asks_samples(given: Path | str | None = None) -> bool:
    """Whether a question is one to the sample articles: that of whoever has no index, and names
    none, in a checkout. Their index need not be made yet."""
    # Of an installed package that folder would be somebody else's.
    checkout = seeds().is_dir() and (seeds().parent / "pyproject.toml").exists()
    return checkout and _named(given) is None and not _is_made(own_index())


def _named(given: Path | str | None) -> Path | None:
    """The index folder that was named, for this once or for all commands."""
    named = given if given is not None else os.environ.get("QA_INDEX") or None
    return None if named is None else expanded(named)


def _is_made(folder: Path) -> bool:
    return is_there(str(folder / "index.sqlite"))


def new_index_folder(given: Path | str | None = None) -> Path:
    """Where articles are added: the folder given, QA_INDEX, else the user's own; never among the
    samples unless they are named."""
    return expanded(given or os.environ.get("QA_INDEX") or own_index())


def expanded(path: Path | str) -> Path:
    """A path with the home folder put in for `~`, which not every shell has done.

    Raises FootnoteError for the home of a user who is not there.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise FootnoteError(
            f"{path}: there is no such user (for a folder of that name, ./{path})"
        ) from None


def own_index() -> Path:
    """Where the articles of a person who names no folder are kept."""
    import platformdirs

    return platformdirs.user_data_path("footnote") / "index"


def seeds() -> Path:
    """The sample articles of a checkout; the folder need not exist."""
    return Path(__file__).resolve().parent.parent / "seeds"


def seeds_index() -> Path:
    """The index over the sample articles, in the checkout and apart from everything else."""
    return seeds().parent / ".footnote" / "seeds"


def index_name(folder: Path) -> str:
    """What a reader calls an index: its folder's name, or what the samples are."""
    samples = folder.resolve() == seeds_index().resolve()
    return "sample articles" if samples else folder.resolve().name


def model(given: str | Model | None = None) -> Model | None:
    """The model that answers; None for the articles' own sentences.

    The one given, else QA_MODEL, else none: no model is used that nobody asked for. Raises
    FootnoteError, with the remedy, for a string that names none, and TypeError for what no question
    can be put to.
    """
    if given is not None and not isinstance(given, str):
        return _checked(given)
    name = given or os.environ.get("QA_MODEL") or EXTRACTIVE
    if name == EXTRACTIVE:
        return None
    from .llm import connect

    return connect(name, os.environ)


def _checked(given: Model) -> Model:
    if not (isinstance(getattr(given, "name", None), str) and hasattr(given, "stream")):
        from .llm import FORMS

        raise TypeError(
            f"a model is a string ({FORMS}), or an object like qa.llm.Model with a name and "
            f"stream(system, user), not {type(given).__name__}"
        )
    return given


def verifier(given: str | None = None) -> Entailer | None:
    """The model that judges what claims mean; None for the packaged one.

    The one given, else QA_VERIFIER: the folder of a cross-encoder, or its name on the hub. Raises
    FootnoteError when it cannot be loaded.
    """
    name = given or os.environ.get("QA_VERIFIER")
    if not name:
        return None
    from index.pretrained import CrossEncoderEntailer

    return CrossEncoderEntailer(name)


def model_label(name: str) -> str:
    """What a reader calls a model."""
    return "The articles' own sentences" if name == EXTRACTIVE else name.rpartition("#")[2]


def auth(given: str | None = None) -> str | None:
    """USER:PASSWORD of the chat: the one given, else QA_AUTH. Raises FootnoteError for another."""
    said = given or os.environ.get("QA_AUTH") or None
    user, colon, password = (said or "").partition(":")
    if said and not (user and colon and password):
        raise FootnoteError("--auth (or QA_AUTH) takes USER:PASSWORD, neither of them empty")
    return said

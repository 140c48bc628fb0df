"""Files to Articles: a reader per format, and the one place where text is normalised."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path, PurePosixPath

from ..errors import BadFile
from ..files import certainly
from ..types import Article, day_of
from . import archive, csv, docx, feed, html, jsonl, mail, markdown, pdf, text, warc
from .draft import Draft, Skipped

__all__ = ["FORMATS", "Skipped", "find_files", "make_article", "normalise", "read_path"]

FORMATS = {
    ".txt": text.read,
    ".text": text.read,
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".html": html.read,
    ".htm": html.read,
    ".jsonl": jsonl.read,
    ".csv": csv.read,
    ".pdf": pdf.read,
    ".docx": docx.read,
    ".eml": mail.read,
    ".mbox": mail.read_mbox,
    ".xml": feed.read,
    ".rss": feed.read,
    ".atom": feed.read,
    ".warc": warc.read,
    ".gz": warc.read,  # .warc.gz: what else is packed so is refused there
    ".zip": archive.read,
}

_MANY = {jsonl.read, csv.read, mail.read_mbox, feed.read, warc.read, archive.read}
"""Readers of files that hold many articles."""

MAX_BYTES = 256 * 1024 * 1024
MAX_CHARACTERS = 2_000_000
MAX_TITLE = 1_000
"""Characters. A title is embedded with every chunk of its article."""

# Control characters, and characters without a glyph that can hide text from a reader: zero-width
# and bidi controls, the soft hyphen, tag characters. Joiners (U+200C, U+200D) stay: emoji and
# several scripts need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def normalise(text: str) -> str:
    """The one form in which text is stored, so that offsets never move again.

    NFC, `\\n` line ends, plain spaces for no-break ones, nothing invisible, no lone surrogates,
    no spaces at line ends, at most one blank line in a row.
    """
    text = re.sub("\r\n?|[\x0b\x0c\x85\u2028\u2029]", "\n", text)
    text = _INVISIBLE.sub("", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    text = unicodedata.normalize("NFC", text)
    text = re.sub("[\u00a0\u2007\u202f]", " ", text)
    # Line by line: a pattern for spaces at line ends takes quadratic time on long runs of them.
    text = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]


def identity(url: str | None, key: str | None, path: str | None, content: str) -> str:
    """An article's id, from the first of these that it has.

    A key that is an id already, as `qa export` writes it, stays that id.
    """
    if not url and key and re.fullmatch(r"[0-9a-f]{16}", key):
        return key
    for kind, value in (("url", url), ("id", key), ("path", path)):
        if value:
            return _digest(kind, value)
    return _digest("content", content)


def identities(origin: str) -> list[str]:
    """Every id that a file's path can have given it, whichever folder it was added by."""
    parts = PurePosixPath(origin).parts
    names = ["/".join(parts[start:]) for start in range(1, len(parts))]
    return [identity(None, None, name, "") for name in (origin, *names)]


def version_of(article: Article) -> str:
    """Hash of what an article says and of what is known about it."""
    dates = [d.isoformat() if d else "" for d in (article.published, article.updated)]
    known = [article.source, article.url, article.author, article.language]
    pages = [str(start) for start in article.pages]
    return _digest(article.title, article.text, *dates, *(value or "" for value in known), *pages)


def make_article(
    title: str,
    text: str,
    *,
    source: str | None = None,
    url: str | None = None,
    published: date | None = None,
    updated: date | None = None,
    author: str | None = None,
    language: str | None = None,
    path: str | None = None,
    key: str | None = None,
    pages: tuple[int, ...] = (),
) -> Article:
    """An Article with its text normalised and its id and version computed.

    A `url` that is not http(s) is dropped: it would become a link. `pages` are offsets into a
    text that is normalised already. Raises BadFile when no text is left, or more than
    MAX_CHARACTERS, or a title of more than MAX_TITLE, and TypeError for a date that is no day.
    """
    body = normalise(text)
    assert not pages or body == text, "pages are counted in a text that normalise would change"
    if not body:
        raise BadFile("holds no text")
    if len(body) > MAX_CHARACTERS:
        raise BadFile(f"has {len(body):,} characters; the limit is {MAX_CHARACTERS:,} (split it)")
    link = normalise(url) if url else None
    if link and not re.match(r"https?://", link, re.IGNORECASE):
        link = None

    def line(value: str | None) -> str | None:
        return " ".join(normalise(value).split()) or None if value else None

    heading = line(title) or body.split("\n", 1)[0][:80]
    if len(heading) > MAX_TITLE:
        raise BadFile(f"has a title of {len(heading):,} characters (at most {MAX_TITLE:,})")
    article = Article(
        id=identity(link, line(key), path, heading + "\n" + body),
        version="",
        title=heading,
        text=body,
        source=line(source),
        url=link,
        published=day_of("published", published),
        updated=day_of("updated", updated),
        author=line(author),
        language=line(language),
        path=path,
        pages=pages,
    )
    return replace(article, version=version_of(article))


def find_files(folder: Path, outside: list[Path] | None = None) -> Iterator[Path]:
    """The files below a folder in a stable order, hidden ones left out, links not followed out.

    A folder below it that cannot be listed comes out itself, so that its silence is not taken
    for the absence of its files. Links that lead out of it are appended to `outside`.
    """
    inside = folder.resolve()
    found: list[Path] = []
    for place, folders, files in os.walk(folder, onerror=lambda p: found.append(Path(p.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        links = [name for name in folders if certainly(Path(place, name).is_symlink)]
        found.extend(Path(place, name) for name in files + links if not name.startswith("."))
    for path in sorted(found):
        # realpath and not resolve(), which raises on a link that leads to itself.
        link = certainly(path.is_symlink)
        if link and not Path(os.path.realpath(path)).is_relative_to(inside):
            if outside is not None:
                outside.append(path)
        elif not (link and certainly(path.is_dir)):  # that folder's files come by themselves
            yield path


def printable(name: str) -> str:
    """A text that can be stored and printed: bytes that are no UTF-8 become escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def name_of(path: Path, root: Path) -> str:
    """What a file is called in reports: its path below the folder that was added."""
    return printable(path.relative_to(root).as_posix() if path != root else path.name)


def read_path(path: Path, root: Path) -> Iterator[Article | Skipped]:
    """The articles of one file. `root` is the folder that was added; ids are relative to it.

    Never raises for what a file holds: what cannot be read comes out as Skipped, and so does a
    file that holds no article. How long that takes is up to the file: what is not trusted is
    read by pool.py.
    """
    name = name_of(path, root)
    draft = None
    try:
        drafts = FORMATS[_suffix(path)](_bytes(path), name)
        for draft in drafts:
            found = draft if isinstance(draft, Skipped) else _article(draft, name, path)
            yield _skipped(found.path, found.reason) if isinstance(found, Skipped) else found
        if draft is None:
            yield Skipped(name, "holds no article")
    except BadFile as problem:
        yield _skipped(name, str(problem))
    except OSError as problem:
        yield Skipped(name, f"cannot be read: {problem.strerror or problem}")


def _skipped(path: str, reason: str) -> Skipped:
    return Skipped(printable(path), printable(reason))


def _article(draft: Draft, name: str, path: Path) -> Article | Skipped:
    # The articles of one file share its path, so theirs cannot be their identity.
    many = FORMATS[_suffix(path)] in _MANY
    try:
        article = make_article(
            draft.title,
            draft.text,
            source=draft.source,
            url=draft.url,
            published=draft.published,
            updated=draft.updated,
            author=draft.author,
            language=draft.language,
            path=None if many else name,
            key=draft.key,
            pages=draft.pages,
        )
    except BadFile as problem:
        which = draft.path or (f"{name} ({draft.title})" if many else name)
        return Skipped(which, str(problem))
    return replace(article, path=printable(draft.path or name))


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if path.is_dir():
        raise BadFile("is a folder that cannot be listed (make it readable)")
    if suffix not in FORMATS:
        known = ", ".join(FORMATS)
        raise BadFile(f"has an ending that is not known (known are {known})")
    return suffix


def _bytes(path: Path) -> bytes:
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise BadFile("is not a regular file")
    if found.st_size > MAX_BYTES:
        raise BadFile(f"has {found.st_size:,} bytes; the limit is {MAX_BYTES:,} (split it)")
    return path.read_bytes()

"""Files and folders into an index: every file accounted for, nothing stops the batch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import NamedTuple

from .changes import Outcome
from .errors import FootnoteError, UnknownArticle
from .files import certainly, is_index_file, is_there
from .readers import (
    FORMATS,
    Skipped,
    find_files,
    identities,
    identity,
    name_of,
    printable,
    version_of,
)
from .sandbox.pool import MEMORY, SECONDS, read_all
from .store import Index
from .types import Article


@dataclass
class Report:
    """What became of a batch: paths by outcome."""

    added: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def handled(self) -> int:
        """Articles that are in the index now because of this batch, or were before it."""
        return len(self.added) + len(self.updated) + len(self.unchanged)


KEPT = "is in the index already, with another text or other details (qa add replaces it)"

File = tuple[Path, Path]
"""A file, and the folder that it was added by."""


def add_paths(
    index: Index,
    paths: Iterable[Path],
    prune: bool = False,
    progress: Callable[[int, int], None] | None = None,
    *,
    changed: Collection[Path] | None = None,
    doubled: set[Path] | None = None,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> Report:
    """Bring the index up to date with files and folders; `prune` removes what has vanished.

    `progress` is told files done and files in all. With `changed` only what lies at or below one
    of these paths is looked at. Files with an article that another file has too are put into
    `doubled`: they are to be read again when that one goes. A file that takes more than
    `seconds`, or `memory` bytes, to read is skipped. Raises FootnoteError when a path does not
    exist, before anything is changed; and IndexLocked.
    """
    roots = [_existing(path) for path in paths]
    report = Report()
    files = list(_files(roots, report, changed))
    with closing(read_all(files, seconds=seconds, memory=memory)) as results:
        origins = {printable(str(path)) for path, _ in files}
        batch = _Batch(index, report, origins, doubled, alone=changed is not None)
        index.add(batch.articles(results, len(files), progress), batch.note)
    batch.finish(roots if changed is None else changed, prune)
    return report


def add_fetched(
    index: Index, found: Iterable[Article | Skipped], report: Report, *, replaces: bool = True
) -> None:
    """Articles that have no file here into the index, each accounted for. Raises IndexLocked.

    replaces:  whether one may take the place of another version that the index has. Else what
               the index has stays as it is, and where it was found.
    """
    seen: dict[str, str] = {}

    def new() -> Iterator[Article]:
        for item in found:
            if isinstance(item, Skipped):
                report.skipped.append(item)
                continue
            name = item.path or item.title
            if item.id in seen:
                reason = f"is the same article (URL, id or text) as {seen[item.id]} in this batch"
                report.skipped.append(Skipped(name, reason))
                continue
            seen[item.id] = name
            # The index takes these under its writer's lock: nobody adds one in between.
            known = None if replaces else _version(index, item.id)
            if known is None:
                yield item
            elif known == item.version:
                report.unchanged.append(name)
            else:
                report.skipped.append(Skipped(name, KEPT))

    def note(article: Article, outcome: Outcome) -> None:
        getattr(report, outcome).append(article.path or article.title)

    index.add(new(), note)


def _version(index: Index, article_id: str) -> str | None:
    """The version of an article that the index has, if it has one."""
    try:
        return index.article(article_id).version
    except UnknownArticle:
        return None


def _existing(path: Path) -> Path:
    try:
        if path.exists():
            return path.resolve()
    except OSError as problem:  # a name that is too long, a folder that may not be looked into
        reason = f"cannot be looked at: {problem.strerror} (check the name and who may read it)"
        raise FootnoteError(f"{printable(str(path))}: {reason}") from None
    raise FootnoteError(f"{printable(str(path))}: there is no such file or folder")


def _files(roots: list[Path], report: Report, changed: Collection[Path] | None) -> Iterator[File]:
    """Each file once; of those that have changed, where that is known."""
    seen = set()
    for root in roots:
        folder = root if root.is_dir() else root.parent
        outside: list[Path] = []
        for path in find_files(root, outside) if root.is_dir() else [root]:
            # A folder comes out that cannot be listed: what is below it has not vanished.
            unlisted = certainly(path.is_dir)
            if path in seen or not (changed is None or _within(path, changed) or unlisted):
                continue
            seen.add(path)
            if root.is_dir() and path.suffix.lower() not in FORMATS and not unlisted:
                if is_index_file(path):  # not an article, and nothing that was meant to be one
                    continue
                reason = "has an ending that is not known"
                report.skipped.append(Skipped(name_of(path, folder), reason))
            else:
                yield path, folder
        reason = "is a link that leads out of the folder (add what it leads to)"
        report.skipped.extend(
            Skipped(name_of(path, folder), reason)
            for path in outside
            if changed is None or _within(path, changed)
        )


def _within(path: PurePath, places: Collection[PurePath]) -> bool:
    """Whether a path is one of the places, or below one."""
    return any(above in places for above in (path, *path.parents))


class _Seen(NamedTuple):
    """An article of this batch: what reports call it, its file, and what it says."""

    name: str
    origin: str
    content: str


def _content(article: Article) -> str:
    """Hash of what an article says, the same for a line that `qa export` made of it: no pages."""
    return version_of(replace(article, pages=())) if article.pages else article.version


class _Batch:
    """One call of `add_paths` under way.

    origins:  the files that it reads.
    doubled:  gathers those with an article that another has too.
    alone:    these are some that have changed, and not all there are.
    """

    def __init__(
        self,
        index: Index,
        report: Report,
        origins: set[str],
        doubled: set[Path] | None,
        alone: bool,
    ) -> None:
        self._index = index
        self._report = report
        self._origins = origins
        self._doubled = set() if doubled is None else doubled
        self._alone = alone
        self._seen: dict[str, _Seen] = {}
        self._failed: set[PurePath] = set()
        """Files and folders that are there and could not be read."""

    def articles(
        self,
        results: Iterable[tuple[File, Iterable[Article | Skipped]]],
        files: int,
        progress: Callable[[int, int], None] | None,
    ) -> Iterator[tuple[Article, str]]:
        """The articles of all files, each id once; what cannot be read is noted and passed by."""
        for done, ((path, _), items) in enumerate(results, 1):
            origin = printable(str(path))
            for found in items:
                if isinstance(found, Skipped):
                    self._skip(found, origin)
                elif (article := self._identified(found, origin)) is not None:
                    yield self._placed(article, origin)
                else:
                    self._doubled.add(path)
            if progress:
                progress(done, files)

    def _skip(self, skipped: Skipped, origin: str) -> None:
        self._failed.add(PurePath(origin))
        self._report.skipped.append(skipped)

    def _identified(self, article: Article, origin: str) -> Article | None:
        """The article under the id that is right for it here; None when another file has it."""
        if article.path is not None and article.id == identity(None, None, article.path, ""):
            article = self._by_path(article, origin)
        seen, name = self._seen.get(article.id), article.path or origin
        first = seen.name if seen else self._holder(article.id, origin) if self._alone else None
        if first is not None:
            reason = f"is the same article (URL, id or text) as {first}"
            self._report.skipped.append(Skipped(name, reason))
            return None
        self._seen[article.id] = _Seen(name, origin, _content(article))
        return article

    def _holder(self, article_id: str, origin: str) -> str | None:
        """Another file that has an article as far as is known.

        None where this batch reads that file, which then says so itself.
        """
        holder = self._index.origin(article_id)
        if holder is None or holder == origin or holder in self._origins or not is_there(holder):
            return None
        # A file whose path is its article's identity holds no other one: it was written anew.
        others = (i for i in identities(holder) if i != article_id)
        return None if any(self._index.origin(i) == holder for i in others) else holder

    def _placed(self, article: Article, origin: str) -> tuple[Article, str]:
        """An article with its file: the one it was known by, if that still has it as it is here.

        Such as a folder's file beside a line of `qa export`: whoever removes the folder means it.
        """
        holder = self._holder(article.id, origin)
        known = self._index.article(article.id) if holder is not None else None
        if holder is None or known is None or known.version != article.version:
            return article, origin
        return replace(article, path=known.path), holder

    def _by_path(self, article: Article, origin: str) -> Article:
        """An article known by its file only: the same file keeps its id, however it is reached.

        Not the id of a URL, or one that the file gave: that article may lie elsewhere by now.
        """
        possible = identities(origin)
        for known, at in self._index.from_origin(origin).items():
            if at == origin and known in possible:
                return replace(article, id=known)
        if self._is_taken(article, origin):
            return replace(article, id=identity(None, None, origin, ""))
        return article

    def _is_taken(self, article: Article, origin: str) -> bool:
        """Whether the id of a file's path is another article's.

        Two folders with a file of the same name are two articles; a line of `qa export` that says
        the same is this one.
        """
        seen = self._seen.get(article.id)
        holder = seen.origin if seen else self._index.origin(article.id)
        if holder is None or holder == origin or not (seen or is_there(holder)):
            return False
        if article.id in identities(holder):
            return True
        content = seen.content if seen else _content(self._index.article(article.id))
        return content != _content(article)

    def note(self, article: Article, outcome: Outcome) -> None:
        getattr(self._report, outcome).append(self._seen[article.id].name)

    def finish(self, places: Iterable[Path], prune: bool) -> None:
        """Name what the index has from these places that is there no more."""
        gone: dict[str, str] = {}
        for place in places:
            for article_id, origin in self._index.from_origin(printable(str(place))).items():
                if article_id not in self._seen and not _within(PurePath(origin), self._failed):
                    gone[article_id] = self._index.article(article_id).path or origin
        self._report.vanished = sorted(gone.values())
        if prune and gone:
            self._index.remove(gone)
            self._report.removed = self._report.vanished

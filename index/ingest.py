"""Files and folders into an index: every file accounted for, nothing stops the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath

from .changes import Outcome
from .errors import FootnoteError
from .readers import FORMATS, Skipped, find_files, identity, printable, read_path
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


@dataclass(frozen=True)
class _File:
    path: Path
    root: Path


def add_paths(
    index: Index,
    paths: Iterable[Path],
    prune: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Bring the index up to date with files and folders; `prune` removes what has vanished.

    `progress` is told files done and files in all. Raises FootnoteError when a path does not
    exist, before anything is changed; and IndexLocked.
    """
    roots = [_existing(path) for path in paths]
    report = Report()
    files = list(_files(roots, report))
    batch = _Batch(index, files, report, progress)
    index.add(batch.articles(), batch.note)
    batch.finish(roots, prune)
    return report


def _existing(path: Path) -> Path:
    if not path.exists():
        raise FootnoteError(f"{path}: there is no such file or folder")
    return path.resolve()


def _files(roots: list[Path], report: Report) -> Iterator[_File]:
    """Each file once, with the folder that it was added by."""
    seen = set()
    for root in roots:
        folder = root if root.is_dir() else root.parent
        for path in find_files(root) if root.is_dir() else [root]:
            if path in seen:
                continue
            seen.add(path)
            if root.is_dir() and path.suffix.lower() not in FORMATS and not path.is_dir():
                name = path.relative_to(folder).as_posix()
                report.skipped.append(Skipped(printable(name), "has an ending that is not known"))
            else:
                yield _File(path, folder)


class _Batch:
    """One call of `add_paths` under way."""

    def __init__(
        self,
        index: Index,
        files: list[_File],
        report: Report,
        progress: Callable[[int, int], None] | None,
    ) -> None:
        self._index = index
        self._files = files
        self._report = report
        self._progress = progress
        self._seen: dict[str, str] = {}
        self._failed: set[str] = set()

    def articles(self) -> Iterator[tuple[Article, str]]:
        """The articles of all files, each id once; what cannot be read is noted and passed by."""
        for done, file in enumerate(self._files, 1):
            origin = printable(str(file.path))
            for found in read_path(file.path, file.root):
                if isinstance(found, Skipped):
                    self._skip(found, origin)
                elif (article := self._identified(found, origin)) is not None:
                    yield article, origin
            if self._progress:
                self._progress(done, len(self._files))

    def _skip(self, skipped: Skipped, origin: str) -> None:
        self._failed.add(origin)
        self._report.skipped.append(skipped)

    def _identified(self, article: Article, origin: str) -> Article | None:
        """The article under the id that is right for it here; None when another file has it."""
        if article.path is not None and article.id == identity(None, None, article.path, ""):
            article = self._by_path(article, origin)
        if article.id in self._seen:
            first = self._seen[article.id]
            reason = f"is the same article (URL, id or text) as {first} in this batch"
            self._report.skipped.append(Skipped(article.path or origin, reason))
            return None
        self._seen[article.id] = article.path or origin
        return article

    def _by_path(self, article: Article, origin: str) -> Article:
        """An article known by its file only: the same file keeps its id, however it is reached."""
        known = self._index.from_origin(origin)
        if len(known) == 1:
            return replace(article, id=next(iter(known)))
        holder = self._index.origin(article.id)
        taken = holder is not None and holder != origin and Path(holder).exists()
        if taken or article.id in self._seen:
            # Two folders with a file of the same name are two articles.
            return replace(article, id=identity(None, None, origin, ""))
        return article

    def note(self, article: Article, outcome: Outcome) -> None:
        getattr(self._report, outcome).append(article.path or article.title)

    def _unread(self, origin: str) -> bool:
        """Whether a file, or a folder above it, is there and could not be read."""
        return any(str(place) in self._failed for place in (origin, *PurePath(origin).parents))

    def finish(self, roots: list[Path], prune: bool) -> None:
        """Name what the index has from these places that is there no more."""
        gone: dict[str, str] = {}
        for root in roots:
            for article_id, origin in self._index.from_origin(printable(str(root))).items():
                if article_id not in self._seen and not self._unread(origin):
                    gone[article_id] = self._index.article(article_id).path or origin
        self._report.vanished = sorted(gone.values())
        if prune and gone:
            self._index.remove(gone)
            self._report.removed = self._report.vanished

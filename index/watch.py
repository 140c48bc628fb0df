"""Folders that are watched: what changes in them is in the index within seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import FootnoteError, IndexLocked
from .files import certainly
from .ingest import Report, add_paths
from .sandbox.pool import MEMORY, SECONDS
from .store import Index

GROUPED_MS, QUIET_MS, RETRY_MS = 1_000, 100, 500
"""Changes are taken together until nothing has changed for QUIET_MS, at the longest GROUPED_MS.
A writer that was in the way is tried again after RETRY_MS."""


def watch_folders(
    index: Index,
    folders: list[Path],
    prune: bool,
    changed: Callable[[Report], None],
    waiting: Callable[[str], None],
    *,
    seconds: float = SECONDS,
    memory: int = MEMORY,
) -> None:
    """Bring the index up to date with folders, and keep it so, until KeyboardInterrupt.

    `changed` is told what became of each round: the first takes in all that is there. The index
    is only locked while a round is written; where another process is writing, `waiting` is told
    so once and the round tried again. Raises FootnoteError when a folder is missing, or goes
    missing, or cannot be watched.
    """
    roots = [folder.resolve() for folder in folders]
    for root in roots:
        if not certainly(root.is_dir):
            raise FootnoteError(f"{root} is no folder (only folders can be watched)")
    places = set(roots)
    doubled: set[Path] = set()
    told = False
    # The first of these comes when the watch stands: no change is missed during the first round.
    for new in _changes(roots, index.path.resolve()):
        places |= new
        if not places:
            continue
        try:
            report = add_paths(
                index,
                roots,
                prune,
                changed=places,
                doubled=doubled,
                seconds=seconds,
                memory=memory,
            )
        except IndexLocked as problem:
            if not told:
                waiting(str(problem))
            told = True
            continue
        # What another file has too may be that one's now.
        places, told = (doubled, False) if report.vanished else (set(), False)
        doubled = set() if report.vanished else doubled
        changed(report)


def _changes(roots: list[Path], index: Path) -> Iterator[set[Path]]:
    """Paths that have changed, at least twice a second: an empty set where nothing has."""
    import watchfiles

    def counts(_: watchfiles.Change, name: str) -> bool:
        path = Path(name)
        root = next((root for root in roots if path.is_relative_to(root)), path)
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        return not hidden and not path.is_relative_to(index)

    try:
        for found in watchfiles.watch(
            *roots,
            watch_filter=counts,
            debounce=GROUPED_MS,
            step=QUIET_MS,
            rust_timeout=RETRY_MS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        ):
            yield {Path(name) for _, name in found}
    except OSError as problem:
        raise FootnoteError(
            f"{roots[0]} cannot be watched: {problem} (on Linux raise "
            "fs.inotify.max_user_watches, or add it now and then without --watch)"
        ) from None

"""Throughput of reading and adding, and the memory that it takes: `python -m eval.bench.ingest`.

Reading alone is measured over the pool of processes, as `qa add` uses it; adding with embedding
over fewer files, since embedding is nearly all of it.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from index.ingest import add_paths
from index.readers import find_files
from index.sandbox.pool import read_all
from index.store import Index

MEGABYTE = 1024 * 1024
SAMPLE_SECONDS = 0.02
_WORDS = "council ferry harbour mayor school bridge teacher clerk market reporter".split()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m eval.bench.ingest", description=__doc__)
    parser.add_argument("--pages", type=int, default=1_000, help="small HTML files that are read")
    parser.add_argument("--added", type=int, default=100, help="of them that are added")
    parser.add_argument("--megabytes", type=int, default=64, help="of large inputs that are read")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for line in figures(Path(temporary), given.pages, given.added, given.megabytes):
            print(json.dumps(line), flush=True)
    return 0


def figures(folder: Path, pages: int, added: int, megabytes: int) -> Iterator[dict[str, object]]:
    """A row for each thing measured; all files are made below `folder`."""
    chance = random.Random(0)
    small = folder / "pages"
    small.mkdir()
    for n in range(pages):
        (small / f"{n:05}.html").write_text(_page(chance, n), encoding="utf-8")
    yield _reading("small HTML files", small)
    for name, ending, make in _LARGE:
        large = folder / ending
        large.mkdir()
        for n in range(max(1, megabytes // (2 if ending != "pdf" else 16))):
            (large / f"{n:05}.{ending}").write_bytes(make(chance, n))
        yield _reading(name, large)
    some = folder / "some"
    some.mkdir()
    for n in range(added):
        (some / f"{n:05}.html").write_text(_page(chance, n), encoding="utf-8")
    with Index.open(folder / "index", create=True) as index:
        for what in ("added", "unchanged"):
            with _peaks() as peaks:
                began = time.perf_counter()
                report = add_paths(index, [some])
                seconds = time.perf_counter() - began
            rate = round(len(getattr(report, what)) / seconds, 1)
            yield {"what": f"small HTML files, {what}", "files_a_second": rate, **peaks}


def _reading(what: str, folder: Path) -> dict[str, object]:
    files = [(path, folder) for path in find_files(folder)]
    size = sum(path.stat().st_size for path, _ in files) / MEGABYTE
    with _peaks() as peaks, closing(read_all(files)) as results:
        began = time.perf_counter()
        skipped = sum(not hasattr(item, "text") for _, found in results for item in found)
        seconds = time.perf_counter() - began
    return {
        "what": f"{what}, read",
        "files": len(files),
        "skipped": skipped,
        "megabytes": round(size, 1),
        "files_a_second": round(len(files) / seconds, 1),
        "megabytes_a_second": round(size / seconds, 1),
        **peaks,
    }


def _sentence(chance: random.Random) -> str:
    who, whom, what = (chance.choice(_WORDS) for _ in range(3))
    return f"The {who} told the {whom} on day {chance.randrange(99)} to see to the {what} at once."


def _page(chance: random.Random, number: int, paragraphs: int = 5) -> str:
    body = "".join(
        f"<p>{' '.join(_sentence(chance) for _ in range(4))}</p>" for _ in range(paragraphs)
    )
    return (
        f"<html><head><title>Report {number}</title></head><body>"
        '<nav><a href="/">Home</a> <a href="/news">News</a></nav>'
        f"<article><h1>Report {number}</h1>{body}</article>"
        "<footer>All rights kept</footer></body></html>"
    )


def _text(chance: random.Random, number: int) -> bytes:
    """Just under the two million characters that an article may have."""
    lines = "\n\n".join(_sentence(chance) for _ in range(2_000))
    return f"Report {number}\n\n{(lines + chr(10)) * 14}".encode()


def _pdf(chance: random.Random, number: int) -> bytes:
    """A report of 700 pages of text: about 2 MB, its streams not packed."""
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out, pageCompression=0)
    for page in range(700):
        canvas.drawString(60, 800, f"Report {number}")
        for line in range(40):
            canvas.drawString(60, 740 - 16 * line, _sentence(chance))
        canvas.drawString(280, 40, f"Page {page + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


_LARGE: list[tuple[str, str, Callable[[random.Random, int], bytes]]] = [
    ("plain text of 2 MB", "txt", _text),
    ("HTML of 2 MB", "html", lambda chance, number: _page(chance, number, 6_500).encode()),
    ("PDF of 700 pages", "pdf", _pdf),
]


@contextmanager
def _peaks() -> Iterator[dict[str, object]]:
    """The largest resident memory of this process and of its readers, by looking now and then.

    Empty where there is no /proc.
    """
    peaks: dict[str, object] = {}
    here, readers = 0.0, 0.0
    done = threading.Event()

    def look() -> None:
        nonlocal here, readers
        while not done.wait(SAMPLE_SECONDS):
            here = max(here, _resident(os.getpid()))
            readers = max([readers, *map(_resident, _children())])

    watcher = threading.Thread(target=look, daemon=True)
    if Path("/proc/self/status").exists():
        watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        if watcher.is_alive():
            watcher.join()
            peaks["peak_mb"] = round(here)
            peaks["peak_mb_of_a_reader"] = round(readers)


def _children() -> list[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return [int(pid) for task in tasks for pid in _content(task).split()]


def _resident(pid: int) -> float:
    """Megabytes; 0 for a process that is gone."""
    fields = _content(Path(f"/proc/{pid}/statm")).split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / MEGABYTE if fields else 0.0


def _content(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""


if __name__ == "__main__":
    sys.exit(main())

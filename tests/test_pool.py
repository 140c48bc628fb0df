"""Files that hang, eat memory or break their reader cost themselves only."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from index.readers import Skipped, find_files, read_path
from index.sandbox import wire
from index.sandbox.pool import AHEAD_CHARACTERS, AHEAD_FILES, read_all
from index.sandbox.process import Process
from index.sandbox.worker import GRACE, MAX_FILES
from index.types import Article
from tests.conftest import ROOT, SEEDS
from tests.pool_support import DEADLINE, HUNGRY, SLOW, busy, children, gone, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and /proc are Linux's")

Found = list[tuple[str, list[Article | Skipped]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two plain articles, with room for one that means harm between them."""
    made = tmp_path / "folder"
    made.mkdir()
    (made / "a.txt").write_text("Ferry\n\nThe ferry left at noon.")
    (made / "c.txt").write_text("Bridge\n\nThe bridge was closed.")
    return made


def files(folder: Path) -> list[tuple[Path, Path]]:
    return [(path, folder) for path in find_files(folder)]


def read(
    what: Iterable[tuple[Path, Path]], workers: int = 1, seconds: float = 60, memory: int = 1 << 30
) -> Found:
    pool = read_all(what, workers=workers, seconds=seconds, memory=memory)
    with contextlib.closing(pool) as results:
        return [(path.name, list(found)) for (path, _), found in results]


def outcomes(found: Found) -> dict[str, str]:
    """By file: its one article's text, or why it was skipped."""
    return {
        name: item.text if isinstance(item, Article) else item.reason for name, (item,) in found
    }


PLAIN = {"a.txt": "The ferry left at noon.", "c.txt": "The bridge was closed."}


def test_what_is_read_in_processes_is_what_is_read_here_and_in_order() -> None:
    here = [(path.name, list(read_path(path, root))) for path, root in files(SEEDS)]
    assert read(files(SEEDS), workers=3) == here and len(here) > 50


def test_many_articles_of_one_file_come_one_by_one(folder: Path) -> None:
    lines = [json.dumps({"text": f"Line {n} tells of the ferry."}) for n in range(500)]
    (folder / "b.jsonl").write_text("\n".join([*lines, "no"]))
    found = dict(read(files(folder), workers=2))
    assert [type(item) for item in found["b.jsonl"]] == [Article] * 500 + [Skipped]
    assert found["b.jsonl"] == list(read_path(folder / "b.jsonl", folder))


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_a_file_that_takes_too_long_is_skipped_alone(folder: Path, workers: int) -> None:
    (folder / "b.md").write_text(SLOW)
    found = outcomes(read(files(folder), workers, seconds=3))
    reason = "took over 3 s to read (split it, or allow --seconds)"
    assert list(found.items()) == [
        ("a.txt", PLAIN["a.txt"]),
        ("b.md", reason),
        *list(PLAIN.items())[1:],
    ]


def test_a_file_that_takes_too_much_memory_is_skipped_alone(folder: Path) -> None:
    (folder / "b.md").write_text(HUNGRY)
    found = outcomes(read(files(folder), memory=64 << 20))
    reason = "took over 64 MB to read (split it, or allow --memory)"
    assert found == {**PLAIN, "b.md": reason}


def test_want_of_memory_never_cuts_a_page_short(folder: Path) -> None:
    body = "".join(f"<p>Sentence {n} tells of the harbour and its ferry.</p>" for n in range(4_000))
    page = folder / "page.html"
    page.write_text(f"<html><body><article><h1>T</h1>{body}</article></body></html>")
    whole = list(read_path(page, folder))
    results = [read([(page, folder)], memory=mb << 20)[0][1] for mb in range(16, 64, 4)]
    assert all(got == whole or isinstance(got[0], Skipped) for got in results)
    assert results[-1] == whole and isinstance(results[0][0], Skipped)


@pytest.mark.parametrize(
    ("sent", "says"), [(signal.SIGSEGV, "broke down (SIGSEGV)"), (signal.SIGKILL, "was killed")]
)
def test_a_file_that_its_reader_dies_of_is_skipped_alone(
    folder: Path, sent: signal.Signals, says: str
) -> None:
    (folder / "b.md").write_text(SLOW)

    def break_it() -> None:
        os.kill(wait_for(lambda: busy(os.getpid())), sent)

    breaker = threading.Thread(target=break_it)
    breaker.start()
    found = outcomes(read(files(folder), seconds=DEADLINE))
    breaker.join()
    assert says in found.pop("b.md") and found == PLAIN


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("line.txt", b"word and more " * 7_500_000, "105,000,000|104,999,999"),
        ("lines.txt", b"word\n" * 1_000_000, "4,999,999"),
        pytest.param(
            "line.html",
            b"<p>" + b"word and more " * 7_500_000,
            "1,024 MB|30 s|104,999,999",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_is_far_too_long_is_told_so(
    folder: Path, name: str, content: bytes, says: str
) -> None:
    (folder / name).write_bytes(content)
    found = outcomes(read(files(folder), seconds=30))
    reason = found.pop(name)
    assert found == PLAIN and "split it" in reason and any(n in reason for n in says.split("|"))


def test_a_process_is_replaced_before_leaks_can_add_up(folder: Path) -> None:
    seen: dict[int, set[int]] = {}
    many = [(folder / "a.txt", folder)] * (MAX_FILES + 1)
    with contextlib.closing(read_all(many, workers=1)) as results:
        for number, (_, found) in enumerate(results):
            assert len(list(found)) == 1
            if number in (0, MAX_FILES):
                seen[number] = set(children(os.getpid()))
    assert seen[MAX_FILES] and not seen[0] & seen[MAX_FILES]


def test_a_process_that_keeps_much_of_its_allowance_is_not_used_again(folder: Path) -> None:
    page = folder / "page.html"
    page.write_text("<article><h1>T</h1><p>The council closed the bridge at once.</p></article>")
    for memory, ended in ((1 << 30, False), (64 << 20, True)):  # its libraries stay in memory
        process = Process(60, memory)
        assert [type(item) for item in process.read(page, folder)] == [Article]
        assert process.ended is ended
        process.end()


def test_only_so_much_is_read_ahead(folder: Path) -> None:
    """Files are changed once the reader has stopped: who was read before shows it."""
    size, count = 1_000_000, 60
    long = [folder / f"{n:03}.txt" for n in range(count)]
    for path in long:
        path.write_text("old " * (size // 4))
    taken = 0

    def given() -> Iterator[tuple[Path, Path]]:
        nonlocal taken
        for path in [*long, *[folder / "a.txt"] * 1_000]:
            taken += 1
            yield path, folder

    with contextlib.closing(read_all(given(), workers=2)) as results:
        _, found = next(results)
        assert len(list(found)) == 1
        time.sleep(3)  # were it not bounded, far more would be read by then
        for path in long[1:]:
            path.write_text("new")
        texts = [item.text for _, found in results for item in found if isinstance(item, Article)]
    old = sum(text.startswith("old") for text in texts)
    assert old <= AHEAD_CHARACTERS // size + 4 < count and len(texts) == count + 999
    assert taken == count + 1_000


def test_no_more_files_are_begun_than_may_be_ahead(folder: Path) -> None:
    taken = 0

    def given() -> Iterator[tuple[Path, Path]]:
        nonlocal taken
        for _ in range(1_000):
            taken += 1
            yield folder / "a.txt", folder

    with contextlib.closing(read_all(given(), workers=2)) as results:
        for number, (_, found) in enumerate(results, 1):
            assert list(found) and taken <= number + AHEAD_FILES
            if number == 20:
                break
    assert wait_for(lambda: not children(os.getpid()))


def test_no_module_is_taken_from_the_working_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("yaml", "frontmatter", "json", "index"):
        (folder / f"{name}.py").write_text("import pathlib; pathlib.Path('taken').touch()")
    (folder / "b.md").write_text("---\nsource: Ledger\n---\nThe ferry left.")
    monkeypatch.chdir(folder)
    (item,) = read([(folder / "b.md", folder)])[0][1]
    assert isinstance(item, Article) and not (folder / "taken").exists()


# What is left when the process that asked for it is gone


def adding(folder: Path, index: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "qa.cli", "add", str(folder), "--index", str(index), *options]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    )


def test_a_reader_dies_with_its_parent_and_never_had_its_lock(folder: Path, tmp_path: Path) -> None:
    (folder / "b.md").write_text(SLOW)
    with adding(folder, tmp_path / "index", "--seconds", "900") as first:
        reader = wait_for(lambda: busy(first.pid))
        held = [str(fd.readlink()) for fd in Path(f"/proc/{reader}/fd").iterdir()]
        assert held and not any(str(tmp_path / "index") in place for place in held)
        first.kill()
    (folder / "b.md").unlink()
    with adding(folder, tmp_path / "index", "--json") as second:
        said, problem = second.communicate(timeout=DEADLINE)
    assert second.returncode == 0, problem
    assert json.loads(said)["added"] == ["a.txt", "c.txt"]
    assert wait_for(lambda: gone(reader))


@pytest.mark.slow
def test_a_reader_ends_itself_when_its_parent_does_not(folder: Path, tmp_path: Path) -> None:
    (folder / "b.md").write_text(SLOW)
    with adding(folder, tmp_path / "index", "--seconds", "2") as parent:
        reader = wait_for(lambda: busy(parent.pid))
        parent.send_signal(signal.SIGSTOP)
        assert GRACE < DEADLINE and wait_for(lambda: gone(reader))
        parent.send_signal(signal.SIGCONT)
        said, _ = parent.communicate(timeout=DEADLINE)
    assert "b.md" in said and "2 added" in said


def test_ctrl_c_ends_the_readers_and_keeps_what_was_committed(folder: Path, tmp_path: Path) -> None:
    for n in range(70):  # the first sixty-four are committed while the next one hangs
        (folder / f"a{n:02}.txt").write_text(f"Ferry {n}\n\nThe ferry left {n} times.")
    (folder / "b.md").write_text(SLOW)
    with adding(folder, tmp_path / "index", "--seconds", "900") as first:
        reader = wait_for(lambda: busy(first.pid))
        wait_for(lambda: _stored(tmp_path / "index"))
        first.send_signal(signal.SIGINT)
        said, problem = first.communicate(timeout=DEADLINE)
    assert first.returncode == 130 and said == ""
    assert "stopped; what was committed is kept, the same command goes on" in problem
    assert "Traceback" not in problem and gone(reader)
    (folder / "b.md").unlink()
    with adding(folder, tmp_path / "index", "--json") as second:
        report = json.loads(second.communicate(timeout=DEADLINE)[0])
    assert (len(report["unchanged"]), len(report["added"])) == (64, 8)


def _stored(index: Path) -> bool:
    command = [sys.executable, "-m", "qa.cli", "list", "--json", "--index", str(index)]
    return bool(subprocess.run(command, capture_output=True, cwd=ROOT, check=False).stdout)


# What a reader that was taken over may send

ARTICLE = Article(
    id="0123456789abcdef",
    version="fedcba9876543210",
    title="Ferry “sails” \U0001f468\u200d\U0001f469",
    text='At noon.\n\nIt sailed: \\ " \u2028 é',
    source="Ledger",
    url="https://l.example/1",
    published=date(2024, 5, 1),
    updated=date(9999, 12, 31),
    author="Jo Bo",
    language="en",
    path="sub/ferry.md",
    pages=(0, 12),
)


def received(raw: bytes) -> Callable[[int], bytes]:
    rest = bytearray(raw)

    def receive(length: int) -> bytes:
        part = bytes(rest[:length])
        del rest[:length]
        return part

    return receive


def test_every_field_of_an_article_comes_through() -> None:
    assert all(getattr(ARTICLE, name) is not None for name in Article.__slots__)
    bare = replace(ARTICLE, source=None, url=None, published=None, updated=None, path=None)
    for sent in (ARTICLE, bare):
        assert wire.unpack(received(wire.packed(sent)))[0] == "article"
        assert wire.article(wire.unpack(received(wire.packed(sent)))[1]) == sent
    skipped = Skipped("a.txt", "holds no text")
    assert wire.skipped(wire.unpack(received(wire.packed(skipped)))[1]) == skipped


FIELDS = json.loads(wire.packed(ARTICLE)[4:])[1]


@pytest.mark.parametrize(
    "values",
    [
        None,
        [],
        {},
        FIELDS | {"more": 1},
        FIELDS | {"text": None},
        FIELDS | {"text": ["x"]},
        FIELDS | {"url": {"a": 1}},
        FIELDS | {"published": "soon"},
        FIELDS | {"published": 5},
        FIELDS | {"title": "\ud800"},
        FIELDS | {"pages": None},
        FIELDS | {"pages": [1.5]},
        FIELDS | {"pages": [-1]},
    ],
)
def test_an_article_of_another_shape_is_refused(values: object) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wire.article(values)
    with pytest.raises(ValueError, match=r"\w"):
        wire.skipped(values)


@pytest.mark.parametrize(
    "body", [b"\x80\x04.", b"[" * 100_000, b"{}", b"5", b'["end"]', b'["a", 1, 2]', b""]
)
def test_what_is_no_message_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wire.unpack(received(len(body).to_bytes(4, "big") + body))
    with pytest.raises(ValueError, match="a frame of 4,294,967,295 bytes"):
        wire.unpack(received(b"\xff" * 4 + body))

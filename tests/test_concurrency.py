"""Readers under a writer, in threads and in other processes; and the writer's lock."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.errors import IndexLocked
from index.lock import writing
from index.readers import make_article
from index.store import Index
from index.types import Article
from tests.conftest import ROOT
from tests.test_embed import MODES, article, open_index

ARTICLES, VERSIONS = 12, 100


def edition(version: int) -> list[Article]:
    """Every article says the number of the version that all are of; one comes, one goes."""
    return [
        article(f"A{n}", f"The ferry number{n} left as edition{version} says.")
        for n in range(ARTICLES)
    ]


def faults(index: Index) -> list[str]:
    """What a search shows that no committed version ever held."""
    wrong = []
    for mode in MODES:
        hits = index.search("ferry edition", ARTICLES + 5, mode=mode)
        editions = {hit.text.split("edition")[1].split()[0] for hit in hits}
        if len(editions) != 1 or len(hits) != ARTICLES:
            wrong.append(f"{mode}: {len(hits)} hits of editions {sorted(editions)}")
    return wrong


WATCHER = """
import json, pathlib, sys
from tests.test_concurrency import faults
from tests.test_embed import open_index
wrong, seen, searches = [], set(), 0
with open_index(pathlib.Path(sys.argv[1])) as index:
    print("ready", flush=True)
    while not pathlib.Path(sys.argv[2]).exists():
        wrong += faults(index)
        seen.add(index.version)
        searches += 1
print(json.dumps([wrong, len(seen), searches]))
"""


@contextmanager
def watching(folder: Path, stop: Path, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    command = [sys.executable, "-c", WATCHER, str(folder), str(stop)]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) for _ in range(count)
    ]
    try:
        for process in started:
            assert process.stdout and process.stdout.readline() == "ready\n"
        yield started
    finally:
        stop.touch()


@pytest.mark.slow
def test_readers_see_one_committed_version_whole(tmp_path: Path) -> None:
    folder, stop = tmp_path / "index", tmp_path / "stop"
    wrong: list[object] = []
    searches = [0]

    def watch(index: Index) -> None:
        try:
            while not stop.exists():
                wrong.extend(faults(index))
                searches[0] += 1
        except Exception as problem:
            wrong.append(problem)

    with open_index(folder, create=True) as writer, open_index(folder) as reader:
        writer.add(edition(0))
        threads = [threading.Thread(target=watch, args=[reader]) for _ in range(4)]
        with watching(folder, stop, 2) as processes:
            for thread in threads:
                thread.start()
            for version in range(1, VERSIONS + 1):
                writer.add(edition(version))
                time.sleep(0.02)
        for thread in threads:
            thread.join()
        assert writer.check().sound
    assert wrong == [] and searches[0] > 4
    for process in processes:
        found, versions, count = json.loads(process.communicate(timeout=60)[0])
        assert found == [] and count > 4
        assert versions > 5, "the process did not see the writer's versions"


# The lock


def test_a_process_forked_while_writing_does_not_hold_the_lock(tmp_path: Path) -> None:
    with open_index(tmp_path / "index", create=True) as index:
        index.add(edition(0))
        fork = multiprocessing.get_context("fork")
        release = fork.Event()
        with writing(index.path):
            child = fork.Process(target=release.wait, args=[60])
            child.start()
        try:
            with writing(index.path):  # the child lives on and does not have it
                assert child.is_alive()
        finally:
            release.set()
            child.join()


KILLED = """
import os, pathlib, sys, time
from index.lock import writing
with writing(pathlib.Path(sys.argv[1])):
    if os.fork() == 0:
        time.sleep(60)
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_killed_writer_gives_the_lock_back_though_its_child_lives(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    ) as holder:
        assert holder.stdout and holder.stdout.readline() == "locked\n"
        with pytest.raises(IndexLocked, match=f"process {holder.pid} "), writing(tmp_path):
            pass
        holder.kill()
        holder.wait()
        with writing(tmp_path):
            about = json.loads((tmp_path / "writer.json").read_text())
            assert about["pid"] == os.getpid()
        os.killpg(holder.pid, 9)


def test_a_folder_that_names_no_holder_is_locked_all_the_same(tmp_path: Path) -> None:
    with writing(tmp_path):
        (tmp_path / "writer.json").write_text("{")
        with pytest.raises(IndexLocked, match="another process"), writing(tmp_path):
            pass


# What the disk does to the truth


def test_a_flipped_bit_is_an_error_and_never_another_answer(tmp_path: Path) -> None:
    with open_index(tmp_path / "index", create=True) as index:
        index.add(
            [
                make_article(f"S{n}", f"The ferry number{n} left. " * 40, key=f"{n}")
                for n in range(40)
            ]
        )
        expected = [(h.article, h.chunk) for h in index.search("number7", 5)]
    path = tmp_path / "index" / "index.sqlite"
    whole = path.read_bytes()
    refused = 0
    for place in range(100, len(whole), len(whole) // 60):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
        try:
            with open_index(path.parent) as index:
                assert [(h.article, h.chunk) for h in index.search("number7", 5)] == expected
                assert not index.check().sound
        except Exception as problem:
            assert type(problem).__name__ == "IndexDamaged", problem
            refused += 1
    assert refused > 3

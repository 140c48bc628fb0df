"""What many tests share: the real encoder, and a real index over the sample articles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from index.embed import default_encoder
from index.ingest import add_paths
from index.store import Index
from index.types import Encoder

ROOT = Path(__file__).resolve().parent.parent
SEEDS = ROOT / "seeds"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The packaged encoder, exported on first use."""
    return default_encoder()


@pytest.fixture(scope="session")
def seeds_index(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index over seeds/. Read only: other tests use it too."""
    folder = tmp_path_factory.mktemp("seeds") / "index"
    with Index.open(folder, create=True, encoder=encoder) as index:
        add_paths(index, [SEEDS])
        yield index


@pytest.fixture
def index(encoder: Encoder, tmp_path: Path) -> Iterator[Index]:
    """An empty index of the test's own."""
    with Index.open(tmp_path / "index", create=True, encoder=encoder) as opened:
        yield opened


MUST_RUN_IN_CI = {"browser", "durability", "model_server"}
"""Marks of tests that need something installed: in CI a skip of one of them is a failure."""

_skipped: list[str] = []


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    marks = {mark.name for mark in item.iter_markers()}
    if outcome.get_result().skipped and marks & MUST_RUN_IN_CI:  # type: ignore[attr-defined]
        _skipped.append(item.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("CI") and _skipped:
        print("\nskipped, which CI does not allow:", *_skipped, sep="\n  ")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

"""What many tests share: the real encoder, and a real index over the sample articles."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from index.embed import default_encoder
from index.ingest import add_paths
from index.store import Index
from index.types import Encoder

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.browser_support import Visit

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for longer than a module: while it is there, no other event loop runs in its thread."""
    from tests.browser_support import chromium

    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A page of a wide window, on which nothing is open yet."""
    from tests.browser_support import visiting

    with visiting(browser) as visit:
        yield visit


@pytest.fixture(scope="module")
def seeds_address(seeds_index: Index) -> Iterator[str]:
    """A chat over the sample articles, in their own sentences."""
    from tests.browser_support import served

    with served(seeds_index) as address:
        yield address


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


@pytest.fixture
def own(index: Index) -> Iterator[str]:
    """A chat over an empty index of the test's own, to which readers may add."""
    from tests.browser_support import served

    with served(index, allow_add=True) as address:
        yield address

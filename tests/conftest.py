"""What many tests share: the real encoder, and a real index over the sample articles."""

from __future__ import annotations

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

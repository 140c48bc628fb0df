"""The contract with a real llama.cpp server, over models that the tests make."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa.llm import ModelFailed, connect
from tests.tiny_models import write_gguf

pytestmark = pytest.mark.model_server
xllamacpp = pytest.importorskip("xllamacpp")
pytest.importorskip("gguf")

TEXT = "The last ferry sailed at noon on Thursday, and nobody was hurt [2]."
ASKED = ("Answer from the evidence.", "When did the ferry sail?")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two models: one says TEXT and stops, one goes on for ever, slowly."""
    made = tmp_path_factory.mktemp("models")
    write_gguf(made / "ferry.gguf", TEXT)
    write_gguf(made / "endless.gguf", "on and forever", context=16_384, endless=True, layers=16)
    return made


@pytest.fixture
def endless(folder: Path) -> Iterator[str]:
    """The address of a server that a user runs, with the endless model."""
    settings = xllamacpp.CommonParams()
    settings.model.path = str(folder / "endless.gguf")
    settings.n_ctx = 16_384
    settings.n_parallel = 1
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.endpoint_slots = settings.endpoint_metrics = True
    server = xllamacpp.Server(settings)
    yield server.listening_address
    del server


def fetch(address: str, key: str = "") -> Any:
    request = urllib.request.Request(address)
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    with urllib.request.urlopen(request, timeout=10) as answered:
        return json.load(answered)


def test_a_file_is_served_in_the_process_and_streams_until_it_stops(folder: Path) -> None:
    model = connect(f"gguf:{folder / 'ferry.gguf'}", {})
    assert (model.name, model.context_tokens) == ("gguf:ferry.gguf", 512)
    pieces = list(model.stream(*ASKED))
    assert "".join(pieces) == TEXT
    assert len(pieces) == len(TEXT.split())
    assert model.usage["output"] == len(TEXT.split()) + 1
    assert model.usage["input"] > len(" ".join(ASKED))


def test_what_does_not_fit_the_context_is_refused_and_the_next_question_answered(
    folder: Path,
) -> None:
    model = connect(f"gguf:{folder / 'ferry.gguf'}", {})
    for _ in range(6):
        with pytest.raises(ModelFailed, match=r"too long for it.*\(512 tokens\)") as failed:
            list(model.stream("", "When did the ferry sail? " * 40))
        assert not failed.value.final
    assert "".join(model.stream(*ASKED)) == TEXT


def test_an_answer_without_end_is_cut_off_at_a_quarter_of_the_context(folder: Path) -> None:
    write_gguf(folder / "small.gguf", "on and forever", endless=True)
    reply = connect(f"gguf:{folder / 'small.gguf'}", {}).stream(*ASKED)
    pieces = list[str]()
    with pytest.raises(ModelFailed, match="cut off at its longest"):
        pieces.extend(iter(lambda: next(reply), None))
    assert reply.usage["output"] == 128
    assert "".join(pieces).startswith("on and forever on and")


def test_leaving_stops_the_server_from_writing(endless: str) -> None:
    reply = connect(f"{endless}/v1#endless", {}).stream(*ASKED)
    assert next(reply) == "on"
    reply.close()
    until = time.monotonic() + 20
    while fetch(f"{endless}/slots")[0]["is_processing"] and time.monotonic() < until:
        time.sleep(0.05)
    with urllib.request.urlopen(f"{endless}/metrics", timeout=10) as answered:
        told = answered.read().decode()
    written = re.search(r"^llamacpp:tokens_predicted_total (\d+)", told, re.M)
    assert written is not None
    assert 0 < int(written[1]) < 1_000, "it went on towards the 4,096 that are allowed"


def test_our_server_answers_nobody_else(folder: Path) -> None:
    model = connect(f"gguf:{folder / 'ferry.gguf'}", {})
    address = model._provider.keep.listening_address  # type: ignore[attr-defined]
    assert address.startswith("http://127.0.0.1:")
    for path in ("/slots", "/props", "/"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(address + path)
        assert refused.value.code in (401, 404)


def test_a_damaged_file_is_refused_by_its_name(tmp_path: Path) -> None:
    from index.errors import FootnoteError

    (tmp_path / "half.gguf").write_bytes(b"GGUF\x03\0\0\0" + bytes(range(256)) * 9)
    with pytest.raises(FootnoteError, match=r"cannot load .*half\.gguf"):
        connect(f"gguf:{tmp_path / 'half.gguf'}", {})

"""How much of a request is read, and for how long, where readers may send files."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from index.store import Index
from qa.answerer import Answerer
from qa.chat import build_app
from qa.web import gate
from qa.web.gate import BODY_LIMIT, Gate

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.queueing")

FORM = "multipart/form-data; boundary=b"
LIMIT = 100_000

reading = FastAPI()


@reading.post("/footnote/add")
async def read_all(request: Request) -> int:
    return len(await request.body())


def scope_of(kind: str) -> Scope:
    headers = [(b"host", b"127.0.0.1"), (b"content-type", kind.encode())]
    return {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/footnote/add", "raw_path": b"/footnote/add", "query_string": b"",
        "headers": headers, "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80),
    }  # fmt: skip


def sent(pieces: Sequence[bytes], kind: str = FORM, every: float = 0) -> tuple[int, str, int]:
    """Status and text of the answer to a body without a length, and how much of it was read."""
    coming, taken, answered = iter(pieces), 0, list[Message]()

    async def receive() -> Message:
        nonlocal taken
        await asyncio.sleep(every)
        piece = next(coming, None)
        taken += len(piece or b"")
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message: Message) -> None:
        answered.append(message)

    guarded = Gate(reading, streamed={"/footnote/add": LIMIT})
    asyncio.run(guarded(scope_of(kind), receive, send))
    text = b"".join(message.get("body", b"") for message in answered).decode()
    return answered[0]["status"], text, taken


@pytest.mark.parametrize(
    ("kind", "limit"),
    [(FORM, LIMIT), ("application/json", BODY_LIMIT), ("text/plain", BODY_LIMIT), ("", BODY_LIMIT)],
)
def test_a_body_without_a_length_is_read_up_to_its_limit(kind: str, limit: int) -> None:
    piece = b"x" * 10_000
    status, text, taken = sent([piece] * 500, kind)
    assert (status, taken) == (413, limit + len(piece))
    assert json.loads(text)["detail"] == f"The request is over {limit:,} bytes."
    assert sent([piece] * (limit // len(piece)), kind)[:2] == (200, str(limit))


def test_a_form_that_dribbles_ends_and_one_that_gets_on_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.5)
    status, text, taken = sent([b"x"] * 200, every=0.02)
    assert (status, json.loads(text)["detail"]) == (408, "The request came too slowly.")
    assert taken < 100
    # As long, but each piece brings it more time than it took.
    assert sent([b"x" * 10_000] * 10, every=0.08)[:2] == (200, "100000")


def test_who_has_sent_all_may_wait_for_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.05)
    heard = []
    coming = [{"type": "http.request", "body": b"x", "more_body": False}]

    async def receive() -> Message:
        if coming:
            return coming.pop()
        await asyncio.sleep(0.2)
        return {"type": "http.disconnect"}

    async def working(scope: Scope, receive: Receive, send: Send) -> None:
        heard.extend([await receive(), await receive()])

    async def send(message: Message) -> None: ...

    asyncio.run(Gate(working, streamed={"/footnote/add": LIMIT})(scope_of(FORM), receive, send))
    assert [message["type"] for message in heard] == ["http.request", "http.disconnect"]


def test_a_paste_without_a_length_cannot_fill_the_memory(index: Index) -> None:
    app = build_app([Answerer(index)], index, ("testserver",), allow_add=True)
    huge = json.dumps({"title": "T", "text": "x" * 3_000_000}).encode()
    json_headers = {"Content-Type": "application/json"}
    client = TestClient(app)
    response = client.post("/footnote/add", content=iter([huge]), headers=json_headers)
    assert response.status_code == 413 and f"{BODY_LIMIT:,}" in response.json()["detail"]
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    assert index.articles() == []


@pytest.mark.parametrize("kind", [FORM, pytest.param("application/json", marks=pytest.mark.slow)])
def test_who_never_ends_an_upload_keeps_no_place(
    own: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.5)
    head = f"POST /footnote/add HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {kind}\r\n"
    with socket.create_connection(("127.0.0.1", urlsplit(own).port)) as line:
        line.settimeout(30)
        line.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n5\r\n--b\r\n\r\n".encode())
        heard = b"".join(iter(lambda: line.recv(10_000), b""))  # until it is hung up
    assert heard.startswith(b"HTTP/1.1 408 ")

"""A model server on a real socket that says what a script has, and does what servers do wrong.

It speaks OpenAI's chat completions, as a stream where one is asked for, and beside it the protocols
of Ollama, Anthropic and Gemini: the path that is asked decides.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self

Messages = list[dict[str, str]]
Ending = Literal["whole", "no done", "hang", "pings", "reset", "dropped", "garbage", "error"]


@dataclass(frozen=True)
class Turn:
    """What the server does with one request.

    pieces:   the text, one event each.
    every:    seconds before each piece.
    thoughts: events that hold a thought and no text, before the pieces (OpenAI's protocol).
    finish:   the reason that is given for the end; None sends none.
    end:      what happens after the pieces. "whole": the reason, the usage and [DONE]; "no done":
              the body just ends; "hang": nothing more is sent; "pings": signs of life for ever;
              "reset": the connection is broken off; "dropped": it is closed before the body has
              ended; "garbage": half an event; "error": an event that reports an error.
    silent:   not even headers are sent.
    status:   when not 200, an error with `message` and `headers`, and no stream.
    """

    pieces: Sequence[str] = ()
    every: float = 0
    thoughts: int = 0
    finish: str | None = "stop"
    end: Ending = "whole"
    silent: bool = False
    status: int = 200
    message: str = "the server is out of order"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """What was asked. `headers` have lower-case names; `messages` are those of the body."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def messages(self) -> Messages:
        return self.body.get("messages", [])


Step = Turn | Callable[[Messages], "Turn | Iterable[str]"]


def tokens(text: str, size: int = 4) -> list[str]:
    """A text in pieces of some characters, as a model's tokens are."""
    return [text[i : i + size] for i in range(0, len(text), size)]


def numbered(messages: Messages) -> dict[str, str]:
    """The numbered sentences of evidence in a prompt, as a model reads them."""
    lines = re.findall(r"^\[(\d+)\] (.*)$", messages[-1]["content"], re.MULTILINE)
    return dict(lines)


class ModelServer:
    """Serves the steps of a script, one for each request; the last stays.

    A step is a Turn, or is called with the messages and gives a Turn or the pieces. Leave with
    `close`, or use as a context manager.

    url:       the base address of OpenAI's protocol, as for `http://.../v1#name`.
    place:     the address without a path.
    requests:  what was asked, in order.
    hung_up:   set when the other side has left a stream that had not ended.
    """

    def __init__(
        self, *script: Step, models: Sequence[Mapping[str, Any]] = ({"id": "tiny"},)
    ) -> None:
        self.script = list(script) or [Turn(["Yes", "."])]
        self.models = models
        self.requests: list[Request] = []
        self.hung_up = threading.Event()
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.place = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.place}/v1"
        threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next(self, request: Request) -> Turn:
        """What to do with a request, which is kept."""
        with self._lock:
            self.requests.append(request)
            step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        done = step if isinstance(step, Turn) else step(request.messages)
        return done if isinstance(done, Turn) else Turn(list(done))


def _handler(owner: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        server_owner = owner

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_owner: ModelServer

    def log_message(self, *_: object) -> None: ...

    def handle(self) -> None:
        # A client that is done may reset a connection on which no request is open.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        models = list(self.server_owner.models)
        listed = {"object": "list", "data": models}
        if self.path == "/api/tags":
            listed = {"models": [{"name": model["id"]} for model in models]}
        self._whole(200, json.dumps(listed).encode(), {})

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        said = self.rfile.read(size)
        if len(said) < size:
            return  # who asked has left
        body = json.loads(said)
        headers = {name.lower(): value for name, value in self.headers.items()}
        turn = self.server_owner.next(Request(self.path, headers, body))
        # Whoever is cut off, or leaves, breaks the line: that is what most turns are for.
        with self._leaving():
            if turn.silent:
                self._wait()
            elif turn.status != 200:
                error = {"error": {"message": turn.message, "code": None, "type": "error"}}
                if self.path.startswith("/api/"):
                    error = {"error": turn.message}
                if self.path.startswith("/v1beta"):
                    error["error"]["code"] = turn.status
                self._whole(turn.status, json.dumps(error).encode(), turn.headers)
            elif self.path.endswith("/chat/completions") and not body.get("stream"):
                self._whole(200, json.dumps(_completion(turn)).encode(), turn.headers)
            else:
                self._stream(turn, _protocol(self.path))

    def _whole(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, turn: Turn, speak: _Protocol) -> None:
        self.send_response(200)
        self.send_header("Content-Type", speak.kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in speak.begin:
            self._send(event)
        for _ in range(turn.thoughts):
            time.sleep(turn.every)
            self._send(_openai({"reasoning_content": "Hm. "}))
        for piece in turn.pieces:
            time.sleep(turn.every)
            self._send(speak.piece(piece))
        self._end(turn, speak)

    def _end(self, turn: Turn, speak: _Protocol) -> None:
        match turn.end:
            case "whole":
                for event in speak.end(turn.finish, len(turn.pieces)):
                    self._send(event)
                self._send(b"")
            case "no done":
                self._send(b"")
            case "hang":
                self._wait()
            case "pings":
                self._ping(speak)
            case "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self._shut()
            case "dropped":
                self._shut()
            case "garbage":
                self._send(speak.garbage)
                self._send(b"")
            case "error":
                self._send(speak.error(turn.message))
                self._send(b"")

    def _send(self, event: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        self.wfile.flush()

    def _shut(self) -> None:
        self.close_connection = True
        os.close(self.connection.detach())  # its files would keep it open

    @contextlib.contextmanager
    def _leaving(self) -> Iterator[None]:
        """The other side may leave in the middle: that ends the connection, and is noted."""
        try:
            yield
        except ConnectionError:
            self.close_connection = True
            self.server_owner.hung_up.set()

    def _wait(self) -> None:
        self.connection.settimeout(30)
        while self.connection.recv(1_000):
            pass
        raise ConnectionAbortedError("the other side has left")

    def _ping(self, speak: _Protocol) -> None:
        for _ in range(3_000):
            self._send(speak.ping)
            time.sleep(0.01)


@dataclass(frozen=True)
class _Protocol:
    """How one protocol writes the parts of a stream, as bytes on the line."""

    kind: str
    begin: Sequence[bytes]
    piece: Callable[[str], bytes]
    end: Callable[[str | None, int], Sequence[bytes]]
    error: Callable[[str], bytes]
    ping: bytes
    garbage: bytes


def _protocol(path: str) -> _Protocol:
    if path == "/api/chat":
        return _OLLAMA
    if path == "/v1/messages":
        return _ANTHROPIC
    return _GEMINI if path.startswith("/v1beta") else _OPENAI


def _completion(turn: Turn) -> dict[str, Any]:
    """All of a turn's text at once, as OpenAI's protocol gives it where no stream is asked for."""
    said = {"role": "assistant", "content": "".join(turn.pieces)}
    usage = {"prompt_tokens": 9, "completion_tokens": len(turn.pieces), "total_tokens": 9}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "tiny",
        "choices": [{"index": 0, "message": said, "finish_reason": turn.finish}],
        "usage": usage,
    }


def _sse(data: Any, event: str = "") -> bytes:
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()


def _openai(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _sse(
        {
            "id": "c1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "tiny",
            "choices": [choice],
        }
    )


def _openai_end(finish: str | None, count: int) -> list[bytes]:
    usage = {"prompt_tokens": 11, "completion_tokens": count, "total_tokens": 11 + count}
    told = {
        "id": "c1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "tiny",
        "choices": [],
        "usage": usage,
    }
    return [_openai({}, finish), _sse(told), b"data: [DONE]\n\n"]


_OPENAI = _Protocol(
    kind="text/event-stream",
    begin=[_openai({"role": "assistant", "content": None})],
    piece=lambda text: _openai({"content": text}),
    end=_openai_end,
    error=lambda said: _sse({"error": {"message": said, "type": "server_error", "code": None}}),
    ping=b": still here\n\n",
    garbage=b'data: {"choices": [{"index": 0, "delta": {"conte\n\n',
)


def _ollama(text: str, **more: Any) -> bytes:
    told = {
        "model": "tiny",
        "created_at": "2026-11-25T10:00:00Z",
        "done": False,
        "message": {"role": "assistant", "content": text},
        **more,
    }
    return json.dumps(told).encode() + b"\n"


_OLLAMA = _Protocol(
    kind="application/x-ndjson",
    begin=[],
    piece=_ollama,
    end=lambda finish, count: [
        _ollama("", done=True, done_reason=finish, prompt_eval_count=11, eval_count=count)
    ],
    error=lambda said: json.dumps({"error": said}).encode() + b"\n",
    ping=_ollama(""),
    garbage=b'{"model": "tiny", "mess\n',
)


def _anthropic_end(finish: str | None, count: int) -> list[bytes]:
    reason = {"stop": "end_turn", "length": "max_tokens"}.get(finish or "", finish)
    delta = {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": {"output_tokens": count},
    }
    stop = {"type": "content_block_stop", "index": 0}
    return [
        _sse(stop, stop["type"]),
        _sse(delta, delta["type"]),
        _sse({"type": "message_stop"}, "message_stop"),
    ]


def _anthropic_begin() -> list[bytes]:
    message = {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "tiny",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 11, "output_tokens": 1},
    }
    block = {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": ""},
    }
    return [
        _sse({"type": "message_start", "message": message}, "message_start"),
        _sse(block, "content_block_start"),
    ]


_ANTHROPIC = _Protocol(
    kind="text/event-stream",
    begin=_anthropic_begin(),
    piece=lambda text: _sse(
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}},
        "content_block_delta",
    ),
    end=_anthropic_end,
    error=lambda said: _sse(
        {"type": "error", "error": {"type": "overloaded_error", "message": said}}, "error"
    ),
    ping=_sse({"type": "ping"}, "ping"),
    garbage=b'event: content_block_delta\ndata: {"type": "content_blo\n\n',
)


def _gemini(text: str, **more: Any) -> bytes:
    content = {"role": "model", "parts": [{"text": text}]}
    usage = {"promptTokenCount": 11, "candidatesTokenCount": more.pop("count", 1)}
    return _sse({"candidates": [{"content": content, "index": 0, **more}], "usageMetadata": usage})


_GEMINI = _Protocol(
    kind="text/event-stream",
    begin=[],
    piece=_gemini,
    end=lambda finish, count: [
        _gemini(" ", count=count, finishReason={"length": "MAX_TOKENS"}.get(finish or "", "STOP"))
    ],
    error=lambda said: _sse({"error": {"code": 503, "message": said, "status": "UNAVAILABLE"}}),
    ping=_gemini(""),
    garbage=b'data: {"candidates": [{"cont\n\n',
)

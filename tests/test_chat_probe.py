"""An attack over HTTP: every door of ours and of Gradio's, tried with values that mean harm."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from index.store import Index
from qa import chat
from qa.answerer import Answerer
from qa.chat import build_app
from qa.web import gate
from qa.web.gate import SECURITY_HEADERS
from tests.browser_support import served

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.queueing")

HOST = "http://127.0.0.1"
SECRET = "the-secret-that-no-route-may-show"
OPEN = {
    "/footnote/about", "/footnote/ask", "/footnote/article", "/footnote/articles",
    "/footnote/examples", "/footnote/feedback", "/footnote/static/{path}",
    "/", "/config", "/static/{path}", "/assets/{path}", "/favicon.ico", "/theme.css",
    "/manifest.json", "/robots.txt", "/pwa_icon",
    "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/startup-events",
    "/gradio_api/queue/join", "/gradio_api/queue/data", "/gradio_api/heartbeat/{session_hash}",
    "/gradio_api/call/{api_name}", "/gradio_api/call/{api_name}/{event_id}",
    "/gradio_api/call/v2/{api_name}", "/gradio_api/call/v2/{api_name}/{event_id}",
}  # fmt: skip
"""Every route that answers at all, without --allow-add."""


@contextmanager
def over(index: Index) -> Iterator[TestClient]:
    app = build_app([Answerer(index)], index, ("127.0.0.1",))
    with TestClient(app, HOST, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def client(seeds_index: Index) -> Iterator[TestClient]:
    with over(seeds_index) as client:
        yield client


@pytest.fixture
def apart(seeds_index: Index) -> Iterator[TestClient]:
    """A chat with a queue of its own, which may be left full."""
    with over(seeds_index) as client:
        yield client


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file outside of the index folder, in the system's folder for temporary ones."""
    path = tmp_path_factory.mktemp("outside") / "secret.txt"
    path.write_text(SECRET)
    return path


def doors(routes: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Method and path of every route of an app, of those that are mounted and included too."""
    for route in routes:
        within = getattr(route, "original_router", None) or getattr(route, "app", None)
        path = prefix + (getattr(route, "path", None) or "")
        for method in getattr(route, "methods", None) or ():
            yield method, path
        if not getattr(route, "methods", None) and getattr(within, "routes", None):
            yield from doors(within.routes, path)


def plain(path: str) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", r"{\1}", path).rstrip("/") or "/"


def test_every_door_is_known_and_all_others_are_shut(client: TestClient) -> None:
    found = {(method, plain(path)) for method, path in doors(client.app.routes)}  # type: ignore[attr-defined]
    assert len(found) > 40 and ("POST", "/gradio_api/upload") in found
    assert ("POST", "/footnote/ask") in found and ("POST", "/footnote/add") not in found
    for method, path in sorted(found):
        if path in OPEN:
            continue
        for value in ("ask", "x", "../x", "0"):
            tried = re.sub(r"\{\w+\}", value, path)
            response = client.request(method, tried, content=b"{}")
            assert response.status_code in (404, 405), (method, tried, response.status_code)


HOSTILE: list[Any] = [
    None, True, -1, 1e308, "", "\x00", "../../etc/passwd", "/etc/passwd", "file:///etc/passwd",
    "http://127.0.0.1:1/", "${7*191}", "{{7*191}}", "__import__('os').system('id')", "' OR 1=1 --",
    [], [[]], {}, {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}},
    {"path": "/etc/passwd", "url": "http://spy.example/", "orig_name": "a", "is_stream": True},
    {"__type__": "update", "value": "x"}, {"$ref": "/etc/passwd"}, "x" * 100_000,
    [["q", {"path": "/etc/passwd"}]], {"constructor": {"prototype": {"x": 1}}},
]  # fmt: skip


def harmless(response: Any) -> None:
    """Refused, or answered as an ordinary question; nothing of this machine in it."""
    assert response.status_code in (200, 204, 400, 404, 405, 413, 422), response.text[:300]
    text = response.text
    assert "root:x:" not in text and SECRET not in text and "Traceback" not in text
    for name, value in SECURITY_HEADERS.items():
        assert response.headers[name] == value


FIELDS: dict[str, dict[str, Any]] = {
    "ask": {"question": "?", "history": [], "searched_for": None, "filters": {}, "model": None},
    "article": {"article": "0" * 16, "version": "v", "marks": []},
    "feedback": {"question": "q", "searched_for": "q", "answer": "a", "model": "m", "note": "",
                 "thumb": "sideways"},
}  # fmt: skip


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_takes_every_hostile_value(client: TestClient, path: str) -> None:
    for field in FIELDS[path]:
        for value in HOSTILE:
            sent = json.dumps({**FIELDS[path], field: value})
            harmless(client.post(f"/footnote/{path}", content=sent))
    for day in ("since", "until", "sources", "articles"):
        for value in HOSTILE:
            sent = json.dumps({"question": "", "filters": {day: value}})
            harmless(client.post("/footnote/ask", content=sent))


def test_every_query_takes_every_hostile_value(client: TestClient) -> None:
    for field in ("search", "since", "until", "source", "page", "file", "path"):
        for value in HOSTILE:
            harmless(client.get("/footnote/articles", params={field: str(value)[:3_000]}))


AS_JSON = {"content-type": "application/json"}
"""Without it Gradio takes no body for one, and refuses them all."""

FULL = 503
"""What Gradio says while its queue is full, and at times to nonsense."""


def knock(client: TestClient, path: str, body: Any) -> Any:
    """A call once the queue has room, for a call that is turned away tests nothing."""
    for _ in range(20):
        response = client.post(path, content=json.dumps(body), headers=AS_JSON)
        if response.status_code != FULL or "full" not in response.text:
            return response
        time.sleep(0.2)
    raise AssertionError(f"{path}: the queue stayed full")


DOORS = ["/gradio_api/call/ask", "/gradio_api/call/v2/ask", "/gradio_api/queue/join"]


@pytest.mark.parametrize("path", DOORS)
def test_gradios_doors_take_every_hostile_value(apart: TestClient, path: str) -> None:
    taken = 0
    for value in HOSTILE:
        for body in (
            value,
            {"data": value},
            {"data": [value, None], "fn_index": 0, "session_hash": "forged"},
            {"data": ["?", value], "fn_index": 0, "session_hash": "forged"},
            {"data": ["?", None], "fn_index": value, "session_hash": "forged"},
            {"data": ["?", None], "fn_index": 0, "session_hash": value},
            {"data": ["?", None], "fn_index": 0, "session_hash": "x", "trigger_id": value},
            {"data": ["?"] * 500, "fn_index": 0, "session_hash": "forged"},
            {"question": value, "history": None},
            {"question": "?", "history": value},
        ):
            response = knock(apart, path, body)
            taken += response.status_code == 200
            # Gradio says 500 or 503 of its own accord to some of these; what counts is the rest.
            assert response.status_code < 600 and "Traceback" not in response.text
            assert "root:x:" not in response.text and "site-packages" not in response.text
            assert response.headers["content-security-policy"]
    assert taken


@pytest.mark.parametrize("index", [0, 1, 2, -1, 10**9])
def test_no_function_but_the_one_can_be_called(client: TestClient, index: int) -> None:
    body = {"data": ["", None], "fn_index": index, "session_hash": f"s{index}"}
    client.post("/gradio_api/queue/join", json=body)
    for name in ("predict", "lambda", "reset", "load", "_", "ask_1", "api", "upload"):
        assert client.post(f"/gradio_api/call/{name}", json={"data": []}).status_code == 404
        assert client.post(f"/gradio_api/run/{name}", json={"data": []}).status_code == 404
        assert client.post(f"/run/{name}", json={"data": []}).status_code == 404


def test_files_cannot_be_read_by_any_path(
    client: TestClient, secret: Path, seeds_index: Index
) -> None:
    targets = [secret, Path("/etc/passwd"), seeds_index.path / "index.sqlite", Path(__file__)]
    shapes = [
        "/gradio_api/file={}", "/gradio_api/file/{}", "/file={}", "/file/{}", "/static/{}",
        "/assets/{}", "/svelte/{}", "/footnote/static/{}", "/footnote/{}", "/gradio_api/proxy={}",
        "/gradio_api/stream/{}", "/custom_component/{}", "/gradio_api/custom_component/{}",
        "/gradio_api/download/{}", "/{}", "/.//{}", "/footnote/static/..;/{}",
    ]  # fmt: skip
    for target in targets:
        up = "../" * 12 + str(target).lstrip("/")
        names = [str(target), up, up.replace("/", "%2f"), up.replace("..", "%2e%2e"),
                 up.replace("../", "..%252f"), up.replace("/", "\\"), f"chat.js/{up}",
                 f"{target}%00.js"]  # fmt: skip
        for shape in shapes:
            for name in names:
                response = client.get(shape.format(name))
                assert response.status_code in (307, 400, 403, 404, 405, 422), (shape, name)
                assert SECRET not in response.text and "root:x:" not in response.text


def test_a_forged_session_sees_nobody_elses_answer(client: TestClient) -> None:
    joined = client.post(
        "/gradio_api/call/ask", json={"data": ["Who brokered the ceasefire?", None]}
    )
    event = joined.json()["event_id"]
    for forged in ("0" * len(event), "../" + event, event[:-1], "*", "%00"):
        response = client.get(f"/gradio_api/call/ask/{forged}")
        assert "Turkey and Russia" not in response.text
    assert "Turkey and Russia" in client.get(f"/gradio_api/call/ask/{event}").text


@pytest.mark.parametrize(
    "path",
    ["/footnote/ask", "/footnote/article", "/footnote/feedback", "/footnote/add", *DOORS, "/"],
)
def test_oversize_bodies_are_refused_before_they_are_read(client: TestClient, path: str) -> None:
    huge = b'{"question": "' + b"x" * 5_000_000 + b'"}'
    assert client.post(path, content=huge).status_code == 413
    assert client.post(path, content=iter([huge[:2_000_000]] * 2)).status_code == 413
    for length in ("99999999999", "9" * 500, "-1", "x"):
        response = client.post(path, content=b"{}", headers={"Content-Length": length})
        assert response.status_code == 413


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1:9"},
        {"Origin": "http://127.0.0.1.evil.example"}, {"Origin": "http://["},
        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
    ],
)  # fmt: skip
def test_a_page_of_another_origin_cannot_post(client: TestClient, headers: dict[str, str]) -> None:
    for path in ("/footnote/ask", "/footnote/feedback", *DOORS):
        assert client.post(path, content=b"{}", headers=headers).status_code == 403
    same = {"Origin": HOST, "Sec-Fetch-Site": "same-origin"}
    asked = client.post("/footnote/ask", json={"question": "?"}, headers=same)
    assert asked.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Gradio-Server": "http://evil.example"},
        {"X-Forwarded-Host": "evil\"></script><script>evil(1)</script>"},
        {"X-Forwarded-Proto": "javascript:evil"},
        {"X-Forwarded-Prefix": "/evil"},
        {"Referer": "http://evil.example/</script>"},
        {"Cookie": "evil=evil</script>"},
        {"Accept-Language": "evil</script>"},
    ],
)  # fmt: skip
def test_the_page_repeats_nothing_of_a_request(client: TestClient, headers: dict[str, str]) -> None:
    for path in ("/", "/config", "/?evil=</script><script>evil", "/?__theme=evil"):
        response = client.get(path, headers=headers)
        assert response.status_code == 200 and "evil" not in response.text


def test_a_proxy_may_say_under_which_name_it_is_called(client: TestClient) -> None:
    page = client.get("/", headers={"X-Forwarded-Host": "notes.example:8443"})
    assert "notes.example:8443" in page.text


@pytest.mark.parametrize("path", ["/run/ask", "/gradio_api/run/ask", "/api/ask", "/run/0", "/ask"])
def test_no_door_but_the_queues_takes_a_call(client: TestClient, path: str) -> None:
    for value in HOSTILE:
        for body in ({"data": value}, {"data": [value, None], "fn_index": 0}):
            assert client.post(path, content=json.dumps(body), headers=AS_JSON).status_code == 404


def test_what_gradios_door_answers_to_hostile_values_is_harmless(apart: TestClient) -> None:
    taken = 0
    for value in HOSTILE:
        for data in ([value, None], ["?", value]):
            joined = knock(apart, "/gradio_api/call/ask", {"data": data})
            harmless(joined)
            if joined.status_code == 200:
                taken += 1
                event = joined.json()["event_id"]
                harmless(apart.get(f"/gradio_api/call/ask/{event}"))
    assert taken


FAVICON = b"GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
SLOW = [
    b"",
    b"GET /config HTTP/1.1\r\nHost: 127.0.0.1\r\nX-",
    b"POST /footnote/ask HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{",
    FAVICON + FAVICON[:-3],
]


@pytest.mark.parametrize(
    "said", SLOW, ids=["nothing", "half a head", "half a body", "half a second"]
)
def test_who_never_ends_a_request_keeps_no_place(
    seeds_index: Index, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(chat, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(gate, "BODY_SECONDS", 0.5)
    with (
        served(seeds_index) as address,
        socket.create_connection(("127.0.0.1", urlsplit(address).port)) as line,
    ):
        line.settimeout(30)
        line.sendall(said)
        heard = b"".join(iter(lambda: line.recv(10_000), b""))  # until it is hung up
        assert heard[:13] in (b"", b"HTTP/1.1 408 ", b"HTTP/1.1 200 ")


def test_no_answer_of_a_route_of_ours_is_kept_or_sniffed(client: TestClient) -> None:
    asked = client.post("/footnote/ask", json={"question": "?"})
    assert asked.headers["cache-control"] == "no-store"
    for path in ("/footnote/about", "/footnote/articles"):
        assert client.get(path).headers["content-type"] == "application/json"

"""The chat over HTTP, without a browser: what it serves, and what it must refuse."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from index.errors import FootnoteError, UnknownArticle
from index.types import Article
from qa import config
from qa.answerer import MAX_QUESTION
from qa.chat import CONTEXT, REPLY_LIMIT, TURN_LIMIT, add_command, build_app, context, serve
from qa.gate import BODY_LIMIT
from qa.types import Answer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.queueing")

# Signs outside UTF-16's first plane stand before the quote: JavaScript would miscount them.
TEXT = "Élan 😀𝒳. " * 60 + "\n\nThe ferry sailed at noon on Tuesday.\n\n" + "Rain fell. " * 60
QUOTE = "The ferry sailed at noon on Tuesday."
START = TEXT.index(QUOTE)
FERRY = Article("a1", "v1", "Ferry sails", TEXT, "Ledger", "https://l.example/1", date(2024, 3, 5))
BARE = Article("a2", "v1", "Bare", "A short text.", url="javascript:alert(1)")


class TwoArticles:
    """An index of two articles, as far as the chat uses one."""

    path = Path("port-lowell")
    version = 1

    def articles(self) -> list[Article]:
        return [FERRY, BARE]

    def article(self, article_id: str, version: str | None = None) -> Article:
        if article_id == "damaged":
            raise RuntimeError("/secret/path")
        for article in self.articles():
            if (article.id, article.version) == (article_id, version or article.version):
                return article
        raise UnknownArticle(article_id)


class Parrot:
    """An answerer that says the question back, and keeps the history that it was given."""

    def __init__(self) -> None:
        self.histories: list[Any] = []

    def ask(self, question: str, history: Any = (), filters: Any = None) -> Answer:
        if question == "fail":
            raise RuntimeError("/secret/path")
        self.histories.append(history)
        return Answer(question, question, question)


@pytest.fixture(scope="module")
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture(scope="module")
def client(parrot: Parrot) -> Iterator[TestClient]:
    app = build_app(parrot, TwoArticles(), hosts=("127.0.0.1",))  # type: ignore[arg-type]
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def asked(client: TestClient, question: Any, history: Any = None) -> tuple[str, Any]:
    """The name and the data of the event that the API answers a call with."""
    # Not `json=`: the client refuses to write the broken characters that some tests send.
    joined = client.post(
        "/gradio_api/call/ask",
        content=json.dumps({"data": [question, history]}),
        headers={"content-type": "application/json"},
    )
    assert joined.status_code == 200, joined.text
    events = client.get(f"/gradio_api/call/ask/{joined.json()['event_id']}").text
    *_, last = (event for event in events.split("\n\n") if "event: " in event)
    name, body = last.split("\n", 1)
    return name.removeprefix("event: "), json.loads(body.removeprefix("data: "))


def refused(client: TestClient, question: Any, history: Any = None) -> str:
    name, body = asked(client, question, history)
    assert name == "error"
    return str(body["error"])


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/footnote/static/chat.js",
        "/footnote/about",
        "/footnote/context",
        "/config",
        "/nothing",
    ],
)
def test_every_response_has_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe-eval" not in policy and "unsafe-inline" not in policy and "http" not in policy


def test_the_page_names_no_other_host_to_load_from(client: TestClient) -> None:
    config = client.get("/config").json()
    assert not any("fonts.g" in sheet for sheet in config.get("stylesheets") or [])
    assert config["analytics_enabled"] is False


def test_no_other_origin_may_read_or_ask(client: TestClient) -> None:
    elsewhere = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "cross-site"}
    assert "access-control-allow-origin" not in client.get("/config", headers=elsewhere).headers
    asked = client.post("/gradio_api/call/ask", json={"data": ["Who?"]}, headers=elsewhere)
    assert asked.status_code == 403


def test_another_name_for_this_machine_is_refused(client: TestClient) -> None:
    assert client.get("/footnote/about", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/footnote/about", headers={"Host": "[::1"}).status_code == 400
    assert client.get("/footnote/about", headers={"Host": "127.0.0.1:7860"}).status_code == 200


def test_about_names_the_index(client: TestClient) -> None:
    about = client.get("/footnote/about").json()
    assert (about["index"], about["articles"]) == ("port-lowell", 2)
    assert about["add"] == f"qa add FOLDER --index {Path('port-lowell').resolve()}"


def test_other_machines_learn_no_folder() -> None:
    app = build_app(Parrot(), TwoArticles(), hosts=None)  # type: ignore[arg-type]
    about = TestClient(app).get("/footnote/about").json()
    assert about["index"] == "port-lowell" and about["add"] is None


def test_the_command_that_adds_works_wherever_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_INDEX", str(tmp_path / "own"))
    assert add_command(tmp_path / "own") == "qa add FOLDER"
    assert add_command(config.seeds_index()) == "qa add FOLDER && qa chat"
    odd = tmp_path / "my index"
    assert add_command(odd) == f"qa add FOLDER --index '{odd}'"


def cited(client: TestClient, **query: Any) -> Any:
    whole: dict[str, Any] = {
        "article": "a1",
        "version": "v1",
        "start": START,
        "end": START + len(QUOTE),
    }
    return client.get("/footnote/context", params={**whole, **query})


def test_context_marks_exactly_the_quote(client: TestClient) -> None:
    body = cited(client).json()
    assert [body[key] for key in ("title", "source", "published", "url")] == [
        "Ferry sails", "Ledger", "2024-03-05", "https://l.example/1",
    ]  # fmt: skip
    assert [part["cited"] for part in body["segments"]] == [False, True, False]
    before, quote, after = (part["text"] for part in body["segments"])
    assert quote == QUOTE
    assert before + quote + after in TEXT
    assert 0 < len(before) <= CONTEXT and 0 < len(after) <= CONTEXT
    assert before.startswith("Élan") and after.endswith("fell.")
    assert body["more_before"] and body["more_after"]


@pytest.mark.parametrize(("start", "end"), [(0, 1), (0, 5), (4, 5), (0, 3000), (1700, 3000)])
def test_context_is_contiguous_wherever_the_quote_stands(start: int, end: int) -> None:
    for text in ("a b c", "字" * 3000, "word " * 600, "One. Two! " * 300):
        end = min(end, len(text))
        start = min(start, end - 1)
        parts = context(text, start, end)["segments"]
        assert [part["text"] for part in parts if part["cited"]] == [text[start:end]]
        assert "".join(part["text"] for part in parts) in text


def test_context_gives_only_web_addresses(client: TestClient) -> None:
    body = cited(client, article="a2", start=0, end=7).json()
    assert body["url"] is None and body["published"] is None and body["source"] is None


def test_context_of_an_unknown_article_or_version(client: TestClient) -> None:
    for query in ({"article": "zz"}, {"version": "v9"}, {"article": "../../etc/passwd"}):
        response = cited(client, **query)
        assert response.status_code == 404 and "detail" in response.json()


@pytest.mark.parametrize(
    ("start", "end"),
    [(-1, 5), (5, 5), (6, 5), (0, len(TEXT) + 1), ("x", 5), (0, "9" * 5000), ("1.5", 9), ("", "")],
)
def test_context_of_bad_offsets(client: TestClient, start: Any, end: Any) -> None:
    response = cited(client, start=start, end=end)
    assert response.status_code == 422 and "detail" in response.json()


def test_ask_returns_the_answer_as_json(client: TestClient, parrot: Parrot) -> None:
    name, data = asked(client, "  Who?  ", [["Before?", "Nobody."]])
    assert name == "complete"
    assert data[0]["schema"] == 1 and data[0]["text"] == "Who?"
    assert parrot.histories[-1] == [("Before?", "Nobody.")]


@pytest.mark.parametrize("question", ["<img src=x onerror=alert(1)>", "${7*191}", "a\x00b", "😀𝒳"])
def test_odd_questions_come_back_unchanged(client: TestClient, question: str) -> None:
    assert asked(client, question)[1][0]["text"] == question


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("x" * 100_000, f"100,000 characters; the limit is {MAX_QUESTION:,}"),
        ("   ", "Type a question"),
        (None, "must be text"),
        (7, "must be text"),
        (["Who?"], "must be text"),
        ({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, "must be text"),
        ("half \ud83d", "broken character"),
    ],
)
def test_bad_questions_are_refused_in_words(client: TestClient, question: Any, words: str) -> None:
    assert words in refused(client, question)


@pytest.mark.parametrize(
    "history",
    [
        "text",
        {"0": ["q", "a"]},
        [["q"]],
        [["q", "a", "more"]],
        [["q", None]],
        [[1, "a"]],
        ["qa"],
        [["q", {"path": "/etc/passwd"}]],
        [["q", "a"]] * (TURN_LIMIT + 1),
        [["q" * 5_000, "a"]],
        [["q", "a" * 5_000]],
    ],
)
def test_forged_histories_are_refused(client: TestClient, parrot: Parrot, history: Any) -> None:
    before = len(parrot.histories)
    assert "istory" in refused(client, "Who?", history)
    assert len(parrot.histories) == before


def test_a_failure_shows_a_sentence_and_no_details(client: TestClient) -> None:
    message = refused(client, "fail")
    assert "went wrong" in message and "secret" not in message


def test_a_broken_route_shows_no_details_and_keeps_the_headers(client: TestClient) -> None:
    quiet = TestClient(client.app, "http://127.0.0.1", raise_server_exceptions=False)
    response = cited(quiet, article="damaged")
    assert response.status_code == 500 and "secret" not in response.text
    assert response.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("path", ["/gradio_api/call/ask", "/gradio_api/queue/join"])
def test_a_huge_body_is_refused(client: TestClient, path: str) -> None:
    huge = json.dumps({"data": ["x" * 5_000_000]}).encode()
    assert client.post(path, content=huge).status_code == 413
    # Without a length, as chunks.
    assert client.post(path, content=iter([huge])).status_code == 413
    assert len(huge) > BODY_LIMIT


def test_the_longest_history_fits(client: TestClient, parrot: Parrot) -> None:
    # The longest form of a character in JSON: twelve bytes.
    turns = [["😀" * MAX_QUESTION, "😀" * REPLY_LIMIT]] * TURN_LIMIT
    assert asked(client, "😀" * MAX_QUESTION, turns)[0] == "complete"
    assert len(parrot.histories[-1]) == TURN_LIMIT


def test_web_sockets_are_refused(client: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/"):
        pass


def test_the_other_door_checks_as_well(client: TestClient) -> None:
    body = {"data": [7, None], "fn_index": 0, "session_hash": "forged"}
    assert client.post("/gradio_api/queue/join", json=body).status_code == 200
    assert "must be text" in client.get("/gradio_api/queue/data?session_hash=forged").text


def test_one_function_is_public_and_there_is_no_other(client: TestClient) -> None:
    assert set(client.get("/gradio_api/info").json()["named_endpoints"]) == {"/ask"}
    assert len(client.get("/config").json()["dependencies"]) == 1


@pytest.mark.parametrize("path", ["/etc/passwd", "pyproject.toml", "qa/chat.py", "../qa/chat.py"])
def test_files_are_not_served(client: TestClient, path: str) -> None:
    root = Path(__file__).parents[1]
    for shape in ("/gradio_api/file={}", "/gradio_api/file/{}", "/file={}", "/footnote/static/{}"):
        for name in (path, str(root / path), "..%2f..%2f" + path, "../" * 9 + path):
            assert client.get(shape.format(name)).status_code in (400, 403, 404), name


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/upload", "/gradio_api/component_server", "/gradio_api/proxy=http://a.example",
     "/gradio_api/run/ask", "/gradio_api/vibe-edit", "/monitoring", "/monitoring/summary",
     "/gradio_api/runs", "/gradio_api/deep_link", "/docs", "/openapi.json", "/pwa_icon/9999"],
)  # fmt: skip
def test_doors_that_nobody_uses_are_shut(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, content=b"{}").status_code == 404


def test_a_busy_port_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(FootnoteError, match=rf"Port {port} .*--port"):
            serve(Parrot(), TwoArticles(), port=port)  # type: ignore[arg-type]

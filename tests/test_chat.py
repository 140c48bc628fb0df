"""The chat over HTTP, without a browser: what it serves, and what it must refuse."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from index.errors import FootnoteError
from index.store import Index
from index.types import Article, Encoder, Heading
from qa import config
from qa.answerer import MAX_QUESTION, Answerer
from qa.chat import add_command, build_app, serve
from qa.stream import Stream
from qa.types import Answer, Found, Searched
from qa.web.articles import PAGE, Listing
from qa.web.checked import MARK_LIMIT, NOTE_LIMIT, REPLY_LIMIT, TURN_LIMIT
from qa.web.feedback import MOST, NAME, store
from qa.web.gate import BODY_LIMIT
from qa.web.once import Once

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.queueing")

# Signs outside UTF-16's first plane stand before the quote: JavaScript would miscount them.
TEXT = (
    "Élan 😀𝒳. " * 60
    + "\n\nThe ferry sailed at noon on Tuesday.\n\n"
    + "Rain fell. " * 60
    + "It was wet."
)
QUOTE = "The ferry sailed at noon on Tuesday."
START = TEXT.index(QUOTE)
END = START + len(QUOTE)
FERRY = Article("a1", "v1", "Ferry sails", TEXT, "Ledger", "https://l.example/1", date(2024, 3, 5))
BARE = Article("a2", "v1", "Bare", "A short text.", url="javascript:alert(1)")


class Parrot:
    """An answerer that says the question back, and keeps what it was given."""

    model = "parrot"

    def __init__(self) -> None:
        self.histories: list[Any] = []
        self.filters: list[Any] = []
        self.searched: list[str | None] = []

    def ask(self, question: str, history: Any = (), filters: Any = None) -> Answer:
        if question == "fail":
            raise RuntimeError("/secret/path")
        self.histories.append(history)
        self.filters.append(filters)
        return Answer(question, question, question)

    def stream(
        self,
        question: str,
        history: Any = (),
        filters: Any = None,
        *,
        searched_for: str | None = None,
    ) -> Stream:
        self.searched.append(searched_for)

        def events() -> Iterator[Any]:
            yield Searched(question)
            answer = self.ask(question, history, filters)
            yield Found(())
            yield answer

        return Stream(events())


@pytest.fixture(scope="module")
def articles(encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """An index of two articles."""
    folder = tmp_path_factory.mktemp("chat") / "port-lowell"
    with Index.open(folder, create=True, encoder=encoder) as index:
        index.add([FERRY, BARE])
        yield index


@pytest.fixture(scope="module")
def parrot() -> Parrot:
    return Parrot()


@pytest.fixture(scope="module")
def client(parrot: Parrot, articles: Index) -> Iterator[TestClient]:
    app = build_app([parrot], articles, ("127.0.0.1",))  # type: ignore[list-item]
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
        "/footnote/articles",
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


def test_about_tells_what_is_here(client: TestClient, articles: Index) -> None:
    about = client.get("/footnote/about").json()
    assert about["index"] == "port-lowell" and about["allow_add"] is False
    assert about["add"] == f"qa add FOLDER --index {articles.path}"
    assert [about[key] for key in ("articles", "undated", "earliest", "latest")] == [
        2, 1, "2024-03-05", "2024-03-05",
    ]  # fmt: skip
    assert about["sources"] == [{"name": "Ledger", "articles": 1}]
    assert about["models"] == [{"name": "parrot", "label": "parrot"}]
    assert about["limits"]["question"] == MAX_QUESTION
    assert "examples" not in about  # they take seconds


def test_example_questions_have_a_route_of_their_own(
    articles: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = threading.Event()

    def slow(*_: Any) -> list[str]:
        made.wait(30)
        return ["Who sailed?"]

    monkeypatch.setattr("qa.web.routes.examples", slow)
    app = build_app([Parrot()], articles, ("127.0.0.1",))  # type: ignore[list-item]
    with TestClient(app, "http://127.0.0.1") as quick:
        assert quick.get("/footnote/about").json()["articles"] == 2
        made.set()
        assert quick.get("/footnote/examples").json() == {"examples": ["Who sailed?"]}


def test_who_asks_after_a_change_does_not_get_what_was_before() -> None:
    """Though the earlier listing is still being made."""
    version, first, go = [1], threading.Event(), threading.Event()

    def make() -> int:
        made = version[0]
        if made == 1:
            first.set()
            go.wait(30)
        return made

    async def ask() -> list[int]:
        listing = Once(lambda: version[0], make)
        early = asyncio.create_task(listing.now())
        await asyncio.to_thread(first.wait, 30)
        version[0] = 2
        late = await listing.now()
        go.set()
        return [await early, late, await listing.now()]

    assert asyncio.run(ask()) == [1, 2, 2]


def test_other_machines_learn_no_folder(articles: Index) -> None:
    app = build_app([Parrot()], articles, hosts=None)  # type: ignore[list-item]
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


def opened(client: TestClient, **fields: Any) -> Any:
    whole: dict[str, Any] = {"article": "a1", "version": "v1", "marks": [[START, END, "k"]]}
    return client.post("/footnote/article", json={**whole, **fields})


def test_an_article_comes_whole_and_cut_at_its_marks(client: TestClient) -> None:
    body = opened(client).json()
    known = ("id", "version", "title", "source", "published", "updated", "author", "url", "current")
    assert [body[key] for key in known] == [
        "a1", "v1", "Ferry sails", "Ledger", "2024-03-05", None, None, "https://l.example/1", True,
    ]  # fmt: skip
    texts = ["".join(segment["text"] for segment in block) for block in body["blocks"]]
    assert "\n\n".join(texts) == TEXT
    marked = [s["text"] for block in body["blocks"] for s in block if s["keys"] == ["k"]]
    assert marked == [QUOTE]


def test_marks_that_overlap_or_span_paragraphs_keep_all_their_keys(client: TestClient) -> None:
    marks = [[0, START + 9, "a"], [START + 4, END, 2], [START + 4, len(TEXT), "b"], [0, 4, "a"]]
    blocks = opened(client, marks=marks).json()["blocks"]
    assert "\n\n".join("".join(s["text"] for s in block) for block in blocks) == TEXT
    for start, end, key in marks:
        text = "".join(s["text"] for block in blocks for s in block if key in s["keys"])
        assert TEXT[start:end].replace("\n", "") in text
    assert {"text": TEXT[START + 4 : START + 9], "keys": ["a", 2, "b"]} in blocks[1]


def test_an_article_gives_only_web_addresses(client: TestClient) -> None:
    body = opened(client, article="a2", marks=[]).json()
    assert body["url"] is None and body["published"] is None and body["source"] is None
    assert body["blocks"] == [[{"text": "A short text.", "keys": []}]]


def test_an_older_version_is_shown_as_one_and_a_removed_article_never(index: Index) -> None:
    newer = replace(BARE, version="v2", text="A newer text.")
    index.add([BARE])
    index.add([newer])
    app = build_app([Answerer(index)], index, ("testserver",))
    client = TestClient(app)
    old = opened(client, article="a2", marks=[]).json()
    assert (old["current"], old["version"], old["blocks"][0][0]["text"]) == (
        False, "v1", "A short text.",
    )  # fmt: skip
    assert opened(client, article="a2", version=None, marks=[]).json()["version"] == "v2"
    index.remove(["a2"])
    for version in ("v1", "v2", None):
        assert opened(client, article="a2", version=version, marks=[]).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"article": "zz"}, {"version": "v9"}, {"article": "../../etc/passwd"}, {"article": ""},
        {"article": "%"}, {"article": "' OR 1=1 --"},
    ],
)  # fmt: skip
def test_an_article_that_is_not_there(client: TestClient, fields: dict[str, Any]) -> None:
    response = opened(client, **fields)
    assert response.status_code == 404 and response.json()["detail"].endswith("no such article.")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"article": None}, "must be text"),
        ({"article": ["a1"]}, "must be text"),
        ({"article": "x" * 101}, "the limit is 100"),
        ({"version": 1}, "must be text"),
        ({"marks": {}}, "must be a list"),
        ({"marks": [[0, 1, "k"]] * (MARK_LIMIT + 1)}, f"at most {MARK_LIMIT}"),
        ({"marks": [[0, 1]]}, "must be [start, end, key]"),
        ({"marks": ["abc"]}, "must be [start, end, key]"),
        ({"marks": [[-1, 5, "k"]]}, f"end <= {len(TEXT)}"),
        ({"marks": [[5, 5, "k"]]}, f"end <= {len(TEXT)}"),
        ({"marks": [[6, 5, "k"]]}, f"end <= {len(TEXT)}"),
        ({"marks": [[0, len(TEXT) + 1, "k"]]}, f"end <= {len(TEXT)}"),
        ({"marks": [[0, 10**30, "k"]]}, f"end <= {len(TEXT)}"),
        ({"marks": [["0", 5, "k"]]}, "whole numbers"),
        ({"marks": [[True, 5, "k"]]}, "whole numbers"),
        ({"marks": [[0.0, 5, "k"]]}, "whole numbers"),
        ({"marks": [[0, 5, None]]}, "must be text"),
        ({"marks": [[0, 5, "k" * 101]]}, "the limit is 100"),
        ({"marks": [[0, 5, 10**20]]}, "must be text"),
    ],
)
def test_bad_marks_are_refused_in_words(
    client: TestClient, fields: dict[str, Any], words: str
) -> None:
    response = opened(client, **fields)
    assert response.status_code == 422 and words in response.json()["detail"]


# The list


def test_the_list_is_newest_first_and_searched_by_title(client: TestClient) -> None:
    both = client.get("/footnote/articles").json()
    assert (both["total"], both["page"], both["pages"]) == (2, 1, 1)
    assert both["articles"][0] == {
        "id": "a1", "version": "v1", "title": "Ferry sails", "source": "Ledger",
        "published": "2024-03-05",
    }  # fmt: skip

    def ids(query: str) -> list[str]:
        found = client.get(f"/footnote/articles?{query}").json()
        assert found["total"] == len(found["articles"])
        return [article["id"] for article in found["articles"]]

    assert ids("") == ["a1", "a2"]
    assert ids("search=SAIL+férry") == ["a1"] and ids("search=sail+bare") == []
    assert ids("search=%25") == [] and ids("search=.*") == []
    assert ids("source=Ledger") == ["a1"] and ids("source=ledge") == []
    assert ids("since=2024-03-05&until=2024-03-05") == ["a1"] and ids("since=2024-03-06") == []
    assert client.get("/footnote/articles?page=2").json()["articles"] == []


def test_the_list_has_pages() -> None:
    headings = [
        Heading(f"a{n}", "v", f"Title {n}", "S", date(2024, 1, 1 + n % 28)) for n in range(120)
    ]
    listing = Listing.of(headings)
    pages = [listing.page(n) for n in range(1, 4)]
    ids = [article["id"] for page in pages for article in page["articles"]]
    assert sorted(ids) == sorted(h.id for h in headings) and pages[0]["pages"] == 3
    assert [len(page["articles"]) for page in pages] == [PAGE, PAGE, 20]
    days = [article["published"] for page in pages for article in page["articles"]]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize(
    "query",
    [
        "page=0", "page=-1", "page=x", "page=1e3", "page=" + "9" * 5_000, "page=", "page=½",
        "since=yesterday", "since=2024-02-30", "until=20240305",
        "since=2024-03-06&until=2024-03-05",
        "search=" + "x" * 2_000, "source=" + "x" * 2_000, "since=" + "0" * 1_000,
    ],
)  # fmt: skip
def test_a_bad_query_is_refused_in_words(client: TestClient, query: str) -> None:
    response = client.get(f"/footnote/articles?{query}")
    assert response.status_code == 422 and len(response.json()["detail"]) > 10


# Feedback


GOOD: dict[str, Any] = {
    "question": "Who?", "searched_for": "Who sailed?", "answer": "Nobody. [1]",
    "model": "parrot", "thumb": "down", "note": "  It was the ferry.\u2028 ",
}  # fmt: skip


def test_feedback_is_a_line_of_the_index_folder(client: TestClient, articles: Index) -> None:
    headers = {"X-Forwarded-For": "203.0.113.7", "User-Agent": "reader"}
    for thumb in ("up", "down"):
        sent = {**GOOD, "thumb": thumb, "name": "not stored"}
        assert client.post("/footnote/feedback", json=sent, headers=headers).status_code == 204
    lines = (articles.path / NAME).read_text().split("\n")
    assert [json.loads(line) for line in lines[:-1]] == [
        {**GOOD, "thumb": thumb, "note": "It was the ferry."} for thumb in ("up", "down")
    ]
    assert lines[-1] == ""


@pytest.mark.parametrize(
    "wrong",
    [
        {"thumb": "sideways"}, {"thumb": None}, {"thumb": ["up"]}, {"question": ""},
        {"question": "x" * 5_000}, {"note": "x" * (NOTE_LIMIT + 1)}, {"note": {"a": 1}},
        {"answer": "x" * 50_000}, {"answer": None}, {"model": None}, {"searched_for": 7},
        {"note": "half \ud83d"},
    ],
)  # fmt: skip
def test_bad_feedback_is_refused_and_not_stored(
    client: TestClient, articles: Index, wrong: dict[str, Any]
) -> None:
    before = (articles.path / NAME).read_bytes() if (articles.path / NAME).exists() else None
    response = client.post("/footnote/feedback", content=json.dumps({**GOOD, **wrong}))
    assert response.status_code == 422 and response.json()["detail"]
    after = (articles.path / NAME).read_bytes() if (articles.path / NAME).exists() else None
    assert after == before


def test_a_full_file_takes_no_more_and_a_cut_line_spoils_no_other(tmp_path: Path) -> None:
    assert store(tmp_path, {"note": "whole"})
    file = tmp_path / NAME
    file.write_bytes(file.read_bytes() + b'{"note": "cu')
    assert store(tmp_path, {"note": "after"})
    assert [*file.read_text().splitlines()][1:] == ['{"note": "cu', '{"note": "after"}']
    file.write_bytes(b"x" * (MOST - 5))
    assert not store(tmp_path, {"note": "more"})
    assert file.stat().st_size == MOST - 5


# The function that Gradio documents


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


def test_a_broken_route_shows_no_details_and_keeps_the_headers(
    articles: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Index) -> None:
        raise RuntimeError("/secret/path")

    app = build_app([Parrot()], articles, ("127.0.0.1",))  # type: ignore[list-item]
    quiet = TestClient(app, "http://127.0.0.1", raise_server_exceptions=False)
    monkeypatch.setattr(Index, "headings", broken)
    response = quiet.get("/footnote/articles")
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


def test_a_busy_port_is_named_with_the_remedy(articles: Index) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(FootnoteError, match=rf"Port {port} .*--port"):
            serve([Parrot()], articles, port=port)  # type: ignore[list-item]

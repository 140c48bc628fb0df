"""Asking over HTTP: answers that stream, readers who leave, too many of them, and who may."""

from __future__ import annotations

import base64
import contextlib
import http.client
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi.testclient import TestClient

from eval.model_server import Messages, ModelServer, Turn, tokens
from index.errors import FootnoteError
from index.store import Index
from qa import config
from qa.answerer import MAX_QUESTION, Answerer
from qa.chat import build_app, serve
from qa.llm import Model, Timeouts, connect
from qa.types import Answer
from qa.web import lines as lines_module
from qa.web.asking import cost_of
from qa.web.checked import CHOICES, REPLY_LIMIT, TURN_LIMIT
from tests import naughty
from tests.browser_support import served
from tests.nasty_questions import NASTY, NOTHING
from tests.test_generate import BROKERED, honest

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.queueing")


def model_of(server: ModelServer, name: str = "tiny", **limits: float) -> Model:
    limits = {"first_token": 20, "stall": 20, "total": 60, **limits}
    return connect(f"{server.url}#{name}", {}, Timeouts(**limits))


def client_of(index: Index, *answerers: Answerer, **how: Any) -> TestClient:
    return TestClient(build_app(answerers or [Answerer(index)], index, ("testserver",), **how))


def posted(client: TestClient, question: Any, **fields: Any) -> Any:
    # Not `json=`: the client refuses to write the broken characters that some tests send.
    body = json.dumps({"question": question, "history": [], **fields})
    return client.post("/footnote/ask", content=body)


def events(client: TestClient, question: Any, **fields: Any) -> list[dict[str, Any]]:
    response = posted(client, question, **fields)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in response.text.splitlines()]


@pytest.fixture(scope="module")
def client(seeds_index: Index) -> TestClient:
    return client_of(seeds_index)


def helpful(messages: Messages) -> list[str]:
    """An honest answer, or the question when it is asked to rewrite one."""
    evidence = "[1]" in messages[-1]["content"]
    return honest(messages) if evidence else [BROKERED]


# The events


def test_an_answer_comes_in_steps_and_its_claims_before_it(client: TestClient) -> None:
    found = events(client, BROKERED)
    names = [event["event"] for event in found]
    claims = names.count("claim")
    assert names == ["searched", "found", *["claim"] * claims, "answer"] and claims
    assert found[0]["searched_for"] == BROKERED
    assert found[1]["passages"][0]["quote"]
    answer = found[-1]["answer"]
    assert answer["claims"] == [event["claim"] for event in found[2:-1]]
    assert answer["schema"] == 1 and found[-1]["cost"] is None and found[-1]["seconds"] > 0


def test_a_correction_of_the_reader_is_searched_as_it_stands(client: TestClient) -> None:
    history = [["Who is Martin Quill?", "A councillor."]]
    wanted = "Who brokered the ceasefire in Moscow?"
    found = events(client, "And who did that?", history=history, searched_for=wanted)
    assert found[0]["searched_for"] == found[-1]["answer"]["searched_for"] == wanted
    assert found[-1]["answer"]["question"] == "And who did that?"


def test_a_question_is_narrowed_by_day_outlet_and_article(client: TestClient) -> None:
    def passages(**filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = events(client, BROKERED, filters=filters)[1]["passages"]
        return found

    first = passages()[0]
    assert {p["article_id"] for p in passages(articles=[first["article_id"]])} == {
        first["article_id"]
    }
    assert {p["source"] for p in passages(sources=[first["source"]])} == {first["source"]}
    days = [p["published"] for p in passages(since="2024-01-01", until="2024-12-31")]
    assert days and all(day.startswith("2024") for day in days)
    assert passages(articles=["0" * 16]) == [] and passages(sources=[], articles=None)


def test_the_model_is_the_readers_choice_and_the_cost_is_that_of_its_price(
    seeds_index: Index,
) -> None:
    with ModelServer(helpful) as server:
        model = Answerer(seeds_index, model_of(server))
        plain = Answerer(seeds_index, config.EXTRACTIVE)
        client = client_of(seeds_index, plain, model, prices={model.model: (1.5, 100.0)})
        models = client.get("/footnote/about").json()["models"]
        assert [each["name"] for each in models] == ["extractive", model.model]
        assert models[1]["label"] == "tiny"
        assert events(client, BROKERED)[-1]["answer"]["model"] == "extractive"
        assert server.requests == []
        last = events(client, BROKERED, model=model.model)[-1]
        assert last["answer"]["model"] == model.model and len(server.requests) == 1
        usage = last["answer"]["usage"]
        assert last["cost"] == round((usage["input"] * 1.5 + usage["output"] * 100) / 1e6, 6) > 0
        # The rewriting of a follow-up is paid for as well.
        again = events(client, BROKERED, model=model.model, history=[["Who?", "He."]])[-1]
        assert len(server.requests) == 3 and again["cost"] > last["cost"]
        refused = posted(client, BROKERED, model="http://evil.example/v1#x")
        assert refused.status_code == 422 and "offered" in refused.json()["detail"]


def test_a_cost_is_null_where_price_or_tokens_are_not_known() -> None:
    assert cost_of({"input": 1, "output": 2}, None) is None
    assert cost_of({}, (1, 1)) is None and cost_of({"input": 1}, (1, 1)) is None
    assert cost_of({"input": 2_000_000, "output": 1}, (0.25, 0)) == 0.5


# What models do


def test_a_model_that_fails_leaves_the_articles_own_words(seeds_index: Index) -> None:
    with ModelServer(Turn(status=400, message="<script>alert(1)</script>")) as server:
        found = events(client_of(seeds_index, Answerer(seeds_index, model_of(server))), BROKERED)
    assert found[-1]["answer"]["model"] == "extractive" and found[-1]["answer"]["warnings"]


def test_a_model_with_a_wrong_key_is_an_error_of_the_model(seeds_index: Index) -> None:
    with ModelServer(Turn(status=401)) as server:
        found = events(client_of(seeds_index, Answerer(seeds_index, model_of(server))), BROKERED)
    assert found[-1]["event"] == "error" and found[-1]["kind"] == "model"
    assert found[-1]["message"][0].isupper() and len(found[-1]["message"]) > 20


def test_what_was_checked_is_kept_when_a_model_breaks_off(seeds_index: Index) -> None:
    def broken(messages: Messages) -> Turn:
        return Turn([*honest(messages), *tokens(" And then the")], end="reset")

    with ModelServer(broken) as server:
        found = events(client_of(seeds_index, Answerer(seeds_index, model_of(server))), BROKERED)
    assert [e["event"] for e in found] == ["searched", "found", "claim", "answer"]
    assert any("stops" in warning for warning in found[-1]["answer"]["warnings"])


def test_a_model_that_obeys_an_attacker_brings_nothing_to_the_page(seeds_index: Index) -> None:
    said = (
        "<img src=http://spy.example/a.gif onerror=alert(1)> ![x](http://spy.example/b.gif) "
        "[the report](javascript:alert(2)) proves it [1]. "
        "\ud83d ${7*191} http://spy.example/c [99]."
    )
    with ModelServer(Turn(tokens(said))) as server:
        response = posted(client_of(seeds_index, Answerer(seeds_index, model_of(server))), BROKERED)
    last = json.loads(response.text.splitlines()[-1])
    shown = json.dumps({**last["answer"], "raw": None})
    assert response.text.isascii()
    for banned in ("spy.example", "<img", "javascript:", "[99]"):
        assert banned not in shown, banned


def test_a_silent_model_is_covered_by_signs_of_life(
    seeds_index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_module, "ALIVE", 0.1)

    def slow(messages: Messages) -> Turn:
        return Turn([f"Turkey and Russia brokered the ceasefire. [{1}]"], every=1)

    with ModelServer(slow) as server:
        found = events(client_of(seeds_index, Answerer(seeds_index, model_of(server))), BROKERED)
    assert {"event": "alive"} in found and found[-1]["event"] == "answer"


# Questions that must not hurt


@pytest.mark.parametrize("question", NASTY, ids=range(len(NASTY)))
def test_nasty_questions_are_answered_as_any_other(client: TestClient, question: str) -> None:
    found = events(client, question)
    assert found[-1]["event"] == "answer"
    text = found[-1]["answer"]["text"]
    assert text and "1337" not in text and "root:" not in json.dumps(found)


@naughty.EVERY
@pytest.mark.slow
def test_every_naughty_string_is_answered_or_refused_in_words(
    client: TestClient, strings: list[str]
) -> None:
    for question in strings:
        response = posted(client, question)
        if response.status_code == 422:
            assert response.json()["detail"], question
            continue
        last = json.loads(response.text.splitlines()[-1])
        assert last["event"] == "answer" or last["kind"] == "question", (question, last)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        *(({"question": nothing}, "Type a question") for nothing in NOTHING),
        ({"question": None}, "must be text"),
        ({"question": 7}, "must be text"),
        ({"question": ["Who?"]}, "must be text"),
        ({"question": {"path": "/etc/passwd"}}, "must be text"),
        ({"question": "x" * 100_000}, f"100,000 characters; the limit is {MAX_QUESTION:,}"),
        ({"question": "half \ud83d"}, "broken character"),
        ({"history": "text"}, "must be a list"),
        ({"history": [["q", "a"]] * 500}, f"at most {TURN_LIMIT}"),
        ({"history": [["q"]]}, "must be [question, answer]"),
        ({"history": [["q", {"path": "/etc/passwd"}]]}, "must be text"),
        ({"history": [["q", "a" * (REPLY_LIMIT + 1)]]}, "the limit is"),
        ({"searched_for": ["x"]}, "must be text"),
        ({"searched_for": "x" * 5_000}, "the limit is"),
        ({"filters": []}, "must be an object"),
        ({"filters": {"since": "tomorrow"}}, "must be a day"),
        ({"filters": {"since": "2024-05-01", "until": "2024-04-01"}}, "is after until"),
        ({"filters": {"since": 20240501}}, "must be text"),
        ({"filters": {"sources": "Ledger"}}, "must be a list"),
        ({"filters": {"sources": ["x"] * (CHOICES + 1)}}, "at most"),
        ({"filters": {"articles": [1]}}, "must be text"),
        ({"filters": {"articles": ["x" * 500]}}, "the limit is"),
        ({"model": "gpt-0"}, "offered"),
        ({"model": 1}, "must be text"),
    ],
)
def test_forged_questions_are_refused_in_words(
    client: TestClient, fields: dict[str, Any], words: str
) -> None:
    response = posted(client, **{"question": "Who?", **fields})
    assert response.status_code == 422 and words in response.json()["detail"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"Who?"', b"\xff\xfe", b"[" * 200_000, b"1" * 10_000]
)
def test_a_body_that_is_no_object_is_refused_in_words(client: TestClient, body: bytes) -> None:
    response = client.post("/footnote/ask", content=body)
    assert response.status_code == 422 and response.json()["detail"].startswith("The request")


# Readers who leave, on a real server


@contextmanager
def reading(address: str, question: str = BROKERED) -> Iterator[http.client.HTTPResponse]:
    """A reader's open answer; the line is cut when the block ends."""
    line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    line.request("POST", "/footnote/ask", json.dumps({"question": question}))
    response = line.getresponse()
    try:
        yield response
    finally:
        response.close()
        line.close()


def until(condition: Callable[[], bool]) -> bool:
    for _ in range(400):
        if condition():
            return True
        time.sleep(0.05)
    return False


def endless(messages: Messages) -> Turn:
    return Turn([*honest(messages), *[" More words came."] * 5_000], every=0.01)


def stalled(messages: Messages) -> Turn:
    return Turn(honest(messages), end="hang")


@pytest.mark.parametrize(
    "turn", [endless, stalled, Turn(silent=True)], ids=["talks", "hangs", "silent"]
)
def test_a_reader_who_leaves_hangs_up_on_the_model(seeds_index: Index, turn: Any) -> None:
    with (
        ModelServer(turn) as server,
        served(seeds_index, Answerer(seeds_index, model_of(server)), readers=1) as address,
    ):
        with reading(address) as response:
            assert json.loads(response.readline())["event"] == "searched"
            assert json.loads(response.readline())["event"] == "found"
            assert until(lambda: len(server.requests) == 1)
            if turn is not endless:
                time.sleep(0.3)  # so that the thread does wait
        assert server.hung_up.wait(20)

        # And the place is free again.
        def free() -> bool:
            with reading(address) as again:
                return again.status == 200

        assert until(free)


def test_the_reader_beyond_the_limit_is_told_at_once(seeds_index: Index) -> None:
    with (
        ModelServer(stalled) as server,
        served(seeds_index, Answerer(seeds_index, model_of(server)), readers=2) as address,
        reading(address) as one,
        reading(address) as two,
    ):
        assert one.status == two.status == 200
        with reading(address) as third:
            assert third.status == 503 and third.getheader("retry-after")
            (line,) = third.read().splitlines()
            assert json.loads(line)["kind"] == "busy"
        # What is no question goes on being served.
        about = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
        about.request("GET", "/footnote/articles")
        assert about.getresponse().status == 200
        about.close()


def test_fifty_readers_at_once_are_answered_or_told_that_it_is_busy(seeds_index: Index) -> None:
    outcomes: list[str] = []

    with served(seeds_index, readers=8) as address:

        def ask() -> None:
            with reading(address) as response:
                last = json.loads(response.read().splitlines()[-1])
                outcomes.append(last.get("kind", last["event"]))

        threads = [threading.Thread(target=ask) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(outcomes) == 50 and set(outcomes) <= {"answer", "busy"}
    assert outcomes.count("answer") >= 8


def test_a_server_that_stops_leaves_no_model_writing(seeds_index: Index) -> None:
    with ModelServer(endless) as server:
        answerer = Answerer(seeds_index, model_of(server))
        with contextlib.ExitStack() as reader:
            with served(seeds_index, answerer) as address:
                response = reader.enter_context(reading(address))
                response.readline()
                assert until(lambda: len(server.requests) == 1)
            # The server is down, and the reader has not hung up.
            assert server.hung_up.wait(20)


def test_a_server_that_stops_ends_what_gradios_function_asks(seeds_index: Index) -> None:
    with ModelServer(Turn(silent=True)) as server:
        app = build_app([Answerer(seeds_index, model_of(server))], seeds_index, ("testserver",))
        with TestClient(app) as client:
            client.post("/gradio_api/call/ask", json={"data": [BROKERED, []]})
            assert until(lambda: len(server.requests) == 1)
            app.state.stop()
            assert server.hung_up.wait(20)


# Who may ask


def basic(said: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(said.encode()).decode()}


NUMBERS = itertools.count()

EVERYWHERE = [
    ("GET", "/"), ("GET", "/config"), ("GET", "/footnote/about"), ("GET", "/footnote/articles"),
    ("GET", "/footnote/static/chat.js"), ("POST", "/footnote/ask"), ("POST", "/footnote/article"),
    ("POST", "/footnote/feedback"), ("POST", "/footnote/add"), ("POST", "/gradio_api/call/ask"),
    ("POST", "/gradio_api/queue/join"), ("GET", "/gradio_api/queue/data?session_hash=a"),
    ("GET", "/gradio_api/info"), ("GET", "/nothing"), ("GET", "/favicon.ico"),
]  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [
        {}, basic("reader:wrong"), basic("reader:"), basic(":"), basic(""), basic("reader"),
        basic("Reader:sesamé:open"), {"Authorization": "Basic"}, {"Authorization": "Basic !!!"},
        {"Authorization": "Bearer reader:sesamé:open".encode("latin-1")},
        {"Cookie": "access-token=reader"},
    ],
    ids=range(11),
)  # fmt: skip
def test_without_the_password_nothing_is_served(guarded: TestClient, headers: Any) -> None:
    for method, path in EVERYWHERE:
        # Each a stranger of its own: one who guesses more is slowed (test_guesses.py).
        stranger = TestClient(guarded.app, client=(f"stranger {next(NUMBERS)}", 1))
        response = stranger.request(method, path, headers=headers)
        assert response.status_code == 401, path
        assert response.headers["www-authenticate"].startswith("Basic ")
        assert response.headers["content-security-policy"]


@pytest.fixture(scope="module")
def guarded(seeds_index: Index) -> TestClient:
    return client_of(seeds_index, auth="reader:sesamé:open", allow_add=True)


def test_with_the_password_all_is_served(guarded: TestClient) -> None:
    guarded.headers.update(basic("reader:sesamé:open"))
    try:
        assert guarded.get("/").status_code == 200
        assert guarded.get("/footnote/about").json()["articles"]
        assert events(guarded, BROKERED)[-1]["event"] == "answer"
        assert guarded.get("/gradio_api/info").status_code == 200
    finally:
        del guarded.headers["authorization"]


def test_another_address_is_not_opened_without_a_word(seeds_index: Index) -> None:
    with pytest.raises(FootnoteError, match=r"0\.0\.0\.0 .*--auth USER:PASSWORD.*--no-auth"):
        serve([Answerer(seeds_index)], seeds_index, "0.0.0.0", 0)


@pytest.mark.parametrize("auth", ["reader", "reader:", ":secret", ":"])
def test_half_a_password_is_refused(auth: str) -> None:
    with pytest.raises(FootnoteError, match="USER:PASSWORD"):
        config.auth(auth)
    assert config.auth("a:b:c") == "a:b:c"


def test_the_password_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_AUTH", "a:b")
    assert config.auth() == "a:b" and config.auth("c:d") == "c:d"
    monkeypatch.delenv("QA_AUTH")
    assert config.auth() is None


def test_the_answer_that_streams_is_the_answer_that_the_library_gives(
    client: TestClient, seeds_index: Index
) -> None:
    streamed = events(client, BROKERED)[-1]["answer"]
    answer: Answer = Answerer(seeds_index).ask(BROKERED)
    assert {**streamed, "timings": {}} == {**answer.to_json(), "timings": {}}

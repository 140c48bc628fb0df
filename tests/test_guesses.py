"""Guessing the password: free at first, then slower and slower, for the guesser alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from qa.web import guesses
from qa.web.gate import Gate
from qa.web.guesses import FREE, LONGEST, MEMORY, Guesses, network

RIGHT = "reader:sesamé:open"


class Clock:
    """Seconds that pass only when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def gate(clock: Clock) -> Iterator[Gate]:
    app = Starlette(routes=[Route("/config", lambda request: PlainTextResponse("in"))])
    gate = Gate(app, auth=RIGHT)
    gate.guesses = Guesses(clock)
    yield gate


def tried(gate: Gate, said: str | None, address: str = "192.0.2.1") -> tuple[int, str | None]:
    """The status that an address gets for a name and password, and how long it shall wait."""
    basic = base64.b64encode((said or "").encode()).decode()
    headers = {} if said is None else {"Authorization": f"Basic {basic}"}
    response = TestClient(gate, client=(address, 1)).get("/config", headers=headers)
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    return response.status_code, response.headers.get("retry-after")


def test_a_few_wrong_guesses_cost_nothing(gate: Gate) -> None:
    for _ in range(FREE - 1):
        assert tried(gate, "reader:wrong") == (401, None)
    assert tried(gate, RIGHT) == (200, None)


def test_then_each_wrong_guess_makes_the_pause_longer(gate: Gate, clock: Clock) -> None:
    for _ in range(FREE):
        assert tried(gate, "reader:wrong") == (401, None)
    pauses = []
    for _ in range(10):
        status, wait = tried(gate, "reader:wrong")
        assert status == 429 and wait
        # Not even the right one is looked at, or the pause would cost a guesser nothing.
        assert tried(gate, RIGHT) == (429, wait)
        pauses.append(int(wait))
        clock.now += int(wait) - 0.5
        assert tried(gate, "reader:wrong") == (429, "1"), "asking does not make it longer"
        clock.now += 0.5
        assert tried(gate, "reader:wrong") == (401, None)
    assert pauses == [1, 2, 4, 8, 16, 32, *[int(LONGEST)] * 4]
    clock.now += LONGEST
    assert tried(gate, RIGHT) == (200, None)


def test_a_right_password_gives_a_guesser_no_new_guesses(gate: Gate) -> None:
    for _ in range(FREE):
        assert tried(gate, "reader:wrong")[0] == 401
        status, _ = tried(gate, RIGHT)
    assert status == 429


def test_nobody_else_is_kept_waiting(gate: Gate) -> None:
    for _ in range(FREE + 1):
        tried(gate, "reader:wrong", "192.0.2.1")
    assert tried(gate, RIGHT, "192.0.2.1")[0] == 429
    assert tried(gate, RIGHT, "192.0.2.2") == (200, None)
    assert tried(gate, "reader:wrong", "192.0.2.3") == (401, None)


def test_who_says_nothing_does_not_guess(gate: Gate) -> None:
    for _ in range(3 * FREE):  # a browser, before it asks its reader
        assert tried(gate, None) == (401, None)
    assert len(gate.guesses) == 0
    for _ in range(FREE):
        tried(gate, "reader:wrong")
    assert tried(gate, None) == (401, None)


def test_what_is_remembered_is_bounded_and_forgotten(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guesses, "ADDRESSES", 50)
    kept = Guesses(clock)
    for n in range(500):
        clock.now += 0.01
        kept.wrong(f"192.0.{n // 250}.{n % 250}")
        for _ in range(FREE):
            kept.wrong("198.51.100.1")  # goes on guessing, so that it is never the oldest
        assert len(kept) <= 50
    assert kept.pause("198.51.100.1") == LONGEST
    clock.now += MEMORY + 1
    kept.wrong("192.0.2.9")
    assert len(kept) == 1 and kept.pause("198.51.100.1") == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::1"),
    ],
)
def test_one_network_is_one_guesser(one: str, other: str) -> None:
    assert network(one) == network(other)
    assert network("2001:db8:1:3::1") != network("2001:db8:1:2::1")
    assert network("") == "" and network("testclient") == "testclient"

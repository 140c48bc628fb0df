"""The load test itself, with few readers for a moment: that it measures what it says."""

from __future__ import annotations

import sys

import pytest

from eval.model_server import ModelServer, Turn
from index.store import Index
from qa.web.asking import READERS
from tests.browser_support import BROKERED
from tests.load import Look, Outcome, ask, beyond, chat, load, look, slope, soak, written

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]


def test_readers_are_answered_and_the_process_is_looked_at(seeds_index: Index) -> None:
    with (
        ModelServer(written(0.01)) as model,
        chat(seeds_index.path, f"{model.url}#tiny") as (place, pid),
    ):
        outcome = load(place, readers=3, spread=0.2, seconds=2)
        assert not outcome.errors and len(outcome.wholes) >= 3 and outcome.firsts
        assert 0 < outcome.at(0.5) <= outcome.at(0.95) <= max(outcome.wholes)
        looks, soaked = soak(place, pid, 24)
        assert not soaked.errors and len(soaked.wholes) == 24
        assert looks[-1].questions == 24 and looks[-1].memory > 50
        assert look(pid, 0).threads > 1 and model.requests


def test_the_reader_beyond_the_limit_is_counted_as_busy(seeds_index: Index) -> None:
    with (
        ModelServer(Turn(silent=True)) as model,
        chat(seeds_index.path, f"{model.url}#tiny") as (place, _),
    ):
        told, after = beyond(place)
        assert told == "busy" and after > 0
        assert len(model.requests) <= READERS


def test_the_slope_is_per_thousand_and_leaves_the_start_out() -> None:
    grown = [Look(n * 500, 100 + n * 2 + (n == 0) * 900, 1, 1) for n in range(10)]
    assert slope(grown) == pytest.approx(4.0)


def test_shares_are_of_the_times_in_order() -> None:
    outcome = Outcome(firsts=[float(n) for n in range(100, 0, -1)])
    assert (outcome.at(0.5), outcome.at(0.95), outcome.at(1.0)) == (51.0, 96.0, 100.0)
    assert Outcome().at(0.5) == 0.0


def test_an_answer_without_the_model_is_an_error(seeds_index: Index) -> None:
    with (
        ModelServer(Turn(status=400)) as model,
        chat(seeds_index.path, f"{model.url}#tiny") as (place, _),
    ):
        outcome = Outcome()
        ask(place, BROKERED, outcome)
        assert outcome.errors == {"answered without the model": 1} and not outcome.wholes

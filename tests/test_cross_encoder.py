"""The reader: what it thinks of sentences, where it sees the short answer, and how it is made."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval import readers
from eval.__main__ import main as evaluate
from eval.dataset import Case, EvalSet, Question
from eval.pairs import Group, Text, held, write
from eval.pairs.questions import split, swapped
from eval.reranking import BestSentence
from index.readers import make_article
from index.store import Index
from index.types import Vectors
from qa import Answerer
from qa.cross_encoder import Reader, packaged
from qa.cross_encoder import reader as reading
from qa.cross_encoder.layout import BEFORE, CLS, QUESTION, SAID, SEP, batch, sequence
from tests.conftest import ROOT

BRIDGE = [
    "The old bridge was closed on 4 March because an inspector had found rust in two bearings.",
    "Councillor Ines Varga opened the new bridge on 12 June 2021.",
    "The bridge is 340 metres long and carries two lanes of traffic.",
    "Lunch was served in the town hall afterwards.",
]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return packaged()


@pytest.mark.parametrize(
    ("question", "right"),
    [
        ("Why was the old bridge closed?", 0),
        ("Who opened the new bridge?", 1),
        ("How long is the bridge?", 2),
        ("Where was lunch served?", 3),
    ],
)
def test_the_sentence_that_answers_is_scored_highest(
    reader: Reader, question: str, right: int
) -> None:
    scores = reader.score(question, [f"{s}\n\nA new bridge for the town." for s in BRIDGE])
    assert scores.shape == (4,) and scores.dtype == np.float32
    assert ((scores > 0) & (scores < 1)).all()
    assert int(scores.argmax()) == right


def test_a_question_about_somebody_else_is_scored_lower(reader: Reader) -> None:
    own, other = (
        reader.score(f"When did {name} open the new bridge?", [BRIDGE[1]])[0]
        for name in ("Ines Varga", "Tomas Hjelm")
    )
    assert own > other


def test_readers_at_once_load_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Slow:
        def __init__(self) -> None:
            time.sleep(0.05)
            made.append(self)

    monkeypatch.setattr(reading, "Reader", Slow)
    monkeypatch.setattr(reading, "_packaged", cache(reading._packaged.__wrapped__))
    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(lambda _: reading.packaged(), range(4)))
    assert found == set(made) and len(made) == 1


def test_no_texts_have_no_scores(reader: Reader) -> None:
    assert reader.score("Who?", []).shape == (0,)


@pytest.mark.parametrize(
    ("question", "sentence", "short"),
    [
        ("When was the new bridge opened?", BRIDGE[1], "12 June 2021"),
        ("How long is the bridge?", BRIDGE[2], "340 metres"),
        ("Who opened the new bridge?", BRIDGE[1], "Ines Varga"),
    ],
)
def test_the_short_answer_is_a_stretch_of_the_sentence(
    reader: Reader, question: str, sentence: str, short: str
) -> None:
    start, end, chance = reader.short(question, f"{sentence}\n\nA new bridge.")
    assert short in sentence[start:end] and len(sentence[start:end]) < 2 * len(short) + 8
    assert 0 < chance <= 1


def test_the_short_answer_of_what_was_read_is_not_read_for_again(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    question, text = "How long is the bridge?", f"{BRIDGE[2]}\n\nA new bridge."
    alone = Reader().short(question, text)
    reader.score(question, [f"{said}\n\nA new bridge." for said in BRIDGE])
    with monkeypatch.context() as patched:
        patched.setattr(reader._graph, "run", None)  # whoever runs the network again fails
        assert reader.short(question, text) == alone
    reader.score("Who?", [f"Sentence {number}." for number in range(reading.KEPT + 10)])
    assert len(reader._spans) == reading.KEPT


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text(max_size=300))
def test_offsets_of_a_short_answer_are_valid_for_any_text(question: str, text: str) -> None:
    start, end, chance = packaged().short(question, text)
    assert 0 <= start <= end <= len(text.partition("\n\n")[0])
    assert 0.0 <= chance <= 1.0


def test_an_answer_has_a_short_one_where_one_is_asked_for(seeds_index: Index) -> None:
    found = Answerer(seeds_index).ask("When did the first joint patrol take place?")
    assert found.short is not None
    article = seeds_index.article(found.short.article_id, found.short.article_version)
    assert article.text[found.short.start : found.short.end] == found.short.quote
    assert found.short.quote == "15 March 2020"
    assert found.short.quote in found.citations[0].quote
    assert Answerer(seeds_index).ask("Why was the first joint patrol cut short?").short is None


def test_long_texts_are_cut_and_keep_their_parts() -> None:
    ids, types = sequence([7] * 500, [8] * 500, [9] * 500)
    assert ids[0] == CLS and ids.count(SEP) == 3
    assert (ids.count(7), ids.count(8), ids.count(9)) == (QUESTION, SAID, BEFORE)
    assert sum(types) == SAID + 1
    whole = batch([(ids, types), sequence([7], [8], [])])
    assert whole.ids.shape == whole.mask.shape == whole.types.shape
    assert whole.mask.sum(axis=1).tolist() == [len(ids), 5]


def test_a_swapped_question_names_something_else() -> None:
    import random

    found = swapped("When did Ines Varga speak?", ["Ines Varga", "Tomas Hjelm"], random.Random(0))
    assert found == ("When did Tomas Hjelm speak?", "Tomas Hjelm")
    assert swapped("when did she speak?", ["Tomas Hjelm"], random.Random(0)) is None


def test_what_is_held_back_is_a_fifth_and_always_the_same() -> None:
    kept = [held(f"article {n}") for n in range(2_000)]
    assert 0.17 < sum(kept) / len(kept) < 0.23
    assert kept == [held(f"article {n}") for n in range(2_000)]


HALLS = tuple(
    Group(
        "squad2",
        back,
        f"When was the hall of village {number} built?",
        (
            Text("It rained all week.", "", False),
            Text(f"The hall was built in {1800 + number}.", f"Village {number}.", True),
        ),
    )
    for number in range(12)
    for back in (True, False)
)


def test_readers_are_measured_on_what_was_held_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pairs.jsonl.gz"
    write(HALLS, path)
    ((name, own),) = readers.groups(path, 6).items()
    assert name == "squad2" and len(own) == 6 and all(g["held"] for g in own)
    longest = {"right": 1, "wrong": -1}
    given = {
        which: lambda question, texts, sign=sign: np.array([sign * len(t) for t in texts])
        for which, sign in longest.items()
    }
    measured = readers.measure(given, own)
    assert measured["right"] == ["100.0 [100.0, 100.0]"] * 3
    assert measured["wrong"] == [
        "0.0 [0.0, 0.0], -100.0 [-100.0, -100.0]",
        "100.0 [100.0, 100.0], +0.0 [+0.0, +0.0]",
        "0.0 [0.0, 0.0], -100.0 [-100.0, -100.0]",
    ]
    assert evaluate(["readers", str(path)]) == 0
    table = capsys.readouterr().out.splitlines()
    assert len(table) == 4 and "squad2 (12)" in table[2] and "100.0 [" in table[2]
    assert evaluate(["readers", str(path), str(tmp_path / "none.onnx")]) == 1
    assert "none.onnx is not there (" in capsys.readouterr().err


def test_a_passage_counts_as_much_as_its_best_sentence() -> None:
    class Long:
        """The longer a sentence, the better; it keeps what it was shown."""

        def __init__(self) -> None:
            self.shown: list[str] = []

        def score(self, question: str, texts: Sequence[str]) -> Vectors:
            self.shown += texts
            return np.array([len(t.partition("\n\n")[0]) / 100 for t in texts], np.float32)

    reader = Long()
    passages = ["Mill\nIt is old. It turned again.", "Quay\nShort.", "Empty\n"]
    scores = BestSentence(reader).score("Why?", passages)
    assert scores.tolist() == pytest.approx([0.16, 0.06, 0.0])
    assert reader.shown == [
        "It is old.\n\nMill.",
        "It turned again.\n\nMill. It is old.",
        "Short.\n\nQuay.",
    ]


@pytest.mark.slow
def test_training_goes_on_where_it_was_cut_short_and_exports(tmp_path: Path) -> None:
    def group(number: int, back: bool) -> Group:
        said = f"The hall of village {number} was built in {1800 + number}."
        texts = (
            Text(said, f"Village {number}.", True, (said.index(str(1800 + number)), len(said) - 1)),
            Text("It rained all week.", f"Village {number}.", False),
        )
        return Group("squad2", back, f"When was the hall of village {number} built?", texts)

    pairs = tmp_path / "pairs.jsonl.gz"
    made = [group(n, n % 4 == 0) for n in range(320)]
    assert "train pairs" in write(made, pairs)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    small = ["--layers", "1", "--epochs", "1"]

    def run(module: str, *more: str) -> None:
        command = [sys.executable, "-m", f"qa.cross_encoder.{module}", *more]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)

    run("train", str(pairs), "--out", str(whole), *small)
    code = (
        "import sys; from qa.cross_encoder import train as t\n"
        "t.SAVE = 3; own = t.Run.save\n"
        "def save(run):\n    own(run); sys.exit(0)\n"
        f"t.Run.save = save; sys.argv = ['t', {str(pairs)!r}, '--out', {str(cut)!r}, *{small!r}]\n"
        "t.main()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
    assert (cut / "state.pt").exists() and not (cut / "network.pt").exists()
    with pytest.raises(subprocess.CalledProcessError) as other:
        run("train", str(pairs), "--out", str(cut), "--layers", "1", "--epochs", "2")
    assert "delete it to begin anew" in other.value.stderr.decode()
    run("train", str(pairs), "--out", str(cut), *small)
    same = (
        "import sys, json, torch; a, b = (torch.load(p) for p in sys.argv[1:]);"
        "print(json.dumps(max(float((a[k] - b[k]).abs().max()) for k in a)))"
    )
    paths = [str(folder / "network.pt") for folder in (whole, cut)]
    done = subprocess.run(
        [sys.executable, "-c", same, *paths], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout) < 1e-5
    run("average", str(whole), str(cut), "--out", str(tmp_path / "mean"))
    mean = [paths[0], str(tmp_path / "mean" / "network.pt")]
    done = subprocess.run(
        [sys.executable, "-c", same, *mean], check=True, capture_output=True, text=True
    )
    assert json.loads(done.stdout) < 1e-5


def test_the_mean_of_trainings_is_that_of_each_weight() -> None:
    import torch

    from qa.cross_encoder.average import averaged

    one = {"w": torch.tensor([1.0, 2.0]), "places": torch.tensor([0, 1])}
    other = {"w": torch.tensor([3.0, -2.0]), "places": torch.tensor([0, 1])}
    mean = averaged([one, other])
    assert mean["w"].tolist() == [2.0, 0.0] and mean["places"].tolist() == [0, 1]
    with pytest.raises(SystemExit, match="other shapes"):
        averaged([one, {"w": torch.tensor([1.0])}])


def test_one_text_is_worked_out_as_it_is_among_others() -> None:
    """What is exported knows of no padding."""
    import torch

    from index.graphs import packaged_model
    from qa.cross_encoder.export import Alone
    from qa.cross_encoder.train import Network

    torch.manual_seed(0)
    network = Network(packaged_model()).eval()
    sequences = [
        sequence(list(range(2000, 2012)), list(range(3000, 3030)), list(range(4000, 4025))),
        sequence([2100, 2101], list(range(3100, 3110)), []),
        sequence([], [3200], list(range(4200, 4260))),
    ]
    with torch.no_grad():
        padded = network(*(torch.from_numpy(part) for part in batch(sequences)))
        for row, (ids, types) in enumerate(sequences):
            own = Alone(network)(torch.tensor([ids]), torch.tensor([types]))
            for made, among in zip(own, padded, strict=True):
                expected = among[row : row + 1]
                expected = expected[:, : len(ids)] if expected.ndim > 1 else expected
                torch.testing.assert_close(made, expected, atol=2e-5, rtol=1e-4)


def test_a_network_that_was_written_is_compared_without_dropout(tmp_path: Path) -> None:
    from index.graphs import packaged_model
    from qa.cross_encoder.export import _write
    from qa.cross_encoder.train import Network

    network = Network(packaged_model(), layers=1).eval()
    _write(network, tmp_path / "network.onnx")
    assert not any(module.training for module in network.modules())


def test_what_is_learnt_from_and_what_is_held_back_have_no_article_in_common() -> None:
    titles = [f"article {n}" for n in range(50)]
    articles = tuple(make_article(title, f"The hall of {title} is old.") for title in titles)
    cases = tuple(
        Case(Question(a.id, "possible", f"What of {a.title}?"), asked_of=a.id) for a in articles
    )
    (_, learnt), (back, kept) = split(EvalSet("squad2", "", articles, cases, ()))

    assert back and 0 < len(kept.articles) < len(learnt.articles)
    assert not {a.id for a in learnt.articles} & {a.id for a in kept.articles}
    assert {a.id for a in (*learnt.articles, *kept.articles)} == {a.id for a in articles}
    for part in (learnt, kept):
        assert [case.asked_of for case in part.cases] == [a.id for a in part.articles]

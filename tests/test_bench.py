"""What a benchmark rests on, and what of speed does not depend on the machine."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from eval.bench.encoder import Counting
from eval.bench.encoder import main as encoder_bench
from eval.bench.material import draw, holds, in_files, stretches
from eval.bench.others import first_of, main
from eval.bench.process import Process
from eval.bench.tables import Row, behind, table
from eval.bench.worker import written
from eval.dataset import Case, EvalError, EvalSet, Question
from index.readers import make_article
from index.store import Index
from index.types import Article, Encoder, Vectors
from qa.answerer import Answerer
from tests.eval_parts import FERRY, STRIKE


class Chance:
    """Vectors of the usual size, by chance."""

    fingerprint = "chance-384"
    dimension = 384

    def __init__(self) -> None:
        self._chance = np.random.default_rng(0)

    def encode(self, texts: list[str]) -> Vectors:
        vectors = self._chance.standard_normal((len(texts), self.dimension), np.float32)
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


WORDS = [a + b + c for a in "bdfgklmn" for b in ("ar", "el", "in", "op", "us") for c in "abcdefst"]


def story(number: int) -> Article:
    """50 sentences of 12 words, about 3,000 characters."""
    chance = random.Random(number)
    sentences = [
        " ".join(chance.choice(WORDS) for _ in range(12)).capitalize() + "." for _ in range(50)
    ]
    return make_article(f"Story {number}", " ".join(sentences), key=f"{number}")


def written_to_add(folder: Path, articles: int, added: int) -> list[int]:
    """Bytes written for each of some articles, added one by one to an index of so many."""
    found = []
    with Index.open(folder, create=True, encoder=Chance()) as index:
        index.add(story(number) for number in range(articles))
        for number in range(articles, articles + added):
            before = written()
            index.add([story(number)])
            found.append(written() - before)
    return found


ONE_ARTICLE = 250_000
"""Bytes. An article of 3,000 characters and five chunks is 11 KB of text and vectors. SQLite writes
whole pages of 4 KB, and tantivy a segment of a dozen files: 100 to 125 KB were seen, whatever the
size of the index."""

ANEW = 8
"""Times that the files of a whole index are written while it grows tenfold from ten articles."""


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs Linux")
def test_one_added_article_does_not_write_the_index_anew(tmp_path: Path) -> None:
    few = sorted(written_to_add(tmp_path / "few", 20, 15))
    many = sorted(written_to_add(tmp_path / "many", 400, 15))
    assert many[7] < ONE_ARTICLE
    assert many[7] < 1.5 * few[7]


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs Linux")
def test_articles_added_one_by_one_rewrite_the_files_seldom(tmp_path: Path) -> None:
    total = sum(written_to_add(tmp_path / "index", 10, 90))
    size = sum(path.stat().st_size for path in (tmp_path / "index").rglob("*") if path.is_file())
    assert total < 90 * ONE_ARTICLE + ANEW * size


def test_the_encoder_is_called_once_for_a_question(encoder: Encoder, seeds_index: Index) -> None:
    counting = Counting(encoder)
    with Index.open(seeds_index.path, encoder=counting) as index:
        index.search("Who brokered the ceasefire?")
        assert (counting.calls, len(counting.texts)) == (1, 1)
        answer = Answerer(index, "extractive").ask("Who brokered the ceasefire?")
    assert not answer.abstained
    assert (counting.calls, len(counting.texts)) == (2, 2)


def test_what_is_unchanged_is_not_embedded_again(encoder: Encoder, tmp_path: Path) -> None:
    counting = Counting(encoder)
    with Index.open(tmp_path / "index", create=True, encoder=counting) as index:
        index.add([FERRY, STRIKE])
        assert (counting.calls, len(counting.texts)) == (1, 2)
        index.add([FERRY, STRIKE])
        index.remove([FERRY.id])
    assert counting.calls == 1


def asking(name: str, answer: str, *ranking: Article) -> Case:
    question = Question(name, "news_quiz", "Who?", answers=(answer,))
    return Case(question, ranking=tuple(article.id for article in ranking))


def test_the_articles_that_questions_need_are_drawn_first() -> None:
    articles = tuple(make_article(f"A{n}", f"Plain text {n}.", key=f"{n}") for n in range(50))
    needed = make_article("N", "It was Ruiz who won.", key="needed")
    case = asking("q", "Ruiz", articles[3], needed)
    eval_set = EvalSet("realtimeqa", "Made up.", (*articles, needed), (case,), ())
    drawn = draw(eval_set, 5, 1, 2)
    assert drawn == draw(eval_set, 5, 1, 2)
    assert needed in drawn.indexed
    assert len({a.id for a in (*drawn.indexed, *drawn.more)}) == 7
    with pytest.raises(EvalError, match="51 articles, 50 \\+ 2"):
        draw(eval_set, 50, 1, 2)


LONG = "the council of the old harbour town met again on a wet Monday in March and chose a mayor"


def test_a_removed_text_is_found_wherever_it_is_left(tmp_path: Path) -> None:
    article = make_article("A", f"First, {LONG}.", key="a")
    other = make_article("B", f"Second, {LONG} too.", key="b")
    assert stretches(article, [other]) == []
    (stretch,) = stretches(article, [FERRY])
    assert stretch in article.text
    assert holds([stretch.replace(" ", "\n ")], [stretch])
    assert not holds([FERRY.text], [stretch])
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "free.bin").write_bytes(b"\x00\xff" + stretch.encode() + b"\x00")
    assert in_files(tmp_path, [stretch])
    assert not in_files(tmp_path, ["Another stretch of ten words"])


def test_passages_are_compared_by_the_same_amount_of_text() -> None:
    assert first_of(["abcd", "efgh", "ijkl"], 6) == ["abcd", "ef", ""]


def test_the_table_says_where_footnote_is_behind() -> None:
    rows = [
        Row("to index, s", {"footnote": 2.0, "other": 3.0, "third": 1.0}),
        Row("answer in ten", {"footnote": 0.5, "other": 0.4, "third": None}, "%", 1),
        Row("characters", {"footnote": 10.0, "other": 5.0, "third": 5.0}, "", 0),
        Row("gone", {"footnote": "2 of 3 are not", "other": "yes", "third": "cannot"}, good="yes"),
    ]
    names = ["footnote", "other", "third"]
    assert behind(rows, names) == [
        "to index, s (third: 1 s, footnote: 2 s)",
        "gone (other: yes, footnote: 2 of 3 are not)",
    ]
    lines = table(rows, names).splitlines()
    assert lines[2] == "| to index, s | 2 s | 3 s (1.50×) | 1 s (0.50×) |"
    assert lines[3] == "| answer in ten | 50% | 40% (0.80×) | - |"
    assert lines[4] == "| characters | 10 | 5 | 5 |"


def test_a_worker_that_dies_says_why(tmp_path: Path) -> None:
    import sys

    with (
        Process("systems.nothing:System", Path(sys.executable), tmp_path / "nothing") as process,
        pytest.raises(EvalError, match=r"No module named 'eval\.bench\.systems\.nothing'"),
    ):
        process.ask("load")


@pytest.mark.slow
def test_the_encoders_are_timed_beside_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    assert encoder_bench(["--articles", "2", "--turns", "1", "--adds", "1"]) == 0
    printed = capsys.readouterr().out
    rows = [line.split(" | ") for line in printed.splitlines() if line.startswith("| ")]
    assert [row[0].strip("| ") for row in rows[2:]] == [
        "chunks a second",
        "one question, ms",
        "of the machine's peak in float32",
        "mean cosine to the first",
    ]
    fp32, int8 = (float(cell.split()[0]) for cell in rows[-1][2:])
    assert fp32 > 0.9999 > int8 > 0.98
    assert "The machine's peak: " in printed and "MatMul" in printed


@pytest.mark.slow
def test_footnote_alone_goes_through_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from eval.bench import others

    articles = [story(number) for number in range(6)]
    needed = make_article("N", f"Ruiz won the ferry race, and {LONG}.", key="needed")
    case = asking("q", "Ruiz", needed)
    eval_set = EvalSet("realtimeqa", "Made up.", (*articles, needed), (case,), ())
    monkeypatch.setattr(others, "load_set", lambda *_: eval_set)
    few = ["--articles", "5", "--questions", "1", "--more", "1", "--openings", "1"]
    where = ["--folder", str(tmp_path / "bench"), "--python", "/bin/sh"]
    assert main([*few, *where, "--systems", "footnote"]) == 0
    printed = capsys.readouterr().out
    assert "| answer in the first 10 passages | 100% |" in printed
    assert "| removed articles are gone from the search | yes |" in printed
    assert "Footnote is behind on: nothing." in printed

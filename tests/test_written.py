"""Our own collections: sound, apart from one another, and made into pairs as they say."""

import json
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.adapters import load_set
from eval.adapters.seeds import load_seeds
from eval.adapters.written import collections
from eval.check import check
from eval.dataset import EvalSet
from eval.fit import (
    ANSWER_NAMES,
    NAMES,
    SENTENCE_NAMES,
    Example,
    examples_of,
    fit,
    fit_expected,
)
from eval.pairs import held
from eval.pairs.questions import _written
from eval.run import build_index
from index.types import Article

COLLECTIONS = dict(collections())


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_collection_is_sound(name: str) -> None:
    own = COLLECTIONS[name]
    cases, problems = check(Path(own.name), own.articles)
    assert not problems and len(own.articles) == 14 and len(cases) >= 200
    answerable = sum(case.question.answerable for case in cases)
    assert 0.5 <= answerable / len(cases) <= 0.6
    assert all(case.points if case.question.answerable else not case.points for case in cases)


def test_what_is_held_back_is_of_other_articles() -> None:
    def titles(articles: tuple[Article, ...]) -> set[str]:
        return {article.title for article in articles}

    back = load_set("written")
    assert len(back.articles) == 14 * sum(map(held, COLLECTIONS)) > 0
    learnt = [own for name, own in COLLECTIONS.items() if not held(name)]
    assert len(learnt) > 2 * sum(map(held, COLLECTIONS))
    for own in learnt:
        assert not titles(own.articles) & (titles(back.articles) | titles(load_seeds().articles))


def test_pairs_are_right_where_a_quote_is_gold(tmp_path: Path) -> None:
    own: EvalSet = replace(COLLECTIONS["mine"], cases=COLLECTIONS["mine"].cases[:40])
    groups = list(_written(own, True, tmp_path, random.Random(0)))
    assert len(groups) == 40
    spans = 0
    for case, group in zip(own.cases, groups, strict=True):
        gold = [quote.text for point in case.question.gold for quote in point]
        assert group.held and group.question == case.question.question
        assert any(text.right for text in group.texts) == case.question.answerable
        for text in group.texts:
            assert text.right == any(quote in text.said for quote in gold)
            if text.span:
                spans += 1
                assert text.said[slice(*text.span)] in case.question.answers
    assert spans > 10


def test_the_weights_of_the_choice_are_fitted_on_what_is_unseen(tmp_path: Path) -> None:
    own: EvalSet = replace(COLLECTIONS["mine"], name="mine", cases=COLLECTIONS["mine"].cases[::5])
    with build_index(own, tmp_path) as index:
        assert not list(examples_of(own, own.cases, index, lambda title: False))
        found = list(examples_of(own, own.cases, index, lambda title: True))
    without = [e for e in found if not e.answerable]
    assert 20 < len(found) - len(without) < 26 and not any(e.right.any() for e in without)
    said = fit(found)
    assert f"mine: {len(found)} examples" in said
    assert names_in(said, "SENTENCE") == set(SENTENCE_NAMES)
    assert names_in(said, "ANSWERS") == set(ANSWER_NAMES)


def test_what_is_expected_of_the_reader_is_found_again() -> None:
    draw, made = np.random.default_rng(0), []
    for number in range(2_000):
        features = draw.uniform(0, 1, (20, len(NAMES)))
        words, near, kind = (features[:, NAMES.index(name)] for name in ("words", "near", "kind"))
        question, own = draw.normal(0, 0.5), draw.normal(0, 0.8, 20)
        features[:, NAMES.index("reader")] = -4 + 2 * words + near + 0.5 * kind + question + own
        made.append(Example(features, np.zeros(20, bool), "made", str(number), True))
    said = "\n".join(fit_expected(made))
    found = json.loads(said.splitlines()[0].partition(" = ")[2])
    assert found == pytest.approx({"bias": -4, "words": 2, "near": 1, "kind": 0.5}, abs=0.06)
    deviation, certain = map(float, re.findall(r"question (\S+), CERTAIN = (\S+)", said)[0])
    assert deviation == pytest.approx(0.8, abs=0.02)
    assert certain == pytest.approx(0.8**2 / 0.5**2, abs=0.2)


def names_in(said: str, table: str) -> set[str]:
    (line,) = (line for line in said.splitlines() if line.startswith(f"{table} = "))
    return set(json.loads(line.partition(" = ")[2]))

"""Planted faults move their measure the right way and fail the gate; runs are compared in pairs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval import compare, gate
from eval.__main__ import main
from eval.dataset import Case, EvalError, Question
from eval.estimates import auc, difference, estimate
from eval.judged import by_entailment, by_verifier, judged_scores
from eval.records import About, Record, Run
from eval.scores import MEASURES, Scored, answered_curve, score
from qa.types import Verdict
from tests.conftest import ROOT
from tests.eval_parts import (
    ABSTAINED,
    APPROVED,
    ARTICLES,
    CASE,
    COST,
    FERRY,
    OPEN,
    STRIKE,
    UNION,
    answering,
    cite,
)

ONE = Case(
    Question("one", "one_sentence", "What does it cost?", answers=("14 million",)),
    points=CASE.points[:1],
    passages=CASE.points[:1],
)
GOOD = {
    "q1": answering([cite(FERRY, COST)], [cite(STRIKE, UNION, 2)]),
    "one": answering([cite(FERRY, COST)]),
    "q2": ABSTAINED,
}
CASES = {"q1": CASE, "one": ONE, "q2": OPEN}


def made(answers, confidences=(0.9, 0.8, 0.1)):
    """A run of three questions by one system."""
    told = dict(zip(CASES, confidences, strict=True))
    records = tuple(
        Record(case, "mine", replace(answers[key], confidence=told[key]))
        for key, case in CASES.items()
    )
    return Run(Path("made"), About("small", systems=("mine",), model="mine"), records)


JUDGE = by_verifier(None)


def values(run):
    return gate.measured(run, score(run, ARTICLES, JUDGE))["mine"]


def with_claims(answer, *citations):
    """The same claims with other citations."""
    claims = (
        replace(claim, citations=tuple(cited))
        for claim, cited in zip(answer.claims, citations, strict=True)
    )
    return replace(answer, claims=tuple(claims))


def swapped():
    first, second = GOOD["q1"].claims
    return {"q1": with_claims(GOOD["q1"], second.citations, first.citations)}


def invented():
    claim = GOOD["one"].claims[0]
    fake = replace(claim.citations[0], quote="It will cost 41 million pounds.")
    return {"one": with_claims(GOOD["one"], [fake])}


def dropped():
    return {"q1": with_claims(GOOD["q1"], GOOD["q1"].claims[0].citations, [])}


def extra():
    first, second = GOOD["q1"].claims
    more = (*second.citations, cite(FERRY, APPROVED, 3))
    return {"q1": with_claims(GOOD["q1"], first.citations, more)}


def wrong_abstention():
    return {"one": ABSTAINED}


def answered_where_silent():
    return {"q2": answering([cite(FERRY, APPROVED)])}


FAULTS = [
    (swapped, {"alce_recall", "alce_precision"}),
    # 41 million is not what the article has: the verifier sees it too.
    (invented, {"exact"}),
    (dropped, {"cite_recall", "claims_cited", "alce_recall"}),
    (extra, {"cite_precision", "sentence_precision", "alce_precision"}),
    (wrong_abstention, {"abstain_precision", "cite_recall", "answer_first", "answer_any"}),
    (answered_where_silent, {"abstain_recall", "near_misses"}),
]


@pytest.mark.parametrize(("fault", "measures"), FAULTS, ids=[f.__name__ for f, _ in FAULTS])
def test_a_planted_fault_lowers_its_measures_and_fails_the_gate(fault, measures):
    right = made(GOOD)
    good = values(right)
    baseline = gate.updated(right, {"mine": good}, None)
    assert gate.failures(right, {"mine": good}, baseline) == []
    run = made(GOOD | fault())
    bad = values(run)
    fell = {name for name in good if bad.get(name, 0.0) < good[name]}
    assert measures <= fell
    below = "\n".join(gate.failures(run, {"mine": bad}, baseline))
    assert all(f"mine: {name} " in below for name in measures)


def test_a_fault_that_no_gold_shows_is_seen_by_the_judge():
    # Swapped within one answer, the citations are still all on gold.
    run = made(GOOD | swapped())
    assert (values(run)["cite_precision"], values(run)["cite_recall"]) == (1, 1)
    assert values(run)["alce_recall"] < 1


def test_less_confidence_in_an_answerable_question_costs_auc():
    assert values(made(GOOD))["abstain_auc"] == 1
    # One of two answerable questions below the unanswerable one.
    assert values(made(GOOD, (0.9, 0.05, 0.1)))["abstain_auc"] == 1 / 2


def test_a_doubt_is_cautious_where_nothing_is_said_and_takes_an_answer_out_of_the_sure_ones():
    wrong = replace(answering([cite(FERRY, APPROVED)]), doubtful=False)
    bold = values(made(GOOD | {"q2": wrong}))
    assert (bold["cautious"], bold["right_when_sure"]) == (0, 2 / 3)
    careful = values(made(GOOD | {"q2": replace(wrong, doubtful=True)}))
    assert (careful["cautious"], careful["right_when_sure"]) == (1, 1)
    assert careful["abstain_recall"] == bold["abstain_recall"] == 0
    shy = made(GOOD | {"one": replace(GOOD["one"], doubtful=True)})
    found = score(shy, ARTICLES, JUDGE)
    assert MEASURES["doubted"].value(found) == 1 / 2
    assert values(shy)["right_when_sure"] == 1


# Floors


def test_floors_are_raised_and_never_lowered_without_a_reason(tmp_path):
    run, worse = made(GOOD), made(GOOD | dropped())
    first = gate.updated(worse, {"mine": values(worse)}, None)
    second = gate.updated(run, {"mine": values(run)}, first)
    assert second.floors["mine"]["cite_recall"] > first.floors["mine"]["cite_recall"]
    with pytest.raises(EvalError, match=r"--allow-regression\):\n.*mine: cite_recall from 0.975"):
        gate.updated(worse, {"mine": values(worse)}, second)
    third = gate.updated(worse, {"mine": values(worse)}, second, "a question was wrong")
    assert third.floors == first.floors
    fall = next(f for f in third.lowered if f["measure"] == "cite_recall")
    assert (fall["from"], fall["reason"]) == (0.975, "a question was wrong")
    gate.write_baseline(tmp_path / "baseline.json", third)
    assert gate.read_baseline(tmp_path / "baseline.json") == third


def test_a_floor_leaves_a_margin_but_none_to_exactness():
    assert gate.floor_of("exact", 1.0) == 1.0
    assert gate.floor_of("f1", 1.0) == 0.975
    assert gate.floor_of("f1", 0.5678) == 0.542
    assert gate.floor_of("false_premises", 0.05) == 0.0
    assert gate.floor_of("f1", 0.004) == 0.0
    # Within the margin the floor stays where it is, and nothing was lowered.
    run = made(GOOD)
    before = gate.Baseline("small", 3, {"mine": {"f1": 0.50}})
    after = gate.updated(run, {"mine": {"f1": 0.505}}, before)
    assert (after.floors["mine"]["f1"], after.lowered) == (0.50, ())


def test_with_a_reason_every_floor_is_put_where_the_run_sets_it():
    before = gate.Baseline("small", 3, {"mine": {"f1": 0.50, "exact": 0.9}})
    run = made(GOOD)
    after = gate.updated(run, {"mine": {"f1": 0.505, "exact": 1.0}}, before, "a wider margin")
    assert after.floors == {"mine": {"f1": 0.48, "exact": 1.0}}
    (fall,) = after.lowered
    assert (fall["measure"], fall["from"], fall["to"]) == ("f1", 0.50, 0.48)


def test_a_floor_that_nothing_could_fall_below_is_none():
    values = {"mine": {"f1": 0.5, "false_premises": 0.05}}
    run = made(GOOD)
    after = gate.updated(run, values, gate.Baseline("small", 3, {"mine": {"f1": 0.1}}))
    assert after.floors == {"mine": {"f1": 0.475}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"set": "other"}, 'the run is of "small", the floors are of "other"'),
        ({"questions": 4}, "3 questions were asked; the floors are of 4"),
        ({"floors": {"mine": {"versions": 0.5}}}, "mine: versions was not measured"),
    ],
)
def test_a_gate_is_not_passed_by_measuring_less(change, message):
    run = made(GOOD)
    baseline = replace(gate.Baseline("small", 3, {"mine": {"exact": 1.0}}), **change)
    assert gate.failures(run, {"mine": values(run)}, baseline)[0].startswith(message)


def test_the_floors_of_the_sample_articles_are_those_of_its_questions():
    baseline = gate.read_baseline(ROOT / "eval" / "baseline.json")
    assert baseline.set == "seeds"
    assert baseline.floors["extractive"]["exact"] == 1.0
    # One false premise of twenty is refused, which is all of its margin.
    assert set(gate.GATED) - {"false_premises"} == set(baseline.floors["extractive"])


@pytest.mark.slow
def test_the_sample_articles_pass_the_gate(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--set", "seeds", "--out", "made", "--judge", "none"]) == 0
    assert main(["gate", "made"]) == 0, capsys.readouterr().err
    # One invented quote among them all, and it is not passed any more.
    path = tmp_path / "made" / "records.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    row = next(r for r in rows if r["system"] == "extractive" and r["answer"]["claims"])
    row["answer"]["claims"][0]["citations"][0]["quote"] += " And more."
    path.write_text("".join(json.dumps(r) + "\n" for r in rows), encoding="utf-8")
    capsys.readouterr()
    assert main(["gate", "made"]) == 1
    assert "extractive: exact is 0.99" in capsys.readouterr().err


# The judge


def test_alce_by_hand():
    def judge(claim, quotes):
        """Carried by the cost alone, or by the approval and the count together."""
        said = {q.quote for q in quotes}
        return COST in said or {APPROVED, UNION} <= said

    both = [cite(FERRY, APPROVED, 1), cite(STRIKE, UNION, 2)]
    # Two citations that carry only together: each is needed. One carried claim of two; the wrong
    # one's citation counts against precision: 2 of 3.
    found = judged_scores(answering(both, [cite(STRIKE, UNION, 2)]), judge)
    assert found == {"alce_recall": 1 / 2, "alce_precision": 2 / 3}
    # One that carries alone beside one that does not, and is not needed.
    found = judged_scores(answering([cite(FERRY, COST, 1), cite(STRIKE, UNION, 2)]), judge)
    assert found == {"alce_recall": 1, "alce_precision": 1 / 2}
    assert judged_scores(answering([]), judge) == {"alce_recall": 0, "alce_precision": None}
    assert judged_scores(ABSTAINED, judge) == {}


def test_an_entailment_model_judges_by_its_probability():
    asked = []

    def entails(pairs):
        asked.extend(pairs)
        return [0.5 if COST in premise else 0.49 for _, premise in pairs]

    judge = by_entailment(entails)
    answer = answering([cite(FERRY, COST)], [cite(STRIKE, UNION, 1)])
    assert judged_scores(answer, judge) == {"alce_recall": 1 / 2, "alce_precision": 1 / 2}
    assert asked[0] == (COST, f"Title: {FERRY.title}\n{COST}")


def test_the_verifier_judges_anew_and_trusts_no_verdict():
    answer = answering([cite(FERRY, COST)])
    claim = replace(
        answer.claims[0],
        text="It will cost 41 million pounds. [1]",
        verdict=Verdict("supported", ""),
    )
    assert judged_scores(replace(answer, claims=(claim,)), JUDGE)["alce_recall"] == 0


# Numbers of many questions


def scored(*rows):
    """Scored records from (abstained, answerable, confidence, right) of each question."""
    made = []
    for number, (abstained, answerable, confidence, right) in enumerate(rows):
        case = CASE if answerable else OPEN
        case = replace(case, question=replace(case.question, id=str(number)))
        scores = {"abstained": float(abstained), "confidence": confidence, "right": right}
        made.append(Scored(Record(case, "mine"), scores))
    return made


def test_abstention_by_hand():
    # Abstained on 2 of 3 unanswerable and 1 of 2 answerable: P = 2/3, R = 2/3, F1 = 2/3.
    flags = [(True, False), (True, False), (False, False), (True, True), (False, True)]
    found = scored(*((a, b, None, 0.0) for a, b in flags))
    names = ("abstain_precision", "abstain_recall", "abstain_f1")
    assert [MEASURES[n].of(found).mean for n in names] == pytest.approx([2 / 3] * 3)
    # One more wrong abstention costs precision (2/4) and leaves recall.
    worse = scored(*((a, b, None, 0.0) for a, b in [*flags[:4], (True, True)]))
    assert [MEASURES[n].of(worse).mean for n in names[:2]] == [1 / 2, 2 / 3]
    assert MEASURES["abstain_precision"].of(scored((False, False, None, 0.0))) is None
    assert MEASURES["abstain_auc"].of(found) is None  # no confidence was told


def test_auc_by_hand():
    # Of the four pairs the positives win three, and one is a tie: 3.5 / 4.
    assert auc([True, True, False, False], [0.9, 0.4, 0.4, 0.1]) == 3.5 / 4
    rows = [(1.0, 0.9), (1.0, 0.4), (0.0, 0.4), (0.0, 0.1)]
    found = estimate(rows, "auc")
    assert found.mean == 3.5 / 4 and found.low < found.mean <= found.high


def test_the_curve_by_hand():
    found = scored(
        (False, True, 0.9, 1.0),
        (False, True, 0.5, 0.0),
        (False, False, 0.5, 0.0),
        (True, True, 0.1, 0.0),
    )
    # One of four answered: right. Then two more of equal confidence at once: 1 of 3.
    assert answered_curve(found) == [(1 / 4, 1.0), (3 / 4, 1 / 3)]


def test_a_paired_difference_is_surer_than_two_means():
    # The second run is right wherever the first is, and on one question in ten besides.
    before = [(float(n % 2), 1.0) for n in range(100)]
    after = [(1.0 if n % 10 == 0 else float(n % 2), 1.0) for n in range(100)]
    gap = difference(before, after, "ratio")
    assert gap.mean == pytest.approx(0.10)
    assert gap.low > 0
    apart = estimate(after, "ratio").low - estimate(before, "ratio").high
    assert apart < 0  # the two intervals overlap all the same
    assert difference(before, before, "ratio").high == 0


def test_rows_of_one_question_are_drawn_together():
    once = [(float(n % 3 == 0), 1.0) for n in range(60)]
    thrice = [row for row in once for _ in range(3)]
    of = [n for n in range(60) for _ in range(3)]
    said, known = estimate(once, "ratio"), estimate(thrice, "ratio", questions=of)
    # Said three times over, a question tells no more than once.
    assert (known.mean, known.low, known.high) == (said.mean, said.low, said.high)
    assert estimate(thrice, "ratio").low > known.low
    worse = [(0.0, 1.0)] * 180
    apart = difference(thrice, worse, "ratio", questions=of)
    assert (apart.low, apart.high) == (-said.high, -said.low)


def test_runs_are_compared_question_by_question():
    one, other = (made(answers) for answers in (GOOD, GOOD | dropped()))
    before, after = (score(run, ARTICLES, JUDGE) for run in (one, other))
    paired = compare.pairs(before, after, "mine", "mine")
    assert compare.changed(paired) == [("q1", ["right 1 -> 0.5", "recall 1 -> 0.5"])]
    (row,) = [r for r in compare.rows(paired, other, "mine") if r.title == "recall"]
    assert (row.before.mean, row.after.mean, row.difference.mean) == (1, 0.75, -0.25)
    assert "- q1: right 1 -> 0.5; recall 1 -> 0.5" in compare.render(paired, other, "mine")
    with pytest.raises(EvalError, match=r"1 are in one alone, such as q2"):
        compare.pairs(before, after[:2], "mine", "mine")
    with pytest.raises(EvalError, match='no records of "yours"'):
        compare.pairs(before, after, "mine", "yours")

"""Records of runs: written, resumed, completed from what a person wrote, refused where unknown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from eval import records, rivals, run
from eval.__main__ import main
from eval.dataset import EvalError
from eval.report import render
from eval.scores import score
from index.errors import IndexLocked
from index.lock import writing
from tests.eval_parts import (
    ARTICLES,
    CASE,
    COST,
    FERRY,
    SMALL,
    UNION,
    FakeAnswerer,
    FakeIndex,
    place,
)


def asked(folder, answerer=None, cases=SMALL.cases, jobs=1):
    about = run.about_run(SMALL, cases, "fake")
    run.answer_all(SMALL, cases, FakeIndex(), answerer or FakeAnswerer(), folder, about, jobs)
    return records.read(folder, SMALL)


def by_hand(folder, *rows, **about):
    folder.mkdir(exist_ok=True)
    said = {"format": 1, "set": "small"} | about
    (folder / "run.json").write_text(json.dumps(said), encoding="utf-8")
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "records.jsonl").write_text(lines, encoding="utf-8")
    return folder


def answered(text, *citations):
    """A line as a person would write it."""
    return {"id": "q1", "answer": {"text": text, "citations": list(citations)}}


# Runs


def test_a_run_keeps_a_failed_question_as_a_miss(tmp_path):
    made = asked(tmp_path / "run")
    assert [r.error for r in made.of("fake")] == [None, None, "the question cannot be asked"]
    scored = score(made, ARTICLES)
    own = [s.scores.get("cite_recall") for s in scored if s.record.system == "fake"]
    assert own == [1, None, 0]
    table = render(made, scored)
    assert "3 questions (1 unanswerable)" in table
    assert "q3 (fake): the question cannot be asked" in table
    # One of two answerable questions was covered: the row of the answerer says so.
    row = next(line for line in table.splitlines() if line.startswith("fake"))
    assert "100.0 [100.0, 100.0]" in row and "50.0 [0.0, 100.0]" in row
    assert "| fake | 100.0 [100.0, 100.0] | 50.0 [0.0, 100.0] |" in render(made, scored, "", True)


def test_every_system_has_a_record_of_every_question(tmp_path):
    made = asked(tmp_path / "run", jobs=3)
    systems = 1 + len(rivals.RIVALS) + len(run.MODES)
    assert len(made.records) == len(SMALL.cases) * systems
    assert made.about.counts == {"questions": 3, "unanswerable": 1, "articles": 2}
    assert set(made.about.fingerprints) >= {"index", "encoder", "prompt", "model", "code"}
    text = (tmp_path / "run" / "records.jsonl").read_text(encoding="utf-8")
    assert FERRY.text not in text  # only what was quoted is written down
    first, *_ = made.of("fake")
    assert first.first_claim_seconds <= first.seconds


def test_records_are_read_as_they_were_written(tmp_path):
    made = asked(tmp_path / "run")
    again = tmp_path / "again"
    records.write_about(again, made.about)
    (again / "records.jsonl").write_text("".join(map(records.line_of, made.records)), "utf-8")
    # Without the set: every line says all that is needed.
    assert records.read(again).records == made.records


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path):
    whole = asked(tmp_path / "run")
    path = tmp_path / "run" / "records.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    # The first question is whole, the second lacks records and ends in half a line.
    systems = len(lines) // 3
    path.write_text("".join(lines[: systems + 2]) + lines[systems + 2][:40], encoding="utf-8")
    answerer = FakeAnswerer()
    resumed = asked(tmp_path / "run", answerer)
    done = json.loads(lines[0])["question"]
    assert sorted([done, *answerer.asked]) == sorted(c.question.question for c in SMALL.cases)
    assert [(r.system, r.case, r.error) for r in resumed.records] == [
        (r.system, r.case, r.error) for r in whole.records
    ]
    assert asked(tmp_path / "run", answerer) and len(answerer.asked) == 2  # nothing was left


def test_an_unfinished_run_counts_what_is_missing_as_misses(tmp_path):
    asked(tmp_path / "run")
    path = tmp_path / "run" / "records.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if json.loads(line)["id"] != "q1"]
    path.write_text("".join(kept), encoding="utf-8")
    made = records.read(tmp_path / "run", SMALL)
    assert made.of("fake")[0].error == records.MISSING
    scored = score(made, ARTICLES)
    assert scored[0].scores["cite_recall"] == 0
    assert "The run is not whole" in render(made, scored)


def test_a_run_of_something_else_is_not_added_to(tmp_path):
    asked(tmp_path / "run")
    with pytest.raises(EvalError, match=r"holds a run that differs in its questions .*--out"):
        asked(tmp_path / "run", cases=SMALL.cases[:1])


def test_a_run_is_asked_by_one_process_at_a_time(tmp_path):
    asked(tmp_path / "run")
    whole = (tmp_path / "run" / "records.jsonl").read_bytes()
    with writing(tmp_path / "run"), pytest.raises(IndexLocked, match=r"is being written to by"):
        asked(tmp_path / "run")
    assert (tmp_path / "run" / "records.jsonl").read_bytes() == whole


def test_a_commit_alone_does_not_make_another_run(tmp_path):
    about = run.about_run(SMALL, SMALL.cases, "fake")
    other = replace(about, fingerprints=about.fingerprints | {"commit": "of tomorrow"})
    assert other.name == about.name
    changed = replace(about, fingerprints=about.fingerprints | {"code": "changed"})
    assert changed.name != about.name


# Anybody's answers


def test_the_least_that_a_person_writes_is_scored(tmp_path):
    row = answered(
        "It costs 14 million pounds. [1] The union counted 212 [2].",
        {"article": "ferry.md", "quote": COST},
        {"article": "strike.md", "quote": UNION},
    )
    folder = by_hand(tmp_path / "run", row, {"id": "q2", "answer": {"abstained": True}})
    made = records.read(folder, SMALL)
    first, second, third = made.records
    assert [c.text for c in first.answer.claims] == [
        "It costs 14 million pounds. [1]",
        "The union counted 212 [2].",
    ]
    assert [c.citations[0].quote for c in first.answer.claims] == [COST, UNION]
    assert (second.answer.abstained, third.error) == (True, records.MISSING)
    scored = score(made, ARTICLES)
    assert (scored[0].scores["cite_precision"], scored[0].scores["cite_recall"]) == (1, 1)
    assert scored[0].scores["exact"] == 1
    assert made.about.systems == ("other",) and made.about.searches == ()


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("One. [1] Two. [2]", [[1], [2]]),
        ("One [1]. Two [2].", [[1], [2]]),
        ("One [1, 2]. Two.", [[1, 2], []]),
        ("One. [1][2] Two.", [[1, 2], []]),
        ("One. Two [7].", [[], []]),
        ("One. Two.", [[1, 2]]),
    ],
)
def test_markers_are_given_to_their_sentences(tmp_path, text, cited):
    sources = ({"article": "ferry.md", "quote": COST}, {"article": "strike.md", "quote": UNION})
    made = records.read(by_hand(tmp_path / "run", answered(text, *sources)), SMALL)
    claims = made.records[0].answer.claims
    assert [[c.number for c in claim.citations] for claim in claims] == cited


def test_an_invented_quote_is_kept_and_is_not_exact(tmp_path):
    row = answered("Free. [1]", {"article": "ferry.md", "quote": "It will be free."})
    (scored, *_) = score(records.read(by_hand(tmp_path / "run", row), SMALL), ARTICLES)
    assert (scored.scores["exact"], scored.scores["cite_precision"]) == (0, 0)


def test_offsets_stand_for_a_quote(tmp_path):
    at = place(FERRY, COST)
    row = answered("So. [1]", {"article": FERRY.id, "start": at.start, "end": at.end})
    made = records.read(by_hand(tmp_path / "run", row), SMALL)
    assert made.records[0].answer.citations[0].quote == COST


def test_a_search_by_hand_is_measured_as_one(tmp_path):
    at = place(FERRY, COST)
    row = {"id": "q1", "system": "mine", "retrieved": [[at.article_id, at.start, at.end]]}
    made = records.read(by_hand(tmp_path / "run", row), SMALL)
    assert made.about.searches == ("mine",)
    assert score(made, ARTICLES)[0].scores["gold@1"] == 1 / 2


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "q9", "answer": None}, 'records.jsonl:1: the set has no question "q9"'),
        ({"answer": None}, 'a record is a JSON object with an "id"'),
        ({"id": "q1", "question": "Another?"}, "was asked in other words"),
        (answered("So. [1]", {"article": "ferry.md"}), 'needs a "quote", or "start" and "end"'),
        ({"id": "q1", "answer": {"schema": 99}}, "an answer of schema 99, and this version reads"),
    ],
)
def test_a_bad_record_is_named(tmp_path, row, message):
    with pytest.raises(EvalError) as caught:
        records.read(by_hand(tmp_path / "run", row), SMALL)
    assert message in str(caught.value)


def test_two_records_of_one_question_are_refused(tmp_path):
    row = {"id": "q1", "answer": {"abstained": True}}
    with pytest.raises(EvalError, match=r'records.jsonl:2: a second record of "q1" by "other"'):
        records.read(by_hand(tmp_path / "run", row, row), SMALL)


def test_an_unknown_format_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(EvalError, match=r"format 2, and this version reads 1 .*run it again"):
        records.read(by_hand(tmp_path / "run", format=2), SMALL)
    with pytest.raises(EvalError, match=r"is no run: it has no run.json .*--out"):
        records.read(tmp_path / "none", SMALL)


def test_a_line_without_its_question_needs_the_set(tmp_path):
    folder = by_hand(tmp_path / "run", {"id": "q1", "answer": {"abstained": True}})
    with pytest.raises(EvalError, match=r"not all of a question is there.*score it with its set"):
        records.read(folder)


# The commands


def test_a_persons_own_set_is_run_and_scored(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "ferry.md").write_text(f"---\ntitle: Ferry\n---\n{FERRY.text}", encoding="utf-8")
    question = {
        "id": "a",
        "kind": "one_sentence",
        "question": "What will the ferry terminal cost?",
        "answers": ["14 million"],
        "gold": [[{"article": "ferry.md", "quote": COST}]],
    }
    (tmp_path / "mine.jsonl").write_text(json.dumps(question), encoding="utf-8")
    command = ["run", "--set", "mine.jsonl", "--out", "made", "--judge", "none"]
    assert main(command) == 1
    assert "Name them with --articles FOLDER or --index DIR" in capsys.readouterr().err
    assert main([*command, "--articles", "articles"]) == 0
    first = capsys.readouterr().out
    assert "1 questions (0 unanswerable), 1 articles" in first
    # The run knows where its articles are.
    assert main(["score", "made", "--judge", "none"]) == 0
    assert capsys.readouterr().out == first
    assert records.read_about(tmp_path / "made").source == {"articles": str(folder)}
    assert main(["compare", "made", "made"]) == 0
    assert "Changed: 0 questions" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "command"),
    [("wice", "eval verify"), ("attributionbench", "eval verify"), ("mtrag", "eval followups")],
)
def test_a_set_without_questions_names_its_command(name, command, capsys):
    assert main(["run", "--set", name]) == 1
    assert f"python -m {command}" in capsys.readouterr().err


def test_a_sample_remembers_what_it_asked(tmp_path):
    cases = SMALL.cases[:1]
    made = asked(tmp_path / "run", cases=cases)
    assert made.about.questions == ("q1",)
    assert {r.case.question.id for r in made.records} == {"q1"}


def test_a_hosted_model_is_asked_several_at_once():
    assert run.at_once("openai/gpt") > 1
    assert run.at_once("extractive") == run.at_once("gguf:small.gguf") == 1


def test_the_case_of_a_record_is_the_sets(tmp_path):
    folder = by_hand(tmp_path / "run", {"id": "q1", "kind": "dated", "answer": {"abstained": True}})
    assert records.read(folder, SMALL).records[0].case == CASE

"""The sets and tables of follow-ups and conflicts: read right, counted right, loud when missing."""

from __future__ import annotations

import gzip
import json

import pytest

from eval.__main__ import main
from eval.adapters import cast, clapnq, load_set, mtrag, ramdocs
from eval.conflicts import FINDERS, Trial, everything, nothing, ramdocs_rows, trials
from eval.dataset import EvalError, FollowUp
from eval.followups import (
    SEED_REWRITES,
    closed,
    half,
    last_alone,
    made_of,
    of_seeds,
    whole_history,
    word_rows,
)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(text)


def lines(*rows):
    return "\n".join(json.dumps(row) for row in rows)


def test_mtrag_turns_carry_the_turns_before_them(tmp_path):
    rows = [
        {
            "id": "abc<::>1",
            "conversation": "|user|: who runs the mill?",
            "last_turn": "|user|: who runs the mill?",
            "rewrite": "|user|: Who runs the mill?",
        },
        {
            "id": "abc<::>2",
            "conversation": "|user|: who runs\nthe mill?\n|user|: since when?",
            "last_turn": "|user|: since when?",
            "rewrite": "|user|: Since when has she run the mill?",
        },
    ]
    write(tmp_path / "mtrag-rewrites" / "turns.jsonl.gz", lines(*rows))
    (turn,) = mtrag.load(tmp_path)
    assert turn.history == (("who runs the mill?", ""),)
    assert (turn.question, turn.rewrite) == ("since when?", "Since when has she run the mill?")
    assert turn.conversation == "abc"


def test_cast_reads_both_years(tmp_path):
    folder = tmp_path / "cast-2019-2020"
    turns = [{"number": 1, "raw_utterance": "What is a heron? "}]
    first = [*turns, {"number": 2, "raw_utterance": "What does it eat?"}]
    second = [
        {**turns[0], "manual_rewritten_utterance": "What is a heron?"},
        {**first[1], "manual_rewritten_utterance": "What does a heron eat?"},
    ]
    write(folder / "2019_resolved.tsv.gz", '1_1\tWhat is a heron?\n1_2\tWhat does "it" eat?\n')
    write(folder / "2019_topics.json.gz", json.dumps([{"number": 1, "turn": first}]))
    write(folder / "2020_manual_topics.json.gz", json.dumps([{"number": 1, "turn": second}]))
    found = cast.load(tmp_path)
    assert [(t.set, t.rewrite) for t in found] == [
        ("cast-2019", 'What does "it" eat?'),
        ("cast-2020", "What does a heron eat?"),
    ]
    assert found[0].history == (("What is a heron?", ""),)


HERONS = {
    "id": "1",
    "input": "what do grey herons eat",
    "passages": [
        {
            "title": "Grey heron",
            "text": "Grey herons wait . They eat fish . They nest in the tall trees in spring .",
            "sentences": [],
        }
    ],
    "output": [{"answer": "fish", "selected_sentences": ["They eat fish ."]}],
    "answerable": True,
}


def test_clapnq_points_at_the_sentences_that_answer(tmp_path):
    left_open = {**HERONS, "id": "2", "answerable": False}
    left_open["output"] = [{"answer": "", "selected_sentences": []}]
    write(tmp_path / "clapnq-dev" / "questions.jsonl.gz", lines(HERONS, left_open))
    found = load_set("clapnq", tmp_path)
    assert len(found.articles) == 1  # one passage under two questions
    (place,) = found.cases[0].points[0]
    assert found.articles[0].text[place.start : place.end] == "They eat fish ."
    assert not found.cases[1].question.answerable


def test_conversations_are_made_by_rule(tmp_path):
    write(tmp_path / "clapnq-dev" / "questions.jsonl.gz", lines(HERONS))
    made = {a.construction: a for a in made_of(clapnq.load(tmp_path))}
    assert made["pronoun"].case.question.question == "what do they eat"
    assert "Grey heron" in made["pronoun"].case.question.history[0][0]
    assert made["ellipsis"].case.question.question == "What about the tall trees?"


def test_ramdocs_tells_right_wrong_and_noise_apart(tmp_path):
    row = {
        "question": "When was the mill built?",
        "documents": [
            {"text": "The mill was built in 1861.", "type": "correct", "answer": "1861"},
            {"text": "The mill was built in 1903.", "type": "misinfo", "answer": "1903"},
            {"text": "The mill is closed.", "type": "noise", "answer": "unknown"},
        ],
        "gold_answers": ["1861"],
        "wrong_answers": ["1903", "1903"],
    }
    write(tmp_path / "ramdocs-dev" / "questions.jsonl.gz", lines(row))
    (disputed,) = ramdocs.load(tmp_path)
    assert [answer for _, answer in disputed.documents] == ["1861", "1903", ""]
    assert (disputed.right, disputed.wrong) == (("1861",), ("1903",))
    made = trials([disputed])
    assert [t.answers for t in made] == [("1861", "1903"), ("1861",), ("1903",)]
    found = FINDERS["conflicts"](made[0].question, made[0].scored)
    # Which one stands first is the reader's affair: the sentences differ in the year alone.
    assert found[0].about in (
        "the articles differ: 1861 or 1903",
        "the articles differ: 1903 or 1861",
    )
    assert not FINDERS["conflicts"](made[1].question, made[1].scored)
    rows = {tuple(row[1:3]): row[3:] for row in ramdocs_rows(made) if row[3] == "1"}
    assert [cell.split()[0] for cell in rows["all", "conflicts"]] == [
        "1",
        "100.0",
        "100.0",
        "2",
        "0.0",
    ]
    assert [cell.split()[0] for cell in rows["all", "none"]] == ["1", "0.0", "0.0", "2", "0.0"]
    assert rows["all", "everything found"][4].startswith("100.0")


def test_rivals_are_what_they_are_called():
    trial = Trial("1", "When?", (), (), (), "tuned on")
    assert nothing(trial.question, trial.scored) == ()
    assert everything(trial.question, trial.scored) == ()


@pytest.mark.parametrize("reader", [mtrag.load, cast.load, clapnq.load, ramdocs.load])
def test_data_that_is_missing_is_named(reader, tmp_path):
    with pytest.raises(EvalError, match="no such file"):
        reader(tmp_path)


@pytest.mark.parametrize(
    ("reader", "path"),
    [
        (mtrag.load, "mtrag-rewrites/turns.jsonl.gz"),
        (clapnq.load, "clapnq-dev/questions.jsonl.gz"),
        (ramdocs.load, "ramdocs-dev/questions.jsonl.gz"),
    ],
)
def test_data_that_is_something_else_is_refused(reader, path, tmp_path):
    write(tmp_path / path, '{"other": 1}\n')
    with pytest.raises(EvalError, match=":1: not a"):
        reader(tmp_path)


@pytest.mark.parametrize("command", ["followups", "conflicts"])
def test_the_commands_say_what_they_miss(command, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("QA_EVAL_DATA", raising=False)
    assert main([command]) == 1
    assert "--data DIR" in capsys.readouterr().err


def test_a_gap_is_closed_by_its_share():
    estimate = closed([0.75, 0.5], [0.5, 0.5], [1.0, 1.0], seed=0)
    assert estimate.mean == pytest.approx(0.25)


def test_the_words_table_is_worked_by_hand():
    history = (("What is a heron?", ""),)
    turns = [
        FollowUp("1", "made", "talk", history, "What does it eat?", "What does a heron eat?"),
        FollowUp("2", "made", "talk", history, "Do pigs fly?", "do pigs fly"),
    ]
    rows = {row[2]: [cell.split()[0] for cell in row[3:]] for row in word_rows(turns)}
    # "what does it eat" shares 3 tokens of 4 and 4 with "what does heron eat"
    assert rows["last turn alone"] == ["1", "75.0", "0.0", "0.0", "-", "1", "100.0"]
    assert rows["human rewrite"] == ["1", "100.0", "100.0", "100.0", "100.0", "1", "100.0"]
    assert rows["stand_alone"][:2] == ["1", "100.0"]
    assert rows["whole history joined"][-1] == "0.0"
    assert half("talk") in ("tuned on", "held out")


def test_rivals_of_the_rule_carry_nothing_or_all():
    history = [("Who?", "Ada [1]"), ("When?", "")]
    assert last_alone("Why?", history) == "Why?"
    assert whole_history("Why?", history) == "Who? Ada [1] When? Why?"


def test_every_follow_up_of_the_seeds_has_a_rewrite():
    asked = of_seeds(load_set("seeds"))
    assert {a.case.question.id for a in asked} == set(SEED_REWRITES)

"""`eval check`: everything that is wrong with a file of questions, by line, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.check import check
from eval.dataset import EvalError
from eval.lines import load
from eval.nearest import nearest
from index.readers import make_article

FERRY = make_article(
    "Ferry terminal approved",
    "The council approved the ferry terminal on Monday. It will cost 14 million pounds.\n\n"
    "Mayor Ruiz called it overdue.",
    path="news/ferry.md",
)
STRIKE = make_article("Strike", "The union counted 212 workers at the gate.", path="strike.md")
COST = "It will cost 14 million pounds."


def row(key: str, question: str, answer: str | None = "14 million pounds", **more: Any) -> Any:
    quote = more.pop("quote", COST)
    article = more.pop("article", "news/ferry.md")
    gold = [[{"article": article, "quote": quote}]] if answer else []
    kind = "one_sentence" if answer else "not_in_articles"
    answers = [answer] if answer else []
    return {"id": key, "kind": kind, "question": question, "answers": answers, "gold": gold, **more}


def problems(folder: Path, *rows: Any) -> list[str]:
    """What is wrong with a file of these rows, without its name."""
    path = folder / "questions.jsonl"
    lines = [r if isinstance(r, str) else json.dumps(r) for r in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [p.removeprefix(f"{path}:") for p in check(path, [FERRY, STRIKE])[1]]


def test_all_that_is_wrong_is_listed_in_the_order_of_the_lines(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        row("a", "What does the ferry terminal cost?"),
        row("b", "What is it called?", article="news/fery.md"),
        "{",
        row("a", "Who approved it?"),
        row("c", "Who called it overdue?", quote="Mayor Ruiz said that it was overdue."),
        row("d", "How many?") | {"answers": "212", "gold": [[]], "question": 7},
    )
    assert [problem.partition(":")[0] for problem in found] == list("2345666")
    assert 'no article "news/fery.md" (did you mean "news/ferry.md"?)' in found[0]
    assert "not JSON" in found[1]
    assert 'the id "a" is taken by' in found[2]
    start = FERRY.text.index("Mayor")
    assert f'nearest is {FERRY.id}:{start}-{len(FERRY.text)}: "Mayor Ruiz called' in found[3]
    assert '"question" is 7, not text' in found[4]
    assert '"answers" is str, not a list' in found[5]
    assert 'a point of "gold" is empty' in found[6]


def test_a_quote_of_another_article_is_told_where_it_stands(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, row("a", "How many?", quote=STRIKE.text))
    assert 'it stands in "strike.md"' in found


def test_an_unlike_quote_gets_no_place(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, row("a", "How many?", quote="Elephants never forget."))
    assert "nothing there is like it" in found


def test_the_nearest_place_of_two_sentences_is_two_sentences() -> None:
    near = nearest(FERRY.text, "The council approved a terminal on Monday. It costs 14 million.")
    assert near is not None
    assert FERRY.text[near.start : near.end].endswith(f"on Monday. {COST}")
    assert nearest("", "Anything.") is None


def test_contradictions_are_told_from_repetitions(tmp_path: Path) -> None:
    asked = "What does the ferry terminal cost?"
    turn = [["Is there a terminal?", "Yes."]]
    found = problems(
        tmp_path,
        row("a", asked),
        row("b", "what does the FERRY terminal cost", None),
        row("c", asked, "15 million"),
        row("d", asked),
        row("e", asked) | {"history": turn},
    )
    assert [problem.partition(":")[0] for problem in found] == list("234")
    assert "contradiction:" in found[0] and "this line that it has none" in found[0]
    assert "contradiction:" in found[1] and '"14 million pounds" there' in found[1]
    assert "contradiction:" not in found[2] and "delete one" in found[2]


def test_drafts_pass_and_wait_for_a_person(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "news").mkdir()
    (tmp_path / "news" / "ferry.md").write_text(f"---\ntitle: Ferry\n---\n{FERRY.text}", "utf-8")
    path = tmp_path / "questions.jsonl"
    draft = row("a", "What does the terminal cost?") | {"status": "draft", "note": "Read it."}
    path.write_text(json.dumps(draft), encoding="utf-8")
    assert main(["check", str(path), "--articles", str(tmp_path / "news")]) == 1
    draft["gold"][0][0]["article"] = "ferry.md"
    path.write_text(json.dumps(draft), encoding="utf-8")
    assert main(["check", str(path), "--articles", str(tmp_path / "news")]) == 0
    assert "1 drafts wait for a person" in capsys.readouterr().out
    with pytest.raises(EvalError, match=r'jsonl:1: a draft \(accept it by taking out "status"'):
        load(path)
    path.write_text(json.dumps(draft | {"status": "done"}), encoding="utf-8")
    with pytest.raises(EvalError, match="\"status\" is 'done'"):
        load(path)


def test_an_empty_file_is_wrong(tmp_path: Path) -> None:
    assert problems(tmp_path, "") == ["1: holds no questions"]

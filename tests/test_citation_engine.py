"""Any system's answers can be scored: llama-index's CitationQueryEngine, with a scripted model."""

from __future__ import annotations

import json

import pytest

from eval import records
from eval.bench.citation_engine import REFUSALS, SYSTEM, ask_engine, scripted, write_run
from eval.dataset import Case, EvalSet, Question
from eval.model_server import ModelServer
from eval.scores import score
from qa.answerer import Answerer
from tests.eval_parts import CASE, COST, FERRY, OPEN, STRIKE


@pytest.fixture
def small(index):
    index.add([FERRY, STRIKE])
    cost = "How many pounds will it cost?"
    question = Question("one", "one_sentence", cost, answers=("14 million",))
    case = Case(question, CASE.points[:1], CASE.points[:1])
    return index, EvalSet("seeds", "Made up.", (FERRY, STRIKE), (case, OPEN), ("gold@1",))


def test_the_query_engine_is_scored_like_everybody_else(small, tmp_path):
    index, eval_set = small
    with ModelServer(scripted) as server:
        rows = ask_engine(eval_set, eval_set.cases, index, f"{server.url}#scripted")
        ours = Answerer(index, f"{server.url}#scripted").ask(eval_set.cases[0].question.question)
    write_run(tmp_path / "run", rows, None)
    run = records.read(tmp_path / "run", eval_set)
    assert run.about.systems == (SYSTEM,)
    first, second = score(run, {FERRY.id: FERRY, STRIKE.id: STRIKE})
    # Its sources are found again in the articles, and the one that was cited has the answer.
    assert first.scores["exact"] == 1
    assert (first.scores["cite_recall"], first.scores["answer_any"]) == (1, 1)
    assert second.abstained
    # The same model behind Footnote: the sentence alone is quoted, not the whole passage.
    assert COST in [c.quote for c in ours.citations]
    assert len(ours.citations[0].quote) < len(first.record.answer.citations[0].quote)


def test_the_scripted_model_reads_both_prompts():
    theirs = (
        "\n------\ntitle: Ferry\n\nSource 1:\nIt rained.\n\n\ntitle: Ferry\n\nSource 2:\n"
        "The ferry cost 14.\nIt sailed.\n\n------\nQuery: What did the ferry cost?\nAnswer: "
    )
    ours = (
        "Question: x\n[4] It rained.\n[5] The ferry cost 14.\n\nQuestion: What did the ferry cost?"
    )
    for prompt, marker in ((theirs, 2), (ours, 5)):
        said = "".join(scripted([{"role": "user", "content": prompt}]))
        assert said == f"The ferry cost 14 [{marker}]."
    unlike = theirs.replace("What did the ferry cost?", "Who is the mayor of Basel?")
    assert "".join(scripted([{"role": "user", "content": unlike}])) == REFUSALS[1]


def test_lines_of_the_run_are_by_hand(small, tmp_path):
    _, eval_set = small
    write_run(tmp_path / "run", [{"id": "one", "system": SYSTEM, "answer": None}], None)
    about = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (about["format"], about["set"]) == (1, "seeds")
    assert records.read(tmp_path / "run", eval_set).records[0].answer is None

"""`eval draft`: what is proposed has its answer in its quote and passes `eval check`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.__main__ import main
from eval.adapters.seeds import SEEDS, read_folder
from eval.check import check
from eval.cloze import GAP, cloze
from eval.draft import propose, write
from eval.metrics import contains_answer
from eval.thumbs import from_thumbs
from index.readers import make_article
from index.store import Index
from qa.answerer import Answerer
from qa.llm.model import ModelFailed

TOWN = make_article(
    "Town",
    "Turkey and Russia brokered the ceasefire in Moscow after long talks. "
    "At least 34 Turkish soldiers were killed near the village of Balyun. "
    "The council voted to close Eastgate Primary School on Friday 26 January 2024. "
    "He said that nobody in Port Lowell had asked for a new bridge. "
    "Members heard that sensors had been fixed to all 12 supports of the Lowe bridge. "
    "Later Turkey spoke with Russia again.",
    path="town.md",
)


class Scripted:
    """A model that replies with the next of its texts; when there is none, it has failed."""

    name, context_tokens = "scripted", 8_000

    def __init__(self, *replies: str) -> None:
        self.replies = list(replies)
        self.asked: list[str] = []
        self.usage: dict[str, int] = {}

    def stream(self, system: str, user: str) -> Iterator[str]:
        self.asked.append(user)
        if not self.replies:
            raise ModelFailed("the line is down")
        yield from self.replies.pop(0)


@pytest.mark.parametrize(
    ("begins", "question", "answer"),
    [
        (
            "Turkey and Russia brokered",
            "Who brokered the ceasefire in Moscow after long talks?",
            "Turkey and Russia",
        ),
        (
            "At least 34",
            "How many Turkish soldiers were killed near the village of Balyun?",
            "34",
        ),
        (
            "The council",
            "When was it that the council voted to close Eastgate Primary School?",
            "Friday 26 January 2024",
        ),
        (
            "Members",
            "Which figure belongs in the gap: “Members heard that sensors had been fixed to all "
            f"{GAP} supports of the Lowe bridge.”?",
            "12",
        ),
    ],
)
def test_a_rule_asks_for_what_it_took_out(begins: str, question: str, answer: str) -> None:
    sentence = next(s for s in TOWN.text.replace(". ", ".\n").split("\n") if s.startswith(begins))
    made = cloze(sentence, TOWN.text)
    assert made is not None and (made.question, made.answer) == (question, answer)


@pytest.mark.parametrize(
    "sentence",
    [
        "He said that nobody in Port Lowell had asked for a new bridge.",
        "The group counted 212 workers, and it told Port Lowell so.",
        "Port Lowell paid 12 pounds.",
        "“Port Lowell has 300 boats and no quay for any of them,” said the mayor.",
        "The harbour was closed yesterday after 300 litres leaked near Port Lowell.",
    ],
)
def test_a_sentence_that_does_not_stand_alone_is_left(sentence: str) -> None:
    assert cloze(sentence, sentence) is None


def test_drafts_of_the_samples_pass_the_check(tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "drafts.jsonl"
    assert main(["draft", "-o", str(out), "--count", "50", "--model", "extractive"]) == 0
    cases, problems = check(out, read_folder(SEEDS))
    assert problems == [] and len(cases) == 50
    for question in (case.question for case in cases):
        ((quote,),) = question.gold
        assert question.draft
        assert contains_answer(quote.text, question.answers)
        assert not contains_answer(question.question, question.answers)
    articles = [case.points[0][0].article_id for case in cases]
    assert max(map(articles.count, articles)) <= 2
    assert main(["draft", "-o", str(out)]) == 1
    assert "is there already" in capsys.readouterr().err


def test_of_a_model_only_what_its_sentence_answers_is_kept(capsys: Any) -> None:
    model = Scripted(
        "[1] | Who made peace in Moscow? | Turkey and Russia\n"
        "2 | How many soldiers died near Balyun? | 34.\n"
        "2 | How many soldiers died at Balyun? | 35\n"
        "99 | What is not there? | Nothing\n"
        "3 | Who voted on Eastgate Primary School on Friday 26 January 2024? | Friday 26 January\n"
        "4 | Who said it? | Port Lowell\n"
        "Here are some questions:\n"
    )
    drafts = propose([TOWN], 4, model)
    assert [(d.question, d.answers) for d in drafts] == [
        ("Who made peace in Moscow?", ("Turkey and Russia",)),
        ("How many soldiers died near Balyun?", ("34",)),
    ]
    assert drafts[0].quotes == (
        ("town.md", "Turkey and Russia brokered the ceasefire in Moscow after long talks."),
    )
    assert "Write 4 questions" in model.asked[0] and "[2] At least 34" in model.asked[0]
    told = capsys.readouterr().err
    for reason in ("not in the sentence", "is not there", "gives its answer", "alone", "form"):
        assert reason in told


def test_a_model_that_fails_leaves_what_it_had_made(capsys: Any) -> None:
    other = make_article("Other", TOWN.text.replace("34", "43"), path="other.md")
    model = Scripted("1 | Who made peace in Moscow? | Turkey and Russia")
    assert len(propose([TOWN, other], 4, model)) == 1
    assert "the line is down" in capsys.readouterr().err
    with pytest.raises(ModelFailed):
        propose([TOWN], 1, Scripted())


def test_articles_of_one_file_are_named_by_what_tells_them_apart(tmp_path: Path) -> None:
    twins = [
        make_article(
            f"Town {n}", TOWN.text.replace("34", n), path="all.jsonl", url=f"https://{n}.org"
        )
        for n in ("51", "52")
    ]
    out = tmp_path / "drafts.jsonl"
    write(propose(twins, 10), out)
    assert check(out, twins)[1] == []
    assert "https://5" in out.read_text(encoding="utf-8")


def thumb(question: str, answer: str, way: str, note: str = "") -> str:
    """A line as the chat writes it."""
    row = {"question": question, "searched_for": question, "answer": answer, "model": "extractive"}
    return json.dumps({**row, "thumb": way, "note": note})


def test_thumbs_become_drafts(seeds_index: Index, tmp_path: Path, capsys: Any) -> None:
    answerer = Answerer(seeds_index)
    right = answerer.ask("Who brokered the ceasefire?").text
    refused = answerer.ask("Who won the 2031 World Cup in Montevideo?").text
    lines = [
        thumb("Who brokered the ceasefire?", right, "down"),
        '{"question": "cut o',
        thumb("who brokered the ceasefire", right, "up"),
        thumb("Who won the 2031 World Cup in Montevideo?", refused, "up"),
        thumb("How long is the M4?", right, "down", "That is another question."),
        thumb("How long?", right, "sideways"),
    ]
    path = tmp_path / "feedback.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    articles = seeds_index.articles()
    good, agreed, bad = thumbs = from_thumbs(path, articles)
    assert good.answers[0].startswith("Turkey and Russia brokered")
    assert good.quotes[0][1] == good.answers[0]
    assert (agreed.kind, agreed.quotes) == ("not_in_articles", ())
    assert bad.kind == "not_in_articles" and bad.note.endswith("That is another question.")
    told = capsys.readouterr().err
    assert f"{path}:2: left out" in told and f"{path}:6: left out" in told
    out = tmp_path / "drafts.jsonl"
    write(propose(articles, 6, thumbs=thumbs), out)
    cases, problems = check(out, articles)
    assert problems == [] and len(cases) == 6
    assert from_thumbs(tmp_path / "none.jsonl", articles) == []


def test_a_good_answer_that_stands_in_no_article_asks_for_its_quote(tmp_path: Path) -> None:
    path = tmp_path / "feedback.jsonl"
    path.write_text(thumb("Who made peace?", "It was Turkey. [1]", "up"), encoding="utf-8")
    (draft,) = from_thumbs(path, [TOWN])
    assert draft.quotes == () and "give its quote" in draft.note

"""The eval: each measure against values worked by hand, planted faults, data read loudly."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from eval import metrics, rivals, run
from eval.__main__ import main
from eval.adapters import load_set
from eval.adapters.seeds import QUESTIONS, load_seeds, read_folder
from eval.dataset import (
    ANSWERABLE,
    UNANSWERABLE,
    Case,
    EvalError,
    EvalSet,
    Place,
    Question,
    load,
    resolve,
)
from eval.metrics import normalised
from eval.report import render
from index.errors import BadQuestion
from index.readers import make_article
from index.types import Chunk, Hit, Span
from qa.types import Answer, Citation, Claim, Conflict, Verdict

FERRY = make_article(
    "Ferry terminal approved",
    "The council approved the ferry terminal on Monday. It will cost 14 million pounds.\n\n"
    "Mayor Ruiz called it overdue.",
    path="ferry.md",
    url="https://example.org/ferry",
)
STRIKE = make_article(
    "Cannery strike",
    "Workers at the cannery walked out on Tuesday. The union counted 212 of them.",
    path="strike.md",
)
ARTICLES = {a.id: a for a in (FERRY, STRIKE)}
COST = "It will cost 14 million pounds."
APPROVED = "The council approved the ferry terminal on Monday."
UNION = "The union counted 212 of them."
FINE = Verdict("supported", "test")


def place(article, quote):
    start = article.text.index(quote)
    return Place(article.id, start, start + len(quote))


def cite(article, quote, number=1):
    where = place(article, quote)
    return Citation(
        number=number,
        article_id=article.id,
        article_version=article.version,
        title=article.title,
        source=None,
        published=None,
        url=article.url,
        start=where.start,
        end=where.end,
        quote=quote,
    )


def answering(*claims):
    """An answer of one claim for each list of citations, in their own words."""
    made, text = [], ""
    for citations in claims:
        said = " ".join(c.quote for c in citations) + " [1]"
        made.append(Claim(said, len(text), len(text) + len(said), FINE, tuple(citations)))
        text += said
    return Answer("q", "q", text, claims=tuple(made))


def hit(article, quote, score=1.0):
    where = place(article, quote)
    span = Span(where.start, where.end)
    return Hit(Chunk(1, article.id, span.start, span.end, (span,)), article, score)


# Two points: the cost, which only the ferry article has, and the number of strikers.
CASE = Case(
    Question("q1", "several_articles", "What does the terminal cost?", answers=("14 million",)),
    points=((place(FERRY, COST),), (place(STRIKE, UNION),)),
    passages=((place(FERRY, COST),), (place(STRIKE, UNION),)),
)
ONE = replace(CASE, points=CASE.points[:1], passages=CASE.passages[:1])
OPEN = Case(Question("q2", "near_miss", "What does the bridge cost?", answerable=False))
ABSTAINED = Answer("q", "q", "The articles do not say.", abstained=True)


def scores(case, answer):
    return metrics.answer_scores(case, answer, ARTICLES)


# Citations


def test_citation_scores_by_hand():
    # Two citations, one of them on a gold quote; one of two points covered.
    found = scores(CASE, answering([cite(FERRY, COST, 1)], [cite(FERRY, APPROVED, 2)]))
    assert found["cite_precision"] == 1 / 2
    assert found["cite_recall"] == 1 / 2
    assert found["cited"] == 1
    assert found["cited_characters"] == len(COST) + len(APPROVED)
    assert found["claims"] == 2


def test_overlap_needs_the_same_article_and_a_shared_character():
    assert metrics.overlaps(Place("a", 0, 5), Place("a", 4, 9))
    assert not metrics.overlaps(Place("a", 0, 5), Place("a", 5, 9))
    assert not metrics.overlaps(Place("a", 0, 5), Place("b", 0, 5))


def test_any_alternative_covers_a_point():
    either = ((place(FERRY, COST), place(STRIKE, UNION)),)
    assert metrics.point_recall([place(STRIKE, UNION)], either) == 1
    assert metrics.point_recall([place(FERRY, APPROVED)], either) == 0
    assert metrics.point_recall([place(STRIKE, UNION)], ()) is None


def test_wrong_abstention_loses_recall_and_leaves_precision_alone():
    found = scores(CASE, ABSTAINED)
    assert found["cite_recall"] == 0
    assert found["cite_precision"] is None
    assert (found["cited"], found["f1"]) == (0, 0)
    assert scores(ONE, ABSTAINED)["answer_first"] == 0


def test_claims_of_an_abstention_are_not_shown():
    hidden = replace(answering([cite(FERRY, COST)]), abstained=True)
    # Not shown as claims; they are still checked for exactness.
    assert scores(CASE, hidden) == scores(CASE, ABSTAINED) | {"exact": 1}


def test_versions_of_a_conflict_count_as_citations():
    conflict = Conflict("the number", (cite(FERRY, COST, 1), cite(STRIKE, UNION, 2)))
    answer = replace(answering([cite(FERRY, COST, 1)]), conflicts=(conflict,))
    found = scores(CASE, answer)
    assert (found["cite_precision"], found["cite_recall"]) == (1, 1)


@pytest.mark.parametrize(
    ("name", "claims", "precision", "recall"),
    [
        ("right", [[cite(FERRY, COST)], [cite(STRIKE, UNION, 2)]], 1, 1),
        ("dropped", [[cite(FERRY, COST)], []], 1, 1 / 2),
        (
            "extra",
            [[cite(FERRY, COST)], [cite(STRIKE, UNION, 2), cite(FERRY, APPROVED, 3)]],
            2 / 3,
            1,
        ),
        ("swapped", [[cite(FERRY, APPROVED)], [cite(FERRY, "Mayor Ruiz", 2)]], 0, 0),
        ("none", [[], []], None, 0),
    ],
)
def test_planted_faults_in_citations(name, claims, precision, recall):
    found = scores(CASE, answering(*claims))
    assert (found["cite_precision"], found["cite_recall"]) == (precision, recall)


def test_swapped_citations_move_the_first_quote():
    right = answering([cite(FERRY, COST)], [cite(STRIKE, UNION, 2)])
    first, second = right.claims
    swapped = replace(
        right,
        claims=(
            replace(first, citations=second.citations),
            replace(second, citations=first.citations),
        ),
    )
    assert (scores(ONE, right)["answer_first"], scores(ONE, right)["answer_any"]) == (1, 1)
    assert (scores(ONE, swapped)["answer_first"], scores(ONE, swapped)["answer_any"]) == (0, 1)


def test_an_answer_from_several_points_is_sought_in_no_one_quote():
    assert "answer_any" not in scores(CASE, answering([cite(FERRY, COST)]))


@pytest.mark.parametrize(
    "fault",
    [
        {"quote": "It will cost 41 million pounds."},
        {"start": 0},
        {"article_version": "of yesterday"},
        {"article_id": "unknown"},
    ],
)
def test_exactness_finds_a_quote_that_is_not_the_article(fault):
    good = cite(FERRY, COST)
    assert metrics.exactness([good], ARTICLES) == 1
    assert metrics.exactness([good, replace(good, **fault)], ARTICLES) == 1 / 2
    assert metrics.exactness([], ARTICLES) is None


# Words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  “Oppenheimer”", "oppenheimer"),
        ("U.S. an apple, a pear!", "us apple pear"),
        ("Denmark’s Queen", "denmarks queen"),
        ("killed—at least 34", "killed at least 34"),
        ("another theory", "another theory"),
        ("Émile", "émile"),
    ],
)
def test_normalisation_by_hand(text, expected):
    assert metrics.normalised(text) == expected


def test_containment_is_by_whole_words():
    assert metrics.contains_answer("It ended in 61 deaths.", ["61"])
    assert not metrics.contains_answer("It began in 1961.", ["61"])
    assert not metrics.contains_answer("Anything.", ["The"])  # nothing is left of it to look for


def test_exact_match_and_f1_by_hand():
    assert metrics.exact_match("The Cannery.", ["cannery"]) == 1
    assert metrics.exact_match("the old cannery", ["cannery"]) == 0
    # Shared: 1 of 2 predicted, 1 of 1 gold: P = 1/2, R = 1, F1 = 2/3.
    assert metrics.token_f1("the old cannery", ["mill", "cannery"]) == pytest.approx(2 / 3)
    assert metrics.exact_match("", []) == metrics.token_f1("", []) == 1
    assert metrics.token_f1("anything", []) == 0


def test_markers_are_no_part_of_the_prediction():
    assert metrics.prediction(answering([cite(FERRY, COST)])) == COST
    assert metrics.prediction(ABSTAINED) == ""


# Search


def test_retrieval_scores_by_hand():
    hits = [hit(FERRY, APPROVED), hit(STRIKE, UNION), hit(FERRY, COST)]
    found = metrics.retrieval_scores(CASE, hits, (1, 2, 3))
    assert [found[f"gold@{k}"] for k in (1, 2, 3)] == [0, 1 / 2, 1]
    assert [found[f"article@{k}"] for k in (1, 2, 3)] == [1 / 2, 1, 1]
    assert [found[f"answer@{k}"] for k in (1, 2, 3)] == [0, 0, 1]
    assert found["holds@1"] == 1  # the article has the cost, though not in its first chunk
    assert found["mrr"] == 1 / 2


def test_without_gold_the_answer_decides_the_rank():
    case = Case(CASE.question)
    found = metrics.retrieval_scores(case, [hit(STRIKE, UNION), hit(FERRY, COST)], (1,))
    assert (found["gold@1"], found["mrr"]) == (None, 1 / 2)
    assert metrics.retrieval_scores(case, [], (1,))["mrr"] == 0
    assert metrics.retrieval_scores(OPEN, [hit(FERRY, COST)], (1,)) == {}


# Many questions


def test_abstention_by_hand():
    # Abstained on 2 of 3 unanswerable and 1 of 2 answerable: P = 2/3, R = 2/3, F1 = 2/3.
    flags = [(True, True), (True, True), (False, True), (True, False), (False, False)]
    found = metrics.abstention(flags)
    assert [found[name].mean for name in ("precision", "recall", "f1")] == pytest.approx(
        [2 / 3] * 3
    )
    # One more wrong abstention costs precision (2/4) and leaves recall.
    worse = metrics.abstention([*flags[:4], (True, False)])
    assert (worse["precision"].mean, worse["recall"].mean) == (1 / 2, 2 / 3)
    assert metrics.abstention([(False, True)])["precision"] is None


def test_intervals_hold_the_mean_and_shrink_and_repeat():
    few, many = metrics.mean([0, 1] * 10), metrics.mean([0, 1] * 200)
    assert few.mean == many.mean == 1 / 2
    assert few.low < few.mean < few.high
    # For a share of one half the standard error is sqrt(0.25 / 400) = 0.025.
    assert many.high - many.low == pytest.approx(2 * 1.96 * 0.025, rel=0.15)
    assert many == metrics.mean([0, 1] * 200)
    assert metrics.mean([None, 1.0, None]).n == 1
    assert metrics.mean([None]) is None


def test_percentile_by_hand():
    assert metrics.percentile([4, 1, 3, 2], 50) == 2.5
    # Rank 0.95 * 3 = 2.85: 3 + 0.85 * (4 - 3).
    assert metrics.percentile([4, 1, 3, 2], 95) == pytest.approx(3.85)


# Rivals


@pytest.mark.parametrize("rival", rivals.RIVALS)
def test_rivals_are_sound_answers(rival):
    answer = rival("q", [hit(FERRY, COST), hit(STRIKE, UNION)])
    assert all(answer.text[c.start : c.end] == c.text for c in answer.claims)
    assert all(f"[{c.number}]" in answer.text for c in answer.citations)
    assert metrics.exactness(answer.citations, ARTICLES) in (1, None)
    assert rival("q", []).citations == ()


def test_rivals_do_what_they_say():
    hits = [hit(FERRY, COST), hit(STRIKE, UNION)]
    nothing, first, every, never = (scores(CASE, rival("q", hits)) for rival in rivals.RIVALS)
    assert (nothing["cited"], first["cite_recall"], every["cite_recall"]) == (0, 1 / 2, 1)
    assert [s["abstained"] for s in (nothing, first, every, never)] == [0, 0, 0, 1]
    assert (scores(OPEN, rivals.always_abstain("q", hits)))["em"] == 1


# A whole run


class FakeIndex:
    def search(self, query, k=10, filters=None, mode="hybrid", asked_on=None):
        return [hit(FERRY, COST), hit(STRIKE, UNION)][:k]


class FakeAnswerer:
    """Right about the terminal, abstains on the bridge, fails on anything else."""

    def ask(self, question, history=(), *, asked_on=None):
        if "bridge" in question:
            return ABSTAINED
        if "terminal" in question:
            return answering([cite(FERRY, COST)], [cite(STRIKE, UNION, 2)])
        raise BadQuestion("the question cannot be asked")


FAILING = replace(CASE, question=replace(CASE.question, id="q3", question="?"))
SMALL = EvalSet("small", "Made up.", (FERRY, STRIKE), (CASE, OPEN, FAILING), ("gold@1",))


def test_a_run_keeps_a_failed_question_as_a_miss(tmp_path):
    results = run.evaluate(SMALL, SMALL.cases, FakeIndex(), FakeAnswerer())
    own = [r for r in results.answers if r.system == run.ANSWERER]
    assert [r.error for r in own] == [None, None, "the question cannot be asked"]
    assert [r.scores.get("cite_recall") for r in own] == [1, None, 0]
    table = render(results)
    assert "3 of 3 questions (1 unanswerable)" in table
    assert "q3 (extractive): the question cannot be asked" in table
    # One of two answerable questions was covered: the row of the answerer says so.
    row = next(line for line in table.splitlines() if line.startswith("extractive"))
    assert "100.0 [100.0, 100.0]" in row and "50.0 [0.0, 100.0]" in row

    run.write_records(results, tmp_path / "records.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "records.jsonl").open(encoding="utf-8")]
    assert len(rows) == 3 * (1 + len(rivals.RIVALS) + len(run.MODES))
    assert rows[0]["answer"]["claims"][0]["citations"][0]["quote"] == COST
    assert rows[0]["gold"][0][0]["start"] == FERRY.text.index(COST)


def test_a_failure_is_not_an_abstention():
    unasked = replace(OPEN, question=replace(OPEN.question, question="?"))
    found = scores(unasked, None)
    assert (found["abstained"], found["em"], found["f1"]) == (0, 0, 0)


def test_markdown_has_the_same_cells_as_text():
    results = run.evaluate(SMALL, SMALL.cases, FakeIndex(), FakeAnswerer())
    assert "| extractive | 100.0 [100.0, 100.0] | 50.0 [0.0, 100.0] |" in render(results, True)


def test_a_sample_is_seeded_and_keeps_the_order():
    cases = list(range(100))
    drawn = run.sample(cases, 10, seed=1)
    assert drawn == sorted(drawn) == run.sample(cases, 10, seed=1)
    assert drawn != run.sample(cases, 10, seed=2)
    assert run.sample(cases, 500, seed=1) == cases


# Files of questions

GOOD = {
    "id": "a",
    "kind": "one_sentence",
    "question": "What does it cost?",
    "answers": ["14 million"],
    "gold": [[{"article": "ferry.md", "quote": COST}]],
}


def written(tmp_path, *rows):
    path = tmp_path / "questions.jsonl"
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "not JSON"),
        ("[]", "a question is a JSON object, not list"),
        ({k: v for k, v in GOOD.items() if k != "gold"}, 'the field "gold" is missing'),
        (GOOD | {"note": 1}, 'unknown field "note"'),
        (GOOD | {"id": "b", "kind": "riddle"}, 'unknown kind "riddle" (known are one_sentence'),
        (GOOD, 'the id "a" is taken by'),
        (GOOD | {"id": "b", "kind": "near_miss"}, "near_miss takes no"),
        (GOOD | {"id": "b", "gold": []}, 'one_sentence needs "gold"'),
        (GOOD | {"id": "b", "gold": [[]]}, 'a point of "gold" is empty'),
        (GOOD | {"id": "b", "gold": [[{"article": "x"}]]}, "a gold quote is"),
        (GOOD | {"id": "b", "kind": "follow_up"}, 'needs a "history"'),
        (GOOD | {"id": "b", "history": [["only a question"]]}, "[question, answer]"),
        (GOOD | {"id": "b", "question": " "}, "\"question\" is ' ', not text"),
        (GOOD | {"id": "b", "answers": "14"}, '"answers" is str, not a list'),
    ],
)
def test_a_bad_line_is_named(tmp_path, row, message):
    path = written(tmp_path, GOOD, "", row)
    with pytest.raises(EvalError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:3: ")
    assert message in str(caught.value)


def test_every_bad_line_is_listed(tmp_path):
    path = written(tmp_path, "{", GOOD, GOOD)
    with pytest.raises(EvalError) as caught:
        load(path)
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == [
        f"{path}:1",
        f"{path}:3",
    ]


@pytest.mark.parametrize("name", ["ferry.md", "https://example.org/ferry", FERRY.id])
def test_gold_resolves_by_path_url_and_id(tmp_path, name):
    questions = load(written(tmp_path, GOOD | {"gold": [[{"article": name, "quote": COST}]]}))
    (case,) = resolve(questions, ARTICLES.values())
    assert case.points == ((place(FERRY, COST),),)


def test_a_quote_counts_at_each_of_its_places(tmp_path):
    twice = make_article("Twice", "Rain fell. Then rain fell. Rain fell.", path="ferry.md")
    row = GOOD | {"gold": [[{"article": "ferry.md", "quote": "Rain fell."}]]}
    (case,) = resolve(load(written(tmp_path, row)), [twice])
    assert [p.start for p in case.points[0]] == [0, 27]


@pytest.mark.parametrize(
    ("article", "quote", "message"),
    [
        ("fairy.md", COST, 'no article "fairy.md"'),
        ("ferry.md", "It will cost 15 million pounds.", "copy it from the article"),
        ("ferry.md", COST.upper(), "only its white space or capitals differ"),
    ],
)
def test_gold_that_is_not_there_is_named(tmp_path, article, quote, message):
    path = written(tmp_path, GOOD | {"gold": [[{"article": article, "quote": quote}]]})
    with pytest.raises(EvalError) as caught:
        resolve(load(path), ARTICLES.values())
    assert str(caught.value).startswith(f"{path}:1: ")
    assert message in str(caught.value)


def test_check_says_what_is_wrong(tmp_path, capsys):
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "ferry.md").write_text(
        f"---\ntitle: Ferry\n---\n{FERRY.text}", encoding="utf-8"
    )
    arguments = ["check", str(written(tmp_path, GOOD)), "--articles", str(tmp_path / "articles")]
    assert main(arguments) == 0
    assert "1 gold quotes found at 1 places" in capsys.readouterr().out
    written(tmp_path, GOOD | {"kind": "riddle"})
    assert main(arguments) == 1
    assert 'questions.jsonl:1: unknown kind "riddle"' in capsys.readouterr().err


# Sets


def packed(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def test_realtimeqa_maps_names_dates_and_copies(tmp_path):
    page = {"title": "Ferry", "published": "2022/04/09", "url": "https://example.org/a"}
    packed(
        tmp_path / "realtimeqa-2024" / "articles.jsonl.gz",
        page | {"id": "one", "text": "It cost 14 million."},
        page | {"id": "copy", "text": "It cost 14 million!"},
        page | {"id": "two", "text": "Another.", "url": "https://example.org/b"},
    )
    packed(
        tmp_path / "realtimeqa-2024" / "questions.jsonl.gz",
        {"id": "q", "question": "Cost?", "answers": ["14"], "google_rank": ["two", "copy", "one"]},
    )
    found = load_set("realtimeqa", tmp_path)
    first, second = found.articles
    assert (first.url, first.published) == ("https://example.org/a", date(2022, 4, 9))
    assert found.cases[0].ranking == (second.id, first.id)
    results = run.evaluate(found, found.cases, FakeIndex(), FakeAnswerer())
    (engine,) = [r for r in results.searches if r.system == run.ENGINE]
    assert (engine.scores["holds@1"], engine.scores["holds@10"]) == (0, 1)


def test_squad_finds_paragraphs_and_answers(tmp_path):
    def qa(name, *answers):
        texts = [{"text": a, "first_occurrence": 0} for a in answers]
        return {"id": name, "question": "?", "is_impossible": not answers, "answers": texts}

    paragraphs = [
        {"context": " In 2004  it rained.\u00a0", "qas": [qa("open")]},
        {"context": "In 2004, 4 ships sank; 4 more fled.", "qas": [qa("four", "4", "4")]},
    ]
    row = {"title": "Some_ships", "paragraphs": paragraphs}
    packed(tmp_path / "squad2-dev" / "articles.jsonl.gz", row)
    found = load_set("squad2", tmp_path)
    (article,) = found.articles
    unanswerable, four = found.cases
    assert article.title == "Some ships"
    assert not unanswerable.question.answerable and unanswerable.passages == ()
    ((paragraph,),) = four.passages
    assert article.text[paragraph.start : paragraph.end] == paragraphs[1]["context"]
    # As a whole word, so not the 4 of 2004.
    assert [p.start - paragraph.start for p in four.points[0]] == [9, 23]


def test_missing_data_says_how_to_give_it(tmp_path, monkeypatch):
    monkeypatch.delenv("QA_EVAL_DATA", raising=False)
    with pytest.raises(EvalError, match=r"--data DIR or the environment's QA_EVAL_DATA"):
        load_set("squad2")
    monkeypatch.setenv("QA_EVAL_DATA", str(tmp_path))
    with pytest.raises(EvalError, match=r"articles\.jsonl\.gz: no such file.*--data DIR"):
        load_set("realtimeqa")


def test_a_folder_without_articles_is_an_error(tmp_path):
    with pytest.raises(EvalError, match="holds no articles"):
        read_folder(tmp_path)
    with pytest.raises(EvalError, match="no such folder"):
        read_folder(tmp_path / "none")


def test_our_own_questions_are_sound_and_enough():
    assert QUESTIONS.exists()
    asked = [case.question for case in load_seeds().cases]
    unanswerable = [q for q in asked if not q.answerable]
    near = [q for q in unanswerable if q.kind == "near_miss"]
    assert len(asked) >= 260
    assert len(unanswerable) >= 70
    assert len(near) * 2 >= len(unanswerable)
    kinds = Counter(q.kind for q in asked)
    assert set(kinds) == {*ANSWERABLE, *UNANSWERABLE} and min(kinds.values()) >= 20


def test_no_question_of_ours_is_asked_twice():
    asked = [case.question for case in load_seeds().cases]
    said = Counter((normalised(q.question), q.history) for q in asked)
    assert [text for (text, _), n in said.items() if n > 1] == []


def test_every_article_of_ours_is_asked_about():
    seeds = load_seeds()
    gold = {place.article_id for case in seeds.cases for point in case.points for place in point}
    assert [a.path for a in seeds.articles if a.id not in gold] == []


def test_no_answer_of_ours_is_a_word_that_any_quote_may_hold():
    asked = [case.question for case in load_seeds().cases]
    bare = {"yes", "no", "none", "not", "true", "false"}
    assert [q.id for q in asked if bare & {normalised(a) for a in q.answers}] == []

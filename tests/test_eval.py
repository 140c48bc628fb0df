"""The eval: each measure against values worked by hand, planted faults, data read loudly."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from eval import estimates, metrics, retrieval, rivals, run
from eval.__main__ import main
from eval.adapters import load_set
from eval.adapters.seeds import QUESTIONS, load_seeds, read_folder
from eval.dataset import ANSWERABLE, UNANSWERABLE, Case, EvalError, Place, resolve
from eval.lines import load
from eval.metrics import normalised
from index.readers import make_article
from qa.types import Conflict
from tests.eval_parts import (
    ABSTAINED,
    APPROVED,
    ARTICLES,
    CASE,
    COST,
    FERRY,
    ONE,
    OPEN,
    STRIKE,
    UNION,
    answering,
    cite,
    encode,
    hit,
    place,
)


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


def test_a_gold_quote_stands_for_its_sentence():
    # Gold is two words of the sentence; the citation is of other words of it.
    case = replace(ONE, points=((place(FERRY, "14 million"),),))
    found = scores(case, answering([cite(FERRY, "It will cost")]))
    assert (found["cite_precision"], found["cite_recall"]) == (1, 1)
    # The neighbouring sentence is none of it.
    assert scores(case, answering([cite(FERRY, APPROVED)]))["cite_precision"] == 0


def test_a_long_quote_pays_by_the_sentence():
    whole = FERRY.text[: FERRY.text.index(COST) + len(COST)]
    found = scores(ONE, answering([cite(FERRY, whole)]))
    assert (found["cite_precision"], found["sentence_precision"]) == (1, 1 / 2)


def test_versions_are_counted_on_contradictions_alone():
    contradiction = replace(CASE, question=replace(CASE.question, kind="contradiction"))
    assert scores(contradiction, answering([cite(FERRY, COST)]))["versions"] == 1 / 2
    assert "versions" not in scores(CASE, answering([cite(FERRY, COST)]))


def test_claims_that_cite_nothing_are_counted():
    assert scores(CASE, answering([cite(FERRY, COST)], []))["claims_cited"] == 1 / 2
    assert "claims_cited" not in scores(CASE, ABSTAINED)


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


def found_at(*stretches):
    return [place(article, quote) for article, quote in stretches]


def test_retrieval_scores_by_hand():
    found = found_at((FERRY, APPROVED), (STRIKE, UNION), (FERRY, COST))
    got = retrieval.retrieval_scores(CASE, found, ARTICLES, (1, 2, 3))
    assert [got[f"gold@{k}"] for k in (1, 2, 3)] == [0, 1 / 2, 1]
    assert [got[f"article@{k}"] for k in (1, 2, 3)] == [1 / 2, 1, 1]
    assert [got[f"answer@{k}"] for k in (1, 2, 3)] == [0, 0, 1]
    assert got["holds@1"] == 1  # the article has the cost, though not in its first chunk
    assert (got["mrr"], got["article_mrr"]) == (1 / 2, 1)
    # Points at ranks 2 and 3: (1/log2(3) + 1/log2(4)) / (1/log2(2) + 1/log2(3)).
    assert got["ndcg@3"] == pytest.approx((0.63093 + 0.5) / 1.63093, abs=1e-4)
    assert got["ndcg@1"] == 0
    assert got["article_ndcg@3"] == 1


@pytest.mark.parametrize(
    ("ranks", "k", "expected"),
    [
        ([1], 10, 1),
        ([None], 10, 0),
        ([], 10, None),
        ([3], 10, 1 / 2),
        ([3], 2, 0),
        # One chunk that holds both points is as good as can be.
        ([1, 1], 10, 1),
        # The second point was never found: 1 of the best 1 + 1/log2(3).
        ([1, None], 10, 1 / 1.63093),
        # More points than places: the best order has one place only.
        ([1, 2, 3], 1, 1),
    ],
)
def test_ndcg_by_hand(ranks, k, expected):
    assert retrieval.ndcg(ranks, k) == (
        None if expected is None else pytest.approx(expected, abs=1e-4)
    )


def test_what_the_index_does_not_hold_is_still_a_miss():
    got = retrieval.retrieval_scores(CASE, found_at((FERRY, COST)), {FERRY.id: FERRY}, (10,))
    assert (got["gold@10"], got["article@10"]) == (1 / 2, 1 / 2)


def test_without_gold_the_answer_decides_the_rank():
    case = Case(CASE.question)
    found = found_at((STRIKE, UNION), (FERRY, COST))
    got = retrieval.retrieval_scores(case, found, ARTICLES, (1,))
    assert (got["gold@1"], got["ndcg@1"], got["mrr"]) == (None, None, 1 / 2)
    assert retrieval.retrieval_scores(case, [], ARTICLES, (1,))["mrr"] == 0
    assert retrieval.retrieval_scores(OPEN, found, ARTICLES, (1,)) == {}


# Many questions


def test_intervals_hold_the_mean_and_shrink_and_repeat():
    few, many = estimates.mean([0, 1] * 10), estimates.mean([0, 1] * 200)
    assert few.mean == many.mean == 1 / 2
    assert few.low < few.mean < few.high
    # For a share of one half the standard error is sqrt(0.25 / 400) = 0.025.
    assert many.high - many.low == pytest.approx(2 * 1.96 * 0.025, rel=0.15)
    assert many == estimates.mean([0, 1] * 200)
    assert estimates.mean([None, 1.0, None]).n == 1
    assert estimates.mean([None]) is None


def test_what_belongs_together_is_drawn_together():
    values = [0.0] * 10 + [1.0] * 10
    apart = estimates.mean(values)
    by_two = estimates.mean(values, of=["a"] * 10 + ["b"] * 10)
    assert by_two.mean == apart.mean == 0.5
    # Of two conversations, a quarter of the draws holds the first twice, a quarter the other.
    assert (by_two.low, by_two.high) == (0.0, 1.0)
    assert 0.2 < apart.low < apart.high < 0.8
    alike = [str(n) for n in range(20)]
    assert estimates.mean(values, of=alike) == apart
    gaps = estimates.mean([None, *values], of=["z", *alike])
    assert gaps == apart


def test_percentile_by_hand():
    assert estimates.percentile([4, 1, 3, 2], 50) == 2.5
    # Rank 0.95 * 3 = 2.85: 3 + 0.85 * (4 - 3).
    assert estimates.percentile([4, 1, 3, 2], 95) == pytest.approx(3.85)


# Rivals


@pytest.mark.parametrize("rival", rivals.RIVALS)
def test_rivals_are_sound_answers(rival):
    answer = rival("q", [hit(FERRY, COST), hit(STRIKE, UNION)], encode)
    assert all(answer.text[c.start : c.end] == c.text for c in answer.claims)
    assert all(f"[{c.number}]" in answer.text for c in answer.citations)
    assert metrics.exactness(answer.citations, ARTICLES) in (1, None)
    assert rival("q", [], encode).citations == ()


def test_rivals_do_what_they_say():
    hits = [hit(FERRY, COST), hit(STRIKE, UNION)]
    got = {rival.__name__: scores(CASE, rival("q", hits, encode)) for rival in rivals.RIVALS}
    assert got["cite_nothing"]["cited"] == 0
    assert got["first_passage"]["cite_recall"] == 1 / 2
    assert got["every_passage"]["cite_recall"] == 1
    assert [name for name, s in got.items() if s["abstained"]] == ["always_abstain"]
    assert scores(OPEN, rivals.always_abstain("q", hits, encode))["em"] == 1


@pytest.mark.parametrize("rival", [rivals.best_by_overlap, rivals.best_by_cosine])
def test_the_best_sentence_is_found_in_any_passage(rival):
    hits = [hit(FERRY, FERRY.text), hit(STRIKE, STRIKE.text)]
    answer = rival("How many of them did the union count?", hits, encode)
    (citation,) = answer.citations
    assert citation.quote == UNION
    assert 0 < answer.confidence <= 1


def test_a_failure_is_not_an_abstention():
    unasked = replace(OPEN, question=replace(OPEN.question, question="?"))
    found = scores(unasked, None)
    assert (found["abstained"], found["em"], found["f1"]) == (0, 0, 0)


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
        (GOOD | {"hint": 1}, 'unknown field "hint"'),
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
    articles = {article.id: article for article in found.articles}
    engine = retrieval.article_scores(found.cases[0], found.cases[0].ranking, articles, (1, 10))
    assert (engine["holds@1"], engine["holds@10"]) == (0, 1)


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


def test_ramdocs_asks_for_every_right_answer_that_a_document_gives(tmp_path):
    def document(kind, answer, text):
        return {"type": kind, "answer": answer, "text": text}

    row = {
        "question": "Who wrote The Heat?",
        "gold_answers": ["Ruiz", "Dake", "Stroud"],
        "wrong_answers": ["Crane"],
        "documents": [
            document("correct", "Ruiz", "Ruiz wrote The Heat. Ruizian it was not, said Ruiz."),
            document("correct", "Dake", "She wrote it in May."),
            document("misinfo", "Crane", "Crane wrote The Heat, not Ruiz."),
            document("noise", "unknown", "The heat rose."),
        ],
    }
    packed(tmp_path / "ramdocs-dev" / "questions.jsonl.gz", row)
    found = load_set("ramdocs", tmp_path)
    (case,) = found.cases
    ruiz, dake, *_ = found.articles
    assert len(found.articles) == 4 and case.question.kind == "contradiction"
    # No document gives the third. One says its answer at two places, one in other words.
    assert case.points == (
        (Place(ruiz.id, 0, 4), Place(ruiz.id, 46, 50)),
        (Place(dake.id, 0, len(dake.text)),),
    )


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

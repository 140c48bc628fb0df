"""Disagreements, updates and corrections among articles: found where they are, and only there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from index.chunk import split_sentences
from index.readers import make_article
from index.types import Chunk, Hit
from qa.conflicts import conflicts, right_first
from qa.corrections import corrections_in
from qa.evidence import Source, sentences_of
from qa.extract import Extract
from qa.features import Features, Scored
from qa.language.values import as_of, days, figures

FLOOD = "How many houses were flooded in Aldermoor?"


def story(text, day=3, source="The Herald", title="Floods in Aldermoor"):
    return make_article(
        title, text, source=source, published=day and date(2024, 5, day), key=f"{source}{day}{text}"
    )


def hits_of(*articles):
    for article in articles:
        spans = tuple(split_sentences(article.text))
        yield Hit(Chunk(0, article.id, 0, len(article.text), spans), article, 1.0)


def ranked(*articles, score=10.0):
    """Every sentence as the ranking would give it, the articles' first sentences in front."""
    sentences = sorted(sentences_of(hits_of(*articles)), key=lambda s: (s.position, s.rank))
    good = Features(0.5, 0.7, 0.8, 1.0, 1.0)
    return [Scored(s, good, score - 0.1 * n) for n, s in enumerate(sentences)]


def found(question, *articles):
    return conflicts(question, ranked(*articles))


def test_two_outlets_with_two_figures_of_one_day_are_told_apart():
    one = story("The council counted 63 flooded houses in Aldermoor.")
    other = story("88 houses in Aldermoor were flooded, residents say.", source="The Post")
    (conflict,) = found(FLOOD, one, other)
    assert conflict.about == "the articles differ: 63 or 88"
    assert [v.source for v in conflict.versions] == ["The Herald", "The Post"]
    assert [v.number for v in conflict.versions] == [1, 2]
    assert all(
        v.quote == a.text[v.start : v.end]
        for v, a in zip(conflict.versions, (one, other), strict=True)
    )


def test_versions_are_numbered_apart_from_any_answer():
    scored = ranked(
        story("The council counted 63 flooded houses in Aldermoor."),
        story("88 houses in Aldermoor were flooded.", source="The Post"),
    )
    assert [v.number for v in conflicts(FLOOD, scored)[0].versions] == [1, 2]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1,200 houses in Aldermoor were flooded.", "1.2 thousand houses in Aldermoor flooded."),
        ("Twelve houses in Aldermoor were flooded.", "A total of 12 houses in Aldermoor flooded."),
        ("Three dozen houses in Aldermoor were flooded.", "36 houses in Aldermoor were flooded."),
        ("About 350 houses in Aldermoor were flooded.", "Aldermoor: 342 houses were flooded."),
        ("63 houses in Aldermoor were flooded.", "63 houses in Aldermoor flooded, 40 of them old."),
    ],
)
def test_the_same_figure_in_other_words_is_no_conflict(one, other):
    assert found(FLOOD, story(one), story(other, source="The Post")) == ()


def test_one_article_alone_does_not_contradict_itself():
    text = "63 houses in Aldermoor were flooded. By night 88 houses in Aldermoor were flooded."
    assert found(FLOOD, story(text)) == ()


def test_who_mentions_the_others_figure_as_well_does_not_contradict_it():
    one = story("63 houses in Aldermoor were flooded.")
    other = story(
        "88 houses in Aldermoor were flooded. At first 63 houses in Aldermoor were flooded.",
        source="The Post",
    )
    assert found(FLOOD, one, other) == ()


def test_figures_of_different_things_are_not_set_against_each_other():
    one = story("63 houses in Aldermoor were flooded.")
    other = story("Aldermoor was flooded and 400 sheep drowned.", source="The Post")
    assert found(FLOOD, one, other) == ()


def test_a_figure_of_another_day_is_an_update_and_the_latest_leads():
    one = story("63 houses in Aldermoor were flooded.", day=3)
    other = story("88 houses in Aldermoor were flooded.", day=5, source="The Post")
    (conflict,) = found(FLOOD, one, other)
    assert conflict.about == "updated: 88, earlier 63"
    assert [v.published.day for v in conflict.versions] == [5, 3]


def test_a_figure_of_another_year_is_another_figure():
    one = story("63 houses in Aldermoor were flooded.")
    later = make_article(
        "Floods", "88 houses in Aldermoor were flooded.", published=date(2025, 5, 3), key="later"
    )
    assert found(FLOOD, one, later) == ()


def test_figures_as_of_one_day_disagree_on_whatever_days_they_are_printed():
    one = story("63 houses in Aldermoor were flooded by Thursday.", day=3)
    other = story("88 houses in Aldermoor were flooded by Thursday.", day=5, source="The Post")
    assert found(FLOOD, one, other)[0].about.startswith("the articles differ")


def test_undated_figures_disagree():
    one = story("63 houses in Aldermoor were flooded.", day=None)
    other = story("88 houses in Aldermoor were flooded.", day=None, source="The Post")
    assert found(FLOOD, one, other)[0].about.startswith("the articles differ")


def test_an_undated_article_may_be_of_any_occasion():
    one = story("The dam above Aldermoor was designed by Ada Lindqvist.", day=None)
    other = story("Tomas Reyes designed the dam above Aldermoor.", source="The Post")
    assert found("Who designed the dam above Aldermoor?", one, other)


def test_which_of_two_figures_is_later_is_not_guessed():
    one = story("63 houses in Aldermoor were flooded.", day=None)
    other = story("88 houses in Aldermoor were flooded.", day=5, source="The Post")
    assert found(FLOOD, one, other)[0].about.startswith("the articles differ")


def test_dates_are_set_against_dates():
    question = "When was the dam above Aldermoor built?"
    one = story("The dam above Aldermoor was built in 1961.")
    other = story("Built in 1974, the dam above Aldermoor was meant to last.", source="The Post")
    assert found(question, one, other)[0].about == "the articles differ: 1961 or 1974"


@pytest.mark.parametrize(
    ("one", "other"),
    [("5 March", "5 March 2020"), ("March 5, 2020", "5 March"), ("1961", "June 1961")],
)
def test_a_date_that_says_less_is_no_other_date(one, other):
    question = "When was the dam above Aldermoor opened?"
    first = story(f"The dam above Aldermoor was opened on {one}.")
    second = story(f"The dam above Aldermoor was opened on {other}.", source="The Post")
    assert found(question, first, second) == ()


def test_a_year_is_not_set_against_a_day_of_a_month():
    question = "When was the dam above Aldermoor opened?"
    first = story("The dam above Aldermoor was opened in 1961.")
    second = story("The dam above Aldermoor was opened on 5 March.", source="The Post")
    assert found(question, first, second) == ()


def test_people_are_set_against_people():
    question = "Who designed the dam above Aldermoor?"
    one = story("The dam above Aldermoor was designed by Ada Lindqvist.")
    other = story("Tomas Reyes designed the dam above Aldermoor.", source="The Post")
    assert found(question, one, other)[0].about.endswith("Ada Lindqvist or Tomas Reyes")
    other = story("Ms Lindqvist designed the dam above Aldermoor.", source="The Post")
    assert found(question, one, other) == ()


def test_a_question_that_asks_for_no_value_has_no_conflict():
    one = story("The flood came because 63 houses in Aldermoor had no drains.")
    other = story("The flood came because a gate in Aldermoor stuck in 1974.", source="The Post")
    assert found("Why was Aldermoor flooded?", one, other) == ()


def test_no_sentences_no_conflict():
    assert conflicts(FLOOD, []) == ()


NOTICE = (
    "In a report on Friday 3 May we said that 63 houses in Aldermoor were flooded. "
    "The correct number is 88. We are sorry."
)


def test_a_correction_leads_and_what_it_corrects_stands_beside_it():
    notice = story(NOTICE, day=7, title="Correction: the floods")
    earlier = story("63 houses in Aldermoor were flooded.", day=3)
    (conflict,) = found(FLOOD, earlier, notice)
    assert conflict.about == "corrected: 88, not 63"
    assert [v.published.day for v in conflict.versions] == [7, 3]
    assert "88" in conflict.versions[0].quote


def test_a_correction_stands_alone_where_the_wrong_article_was_not_found():
    (conflict,) = found(FLOOD, story(NOTICE, title="Correction: the floods"))
    assert len(conflict.versions) == 1
    assert "63" in conflict.versions[0].quote


def test_an_article_printed_after_a_correction_is_not_what_it_corrects():
    notice = story(NOTICE, day=7, title="Correction: the floods")
    later = story("63 houses in Aldermoor were flooded.", day=9, source="The Post")
    assert [v.published.day for v in found(FLOOD, later, notice)[0].versions] == [7]


def test_what_an_outlet_says_it_got_wrong_is_not_a_version_of_its_own():
    question = "When was the dam above Aldermoor built?"
    one = story("The dam above Aldermoor was built in 1961.")
    other = story("We said that the dam above Aldermoor was built in 1974.", source="The Post")
    assert found(question, one, other) == ()


def test_a_correction_of_something_else_is_left_out():
    asked = story("12 boats were lost in Aldermoor.", day=3)
    notice = story(
        "Corrections follow. " + NOTICE, day=7, title="Correction: the floods", source="The Post"
    )
    assert found("How many boats were lost in Aldermoor?", asked, notice) == ()


@pytest.mark.parametrize(
    ("text", "wrong", "right"),
    [
        (NOTICE, 63, 88),
        ("We reported that the wall cost £2 million. The sum is £1.4 million.", 2e6, 1.4e6),
        ("An earlier version gave the height as 40 metres; it is now 44 metres.", 40, 44),
        ('We wrote "4,000 litres lost at Pier 3". Since then 9,600 litres were found.', 4e3, 9600),
    ],
)
def test_a_notice_gives_the_wrong_figure_and_the_right_one(text, wrong, right):
    article = story(text, title="Corrections")
    pairs = list(corrections_in(Source(article, tuple(split_sentences(article.text)))))
    assert [(c.wrong.amount, c.right.amount) for c in pairs] == [(wrong, right)]


@pytest.mark.parametrize("right", ["", " The correct name is Ada Lund.", " In fact none was."])
def test_a_notice_without_a_right_figure_holds_no_correction(right):
    article = story(f"We said that 63 houses were flooded.{right}", title="Correction")
    assert not list(corrections_in(Source(article, tuple(split_sentences(article.text)))))


def test_an_article_that_corrects_nothing_holds_no_correction():
    article = story("The mayor said 63 houses were flooded. The number is a record since 1961.")
    assert not list(corrections_in(Source(article, tuple(split_sentences(article.text)))))


@pytest.mark.parametrize(
    ("text", "amounts"),
    [
        ("Ada Lindqvist, 58, led 12 divers at 7.30am on 5 March 2020.", [12]),
        ("It cost £1.3 million, or 4.5 per cent more.", [1.3e6, 4.5]),
        ("Thirty-five houses and one of them twice.", [35]),
        ("At Pier 3. The M4 was shut, the 3rd time.", []),
        ("In 2019 it was 1,200 tonnes", [1200]),
    ],
)
def test_figures_are_what_is_counted(text, amounts):
    assert [f.amount for f in figures(text)] == pytest.approx(amounts)


def test_days_are_read_in_both_orders_and_may_is_not_always_a_month():
    found = days("On 5 March 2020, on October 1st, 1974 and in May 2021 it may rain.")
    assert [(d.year, d.month, d.day) for d in found] == [
        (2020, 3, 5),
        (1974, 10, 1),
        (2021, 5, None),
    ]


def test_weekdays_are_days_only_when_the_article_is_dated():
    assert (2024, 5, 2) in as_of("It rained until Thursday.", date(2024, 5, 3))
    assert as_of("It rained until Thursday.", None) == set()


def led(question, *articles):
    """What `right_first` makes of an answer by the best sentence alone."""
    scored = ranked(*articles)
    return right_first(question, Extract(tuple(scored[:1]), 0.5, ranked=tuple(scored)))


@pytest.mark.parametrize(
    ("notice", "wrong", "right"),
    [
        ("Correction: the fine should have been £750, not £500.", "£500", "£750"),
        ("We were wrong. The fine was in fact £750, rather than the £500 we gave.", "£500", "£750"),
        (
            "Correction: the correct figure is 88 houses, not 63 as an earlier version said.",
            "63 houses", "88 houses",
        ),
        ("Correction: we said the fine was £500. It should have been £750.", "£500", "£750"),
    ],
)  # fmt: skip
def test_a_correction_is_read_the_right_way_round(notice, wrong, right):
    article = story(notice, title="Corrections")
    source = Source(article, tuple(split_sentences(article.text)))
    (found,) = corrections_in(source)
    assert (found.wrong.amount, found.right.amount) == tuple(
        next(figures(text)).amount for text in (wrong, right)
    )


def test_the_right_figure_leads_where_the_notice_gives_the_wrong_one_behind_it():
    notice = story(
        "The correct number of flooded houses in Aldermoor is 88, not 63 as an earlier version of "
        "this article said.", day=5, title="Corrections",
    )  # fmt: skip
    wrong = story("The council counted 63 flooded houses in Aldermoor.")
    (conflict,) = found(FLOOD, wrong, notice)
    assert conflict.about == "corrected: 88, not 63"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Two hundred thousand people fled Aldermoor.", "200,000 people fled Aldermoor."),
        ("A hundred and twenty people fled Aldermoor.", "120 people fled Aldermoor."),
        ("Five hundred and one people fled Aldermoor.", "501 people fled Aldermoor."),
    ],
)
def test_hundreds_in_words_are_those_in_digits(one, other):
    assert not found("How many people fled Aldermoor?", story(one), story(other, source="The Post"))


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "What was the fine in Aldermoor?",
            "The fine in Aldermoor was £1.5m.",
            "The fine in Aldermoor was $2m.",
        ),
        (
            "How tall is the tower in Aldermoor?",
            "The tower in Aldermoor is 100 metres tall.",
            "The tower in Aldermoor is 328 feet tall.",
        ),
        (
            "Who won the election in Aldermoor?",
            "Jane Smith won the election in Aldermoor.",
            "Smith won the election in Aldermoor, beating John Brown.",
        ),
    ],
)
def test_what_is_measured_or_named_otherwise_is_no_other_version(question, one, other):
    assert not found(question, story(one), story(other, source="The Post"))


def test_a_correction_leads_and_what_it_takes_back_goes():
    wrong = story("The council counted 63 flooded houses in Aldermoor.")
    notice = story(NOTICE, day=5, title="Corrections")
    answer = led(FLOOD, wrong, notice)
    assert [s.sentence.article.title for s in answer.chosen] == ["Corrections"]
    quoted = notice.text[answer.chosen[0].quote.start : answer.chosen[0].quote.end]
    assert quoted.startswith("In a report") and quoted.endswith("The correct number is 88.")
    assert answer.short is not None and answer.short.quote == "88"
    assert notice.text[answer.short.start : answer.short.end] == "88"


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("What happened in Aldermoor?", "The council counted 63 flooded houses in Aldermoor."),
        (FLOOD, "In the end 88 houses in Aldermoor were flooded, the council says."),
        (FLOOD, "The council met at nine."),
    ],
)
def test_no_correction_leads_where_none_is_asked_for_or_the_right_figure_stands(question, first):
    articles = [story(first)]
    if "nine" not in first:
        articles.append(story(NOTICE, day=5, title="Corrections"))
    answer = led(question, *articles)
    assert [s.sentence.text for s in answer.chosen] == [first]
    assert answer.short is None


@pytest.mark.parametrize(
    "question",
    [
        "How did the council count the flooded houses in Aldermoor?",
        "How were the flooded houses in Aldermoor counted?",
        "How long were the houses in Aldermoor flooded?",
        "What percentage of the houses in Aldermoor was flooded?",
    ],
)
def test_a_correction_leads_only_where_its_figure_is_of_the_kind_asked_for(question):
    wrong = story("The council counted 63 flooded houses in Aldermoor.")
    answer = led(question, wrong, story(NOTICE, day=5, title="Corrections"))
    assert answer.chosen[0].sentence.article == wrong and answer.short is None


def test_a_correction_leads_wherever_the_question_asks_how_many():
    wrong = story("The council counted 63 flooded houses in Aldermoor.")
    asked = "In the end, how many houses were flooded in Aldermoor?"
    answer = led(asked, wrong, story(NOTICE, day=5, title="Corrections"))
    assert answer.short is not None and answer.short.quote == "88"


@pytest.mark.parametrize(
    "text",
    [
        "The report by a judge said that 12 sirens had failed. The region now has 30 sirens.",
        "The report said 40 jobs were lost in May. The company now has 300 jobs to fill.",
        "Carrow should have been ahead by four goals. The winner has since scored 11 goals.",
        "He was wrongly told that 15 patients had died. It is true that 3 patients died.",
        '"We said 20 houses would do," she said. The council has since built 44 houses.',
        '"Nobody came. We said 20 houses would do. It is true that 44 houses stand," she said.',
        "‘We said 20 houses would do,’ she said. The council has since built 44 houses.",
        "An earlier version of the bill gave them 20 houses. It is now 44 houses.",
    ],
)
def test_an_error_of_somebody_else_is_no_correction(text):
    article = story(text)
    assert not list(corrections_in(Source(article, tuple(split_sentences(article.text)))))


@pytest.mark.parametrize(
    "text",
    [
        "An earlier version of this article said 63 houses. The correct number is 88 houses.",
        "Our report on Monday said 63 houses were flooded. In fact 88 houses were.",
        "We wrongly gave 63 houses as flooded. The correct number is 88 houses.",
        "This newspaper said on Monday that 63 houses were flooded. It was in fact 88 houses.",
        "This article originally said 63 houses were flooded. It was in fact 88 houses.",
        "An article on Monday misstated the loss as 63 houses. It was in fact 88 houses.",
        "The article should have said 88 houses, not 63 houses.",
        "It rains.\n\nCorrection: the report said 63 houses. In fact 88 houses were flooded.",
        "It rains.\n\nCorrections and clarifications\n\nThe report said 63 houses were "
        "flooded. In fact 88 houses were flooded.",
        "Rain.\n\nThis article was amended on 5 May. An earlier version said 63 houses. It was in "
        "fact 88 houses.",
    ],
)
def test_an_error_of_ones_own_is_a_correction_without_a_title_that_says_so(text):
    article = story(text)
    (found,) = corrections_in(Source(article, tuple(split_sentences(article.text))))
    assert (found.wrong.amount, found.right.amount) == (63, 88)


def test_an_article_that_lacks_the_names_asked_for_has_no_version():
    question = "Who is the mayor of Aldermoor?"
    one = story("The mayor, Ada Lindqvist, was sorry.")
    other = story(
        "None of it came, said the mayor, Tomas Reyes.", source="The Post", title="Brenno"
    )
    scored = ranked(one, other)
    assert conflicts(question, scored)
    elsewhere = replace(scored[1].features, named=0.0)
    assert not conflicts(question, [scored[0], replace(scored[1], features=elsewhere)])


def test_all_figures_of_a_sentence_count_for_agreeing():
    question = "How many doctors does Aldermoor have?"
    one = story("Aldermoor has four doctors and wants ten.")
    other = story("Aldermoor needs nine doctors and has four.", source="The Post")
    assert found(question, one, other) == found(question, other, one) == ()


def test_a_conflict_without_what_the_answer_quotes_first_is_none():
    one = story("63 houses in Aldermoor were flooded.")
    other = story("88 houses in Aldermoor were flooded.", source="The Post")
    first = story("All of Aldermoor is under water.", source="The Times")
    assert conflicts(FLOOD, ranked(one, other, first))
    (answer,) = ranked(first)
    assert not conflicts(FLOOD, [answer, *ranked(one, other)])

"""Follow-up questions: what leans is made to stand, what stands is left, nothing is invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import FootnoteError
from qa.focus import CARRIED
from qa.followup import ANSWERED, ASKED, BESIDE, TURNS, rewritten, stand_alone
from qa.names import names_in, stands_in, words_of
from qa.stream import Held
from qa.types import ABSTENTION

DAM = ("Which dam burst near Aldermoor?", "Kessel Dam")
WARDEN = ("Who is the warden of the Fenmark reserve?", "Ottilie Brandt [1]")


@pytest.mark.parametrize(
    ("history", "question", "expected"),
    [
        ([("Tell me about the Kessel Dam.", "")], "When was it built?", "the Kessel Dam built"),
        ([("Tell me about the Kessel Dam.", "")], "What is its height?", "the Kessel Dam's height"),
        ([DAM], "Who owned it?", "Who owned Kessel Dam"),
        ([WARDEN], "Where did she grow up?", "Where did Ottilie Brandt grow up"),
        ([WARDEN], "What is her salary?", "What is Ottilie Brandt's salary"),
        ([("What is the Orlin Treaty?", "")], "What are the main terms?", "of the Orlin Treaty"),
        ([("What did Norland pay in 2018?", "£2 million")], "And in 2019?", "Norland pay in 2019?"),
        ([("What does Norland export?", "")], "What about Sudmark?", "What does Sudmark export?"),
        ([("Did Ruiz resign?", "Yes.")], "Why?", "Ruiz"),
        ([("Tell me about the Orlin Treaty.", "")], "Who signed that treaty?", "the Orlin Treaty"),
        ([("Tell me about the Kessel Dam.", "")], "How do I build a new one?", "Kessel Dam"),
    ],
)
def test_what_leans_back_is_put_in(history, question, expected):
    assert expected in stand_alone(question, history)


@pytest.mark.parametrize(
    "question",
    [
        "Who won the election in Sudmark?",
        "Is it true that Sudmark left the Orlin Treaty?",
        "How long does it take to cross the Fenmark by boat?",
        "Who are the Harbour Rangers and what do they do?",
        "Did Ottilie Brandt say that she would resign?",
        "What is photosynthesis?",
        "What happened in Norland this week?",
    ],
)
def test_a_question_that_stands_alone_is_not_changed(question):
    assert stand_alone(question, [("When did the Kessel Dam burst?", "On 3 May. [1]")]) == question


def test_without_history_nothing_is_changed():
    assert stand_alone("When was it built?", []) == "When was it built?"


def test_what_stands_in_a_place_is_asked_about_and_not_the_place():
    history = [("Who brokered the ceasefire in Idlib?", "Turkey and Russia brokered it.")]
    question = stand_alone("How long did it last?", history)
    assert question == "How long did the ceasefire in Idlib last?"
    # An answer that tells of two names does not name one thing.
    assert "Turkey" not in stand_alone("Who broke it?", history)


def test_a_new_subject_is_followed_and_the_old_one_forgotten():
    history = [
        ("Tell me about the Kessel Dam.", "It holds the Ald. [1]"),
        ("Tell me about Port Corran.", "A harbour in the north. [1]"),
    ]
    found = stand_alone("When was it founded?", history)
    assert "Port Corran" in found
    assert "Kessel" not in found


def test_a_chain_keeps_its_subject():
    history = [
        DAM,
        ("How high was it?", "41 metres [1]"),
        ("And who designed it?", "Nobody knows."),
    ]
    assert "Kessel Dam" in stand_alone("When did it burst?", history)


def test_markers_are_not_carried():
    found = stand_alone("Where did she grow up?", [WARDEN])
    assert "[" not in found
    assert "1" not in found


def test_names_put_in_are_names_to_the_check_for_absent_names():
    found = stand_alone("When was it built?", [("Tell me about the Kessel Dam.", "")])
    (name,) = names_in(found)
    assert name.text == "Kessel Dam"
    assert not stands_in(name, set(words_of("The Aldermoor mill burned down in 1903.")))
    assert stands_in(name, set(words_of("The Kessel Dam was opened in 1903.")))


def test_the_last_question_beside_an_answers_name_adds_no_names():
    history = [("Which minister opened the Corran tunnel in Norland?", "Ada Lindqvist")]
    found = stand_alone("When did she resign?", history)
    assert [name.text for name in names_in(found)] == ["Ada Lindqvist"]
    assert len(found.split("(")[1].split()) <= BESIDE


def test_a_name_that_no_article_has_is_not_carried_where_another_can_be():
    told = f"{ABSTENTION}: none of the passages found mentions “Zarkov Institute”."
    history = [("Did the Zarkov Institute inspect the Kessel Dam?", told)]
    found = stand_alone("When was it built?", history)
    assert "Zarkov" not in found
    assert "Kessel Dam" in found


def test_an_abstention_names_nobody():
    told = f"{ABSTENTION}: none of the passages found mentions “Igor Zarkov”."
    history = [("Tell me about Ada Lindqvist.", "A minister."), ("Who runs the mill?", told)]
    assert "Zarkov" not in stand_alone("Where does she live?", history)


def test_only_the_last_turns_are_read():
    filler = [(f"What is the price of bread in Ward{n}?", "4 crowns") for n in range(TURNS)]
    found = stand_alone("When was it built?", [("Tell me about the Kessel Dam.", ""), *filler])
    assert "Kessel" not in found


def test_no_more_of_a_forged_history_is_read_than_of_a_short_one():
    asked, answer = "Who is " + "Aa " * 50_000 + "?", "It is (" * 50_000
    found = stand_alone("And him?", [(asked, answer)] * 500)
    assert found == stand_alone("And him?", [(asked[:ASKED], answer[:ANSWERED])] * TURNS)
    assert len(found.split()) <= 2 + 3 * CARRIED


hostile = st.text(max_size=80) | st.sampled_from(
    ["And him?", "Why?", "it", "\x00[1]\u202e", "the the the", "What about?", "And?", "()[]", "¿?"]
)


@given(hostile, st.lists(st.tuples(hostile, hostile), max_size=6))
def test_no_history_breaks_it_or_puts_in_more_than_it_may(question, history):
    found = stand_alone(question, history)
    assert len(found) <= len(question) + 2 * 400 + 100
    if not history:
        assert found == question
    carried = set(found) - set(question)
    assert all(c.isprintable() for c in carried)


class Scripted:
    """A model that says what it is told to."""

    def __init__(self, *pieces):
        self.pieces = pieces
        self.read = 0

    def stream(self, system, user):
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            self.read += 1
            yield piece


TALK = [("Who is the warden of the Fenmark reserve?", "Ottilie Brandt has been since 1,998. [1]")]


def test_a_sound_rewrite_is_taken():
    model = Scripted(' "Where did Ottilie', ' Brandt grow up?"\n')
    assert rewritten("Where did she grow up?", TALK, model) == "Where did Ottilie Brandt grow up?"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Where did Marta Quill grow up?",
        "Quill grew up where?",
        "Where did Ottilie Brandt grow up in 1961?",
        "Where did Ottilie Brandt and her three sisters grow up?",
        "Where did Ottilie Brandt grow up?\nShe grew up in Norland.",
        "Where did [Ottilie Brandt](http://evil.example) grow up?",
        "Who manages the Fenmark reserve?",
        f"{ABSTENTION} where she did grow up.",
        "Where did Ottilie Brandt grow up " + "and live and work " * 12 + "?",
    ],
)
def test_a_rewrite_that_invents_or_rambles_gives_way_to_the_rules(said):
    question = "Where did she grow up?"
    assert rewritten(question, TALK, Scripted(said)) == stand_alone(question, TALK)


def test_figures_may_be_written_otherwise():
    model = Scripted("Who was the warden of the Fenmark reserve before 1998?")
    assert rewritten("Who was warden before then?", TALK, model).endswith("before 1998?")


def test_a_model_that_fails_gives_way_to_the_rules():
    model = Scripted("Where did ", FootnoteError("the server went away"))
    question = "Where did she grow up?"
    assert rewritten(question, TALK, model) == stand_alone(question, TALK)


def test_a_model_that_does_not_stop_is_left():
    model = Scripted(*["Where did she grow up and "] * 10_000)
    question = "Where did she grow up?"
    assert rewritten(question, TALK, model) == stand_alone(question, TALK)
    assert model.read < 100


def test_a_model_that_does_not_stop_is_hung_up_on_though_its_reply_is_kept():
    """As the answerer keeps it, to count its tokens: nothing ends it but closing it."""
    ended = []

    class Endless(Scripted):
        name = "endless"

        def stream(self, system, user):
            try:
                yield from super().stream(system, user)
            finally:
                ended.append(self.read)

    model = Endless(*["Where did she grow up and "] * 10_000)
    held = Held(model)
    rewritten("Where did she grow up?", TALK, held)
    assert ended == [model.read] and model.read < 100 and held.spent() == {}


def test_a_first_question_asks_no_model():
    model = Scripted("Something else?")
    assert rewritten("When was it built?", [], model) == "When was it built?"
    assert model.read == 0

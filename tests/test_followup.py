"""Follow-up questions: what leans is made to stand, what stands is left, nothing is invented."""

from __future__ import annotations

from collections import deque
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import BadQuestion, FootnoteError
from qa.answerer import Answerer
from qa.language.names import names_in, stands_in, words_of
from qa.questions.focus import CARRIED
from qa.questions.followup import (
    ANSWERED,
    ASKED,
    BESIDE,
    TURNS,
    rewritten,
    stand_alone,
    turns_of,
)
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


@pytest.mark.parametrize(
    ("asked", "question", "expected"),
    [
        ("How many people died in the fire?", "What caused it?", "What caused the fire?"),
        (
            "How many soldiers were killed in the airstrike?",
            "Who carried it out?",
            "Who carried the airstrike out?",
        ),
        ("How many homes were destroyed by the flood?", "When did it come?", "did the flood come"),
        ("How many passengers were on the ferry?", "Where was it going?", "was the ferry going"),
        ("How many jobs did the plant cut?", "Who owns it?", "Who owns the plant?"),
        ("How much did the council spend on the bridge?", "Who built it?", "built the bridge?"),
        ("What year was the bridge built?", "Who designed it?", "Who designed the bridge?"),
        ("Which country won the match?", "When was it?", "When was the match?"),
        # Where nothing else is named it is the thing itself.
        ("Which bridge was closed?", "When will it reopen?", "When will the bridge reopen?"),
        ("How much did the bridge cost?", "Who built it?", "Who built the bridge?"),
        ("What does Norland export?", "Where is it?", "Where is Norland?"),
        ("What causes marsh fever?", "Is it common?", "Is marsh fever common?"),
        ("What happened in 2019?", "Why did it happen?", "Why did it happen?"),
        ("Tell me about 86.", "Where does it come from?", "Where does 86 come from?"),
    ],
)
def test_it_is_not_what_was_counted_or_picked_out(asked, question, expected):
    assert expected in stand_alone(question, [(asked, "")])


@pytest.mark.parametrize(
    ("asked", "answer", "question", "expected"),
    [
        (
            "How many people died in the fire?",
            "Twelve people died.",
            "What were their names?",
            "What were the people's names (the fire)?",
        ),
        (
            "How many Turkish soldiers were killed in the airstrike?",
            "33",
            "Who killed them?",
            "Who killed Turkish soldiers (the airstrike)?",
        ),
        (
            "Who attacked the convoy?",
            "Gunmen attacked the convoy near Balyun. [1]",
            "Why did they attack it?",
            "Why did Gunmen attack the convoy?",
        ),
        # Without a number they are what was talked of.
        ("Tell me about the Harbour Rangers.", "", "Who leads them?", "leads the Harbour Rangers?"),
    ],
)
def test_they_are_what_was_counted_or_what_the_answer_says_it_of(asked, answer, question, expected):
    assert expected in stand_alone(question, [(asked, answer)])


def test_what_is_asked_of_them_makes_nobody_else_of_them():
    history = [("Tell me about fen orchids.", ""), ("Which villages are famous for them?", "")]
    assert stand_alone("Are they rare?", history) == "Are fen orchids rare?"


def test_a_short_answer_says_who_they_are():
    history = [("Which fighters must leave the town?", "the Northern Guard")]
    found = stand_alone("When must they be gone?", history)
    assert found.startswith("When must the Northern Guard be gone")


@pytest.mark.parametrize(
    ("asked", "question", "expected"),
    [
        ("Did the council approve the plan?", "What does it cost?", "What does the plan cost?"),
        ("Where did the plane crash?", "How many were on it?", "How many were on the plane?"),
        ("Why was the bridge closed?", "When will it reopen?", "When will the bridge reopen?"),
        ("Is the bridge safe?", "Who built it?", "Who built the bridge?"),
        ("Which ferry sank?", "Who owned it?", "Who owned the ferry?"),
        # A noun at the end of one is no verb.
        ("Who was the harbour master?", "Where did he live?", "did the harbour master live"),
        ("When did the ferry terminal open?", "Who built it?", "Who built the ferry terminal?"),
    ],
)
def test_a_verb_is_no_part_of_what_is_talked_about(asked, question, expected):
    assert expected in stand_alone(question, [(asked, "")])


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Who owns it?", "Who owns the ferry?"),
        ("Is it still in service?", "Is the ferry still in service?"),
        ("What did she recommend?", "What did Anna Berg recommend?"),
        ("What about Karl Holm?", "What did Karl Holm say about the ferry?"),
    ],
)
def test_it_is_what_somebody_spoke_about(question, expected):
    history = [("What did Anna Berg say about the ferry?", "That it was unsafe. [1]")]
    assert stand_alone(question, history) == expected


def test_what_seems_a_persons_name_may_be_a_ships():
    history = [("When did Norra Vind leave the harbour?", "On 3 May.")]
    assert stand_alone("How old is it?", history) == "How old is Norra Vind?"


@pytest.mark.parametrize("question", ["When did she close it?", "Why did she close it?"])
def test_an_office_is_somebody(question):
    history = [("Did the mayor close the bridge?", "Yes. [1]")]
    expected = question.replace("she", "the mayor").replace("it", "the bridge")
    assert stand_alone(question, history) == expected


@pytest.mark.parametrize(
    ("asked", "answer", "question", "expected"),
    [
        (
            "Which bridge was closed?",
            "The upper bridge was closed on Monday. [1]",
            "When will it reopen?",
            "When will the upper bridge reopen?",
        ),
        (
            "Who resigned?",
            "The mayor resigned on Friday.",
            "Why did he resign?",
            "Why did the mayor resign?",
        ),
        (
            "Which party won?",
            "The Centre Party won the vote.",
            "Who leads it?",
            "Who leads the Centre Party?",
        ),
        (
            "Who opened the bridge?",
            "The mayor opened the bridge.",
            "When was it built?",
            "When was the bridge built?",
        ),
        (
            "Who opened the bridge?",
            "The mayor opened the bridge.",
            "When was he elected?",
            "When was the mayor elected?",
        ),
        (
            "What caused the fire at the hotel?",
            "A faulty heater caused it. [1]",
            "How many died in it?",
            "How many died in the fire?",
        ),
        (
            "What happened on 27 February?",
            "Thirty-three Turkish soldiers were killed in Idlib. [1]",
            "Who killed them?",
            "Who killed Thirty-three Turkish soldiers?",
        ),
        # Nothing is named by one that tells of two, or of what was said before.
        (
            "Who brokered the ceasefire?",
            "Turkey and Russia brokered it.",
            "When was it signed?",
            "When was the ceasefire signed?",
        ),
        ("Which ferry sank?", "It sank on Monday.", "Who owned it?", "Who owned the ferry?"),
    ],
)
def test_of_a_sentence_its_subject_is_taken_and_not_the_whole(asked, answer, question, expected):
    assert stand_alone(question, [(asked, answer)]) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("And the German chancellor?", "What did the German chancellor say about the ceasefire?"),
        ("And the German?", "What did the German president say about the ceasefire?"),
        ("What about Turkey?", "What did Turkey say about the ceasefire?"),
        ("What else did he say?", "What else did the French president say?"),
        ("Who brokered it?", "Who brokered the ceasefire?"),
    ],
)
def test_the_noun_behind_a_countrys_adjective_belongs_to_it(question, expected):
    history = [("What did the French president say about the ceasefire?", "That it was over.")]
    assert stand_alone(question, history) == expected


def test_a_new_subject_is_followed_and_the_old_one_forgotten():
    history = [
        ("Tell me about the Kessel Dam.", "It holds the Ald. [1]"),
        ("Tell me about Port Corran.", "A harbour in the north. [1]"),
    ]
    found = stand_alone("When was it founded?", history)
    assert "Port Corran" in found
    assert "Kessel" not in found


def talked(*questions):
    """What the last of several questions becomes; nothing was answered."""
    return stand_alone(questions[-1], [(asked, "") for asked in questions[:-1]])


SPILL = "How many litres of fuel were lost in the harbour spill?"
STRIKE = "What happened in the cannery strike?"
TERMINAL = "How much will the ferry terminal cost?"
POOL = "How much did the new swimming pool cost?"


@pytest.mark.parametrize(
    ("before", "question"),
    [
        (SPILL, STRIKE),
        (TERMINAL, "Who brokered the ceasefire?"),
        (TERMINAL, "Who won the election?"),
        ("What did Councillor Bram Oduya say about the levy?", "Why was the bridge closed?"),
        ("Tell me about the Orlin Treaty.", "Who won the marathon?"),
        ("Why did the council close the library?", POOL),
        ("Did the museum sell the painting?", "Where is the fish market?"),
        ("How many tonnes of grain burned in the silo fire?", "Who owns the mill?"),
    ],
)
def test_a_question_with_a_subject_of_its_own_leans_on_nothing(before, question):
    assert talked(before, question) == question


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((SPILL, STRIKE, "When did it end?"), "When did the cannery strike end?"),
        ((STRIKE, SPILL, "Who was fined for it?"), "Who was fined for the harbour spill?"),
        ((SPILL, "What caused it?"), "What caused the harbour spill?"),
        ((TERMINAL, "Who brokered the ceasefire?", "When did it start?"), "the ceasefire start?"),
        ((STRIKE, POOL, "Who paid for it?"), "Who paid for the new swimming pool?"),
        (
            (
                "What did Bram Oduya say about the levy?",
                "Why was the bridge closed?",
                "Is it safe?",
            ),
            "Is the bridge safe?",
        ),
        (
            ("How many died in the fire?", "How many fled during the storm?", "When did it end?"),
            "When did the storm end?",
        ),
        (
            ("Did the museum sell it?", "When did the flood reach the market?", "How high was it?"),
            "How high was the flood?",
        ),
        # What belongs to the topic is asked of it, and does not take its place.
        ((TERMINAL, "What did the report say?", "When will it open?"), "the ferry terminal open?"),
        (
            ("What is the Elf Lottery?", "How are the tickets sold?", "Is it old?"),
            "Is the Elf Lottery old?",
        ),
    ],
)
def test_the_newer_of_two_subjects_is_what_it_is(asked, expected):
    assert talked(*asked).endswith(expected)


@pytest.mark.parametrize(
    "question", ["Who is the mayor?", "When is the vote?", "What does the report say?"]
)
def test_what_belongs_to_something_leans_on_it(question):
    assert "the election in Zelgrad" in talked("Who won the election in Zelgrad?", question)


def test_what_an_answer_brought_up_leans_on_what_was_asked():
    history = [("Tell me about the Kessel Dam.", "Its reservoir is the deepest of all. [1]")]
    assert stand_alone("How deep is the reservoir?", history).endswith("(the Kessel Dam)?")
    assert talked("Tell me about the Kessel Dam.", "How deep is the reservoir?").endswith("ervoir?")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ((STRIKE, SPILL, "When did the strike end?"), "When did the cannery strike end?"),
        ((STRIKE, SPILL, "When did the strike end?", "Who led it?"), "led the cannery strike?"),
        ((TERMINAL, STRIKE, "Who owns the terminal?"), "Who owns the ferry terminal?"),
        (("Tell me about the Kessel Dam.", STRIKE, "Is the dam safe?"), "Is the Kessel Dam safe?"),
        (("What happened in Zelgrad?", "Who broke the ceasefire?"), "the ceasefire in Zelgrad?"),
        # Where the question says which, it is another.
        ((STRIKE, "When did the strike at the mill end?"), "When did the strike at the mill end?"),
        ((STRIKE, "When did the dock strike end?"), "When did the dock strike end?"),
    ],
)
def test_what_is_called_by_its_last_word_is_found_again(asked, expected):
    assert talked(*asked).endswith(expected)


@pytest.mark.parametrize("nothing", ["😀😀", "", "?!", " "])
def test_what_has_no_words_is_left_and_changes_nothing(nothing):
    assert talked("What happened in Zelgrad?", nothing) == nothing
    assert talked("What is the Orlin Treaty?", nothing, "Who signed it?") == (
        "Who signed the Orlin Treaty?"
    )


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


@pytest.mark.parametrize(
    ("history", "says"),
    [
        ([{"role": "user", "content": DAM[0]}], "number 1 of it is {'role': 'user'"),
        ([DAM, (DAM[0], None)], "number 2 of it is ('Which dam"),
        ([(DAM[0],)], "number 1"),
        ([DAM[0], DAM[1]], "number 1"),
        ("abc", "not str"),
        (iter([DAM]), "not list_iterator"),
        ({"role": "user"}, "not dict"),
    ],
)
def test_a_history_of_another_shape_is_refused(history, says):
    answerer = Answerer(SimpleNamespace(encode=None))
    with pytest.raises(BadQuestion) as refused:
        answerer.ask("And where was it?", history)
    said = str(refused.value)
    assert said.startswith("a history is a sequence of (question, answer text) pairs")
    assert says in said and len(said) < 600


@pytest.mark.parametrize("history", [[DAM], (DAM,), [list(DAM)], deque([DAM])])
def test_any_sequence_of_pairs_is_a_history(history):
    assert turns_of(history) == [DAM]

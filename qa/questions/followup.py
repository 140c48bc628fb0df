"""A question that leans on the conversation, made into one that stands alone.

`stand_alone` does it by rules, `rewritten` by a model that is not trusted. The rules go through the
turns in order, so that a chain (`Who leads it?` `Where was he born?`) keeps its subject; what they
remember is a `Focus`. Where words cannot be put in the place of others they are put beside the
question: `Why were there no trains (Norra Vind)?`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol

from index.errors import BadQuestion, FootnoteError

from ..language.names import COMMON, fold, names_in, same_name, words_of
from ..language.phrases import content, is_adjective, names_of, phrases, plain
from ..llm import hang_up
from ..prompt import rewrite_prompt
from ..types import ABSTENTION
from . import pronouns
from .focus import FEW, FRAGMENT, OPENS, Focus, after, is_fragment, known_as, new_subject

TURNS = 8
"""Earlier turns that are read; what was said before them is forgotten."""

ASKED, ANSWERED = 400, 600
"""Characters of an earlier question and of its answer that are read."""

BESIDE = 4
"""Words of the last question that are put beside what answered it."""

LONGER = 30
"""Words that a model's rewrite may have more than the question."""

Turn = tuple[str, str]
"""An earlier question and its answer's text."""


class Model(Protocol):
    """The part of a model that is needed here."""

    def stream(self, system: str, user: str) -> Iterator[str]: ...


def turns_of(history: Sequence[Turn]) -> list[Turn]:
    """The turns of a history. Raises BadQuestion for one of another shape: its words are not read
    from somewhere else in it."""
    if isinstance(history, str) or not isinstance(history, Sequence):
        raise BadQuestion(f"{_HISTORY}, not {type(history).__name__}")
    for number, turn in enumerate(history, 1):
        pair = isinstance(turn, tuple | list) and len(turn) == 2
        if not pair or not all(isinstance(part, str) for part in turn):
            raise BadQuestion(f"{_HISTORY}; number {number} of it is {plain(repr(turn), ASKED)}")
    return [(asked, answer) for asked, answer in history]


_HISTORY = "a history is a sequence of (question, answer text) pairs"


def stand_alone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leans on put in; unchanged when it leans on nothing."""
    focus = Focus()
    for asked, answer in history[-TURNS:]:
        asked = plain(asked, ASKED)
        focus = after(asked, _resolved(asked, focus), plain(answer, ANSWERED), focus)
    return _resolved(question, focus)


def rewritten(question: str, history: Sequence[Turn], model: Model) -> str:
    """The question as a model makes it stand alone; by rules where the model fails or invents."""
    if not history:
        return question
    ruled = stand_alone(question, history)
    limit = 2 * (len(question) + ASKED)
    said = ""
    try:
        reply = model.stream(*rewrite_prompt(question, history[-TURNS:]))
        try:
            for piece in reply:
                said += piece
                if len(said) > limit:
                    return ruled  # it does not end, or answers instead
        finally:
            hang_up(reply)
    except FootnoteError:
        return ruled  # the same model is asked for the answer next, and says there what is wrong
    text = said.strip().strip("\"“”'").strip()
    return text if _is_sound(text, question, history) else ruled


_ODD = re.compile(r"[\[\]<>`{}|\\]|://|\*\*")
_SPELT = frozenset(
    """two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
    thousand million billion dozen hundreds thousands millions billions dozens""".split()
)


def _is_sound(text: str, question: str, history: Sequence[Turn]) -> bool:
    """Whether a rewrite is one plain line about the same, with nothing that nobody had said."""
    if not text or not text.isprintable() or _ODD.search(text):
        return False
    words = words_of(text)
    if len(words) > len(words_of(question)) + LONGER or text.startswith(ABSTENTION):
        return False
    own = {fold(w).rstrip("s") for w in content(question)}
    if own and len(own & {w.rstrip("s") for w in words}) < len(own) / 2:
        return False
    said = [question, *(part[: ASKED + ANSWERED] for part in chain.from_iterable(history[-TURNS:]))]
    known = {word for part in said for word in words_of(part)}
    numbers = {number for part in said for number in _numbers(part)}
    if not _numbers(text) <= numbers or (set(words) & _SPELT) - known:
        return False
    first = {words[0]} - COMMON if words else set()
    names = {word for name in names_in(text) for word in name.words if not word.isdigit()} | first
    return all(word in known or any(same_name(word, k) for k in known) for word in names)


def _numbers(text: str) -> set[str]:
    return {number.replace(",", "") for number in re.findall(r"\d(?:[\d,]*\d)?", text)}


def _resolved(question: str, focus: Focus) -> str:
    if not focus.question or not words_of(question):
        return question
    for rule in (_fragment, _bare, _pronouns, _known, _bridge):
        found = rule(question, focus)
        if found is not None:
            return found
    return question


def _beside(question: str, carried: str) -> str:
    """The question with words beside it that say what it is about."""
    if not carried or fold(carried) in fold(question):
        return question
    return f"{question.rstrip(' ?.!')} ({carried})?"


# "And in 2019?", "What about X?"

_YEAR = re.compile(r"\b(?:1\d{3}|20\d\d)\b")
_IN_YEAR = re.compile(
    r"^(?:(?:in|by|since|before|after|during|for) )?(?:1\d{3}|20\d\d)$", re.IGNORECASE
)
_PREPOSITION = re.compile(r"^(?:in|on|at|for|of|with|from|to|by|about)\s+", re.IGNORECASE)


def _fragment(question: str, focus: Focus) -> str | None:
    """A piece of a question: it takes the place of its like in the last, or is put beside it."""
    found = FRAGMENT.match(question)
    if not found or not is_fragment(question) or pronouns.points_out(found["rest"]):
        return None
    rest, last = found["rest"].strip(), focus.question.rstrip(" ?.!")
    if _IN_YEAR.match(rest):
        year = _YEAR.findall(rest)[0]
        if _YEAR.search(last):
            return _YEAR.sub(year, last, count=1) + "?"
        return f"{last} {rest if ' ' in rest else f'in {year}'}?"
    if not names_of(f"is {rest}"):
        return _beside(question, focus.gist)
    old = [p for p in phrases(last) if p.named]
    if len(old) == 1:
        put = _PREPOSITION.sub("", rest)
        noun = old[0].text.split()[-1]
        if is_adjective(put.split()[-1]) and noun.islower():
            put = f"{put} {noun}"  # "And Syrian?" after "Turkish soldiers"
        return last[: old[0].start] + put + last[old[0].end :] + "?"
    return question


# "Why?"

_BARE = re.compile(
    r"^(?:and |but |so )?(?:why(?: not)?|how(?: come| so| many| much| long)?|when|where|who"
    r"|by whom|since when|what for|which ones?|really|anything else|what else|tell me more|more"
    r"|go on|explain)(?: exactly| then| else)?[?.! ]*$",
    re.IGNORECASE,
)


def _bare(question: str, focus: Focus) -> str | None:
    """What is asked is all in the last question."""
    return f"{question.rstrip(' ?.!')}: {focus.gist}?" if _BARE.match(question) else None


# "When was it set up?"

_DOING = re.compile(r"\b(?:do|did|does|doing|done) (?:it|that|this|so)(?=\W*$)", re.IGNORECASE)


def _pronouns(question: str, focus: Focus) -> str | None:
    """Pronouns that point out of the question give place to what they stand for."""
    if _DOING.search(question):
        return _beside(question, focus.gist)
    if pronouns.binds_its_own(question):
        return question
    person, thing = focus.person or focus.topic, focus.thing or focus.person
    text = pronouns.put_in(question, person, thing, focus.several)
    if text == question:
        return None
    if focus.several and pronouns.is_of_several(question):
        return _beside(text, focus.topic)
    if not focus.answered:
        return text
    # What an answer named is searched with what was asked of it; names would be asked for again.
    said = {fold(word) for word in content(text)}
    words = [w for w in content(focus.question) if fold(w) not in said and w.islower()]
    return _beside(text, " ".join(words[:BESIDE]))


# "When did the strike end?"


def _known(question: str, focus: Focus) -> str | None:
    """What is called by its last word is called by more of them."""
    found = known_as(question, focus)
    if not found:
        return None
    phrase, topic = found
    return question[: phrase.start] + topic + question[phrase.end :]


# "What are the main themes?"

_OF = re.compile(
    r"^(?:what|who|which|where)(?:'s| is| are| was| were) (?:the|some)(?: [a-z]+)? "
    r"(?!\w+(?:est|ed|ing)\b)[a-z]+[?. ]*$",
    re.IGNORECASE,
)
_OWN = re.compile(r"\b(?:i|my|me|i'm|we|our)\b", re.IGNORECASE)


def _bridge(question: str, focus: Focus) -> str | None:
    """A question that has too little of its own."""
    words = content(question)
    if len(words) > FEW or not focus.thing or names_of(question):
        return None
    if OPENS.match(question) or _OWN.search(question):
        return None
    if new_subject(question, focus) and not pronouns.points_out(question):
        return None
    said = {fold(w).rstrip("s") for w in words}
    if said & {fold(w).rstrip("s") for w in content(focus.thing)}:
        return None
    if _OF.match(question):
        return f"{question.rstrip(' ?.!')} of {focus.thing}?"
    return _beside(question, focus.thing)

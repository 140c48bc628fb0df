"""What a conversation is about after some of its turns."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..language.names import COUNTRIES, fold, same_name, words_of
from ..language.phrases import (
    Phrase,
    asked_for,
    content,
    head_of,
    is_body,
    is_person,
    is_plural,
    names_of,
    officer_of,
    subject_of,
    subjects_of,
    topic_of,
)
from ..types import ABSTENTION
from . import pronouns

SHORT = 8
"""Words up to which an answer names a thing instead of telling of it."""

CARRIED = 12
"""Words that may be carried over at one place."""

FEW = 2
"""Content words up to which a question without a name may not say what it is about."""


@dataclass(frozen=True, slots=True)
class Focus:
    """What a conversation is about after some of its turns; empty strings for what is not known.

    topic:     what the last question with a subject of its own was about.
    person:    who was named last.
    named:     what a short answer named, unless only a person.
    several:   what "they" are: what was counted, or what the answer says it of.
    question:  the last question, standing alone.
    answered:  whether `person` or `named` is what answered it.
    earlier:   the topics before this one, the last first.
    heard:     the words of the last question and its answer, folded and in the singular.
    """

    topic: str = ""
    person: str = ""
    named: str = ""
    question: str = ""
    answered: bool = False
    several: str = ""
    earlier: tuple[str, ...] = ()
    heard: frozenset[str] = frozenset()

    @property
    def thing(self) -> str:
        return self.named or self.topic

    @property
    def gist(self) -> str:
        """Content words of the last question, with what answered it."""
        answers = (a for a in (self.named, self.person) if a not in self.question)
        return some(" ".join([*content(self.question), *answers]))


def some(text: str) -> str:
    return " ".join(text.split()[:CARRIED])


_ASKS_NAME = re.compile(r"\b(?:who|whom|which|what)\b", re.IGNORECASE)
_ASKS_PERSON = re.compile(
    r"\b(?:who|whom)\b|\b(?:which|what) (?:\w+ )?(?:man|woman|person|mayor|minister|president"
    r"|director|captain|judge|leader|general|official|player|singer|actor|actress|author|writer"
    r"|artist|king|queen|prince|senator|councillor|chief|officer|teacher|doctor)\b",
    re.IGNORECASE,
)
_ACTS = re.compile(
    r"\b(?:say|said|claim|claimed|announced?|told|meet|met|resign|resigned)\b", re.IGNORECASE
)
OPENS = re.compile(
    r"^(?:ok|okay|so|now|interesting)?[,. ]*(?:tell me (?:more )?about|describe|explain|define"
    r"|(?:what|who)(?:'s| is| are| was| were)) (?!the |some |other |its |more )",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"^(?:is|are|does|do|did|was|were|has|have|can|will) (?!the |there |any |some |it |you )",
    re.IGNORECASE,
)


def new_subject(question: str, focus: Focus) -> Phrase | None:
    """The definite phrase by which a question brings up what was not talked of just now.

    `the ceasefire` of `Who brokered the ceasefire?`
    """
    return next((p for p in subjects_of(question) if not _is_heard(p, focus)), None)


def known_as(question: str, focus: Focus) -> tuple[Phrase, str] | None:
    """A definite phrase of a question and the longer one for it that the conversation gives.

    `the strike` is `the cannery strike` where that was a topic, `the ceasefire` one in Zelgrad
    where Zelgrad is; neither where the question says by itself which.
    """
    if names_of(question):
        return None
    for phrase in subjects_of(question):
        if len(phrase.text.split()) > 2 or _TOLD_APART.match(question, phrase.end):
            continue
        for topic in (focus.thing, *focus.earlier):
            if head_of(topic) == head_of(phrase.text) and len(topic.split()) > 2:
                return phrase, topic
        if len(content(question)) <= FEW and _is_place(focus) and not _is_heard(phrase, focus):
            return phrase, f"{phrase.text} in {focus.thing}"
    return None


_TOLD_APART = re.compile(r" (?:of|in|at|on|near|for|about|from|that|which|where)\b")


def _is_heard(phrase: Phrase, focus: Focus) -> bool:
    return head_of(phrase.text) in focus.heard


def _is_place(focus: Focus) -> bool:
    """Whether what was talked of is where a new thing may be: `What happened in Zelgrad?`"""
    place = rf"\b(?:in|near|at) {re.escape(focus.thing)}(?!\w)"
    return bool(names_of(f"is {focus.thing}") and re.search(place, focus.question))


def after(asked: str, resolved: str, answer: str, before: Focus) -> Focus:
    """The focus once a question has been answered."""
    if not words_of(asked):
        return before
    now = _after(asked, resolved, answer, before)
    gone = (before.topic,) if before.topic not in ("", now.topic) else ()
    earlier = tuple(t for t in (*gone, *before.earlier) if t != now.topic)
    heard = frozenset(fold(w).rstrip("s") for w in words_of(f"{resolved} {answer}"))
    return replace(now, earlier=earlier, heard=heard)


def _after(asked: str, resolved: str, answer: str, before: Focus) -> Focus:
    own, fresh = _subject(asked, resolved, before)
    topic = some(own if fresh or not before.topic else before.topic)
    named = before.named if resolved != asked and not fresh else ""
    people = _people(asked)
    person = "" if fresh and names_of(own) else before.person
    person = people[0] if people else person or officer_of(asked)
    abstained = answer.startswith(ABSTENTION)
    told = _told(asked, own, "" if abstained else answer)
    person, named = told.person or person, told.named or named
    several = told.several or ("" if fresh else before.several)
    if abstained:
        return Focus(_present(topic, asked, answer), person, named, resolved, several=several)
    said = fold(resolved)
    new = [n for n in names_of(answer) if fold(n) not in said]
    who = next((n for n in new if is_person(n, answer)), "")
    short = _named_by(asked, answer)
    several = "" if short else several
    if who and (short == who or not people or _ASKS_PERSON.search(asked)):
        thing = named if short == who and _ASKS_PERSON.search(asked) else short or named
        return Focus(topic, some(who), thing, resolved, short == who, several)
    return Focus(topic, some(person), short or named, resolved, bool(short), several)


def _subject(asked: str, resolved: str, before: Focus) -> tuple[str, bool]:
    """A question's own subject, and whether it is what the next one will lean on."""
    own = topic_of(asked)
    if resolved != asked and pronouns.points_out(asked):
        return own, False
    known = known_as(asked, before)
    if known:
        return known[1], True
    if resolved == asked and not names_of(asked) and not is_fragment(asked):
        named = (p.text for p in subjects_of(asked) if own and f" {p.text}".endswith(f" {own}"))
        stands = next(named, "")
        if stands:
            return stands, True
    return own, bool(own) and _changes_topic(asked, resolved, own)


def _changes_topic(asked: str, resolved: str, own: str) -> bool:
    named = bool(names_of(f"is {own}"))
    if is_fragment(asked):
        return named and not re.search(rf"\b(?:in|at|on|for) (?:the )?{re.escape(own)}", asked)
    if named or OPENS.match(asked) or _SUBJECT.match(asked):
        return True
    return resolved == asked and len(content(own)) > 1 and not own.endswith("ly")


def _present(topic: str, asked: str, answer: str) -> str:
    """The topic, or another name of the question where the articles have none of the topic's."""
    bare = topic.removeprefix("the ")
    if f"“{bare}”" not in answer:
        return topic
    return next((n for n in names_of(asked) if f"“{n}”" not in answer), topic)


_JOINS = r"(?:of|the|and|de|van|von|bin)"
_SENTENCE = re.compile(
    rf"(?!The |A |An )[A-Z][\w-]* (?:(?!{_JOINS} )[a-z]|(?:(?:{_JOINS} )*[A-Z]\w* )+[a-z]\w* [a-z])"
)
"""`Turkey brokered ...`, and with several names only where small letters go on: the last of
`Norra Vind ferry` may be part of a name."""

_ARTICLE = re.compile(r"^(?:The|A|An)(?= [a-z])")
_PRONOUN = re.compile(r"(?:it|he|she|they|there|this|that|these|those) ", re.IGNORECASE)


def _named_by(asked: str, answer: str) -> str:
    """What a short answer names; a number or a date names nothing."""
    short = answer.strip(" .")
    if _SENTENCE.match(short) or _PRONOUN.match(short) or subject_of(short):
        return ""
    fits = 0 < len(short.split()) <= SHORT and _ASKS_NAME.search(asked)
    if not fits or not content(re.sub(r"\d", "", short)):
        return ""
    return some(_ARTICLE.sub(lambda m: m.group().lower(), short))


def _told(asked: str, own: str, answer: str) -> Focus:
    """What was counted, and the subject of an answer that is a sentence, as what it answers.

    It is what `it` is only where the question's own subject is no more than what it asks for:
    after `What caused the fire?` that stays the fire.
    """
    wanted = asked_for(asked)
    counted = wanted if is_plural(wanted) and not pronouns.is_of_several(asked) else ""
    subject = some(subject_of(answer)) if _ASKS_NAME.search(asked) else ""
    if is_plural(subject):
        return Focus(several=counted or subject)
    if _ASKS_PERSON.search(asked) and not is_body(subject):
        return Focus(person=subject, several=counted)
    return Focus(named=subject if own in ("", wanted) else "", several=counted)


def _people(asked: str) -> list[str]:
    """Who is named in a question: full names first, then single ones that act as people do."""
    names = names_of(asked)
    single = [n for n in names if n.isalpha() and not _is_land(n) and _ACTS.search(asked)]
    return [n for n in names if is_person(n, asked)] + single


def _is_land(name: str) -> bool:
    return any(same_name(fold(name), country) for country in COUNTRIES)


FRAGMENT = re.compile(
    r"^(?:(?:and|but|ok|okay|interesting|so)[,. ]+)?(?:(?:what|how) about|and|or)\b[, ]*"
    r"(?P<rest>[^?]*)[?.! ]*$",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|will"
    r"|would|should|has|have|had)\b",
    re.IGNORECASE,
)


def is_fragment(question: str) -> bool:
    found = FRAGMENT.match(question)
    return bool(found and found["rest"] and not _ASKING.search(found["rest"]))

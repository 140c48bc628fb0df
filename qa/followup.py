"""A question that leans on the conversation, made into one that stands alone: rules, no model.

Each turn is resolved in order, so that a chain (`Who leads it?` `Where was he born?`) keeps its
subject. What is remembered is a `Focus`: what is talked about, who, and the last question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .names import COMMON, COUNTRIES, fold, same_name
from .phrases import content, has_bare_definite, is_person, names_of, phrases, plain, topic_of

TURNS = 8
"""Earlier turns that are read; what was said before them is forgotten."""

ASKED, ANSWERED = 400, 600
"""Characters of an earlier question and of its answer that are read."""

CARRIED = 12
"""Words that may be carried over at one place."""

SHORT = 8
"""Words up to which an answer names a thing instead of telling of it."""

ABSTAINED = "The articles don't say"

Turn = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Focus:
    """What a conversation is about after some of its turns; empty strings for what is not known.

    topic:     what the last question with a subject of its own was about.
    person:    who was named last.
    named:     what a short answer named, unless that is a person.
    question:  the last question, standing alone.
    answered:  whether `person` or `named` is what answered it.
    """

    topic: str = ""
    person: str = ""
    named: str = ""
    question: str = ""
    answered: bool = False

    @property
    def thing(self) -> str:
        return self.named or self.topic

    @property
    def gist(self) -> str:
        """Content of the last question, with what answered it."""
        words = " ".join(content(self.question))
        answers = (self.named, self.person)
        return _some(" ".join([words, *(a for a in answers if a not in self.question)]))


def stand_alone(question: str, history: Sequence[Turn]) -> str:
    """The question with what it leans on put in; unchanged when it leans on nothing."""
    focus = Focus()
    for asked, answer in history[-TURNS:]:
        asked = plain(asked, ASKED)
        focus = _after(asked, _resolved(asked, focus), plain(answer, ANSWERED), focus)
    return _resolved(question, focus)


def _some(text: str) -> str:
    return " ".join(text.split()[:CARRIED])


_ASKS_NAME = re.compile(r"\b(?:who|whom|which|what)\b", re.IGNORECASE)
_ASKS_PERSON = re.compile(
    r"\b(?:who|whom)\b|\b(?:which|what) (?:\w+ )?(?:man|woman|person|mayor|minister|president"
    r"|director|captain|judge|leader|general|official|player|singer|actor|actress|author|writer"
    r"|artist|king|queen|king|prince|senator|councillor|chief|officer|teacher|doctor)\b",
    re.IGNORECASE,
)


def _after(asked: str, resolved: str, answer: str, before: Focus) -> Focus:
    """The focus once a question has been answered."""
    own = topic_of(asked)
    fresh = bool(own) and _changes_topic(asked, resolved, own)
    topic = _some(own if fresh or not before.topic else before.topic)
    named = before.named if resolved != asked and not fresh else ""
    people = _people(asked)
    person = people[0] if people else ("" if fresh and names_of(own) else before.person)
    if answer.startswith(ABSTAINED):
        return Focus(topic, person, named, resolved)
    known = fold(resolved)
    new = [n for n in names_of(answer) if fold(n) not in known]
    who = next((n for n in new if is_person(n, answer)), "")
    short = _named_by(asked, answer)
    if who and (short == who or not people or _ASKS_PERSON.search(asked)):
        thing = named if short == who and _ASKS_PERSON.search(asked) else short or named
        return Focus(topic, who, thing, resolved, short == who)
    return Focus(topic, person, short or named, resolved, bool(short))


def _named_by(asked: str, answer: str) -> str:
    """What a short answer names; a number or a date names nothing."""
    short = answer.strip(" .")
    fits = 0 < len(short.split()) <= SHORT and _ASKS_NAME.search(asked)
    return _some(short) if fits and content(re.sub(r"\d", "", short)) else ""


def _people(asked: str) -> list[str]:
    """Who is named in a question: full names first, then single ones that are no country's."""
    names = names_of(asked)
    single = [
        n for n in names if " " not in n and n.isalpha() and not _lands(n) and _SPEAKS.search(asked)
    ]
    return [n for n in names if is_person(n, asked)] + single


_SPEAKS = re.compile(
    r"\b(?:say|said|claim|claimed|announce|announced|told|meet|met|resign|resigned)\b", re.I
)


def _lands(name: str) -> bool:
    return any(same_name(fold(name), country) for country in COUNTRIES)


_SUBJECT = re.compile(
    r"^(?:is|are|does|do|did|was|were|has|have|can|will) (?!the |there |any |some |it |you )", re.IGNORECASE
)


def _changes_topic(asked: str, resolved: str, own: str) -> bool:
    if _find(_PRONOUN, asked) and resolved != asked:
        return False
    if _is_fragment(asked):
        return bool(names_of(f"is {own}")) and not re.search(r"\b(?:in|at|on|for|about the) \W*" + re.escape(own), asked)
    if _OPENS.match(asked):
        return True
    return bool(names_of(f"is {own}")) or bool(_SUBJECT.match(asked)) or (
        resolved == asked and len(content(own)) >= WEAK and not own.endswith('ly')
    )


WEAK = 2


def _resolved(question: str, focus: Focus) -> str:
    if not focus.question:
        return question
    for rule in (_fragment, _bare, _pronouns, _bridge):
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

_FRAGMENT = re.compile(
    r"^(?:(?:and|but|ok|okay|interesting|so)[,. ]+)?(?:(?:what|how) about|and|or)\b[, ]*"
    r"(?P<rest>[^?]*)[?.! ]*$",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|will"
    r"|would|should|has|have|had)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1\d{3}|20\d\d)\b")
_IN_YEAR = re.compile(
    r"^(?:(?:in|by|since|before|after|during|for) )?(?:1\d{3}|20\d\d)$", re.IGNORECASE
)
_PREPOSITION = re.compile(r"^(?:in|on|at|for|of|with|from|to|by|about)\s+", re.IGNORECASE)


def _is_fragment(question: str) -> bool:
    found = _FRAGMENT.match(question)
    return bool(found and found["rest"] and not _ASKING.search(found["rest"]))


def _fragment(question: str, focus: Focus) -> str | None:
    """A piece of a question: it takes the place of its like in the last one, or joins its topic."""
    found = _FRAGMENT.match(question)
    if not found or not _is_fragment(question) or _PRONOUN.search(found["rest"]):
        return None
    rest, last = found["rest"].strip(), focus.question.rstrip(" ?.!")
    if _IN_YEAR.match(rest):
        year = _YEAR.findall(rest)[0]
        if _YEAR.search(last):
            return _YEAR.sub(year, last, count=1) + "?"
        return f"{last} {rest if ' ' in rest else f'in {year}'}?"
    old = [p for p in phrases(last) if p.named]
    if not names_of(f"is {rest}"):
        return _beside(question, focus.gist)
    if len(old) == 1:
        return last[: old[0].start] + _PREPOSITION.sub("", rest) + last[old[0].end :] + "?"
    return question


_BARE = re.compile(
    r"^(?:and |but |so )?(?P<asks>why(?: not)?|how(?: come| so| many| much| long)?|when|where|who"
    r"|by whom|since when|what for|which ones?|really|anything else|what else|tell me more|more"
    r"|go on|explain)(?: exactly| then| else)?[?.! ]*$",
    re.IGNORECASE,
)


def _bare(question: str, focus: Focus) -> str | None:
    """`Why?`: what is asked is all in the last question."""
    if not _BARE.match(question):
        return None
    return f"{question.rstrip(' ?.!')}: {focus.gist}?"


# "When was it set up?"

_PRONOUN = re.compile(
    r"\b(?:he|she|him|his|hers|her|it|its|they|them|their|theirs|this|that|these|those|there|one"
    r"|ones|such|the same)\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(r"\b(?:he|she|him|his|hers|her)\b(?P<after>\W*\w*)", re.IGNORECASE)
_THING = re.compile(r"\b(?:it|its|they|them|their|theirs)\b(?P<after>\W*\w*)", re.IGNORECASE)
_EXPLETIVE = re.compile(
    r"\b(?:is|was|be) it (?!related|similar|close|native|due|compared|used|linked)\w+ (?:to|that)\b|"
    r"\bit(?: is|'s| was)?(?: (?:really|still|ever|not|also))? (?:possible|true|likely|necessary"
    r"|worth|legal|common|safe|important|easy|hard|difficult|better|ok|okay|best|good|bad|fair"
    r"|raining|take|takes|took|cost|mean|happen)\b.{0,40}?\b(?:to|that|for|if|when|until)\b|\bwhat time is it\b",
    re.IGNORECASE,
)
_POINTED = re.compile(
    r"(?:^|\b(?P<before>\w+)\W+)(?P<point>this|that|these|those|such|the same)(?: (?P<noun>[^\W\d]\w+))?",
    re.IGNORECASE,
)
_TIMES = frozenset(
    "day days week weeks month months year years morning evening night time moment way".split()
)
_ONE = re.compile(
    r"\b(?P<det>an?|the|each|any|every|this|that|new|other|another) (?P<adj>new |best |other )?ones?\b"
    r"(?! of| day| more)",
    re.IGNORECASE,
)
_THERE = re.compile(
    r"(?<!\bis )(?<!\bare )(?<!\bwas )(?<!\bwere )(?<!n't )(?<!n’t )\bthere(?=\W*$|[,;]| and )",
    re.IGNORECASE,
)
_DOING = re.compile(r"\b(?:do|did|does|doing|done) (?:it|that|this|so)(?=\W*$)", re.IGNORECASE)


def _pronouns(question: str, focus: Focus) -> str | None:
    """Each pronoun that points out of the question gives place to what it stands for."""
    if _DOING.search(question):
        return _beside(question, focus.gist)
    if _bound_at(question):
        return question
    text = _replace(question, _PERSONAL, focus.person or focus.topic, people=True)
    if not _EXPLETIVE.search(text) and (text == question or not names_of(f"is {focus.thing}")):
        text = _replace(text, _THING, focus.thing or focus.person)
    if text == question:
        text = _point(text, focus)
    if text == question:
        text = _one(text, focus)
    if text == question and focus.thing:
        text = _THERE.sub(lambda m: f"in {focus.thing}", text, count=1)
    return _with_question(text, focus) if text != question else None


def _with_question(text: str, focus: Focus) -> str:
    """What an answer named is searched with what was asked of it."""
    if not focus.answered:
        return text
    said = {fold(w) for w in content(text)}
    words = [w for w in content(focus.question) if fold(w) not in said and w.islower()]
    return _beside(text, " ".join(words[:BESIDE]))


BESIDE = 4


def _find(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The first match that is no part of a title: small, or at the beginning of a sentence."""
    for found in pattern.finditer(text):
        word = found.group().lstrip()
        if word[:1].islower() or text[: found.start()].rstrip()[-1:] in ("", ".", "?", "!"):
            return found
    return None


def _replace(text: str, pattern: re.Pattern[str], stands_for: str, people: bool = False) -> str:
    found = _find(pattern, text)
    if not found or not stands_for or _bound(text, found.start(), people):
        return text
    pronoun = re.match(r"\w+", found.group())
    assert pronoun
    word = pronoun.group().lower()
    owns = word in ("his", "its", "their") or (
        word == "her" and bool(re.match(r" \w", found["after"])) and found["after"].split()[0] not in COMMON
    )
    new = _owner(stands_for) if owns else stands_for
    return text[: found.start()] + new + text[found.start() + len(word) :]


def _bound_at(text: str) -> bool:
    found = _find(_PERSONAL, text) or _find(_THING, text)
    return bool(found and _bound(text, found.start(), bool(_PERSONAL.match(found.group()))))


def _owner(name: str) -> str:
    return f"{name}'" if name.endswith("s") else f"{name}'s"


_CLAUSE = re.compile(
    r"[,;.?!]| (?:what|where|why|when|how|who|if|because|that|so|before|after) "
    r"| (?:and|but|or) (?:what|where|why|when|how|who|is|are|was|were|do|does|did|can|will|has|have"
    r"|he|she|it|they|his|her|its|their)\b",
    re.IGNORECASE,
)


def _bound(text: str, at: int, people: bool) -> bool:
    """Whether a pronoun stands for something that the question itself names before it."""
    said = text[: at + len(re.split(r"\W", text[at:], maxsplit=1)[0])]
    ends = [m.start() for m in _CLAUSE.finditer(said)]
    before = text[: ends[-1]] if ends else ""
    found = [p for p in phrases(before) if not fold(p.text).isdigit()]
    if people:
        long = any(len(content(p.text)) > 1 for p in found)
        return long or any(is_person(name, before) for name in names_of(before))
    return bool(found)


def _point(text: str, focus: Focus) -> str:
    """`that deal`: what is talked about is put beside it, or in its place."""
    for found in _POINTED.finditer(text):
        before, noun = (found["before"] or "").lower(), (found["noun"] or "").lower()
        if noun in _TIMES or (found["point"].lower() == "that" and before and before not in COMMON):
            continue
        if not noun or noun in COMMON:
            if found["point"].lower() in ("such", "the same"):
                continue
            if not focus.thing:
                continue
            start, end = found.span("point")
            return text[:start] + focus.thing + text[end:]
        head = focus.thing.split()[-1:] or [""]
        if fold(head[0]).rstrip("s") == fold(noun).rstrip("s"):
            start, end = found.start("point"), found.end("noun")
            return text[:start] + focus.thing + text[end:]
        return _beside(text, focus.thing)
    return text


def _one(text: str, focus: Focus) -> str:
    found = _ONE.search(text)
    if not found or not focus.thing or _bound(text, found.start(), False):
        return text
    thing = re.sub(r"^(?:the|an?) ", "", focus.thing, flags=re.IGNORECASE)
    return text[: found.start()] + f"{found['det']} {found['adj'] or ''}{thing}" + text[found.end() :]


# "What are the main themes?"

_OPENS = re.compile(
    r"^(?:ok|okay|so|now|interesting)?[,. ]*(?:tell me (?:more )?about|describe|explain|define|(?:what|who)(?:'s| is| are| was| were))"
    r" (?!the |some |other |its |more )",
    re.IGNORECASE,
)
_OF = re.compile(
    r"^(?:what|who|which|where)(?:'s| is| are| was| were) (?:the|some)(?: [a-z]+)? (?!\w+(?:est|ed|ing)\b)[a-z]+[?. ]*$",
    re.IGNORECASE,
)
_MINE = re.compile(r"\b(?:i|my|me|i'm|we|our)\b", re.IGNORECASE)

FEW = 2
SOME = 2


def _bridge(question: str, focus: Focus) -> str | None:
    """A question that has too little of its own: `What are the main themes?`."""
    words = content(question)
    if not focus.thing or names_of(question) or _MINE.search(question) or _OPENS.match(question):
        return None
    topic = {fold(w).rstrip("s") for w in content(focus.thing)}
    if topic & {fold(w).rstrip("s") for w in words}:
        return None
    if len(words) > (SOME if has_bare_definite(question) else FEW):
        return None
    if _OF.match(question) and len(words) <= FEW:
        return f"{question.rstrip(' ?.!')} of {focus.thing}?"
    return _beside(question, focus.thing)

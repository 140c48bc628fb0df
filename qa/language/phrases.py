"""What a sentence talks about: its names and its noun phrases, by word lists and no tagger."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .names import COMMON, COUNTRIES, fold, same_name
from .speech import is_past

_TOKEN = re.compile(r"[^\W_](?:[\w'’.&-]*[^\W_])?")
_MARKER = re.compile(r"\[\d+\]")

_WH = frozenset("who whom whose what when where which why how".split())
_AUXILIARY = frozenset("do does did can could will would should shall may might must".split())
_BREAKS = COMMON | frozenset(
    """you your i me myself we let lets get got gets me many much kind sort type types kinds
    am being been done doing going able want wanted need needs like know think mean means called
    there here please thanks thank ok okay interesting oh hi hello yes too very really even just
    ever still already instead actually exactly usually typically currently generally besides
    across around among towards without within else first last main best better other others new
    available similar different important good bad big biggest largest common popular famous
    don't doesn't didn't can't isn't aren't wasn't won't what's who's that's it's i'm i've there's
    getting causes
    using versus vs per via like such as well different difference differences between
    go goes went come comes came make makes made give gives gave take takes took find finds found
    become becomes became begin began begins start started starts end ended ends keep keeps kept
    happen happening known considered used cause caused compare compares compared differ differs
    exist exists existed include includes included lead leads led influence influenced affect
    affects affected change changed changes eat eats live lives lived work works worked play plays
    played cost costs work die died dies born win wins won lose lost pay pays paid charge charged
    replace replaced stop stopped help helps helped show shows showed mention mentioned explain
    recommend create created creates build built install installed compete survive survived enable
    enabled prevent prevented treat treated cure cured learn read write wrote written sing sings
    sang sung star stars starred originate originated resign resigned kill killed kills
    say said meet met ask asked agree agreed demand demanded see seen use uses attract catch
    """.split()
)
_HEADS = frozenset(
    """role roles effect effects impact history cause causes origin origins symptom symptoms sign
    signs type types kind kinds example examples evidence purpose importance difference
    differences advantage advantages disadvantage disadvantages benefit benefits pros cons risk
    risks part parts reason reasons name names number cost price meaning definition author
    significance relationship process features characteristics information details summary
    head director mayor chair""".split()
)
_BODIES = frozenset(
    """council bank party university institute association society company club school college
    road street bridge city county party army navy ministry committee court union trust group
    authority office agency department river island islands sea ocean lake mountain mountains
    war act festival league cup prize award church hospital museum theatre park station airport
    organisation organization corporation company inc ltd plc group holdings airlines motors foods
    fuels energy construction news times post
    system disease experiment film album song st saint compact empire republic states
    kingdom""".split()
)


def plain(text: str, limit: int) -> str:
    """The first `limit` characters without markers, control characters and spare spaces."""
    printable = "".join(c if c.isprintable() else " " for c in text[:limit])
    return " ".join(_MARKER.sub(" ", printable).split())


def tokens(text: str) -> list[re.Match[str]]:
    return list(_TOKEN.finditer(text))


def content(text: str) -> list[str]:
    """The words of a text that say what it is about, as they are written there."""
    return [m.group() for m in tokens(text) if fold(m.group()) not in _BREAKS]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A run of words `text[start:end]`; `named` when it begins with a name."""

    text: str
    start: int
    end: int
    named: bool


def phrases(text: str) -> list[Phrase]:
    """The names and noun phrases of a text in order, each with the article before it."""
    found = tokens(text)
    runs: list[list[int]] = []
    for i in range(len(found)):
        if not _is_content(i, found, text):
            continue
        adjoins = runs and runs[-1][-1] == i - 1 and _apart(text, found, i - 1) in (" ", "'")
        if adjoins and not _parts(found, runs[-1], i):
            runs[-1].append(i)
        elif runs and _joined(text, found, runs[-1], i):
            runs[-1] += range(runs[-1][-1] + 1, i + 1)
        else:
            runs.append([i])
    return [_phrase(text, found, run) for run in runs]


def _is_content(i: int, found: Sequence[re.Match[str]], text: str) -> bool:
    word = found[i].group()
    if i and word[0].islower() and _ACTS.fullmatch(found[i - 1].group()):
        return False  # a verb: "can I open", "how do they spread", "to buy"
    if i and fold(found[i - 1].group()) in ("is", "are", "was", "were"):
        told = i > 1 and word.islower() and fold(found[i - 2].group()) not in COMMON
        if told or word.endswith("ing") or (word.islower() and is_past(word)):
            return False  # what is said of a thing: "people were hurt"
    if word[0].isupper() and i and text[found[i].start() - 2 : found[i].start() - 1] not in ".?!":
        return fold(word) not in COMMON
    return fold(word) not in _BREAKS


_ACTS = re.compile(r"i|you|we|they|he|she|it|to|who|that", re.IGNORECASE)


def _apart(text: str, found: Sequence[re.Match[str]], i: int) -> str:
    return text[found[i].end() : found[i + 1].start()]


def _parts(found: Sequence[re.Match[str]], run: Sequence[int], i: int) -> bool:
    """Whether the next word begins another phrase: a possessive ends one."""
    return found[run[-1]].group().endswith(("'s", "’s"))


def _joined(text: str, found: Sequence[re.Match[str]], run: Sequence[int], i: int) -> bool:
    """Whether two names are one: `Lord of the Isles`, `Bank of England`."""
    last = run[-1]
    between = text[found[last].end() : found[i].start()]
    capitals = found[last].group()[0].isupper() and found[i].group()[0].isupper()
    return capitals and last > 0 and between in (" of ", " of the ", " for ", " for the ")


def _phrase(text: str, found: Sequence[re.Match[str]], run: Sequence[int]) -> Phrase:
    capitals = [i for i in run if _is_name(found[i].group())]
    named = bool(capitals) and (capitals[-1] > 0)
    definite = run[0] > 0 and fold(found[run[0] - 1].group()) == "the"
    first, last = run[0], run[-1]
    if named:
        # "Dali choose surrealism" is about Dali, "the Milgram experiment" about the experiment.
        asked = definite and run[0] > 1 and fold(found[run[0] - 2].group()) in _AUXILIARY
        if last > capitals[-1]:
            noun = (definite and not asked) or is_adjective(found[capitals[-1]].group())
            last = capitals[-1] + noun
    start = found[first - definite].start()
    end = found[last].end()
    said = text[start:end]
    return Phrase(said.removesuffix("'s").removesuffix("’s"), start, end, named)


_FINITE = frozenset(
    """is are was were has have had does did do can could will would may might must died
    says""".split()
)
_PLURAL = re.compile(r"(?:[^s]s|people|children|men|women|police)$", re.IGNORECASE)


def subject_of(sentence: str) -> str:
    """What stands before the verb of a statement: `the Centre Party` of `The Centre Party won`.

    "" where no verb is known, or the words before it are no plain noun phrase.
    """
    found = tokens(sentence)
    first = fold(found[0].group()) if found else ""
    if first in COMMON - _ARTICLES:
        return ""
    opens = first in _ARTICLES
    for i in range(opens + 1, len(found)):
        if not _is_verb(found[i].group()) or sentence[: found[i].start()].endswith(", "):
            continue
        subject = sentence[found[opens].start() : found[i].start()].strip()
        if re.search(r"[,;:.]|\b(?:and|or)\b", subject):
            return ""
        return f"the {subject}" if opens else subject
    return ""


_ARTICLES = frozenset(("a", "an", "the"))


def _is_verb(word: str) -> bool:
    return word.islower() and (word in _FINITE or is_past(word))


def is_plural(thing: str) -> bool:
    """Whether a noun phrase names more than one, as far as its last word says so."""
    return bool(_PLURAL.search(thing))


def is_body(thing: str) -> bool:
    """Whether the words of a noun phrase name a place or a body, and nobody."""
    return any(fold(word) in _BODIES or fold(word) in COUNTRIES for word in thing.split())


def is_adjective(word: str) -> bool:
    """Whether a word is of a country, as `Turkish` is: the noun behind it belongs to it."""
    bare = fold(word)
    named = word[0].isupper() and bare not in COUNTRIES
    return named and any(same_name(bare, country) for country in COUNTRIES)


def _is_name(word: str) -> bool:
    return word[0].isupper() or fold(word) in COUNTRIES


def names_of(text: str) -> list[str]:
    """The names in a text as they are written, without the words before and after them."""
    names = []
    for phrase in phrases(text):
        if phrase.named:
            words = phrase.text.removeprefix("the ").removeprefix("The ").split()
            capital = [i for i, w in enumerate(words) if _is_name(w)]
            if capital:
                names.append(" ".join(words[capital[0] : capital[-1] + 1]))
    return names


def is_person(name: str, text: str) -> bool:
    """Whether a name may be a person's: two or three capitalised words that name no body."""
    words = name.split()
    at = text.find(name)
    before = text[:at].split()[-1:] if at >= 0 else []
    if before and before[0].lower() in ("the", "in", "at", "near", "from"):
        return False
    if any(fold(w) in _BODIES or fold(w) in COUNTRIES or any(map(str.isdigit, w)) for w in words):
        return False
    return len(words) in (2, 3) and all(w[0].isupper() for w in words)


_OPENED = re.compile(
    r"(?:\b(?:tell|told|know|learn|hear|read|reading|say|talk|more|what|how) (?:me |us )?(?:more )?"
    r"about|^(?:who|what) (?:is|are|was|were)) "
    r"(?P<topic>(?:the |a |an )?[A-Z][^.?!]*?)(?= in particular|[.?!]|$)"
)


def topic_of(question: str) -> str:
    """What a question is about, "" where it names nothing of its own."""
    opened = _OPENED.search(question)
    if opened:
        return opened["topic"].strip()
    found = [_without_verb(p, question) for p in phrases(question)]
    found = [p for p in found if not (p.text.isdigit() and _WHEN.search(question[: p.start]))]
    if not found:
        return ""
    best = max(found, key=lambda p: (_weight(p, question), -p.start))
    if not best.named and _ASKS_FOR.search(question[: best.start]):
        return f"the {best.text}"
    return _with_place(best, found, question)


_WHEN = re.compile(r"\b(?:in|on|by|since|before|after|until|during) $", re.IGNORECASE)
_ASKS_FOR = re.compile(r"\b(?:how many|how much|what|which) $", re.IGNORECASE)
_MEASURED = re.compile(r"\bhow many \w+ of $", re.IGNORECASE)


def asked_for(question: str) -> str:
    """The thing that a question wants counted or picked out, "" where there is none.

    `the passengers` of `How many passengers ...`, `the road` of `Which road ...`.
    """
    for phrase in phrases(question):
        if _ASKS_FOR.search(question[: phrase.start]) and not _is_head(phrase):
            noun = _without_verb(phrase, question).text
            return noun if phrase.named else f"the {noun}"
    return ""


_DO = re.compile(r"\b(?:do|does|did|can|could|will|would|should|may|might|must) $", re.IGNORECASE)
_BE = re.compile(r"\b(?:is|are|was|were|has|have|had) $", re.IGNORECASE)
_GOES_ON = re.compile(
    r"\W*$| (?:the|an?|his|her|its|their|in|at|on|by|to|for|from|of|with|about|near|off|into|over"
    r"|after|before|during|because|when)\b",
    re.IGNORECASE,
)
_IS_IT = re.compile(r"^\W*(?:is|are|was|were) $", re.IGNORECASE)
_NO_MORE = re.compile(r"\W*$")


def _without_verb(phrase: Phrase, question: str) -> Phrase:
    """The phrase without what its last word says of it, which no list tells from a noun.

    `did the council approve the plan`, `was the bridge closed`, `which ferry sank`, `is it safe`.
    """
    noun, _, last = phrase.text.rpartition(" ")
    if fold(noun) in ("", "the") or not last.islower():
        return phrase
    before = question[: phrase.start]
    verb = _DO.search(before) and _GOES_ON.match(question, phrase.end)
    past = is_past(fold(last)) and (_BE.search(before) or _ASKS_FOR.search(before))
    said = _IS_IT.search(before) and _NO_MORE.match(question, phrase.end)
    if not verb and not past and not said:
        return phrase
    return replace(phrase, text=noun, end=phrase.start + len(noun))


_PLACED = re.compile(r" (?:in|at|on|near) ")


def _with_place(best: Phrase, found: Sequence[Phrase], question: str) -> str:
    """`the ceasefire in Idlib` is about the ceasefire, not about Idlib."""
    before = next((p for p in found if _PLACED.fullmatch(question[p.end : best.start])), None)
    if before is None or not best.named or not before.text.lower().startswith("the "):
        return best.text
    return question[before.start : best.end]


def _weight(phrase: Phrase, question: str) -> int:
    before = question[: phrase.start].split()[-1:]
    weight = 3 * phrase.named
    if _ASKS_FOR.search(question[: phrase.start]):
        weight -= 4  # "How many people died in the fire?" is about the fire
    measured = _MEASURED.search(question[: phrase.start])
    if measured and not phrase.named:
        weight -= 4  # so is "How many litres of fuel burned in the fire?"
    if _is_actor(phrase, question):
        weight -= 1 + phrase.named
    if before and before[0].lower() in ("of", "about"):
        weight += 2
    if _is_head(phrase):
        weight -= 2
    if phrase.text.isdigit():
        weight -= 4
    return weight


def _is_head(phrase: Phrase) -> bool:
    return fold(phrase.text.split()[-1]) in _HEADS


_OFFICES = frozenset(
    """mayor minister president director captain owner judge chief chairman chairwoman master king
    queen governor manager""".split()
)
_ACTORS = _OFFICES | frozenset(
    """council government parliament committee commission court ministry police army union party
    company""".split()
)


def officer_of(question: str) -> str:
    """A person whom a question calls by an office: `the mayor`; "" where there is none."""
    for phrase in (_without_verb(p, question) for p in phrases(question)):
        if fold(phrase.text.split()[-1]) in _OFFICES:
            return phrase.text
    return ""


def _is_actor(phrase: Phrase, question: str) -> bool:
    """Whether a phrase is a person or body that does something: `it` is what it is done to.

    What seems a person's name may be a ship's, so that only what is asked `about` comes before it.
    """
    if phrase.named and is_person(phrase.text, question):
        return True
    does = _DO.search(question[: phrase.start])
    return bool(does) and fold(phrase.text.split()[-1]) in _ACTORS


_LEANING = (
    _HEADS
    | _ACTORS
    | frozenset(
        """term definition version section chapter scene plot ending title theme character
        idea theory concept method technique treatment diagnosis diet recipe ingredient
        culture number figure amount total percentage rate size height length width depth
        weight age speed distance duration population temperature colour color shape design
        structure location place site area region country nation state city town village
        capital world past future present moment time day night morning afternoon evening
        week month year season beginning middle end start outcome result verdict sentence
        ruling decision vote ballot turnout count tally majority report statement study
        survey finding conclusion recommendation response reaction answer question reason
        motive purpose goal aim objective target deadline date budget bill fee fine fare tax
        salary wage prize reward funding money fund damage loss debt economy climate weather
        environment profit revenue victim suspect culprit attacker killer gunman driver
        pilot crew passenger survivor witness winner loser runner-up leader founder owner
        inventor designer builder author writer artist singer actor player coach manager
        host successor predecessor candidate opposition spokesman spokeswoman spokesperson
        doctor lawyer prosecutor defendant family father mother son daughter wife husband
        brother sister child man woman people public film movie book novel story song album
        show series game team club group band organisation organization firm business
        industry ship vessel boat plane aircraft product device project programme program
        plan proposal scheme deal agreement law policy case problem issue situation matter
        topic subject thing event system model rest same others draw drawing ticket inquiry
        investigation""".split()
    )
)
"""Nouns that belong to something or name its kind: `the vote`, `the captain`, `the town`."""

_NEW = re.compile(r"\bthe (?:new|old) $", re.IGNORECASE)


def subjects_of(question: str) -> list[Phrase]:
    """The definite phrases that can say by themselves what a question is about: `the ceasefire`.

    What belongs to something else cannot, nor what are likely its parts: `the tickets`.
    """
    if not _THE.search(question):
        return []
    found = [_definite(_without_verb(p, question), question) for p in phrases(question)]
    whole = [p for p in found if p and not p.named and not _is_broken_off(p, question)]
    return [p for p in whole if _stands(p.text.split()[1:])]


_THE = re.compile(r"\bthe ", re.IGNORECASE)
_ANOTHER = re.compile(r"(?:,? (?:and|or)|,) (?!who|what|when|where|why|how)")


def _is_broken_off(phrase: Phrase, question: str) -> bool:
    """Whether more of it follows: `the environmental` of `the environmental cost`."""
    after = question[phrase.end :]
    following = fold(after.split()[0]) if after[:1] == " " and after.strip() else ""
    return bool(_ANOTHER.match(after)) or following in _HEADS


def _definite(phrase: Phrase, question: str) -> Phrase | None:
    """The phrase from its article on, that of `the new bridge` too; None without one."""
    if phrase.text.lower().startswith("the "):
        return phrase
    new = _NEW.search(question[: phrase.start])
    if not new:
        return None
    return replace(phrase, text=question[new.start() : phrase.end], start=new.start())


def _stands(words: Sequence[str]) -> bool:
    head = fold(words[-1])
    if head in _LEANING or head.removesuffix("s") in _LEANING or head.endswith("ly"):
        return False
    several = [_is_several(word) for word in words]
    return len(words) > 1 and not several[0] if any(several) else True


def _is_several(word: str) -> bool:
    return is_plural(word) and not word.endswith(("us", "is"))


def head_of(thing: str) -> str:
    """What a thing is called without what tells it from others: `strike` of `the mill strike`."""
    words = _AFTER_HEAD.split(thing)[0].split()
    return fold(words[-1]).rstrip("s") if words else ""


_AFTER_HEAD = re.compile(r" (?:of|in|at|on|near|for|about|from) ")

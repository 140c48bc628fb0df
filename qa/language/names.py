"""What a text names, and whether other words name it too: rules over words, no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Set
from dataclasses import dataclass
from itertools import pairwise

from .forms import ADJECTIVES, IRREGULAR


def fold(word: str) -> str:
    """A word without case, accents and possessive, so that two writings of it compare."""
    if word.isascii():  # nearly always, and eight times as fast
        return word.lower().removesuffix("'s").strip(".'-")
    bare = unicodedata.normalize("NFKD", word.casefold().replace("’", "'").removesuffix("'s"))
    return "".join(c for c in bare if not unicodedata.combining(c)).strip(".'-")


COMMON = frozenset(
    """a about after all also although among an and another any are as at be because been before
    both but by can could did do does during each few first following for from had has have he
    her hers him his how however i if in into is it its just last later many may more most much
    my near next no none not now of on once one only or other our out over she should since so
    some such than that the their them then there these they this those though through to two
    under until up upon us was we were what when where whether which while who whom whose why
    will with within without would yes yet you your monday tuesday wednesday thursday friday
    saturday sunday january february march april may june july august september october november
    december tell explain describe list name give according please say says said show did happen
    happened happens occur occurred took take takes place""".split()
)
"""Words that a capital letter at the start of a sentence does not make a name."""

_WORD = re.compile(r"[^\W_][\w'’.&]*[^\W_]|[^\W_]")


_OWNER = re.compile(r"['’]s$")
_Run = list[re.Match[str]]


@dataclass(frozen=True, slots=True)
class Name:
    """Something a question names: as it is written there, and as folded words without titles.

    together:  whether its words must stand together, as in `Pier 5`.
    """

    text: str
    words: tuple[str, ...]
    together: bool = False


def names_in(text: str) -> list[Name]:
    """What a text names: runs of capitalised words, words with a digit, years.

    `Did Martin Quill resign in 2024?` names Martin Quill and 2024. A single first word owes its
    capital to its place and is left out.
    """
    return [_name(text, run) for run in _runs(text)]


def names_apart(question: str) -> list[Name]:
    """The same, but each by itself where the articles need not say them together; and what bears a
    number.

    `Delaware Governor John Carney` names Delaware and John Carney, `the UK's National Crime
    Agency` the UK and the agency, and `Senior Hamas leaders` begins with no name. `Pier 5` is a
    name besides Pier, and so is `flight 236`.
    """
    apart = [_name(question, part) for run in _runs(question) for part in _parts(run)]
    return [*apart, *_numbered(question)]


def _numbered(question: str) -> list[Name]:
    """Names and listed nouns with the small number that directly follows them."""
    found = []
    for match in _NUMBERED.finditer(question):
        word = fold(match["word"])
        named = match.start() > 0 and _is_name(match["word"]) and word not in _MONTHS
        if named or word in _BEAR_NUMBERS:
            found.append(Name(match.group(), (word, match["number"]), together=True))
    return found


_NUMBERED = re.compile(
    r"\b(?P<word>[^\W\d_]+) (?P<number>[1-9]\d{0,2})\b(?![.,:]?\d|\s*(?:%|per ?cent))"
)
_BEAR_NUMBERS = frozenset(
    """amendment article berth block bus chapter clause dock exhibit flight gate hangar highway line
    paragraph phase pier platform quay resolution room route runway section terminal train unit
    ward""".split()
)
_MONTHS = frozenset("jan feb mar apr jun jul aug sep sept oct nov dec".split())


def _runs(text: str) -> list[_Run]:
    runs: list[_Run] = []
    for found in _WORD.finditer(text):
        word = found.group()
        if not _is_name(word) or _is_amount(text, found):
            continue
        last = runs[-1][-1] if runs else None
        adjoins = last is not None and _adjoins(last.group(), text[last.end() : found.start()])
        if adjoins and last and not word.isdigit() and not last.group().isdigit():
            runs[-1].append(found)
        else:
            runs.append([found])
    first = _WORD.search(text)
    if runs and first and [m.start() for m in runs[0]] == [first.start()]:
        runs = runs if _digits(first.group()) else runs[1:]
    return runs


def _adjoins(word: str, gap: str) -> bool:
    """Whether a name goes on behind a word: `Dr. Smith` and `J. Smith` are written with a stop."""
    return gap == " " or (gap == ". " and (len(word) == 1 or fold(word) in _SHORT_TITLES))


def _is_amount(text: str, found: re.Match[str]) -> bool:
    """Whether digits have a unit or a currency: `3m`, `10am`, `2nd`, `£2000`.

    A rank before a name belongs to it, `5th Avenue`, and a century is a time as a year is.
    """
    if _digits(found.group()) and text[: found.start()].endswith(tuple("$£€¥")):
        return True
    amount = _AMOUNT.fullmatch(found.group())
    if amount is None or amount["rank"] is None:
        return amount is not None
    after = _WORD.match(text, found.end() + 1) if text.startswith(" ", found.end()) else None
    if after is None or _digits(after.group()):
        return True
    return not _is_name(after.group()) and fold(after.group()) != "century"


_AMOUNT = re.compile(
    r"\d+(?:\.\d+)?(?:(?P<rank>st|nd|rd|th)|(?i:[ap]\.?m|mn|[bt]n|[mck]m|[mk]g|[mc]l|lbs?|oz|ft|mph|kph"
    r"|[kmgt]wh?|[kmgt]b|[km]?hz)|[mkgp])"
)
"""Units of one letter are small: 5G and 3M are names."""


def _parts(run: _Run) -> list[_Run]:
    """A run, ended behind a possessive and before an office that somebody's name follows."""
    parts: list[_Run] = [[]]
    for found, after in zip(run, [*run[1:], None], strict=True):
        office = fold(found.group()) in _TITLES | _OFFICES and after is not None
        if office and parts[-1]:
            parts.append([])
        elif not office:
            parts[-1].append(found)
        if _OWNER.search(found.group()):
            parts.append([])
    return [part for part in parts if part] or [run]


def _name(text: str, run: _Run) -> Name:
    words = _untitled([fold(found.group()) for found in run])
    return Name(text[run[0].start() : run[-1].end()], words)


def _digits(word: str) -> bool:
    return any(c.isdigit() for c in word)


_SHORT_TITLES = frozenset(
    """mr mrs ms dr prof sen rep gov gen col capt lt sgt maj adm insp rev hon""".split()
)
"""Titles that are written with a full stop, which ends no sentence."""

_TITLES = _SHORT_TITLES | frozenset(
    """miss sir dame lord lady president mayor minister councillor councilor senator
    governor judge justice captain colonel general professor king queen prince princess pope
    chief secretary chancellor ambassador inspector sergeant""".split()
)

_OFFICES = frozenset(
    """prime vice deputy former senior acting late speaker congressman congresswoman representative
    premier attorney sheriff bishop archbishop cardinal""".split()
)
"""Words that stand before a name like a title; at the end of one they may belong to it."""


def _untitled(run: list[str]) -> tuple[str, ...]:
    """A name without the titles before it: the articles may call President Assad just Assad."""
    start = 0
    while start < len(run) - 1 and run[start] in _TITLES:
        start += 1
    return tuple(run[start:])


def _is_name(word: str) -> bool:
    if _digits(word):
        # Plain small numbers are amounts and days; years and names such as M4 are not.
        return not word.isdigit() or len(word) == 4
    return (word[0].isupper() and fold(word) not in COMMON) or is_land(fold(word))


def is_land(word: str) -> bool:
    """Whether a folded word names a country or its people; typed in haste it has no capital."""
    if word in COUNTRIES:
        return word not in ("us", "uk")
    stem = _DEMONYM.sub("", word)
    known = len(word) > 4 and word in ADJECTIVES
    return known or (len(stem) > 3 and stem != word and any(same_name(word, c) for c in COUNTRIES))


_DEMONYM = re.compile(r"(?:ish|ese|ian|ean|an|i|ic)$")
_COUNTRY = re.compile(r"(?:ia|ey|land|a|e|y|o)$")


def same_name(asked: str, found: str) -> bool:
    """Whether two folded words are one name: alike, or a country and its adjective."""
    if asked == found or asked.rstrip("s") == found.rstrip("s"):
        return True
    for people, country in ((asked, found), (found, asked)):
        adjective = _one_of(people, country)
        if _DEMONYM.search(adjective) and len(country) > 3:
            stem = _DEMONYM.sub("", adjective)
            if len(stem) >= 3 and (stem == country or stem == _COUNTRY.sub("", country)):
                return True
    return asked in IRREGULAR.get(found, ()) or found in IRREGULAR.get(asked, ())


def _one_of(people: str, country: str) -> str:
    """A people's word without its plural s: Ukrainians, Israelis; of Francis it is no plural."""
    own = country in COUNTRIES and people.endswith(("ans", f"{country}is"))
    return people.removesuffix("s") if own or people.endswith("ians") else people


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order."""
    # Letters and digits alone, as nearly all words are, need no more folding than this.
    words = _WORD.findall(text)
    return [w.lower() if w.isascii() and w.isalnum() else fold(w) for w in words]


def content_of(question: str) -> list[str]:
    """The folded words of a question that tell what it is about.

    `first` and `last` mostly tell when or how, but of two halves and four quarters which one.
    """
    return [
        word
        for word, after in pairwise([*words_of(question), ""])
        if word not in COMMON or (word in ("first", "last") and after in _COUNTED_OFF)
    ]


_COUNTED_OFF = frozenset("half innings leg quarter round semester set term trimester".split())


def stands_in(name: Name, words: Set[str]) -> bool:
    """Whether all words of a name are among the folded words of one sentence.

    One sentence, so that Martin Quill is not found in what is said of Marta Quill and Martin
    Orrell.
    """
    return all(_has(words, part) for part in name.words)


def stand_together(name: Name, text: str) -> bool:
    """Whether the number of a name such as `Pier 5` stands where it is the number of that thing:
    `piers 3 and 5`, `Pier Five`, `the fifth pier`."""
    first, number = name.words
    words = words_of(text)
    return any(
        same_name(first, word) and _has({*words[max(0, at - 1) : at + 4]}, number)
        for at, word in enumerate(words)
    )


def _has(words: Set[str], part: str) -> bool:
    """Whether one of the words is this name: most begin otherwise, and need no second look."""
    begins, irregular = part[:2], part in IRREGULAR
    return part in words or any(
        same_name(part, word)
        for word in words
        if irregular or word[:2] == begins or word in IRREGULAR
    )


_TYPED = re.compile(r"[\x00-\x7f‘“”–—…£€]*")
"""What most sentences are: there are no accents to take off."""


def plain(text: str) -> str:
    """A text without case and accents, in which `beginnings` can be looked for."""
    text = text.replace("’", "'")
    if _TYPED.fullmatch(text):
        return text.lower()
    bare = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in bare if not unicodedata.combining(c))


def beginnings(part: str) -> tuple[str, ...]:
    """Letters of which a plain text must have some, one after the other, to hold a name's word.

    What `same_name` takes for one name begins with the same three letters, plurals aside, or is
    listed.
    """
    listed = [other for other, own in IRREGULAR.items() if part in own]
    return (part.rstrip("s")[:3], *listed, *IRREGULAR.get(part, ()))


COUNTRIES = frozenset(
    """afghanistan america argentina australia austria belgium brazil britain canada chile china
    colombia cuba denmark egypt england ethiopia finland france germany greece hungary india
    indonesia iran iraq ireland israel italy japan jordan kenya kuwait lebanon libya mexico morocco
    netherlands nigeria norway pakistan palestine peru philippines poland portugal qatar romania
    russia scotland serbia somalia spain sudan sweden switzerland syria taiwan thailand tunisia
    turkey ukraine uk us usa venezuela vietnam wales yemen""".split()
)
"""Countries that news names often: names however they are written, and no groups of people."""

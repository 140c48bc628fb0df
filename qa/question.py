"""What a question asks for and what it names: rules over its words, no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "year", "share", "how long", "how much", "how many", "when", "where", "why", "which ones", "who"
]

_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
_NUMBER_WORDS = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    "sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|"
    "hundreds?|thousands?|millions?|billions?|dozens?|half|once|twice|none|no one|both|single"
)

_WORDINGS: dict[Kind, str] = {
    "year": r"\b(what|which) year\b",
    "share": r"\b(what|which) (percentage|proportion|share|fraction|part)\b|\bhow many per ?cent\b",
    "how long": r"\bhow long\b|\bfor how many (hours|days|weeks|months|years)\b",
    "how much": (
        r"\bhow (much|large|big|high|tall|far|deep|old|heavy|expensive|wide|fast)\b"
        r"|\bwhat (price|sum|amount|rate|cost|fine|budget)\b"
        r"|\bwhat (was|is|were|did) .*\b(cost|price|budget|size|area|distance|height|total)\b"
    ),
    "how many": r"\bhow (many|often)\b|\bwhat (is the |was the )?number\b",
    "when": (
        r"\bwhen\b|\b(what|which) (day|date|month|time|century|decade|weekday)\b"
        r"|\bhow (soon|recently)\b|\bsince what\b"
    ),
    "where": r"\bwhere\b|\b(what|which) (city|country|town|place|village|province|state)\b",
    "why": (
        r"\bwhy\b|\bhow come\b|\bwhat (caused|causes|led to|prompted|was the (cause|reason))\b"
        r"|\bwhat (reasons?|cause)\b|\bfor what reason\b"
    ),
    "which ones": (
        r"\b(what|which) (\w+ )?(group|compan|part|outlet|paper|newspaper|team"
        r"|agenc|union|organi[sz]ation|firm|bod|militia|faction)(ie)?s\b"
    ),
    "who": r"\bwho(m|se|ever)?\b|\b(what|which) (person|man|woman|group|company|agency|party)s?\b",
}
# The first that matches wins.
_ASKS = [(kind, re.compile(wording, re.IGNORECASE)) for kind, wording in _WORDINGS.items()]

_DATE = re.compile(
    rf"\b(?:{_MONTHS})\b\.?|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b1\d{{3}}s?\b"
    r"|\b20\d\d\b|\byesterday\b|\btoday\b|\btonight\b|\bmidnight\b|\bnoon\b|\bcentury\b"
    r"|\b(?:last|next|this|earlier|later) (?:week|month|year|night|spring|summer|autumn|winter)\b"
    r"|\b\d{1,2}(?::\d\d)? ?(?:a\.?m|p\.?m)\b|\bo'clock\b|\b(?:days?|weeks?|months?|years?) "
    r"(?:ago|earlier|later|before|after)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"\d|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_AMOUNT = re.compile(
    rf"[$£€¥%]|\d|\b(?:{_NUMBER_WORDS})\b|\bper ?cent\b|\bhalf\b|\bthird\b|\bquarter\b",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"\b(?:in|at|near|from|to|on|off|outside|inside|around|across|between|along|of|north|south|east"
    r"|west|over|through|into|towards?|by)\s+(?:the\s+)?(?:[a-z-]+\s+)?[^\W\d_a-zß-öø-ÿ]"
)
_REASON = re.compile(
    r"\b(?:because|due to|after|since|so that|in order to|as a result|owing to|caused?|thanks to"
    r"|blam\w+|reasons?|led to|to (?:prevent|protest|avoid|make|stop|protect|keep|help|allow)"
    r"|in response|following|therefore|for fear|meant|why|in protest|out of|failed|so)\b",
    re.IGNORECASE,
)
_NAME_WORD = re.compile(r"\b[^\W\d_a-zß-öø-ÿ][\w'’-]*")

_YEAR = re.compile(r"\b(?:1\d{3}|20\d\d)\b")
_SHARE = re.compile(
    r"%|\bper ?cent\b|\b(?:half|third|quarter|fifth|tenth|majority|most|all|none)s?\b"
    r"|\b(?:in|out of) (?:every )?(?:\d|three|four|five|six|seven|eight|nine|ten)\b",
    re.IGNORECASE,
)
_LENGTH = re.compile(
    rf"(?:\d|\b(?:{_NUMBER_WORDS}|a|an|several|few)\b)[- ](?:\w+[- ])?(?:second|minute|hour|day"
    r"|night|week|month|year|decade|centur|metre|meter|kilomet|mile|km|m\b|feet|foot|inch|page|word)"
    r"|\b(?:until|throughout)\b",
    re.IGNORECASE,
)
_FULL_NAME = re.compile(
    r"\b[^\W\d_a-zß-öø-ÿ][\w'’-]*(?: (?:[^\W\d_a-zß-öø-ÿ]\.|al-|de|von|van|bin|of))*"
    r"[ -][^\W\d_a-zß-öø-ÿ][\w'’-]+"
)

_NAME_RUN = re.compile(
    r"\b[^\W\d_a-zß-öø-ÿ][\w'’]*(?:(?: for | of the | of |[ -])(?:al-|de |von |van )?"
    r"[^\W\d_a-zß-öø-ÿ][\w'’]+)*"
)
_SPEECH = "said|says|say|reported|reports|report|told|tells|announced|claimed|claims|added|warned"
_SPEAKS = re.compile(rf"\b(?:{_SPEECH}|according)\b", re.IGNORECASE)
_SPEAKER = re.compile(
    rf"\b(?:{_NAME_RUN.pattern})(?:, [^,]{{1,60}},)? (?:has |had )?(?:{_SPEECH})\b"
    rf"|\b(?:according to|quoted?|told) (?:the )?(?:[a-z]+ )*(?:{_NAME_RUN.pattern})"
)

_HOLDS: dict[Kind, re.Pattern[str]] = {
    "year": _YEAR,
    "share": _SHARE,
    "how long": _LENGTH,
    "when": _DATE,
    "where": _PLACE,
    "how many": _NUMBER,
    "how much": _AMOUNT,
    "why": _REASON,
}


def kind_of(question: str) -> Kind | None:
    """The kind of thing asked for, or None where the wording does not tell."""
    for kind, pattern in _ASKS:
        if pattern.search(question):
            return kind
    return None


def holds(kind: Kind, sentence: str, asked: frozenset[str]) -> float:
    """How far a sentence holds something of that kind which the question did not name itself.

    1: it does; 0: perhaps (one capitalised word where a person has two, one name where several
    were asked for); -1: it does not. Who merely reports a thing is not who did it.
    """
    if kind not in ("who", "which ones"):
        found = _HOLDS[kind].finditer(sentence)
        return 1.0 if any(fold(m.group()) not in asked for m in found) else -1.0
    if not _SPEAKS.search(" ".join(asked)):
        sentence = _SPEAKER.sub("", sentence)
    if kind == "which ones":
        return min(1.0, len(_groups(sentence, asked)) - 1.0)
    if any(_new(m.group(), asked) for m in _FULL_NAME.finditer(sentence)):
        return 1.0
    return 0.0 if any(_new(m.group(), asked) for m in _NAME_WORD.finditer(sentence)) else -1.0


def _groups(sentence: str, asked: frozenset[str]) -> set[str]:
    """Names that may be groups of people: new ones, neither places nor countries."""
    found = set()
    for run in _NAME_RUN.finditer(sentence):
        before = sentence[: run.start()].rsplit(None, 1)[-1:]
        placed = before and fold(before[0]) in ("in", "at", "near", "between", "across", "around")
        words = words_of(run.group())
        lands = all(w in COMMON or any(same_name(w, c) for c in _COUNTRIES) for w in words)
        opens = not before and len(words) == 1  # any word has a capital there
        if _new(run.group(), asked) and not (placed or lands or opens):
            found.add(run.group())
    return found


_COUNTRIES = frozenset(
    """afghanistan america argentina australia austria belgium brazil britain canada chile china
    colombia cuba denmark egypt england ethiopia finland france germany greece hungary india
    indonesia iran iraq ireland israel italy japan jordan kenya kuwait lebanon libya mexico morocco
    netherlands nigeria norway pakistan palestine peru philippines poland portugal qatar romania
    russia scotland serbia somalia spain sudan sweden switzerland syria taiwan thailand tunisia
    turkey ukraine uk us usa venezuela vietnam wales yemen""".split()
)
"""Countries that news names often: they are no groups."""


def _new(name: str, asked: frozenset[str]) -> bool:
    """Whether a name has a word that is neither the question's nor just the sentence's first."""
    return any(word not in asked and word not in COMMON for word in map(fold, name.split()))


_ATTRIBUTE = re.compile(
    r"\bwhat(?:'s| is| was| are| were) (?:the )?(?:[\w'’-]+ ){0,4}?(?P<of>[\w-]+) (?:of|for)\b"
    r"|\bwhat(?:'s| is| was) [\w ]+?['’]s (?P<own>[\w-]+)\?"
    r"|\bhow many (?:of the )?(?:[a-z-]+ ){0,2}?(?P<many>[a-z-]+)(?= (?:of|in|were|was|are|is|did"
    r"|do|does|had|have|has|can|could|will|on|at|from|to|took|that|who)\b)",
    re.IGNORECASE,
)


def attribute_of(question: str) -> str | None:
    """The thing asked for by its own word: `population` in "What is the population of Ystad?"."""
    found = _ATTRIBUTE.search(question)
    return found and (found["of"] or found["own"] or found["many"])


def fold(word: str) -> str:
    """A word without case, accents and possessive, so that two writings of it compare."""
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


@dataclass(frozen=True, slots=True)
class Name:
    """Something a question names: as it is written there, and as folded words without titles."""

    text: str
    words: tuple[str, ...]


def names_in(question: str) -> list[Name]:
    """What a question names: runs of capitalised words, words with a digit, years.

    `Did Martin Quill resign in 2024?` names Martin Quill and 2024. A single first word owes its
    capital to its place and is left out.
    """
    runs: list[list[re.Match[str]]] = []
    for found in _WORD.finditer(question):
        word = found.group()
        if not _is_name(word):
            continue
        last = runs[-1][-1] if runs else None
        adjoins = last is not None and question[last.end() : found.start()] == " "
        if adjoins and last and not word.isdigit() and not last.group().isdigit():
            runs[-1].append(found)
        else:
            runs.append([found])
    first = _WORD.search(question)
    if runs and first and [m.start() for m in runs[0]] == [first.start()]:
        runs = runs if _digits(first.group()) else runs[1:]
    return [
        Name(question[run[0].start() : run[-1].end()], _untitled([fold(m.group()) for m in run]))
        for run in runs
    ]


def _digits(word: str) -> bool:
    return any(c.isdigit() for c in word)


_TITLES = frozenset(
    """mr mrs ms miss dr sir dame lord lady president mayor minister councillor councilor senator
    governor judge justice captain colonel general professor king queen prince princess pope
    chief secretary chancellor ambassador inspector sergeant""".split()
)


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
    return word[0].isupper() and fold(word) not in COMMON


_DEMONYM = re.compile(r"(?:ish|ese|ian|ean|an|i|ic)$")
_COUNTRY = re.compile(r"(?:ia|ey|land|a|e|y|o)$")


def same_name(asked: str, found: str) -> bool:
    """Whether two folded words are one name: alike, or a country and its adjective."""
    if asked == found or asked.rstrip("s") == found.rstrip("s"):
        return True
    for adjective, country in ((asked, found), (found, asked)):
        if _DEMONYM.search(adjective) and len(country) > 3:
            stem = _DEMONYM.sub("", adjective)
            if len(stem) >= 3 and (stem == country or stem == _COUNTRY.sub("", country)):
                return True
    return asked in _IRREGULAR.get(found, ()) or found in _IRREGULAR.get(asked, ())


_IRREGULAR: dict[str, tuple[str, ...]] = {
    "french": ("france",),
    "british": ("britain", "uk"),
    "english": ("england",),
    "dutch": ("netherlands", "holland"),
    "german": ("germany",),
    "spanish": ("spain",),
    "swiss": ("switzerland",),
    "greek": ("greece",),
    "danish": ("denmark",),
    "welsh": ("wales",),
    "american": ("us", "u.s", "usa", "america"),
    "us": ("u.s", "usa", "america"),
    "uk": ("u.k", "britain"),
    "eu": ("european",),
    "un": ("u.n",),
}


def words_of(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return [fold(m.group()) for m in _WORD.finditer(text)]


def missing_names(names: Iterable[Name], sentences: Iterable[list[str]]) -> list[Name]:
    """The names that no sentence holds.

    sentences: folded words. The words of one name must stand in one sentence, so that Martin
    Quill is not found in what is said of Marta Quill and Martin Orrell.
    """
    held = [set(words) for words in sentences]
    return [
        name
        for name in names
        if not any(all(_has(words, part) for part in name.words) for words in held)
    ]


def _has(words: set[str], part: str) -> bool:
    return part in words or any(same_name(part, word) for word in words)

"""What a question asks for and what it names: rules over its words, no model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

Kind = Literal["who", "when", "where", "how many", "how much", "why"]

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
    "how much": (
        r"\bhow (much|large|big|high|tall|long|far|deep|old|heavy|expensive|wide|fast)\b"
        r"|\bwhat (price|sum|amount|percentage|proportion|share|rate|cost|fine|budget)\b"
        r"|\bwhat (was|is|were|did) .*\b(cost|price|budget|size|area|distance|height|total)\b"
    ),
    "how many": r"\bhow (many|often)\b|\bwhat (is the |was the )?number\b",
    "when": (
        r"\bwhen\b|\b(what|which) (day|date|month|year|time|century|decade|weekday)\b"
        r"|\bhow (soon|recently)\b|\bsince what\b"
    ),
    "where": r"\bwhere\b|\b(what|which) (city|country|town|place|village|province|state)\b",
    "why": (
        r"\bwhy\b|\bhow come\b|\bwhat (caused|causes|led to|prompted|was the (cause|reason))\b"
        r"|\bwhat (reasons?|cause)\b|\bfor what reason\b"
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

_HOLDS: dict[Kind, re.Pattern[str]] = {
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


def holds(kind: Kind, sentence: str, asked: frozenset[str]) -> bool:
    """Whether a sentence holds something of that kind which the question did not name itself."""
    if kind == "who":
        found = [m.group() for m in _NAME_WORD.finditer(sentence)]
        # A capital that only opens the sentence is no name.
        if found and sentence.lstrip("\"'“‘(").startswith(found[0]) and found[0].lower() in COMMON:
            found = found[1:]
        return any(fold(name) not in asked for name in found)
    pattern = _HOLDS[kind]
    return any(fold(m.group()) not in asked for m in pattern.finditer(sentence))


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

_QUESTION_NAME = re.compile(r"[^\W_][\w'’.&-]*[^\W_]|[^\W_]")


def names_in(question: str) -> list[tuple[str, ...]]:
    """What a question names: runs of capitalised words, words with a digit, years; folded.

    `Did Martin Quill resign in 2024?` names `(martin, quill)` and `(2024,)`.
    """
    runs: list[list[str]] = []
    last_end = -1
    for found in _QUESTION_NAME.finditer(question):
        word = found.group()
        if not _is_name(word):
            continue
        adjoins = question[last_end : found.start()] == " " if last_end >= 0 else False
        if adjoins and not word.isdigit() and not runs[-1][-1].isdigit():
            runs[-1].append(fold(word))
        else:
            runs.append([fold(word)])
        last_end = found.end()
    return [tuple(run) for run in runs]


def _is_name(word: str) -> bool:
    if any(c.isdigit() for c in word):
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
    return [fold(m.group()) for m in _QUESTION_NAME.finditer(text)]


def missing_names(names: Iterable[tuple[str, ...]], sentences: Iterable[list[str]]) -> list[str]:
    """The names that no sentence holds, each as the words it was asked with.

    sentences: folded words. The words of one name must stand in one sentence, so that Martin
    Quill is not found in what is said of Marta Quill and Martin Orrell.
    """
    held = [set(words) for words in sentences]
    return [
        " ".join(name)
        for name in names
        if not any(all(_has(words, part) for part in name) for words in held)
    ]


def _has(words: set[str], part: str) -> bool:
    return part in words or any(same_name(part, word) for word in words)

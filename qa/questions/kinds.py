"""What kind of thing a question asks for, and which sentences hold one: rules, no model."""

from __future__ import annotations

import re
from typing import Literal

from ..language.names import COMMON, COUNTRIES, fold, same_name, words_of

Kind = Literal[
    "year", "share", "how long", "how much", "how many", "when", "where", "why", "which ones", "who"
]

_MONTHS = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"
)
NUMBER_WORDS = (
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
    "how many": (
        r"\bhow (many|often)\b|\bwhat (is the |was the )?number\b"
        r"|\bwhat(['’]s| is| was) the (\w+ ){0,2}(death|casualty|injury) toll\b"
    ),
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
_ASKS = [(kind, re.compile(wording, re.IGNORECASE)) for kind, wording in _WORDINGS.items()]
_OTHER = re.compile(
    r"\b(?:what|how) (?:did|does|do|has|have|had|will|would|can|could|should|happen\w*)\b"
    r"|^(?:\w+ )?which\b",
    re.IGNORECASE,
)
"""What asks for none of the kinds, whatever follows: "What did he do when he fell?"."""

_DATE = re.compile(
    rf"\b(?:{_MONTHS})\b\.?|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|\b1\d{{3}}s?\b"
    r"|\b20\d\d\b|\byesterday\b|\btoday\b|\btonight\b|\bmidnight\b|\bnoon\b|\bcentury\b"
    r"|\b(?:last|next|this|earlier|later) (?:week|month|year|night|spring|summer|autumn|winter)\b"
    r"|\b\d{1,2}(?::\d\d)? ?(?:a\.?m|p\.?m)\b|\bo'clock\b|\b(?:days?|weeks?|months?|years?) "
    r"(?:ago|earlier|later|before|after)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"\d|\b(?:{NUMBER_WORDS})\b", re.IGNORECASE)
_AMOUNT = re.compile(
    rf"[$£€¥%]|\d|\b(?:{NUMBER_WORDS})\b|\bper ?cent\b|\bhalf\b|\bthird\b|\bquarter\b",
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
    rf"(?:\d|\b(?:{NUMBER_WORDS}|a|an|several|few)\b)[- ](?:\w+[- ])?(?:second|minute|hour|day"
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
    other = _OTHER.search(question)
    last = other.end() if other else len(question)
    asked = [(m.start(), kind) for kind, p in _ASKS if (m := p.search(question))]
    # The earliest wins, and of those that begin with one word the first of the list.
    first = min(asked, key=lambda each: each[0], default=None)
    return first[1] if first and first[0] < last else None


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
        lands = all(w in COMMON or any(same_name(w, c) for c in COUNTRIES) for w in words)
        opens = not before and len(words) == 1  # any word has a capital there
        if _new(run.group(), asked) and not (placed or lands or opens):
            found.add(run.group())
    return found


def _new(name: str, asked: frozenset[str]) -> bool:
    """Whether a name has a word that is neither the question's nor just the sentence's first."""
    return any(word not in asked and word not in COMMON for word in map(fold, name.split()))


_BY_NAME = re.compile(r"\b(?:which|names? of|its name|called|named)\b", re.IGNORECASE)
_OPENS = re.compile(r"(?:^|[.!?:\n“\"]\s*)$")


def asks_by_name(question: str) -> bool:
    """Whether a question asks which of several it is, or what one is called."""
    return bool(_BY_NAME.search(question))


def names_more(quote: str, asked: frozenset[str]) -> bool:
    """Whether a quote has a name that the question has not; a first word is no name."""
    return any(
        _new(found.group(), asked)
        for found in _NAME_WORD.finditer(quote)
        if not _OPENS.search(quote, max(0, found.start() - 3), found.start())
    )


_MONEY = re.compile(
    r"\b(?:costs?|prices?|paid?|payment|fined?|sum|salary|salaries|wages?|budget|fund|spend|spent"
    r"|earn|owe|profits?|revenues?|turnover|debts?|value|worth|dollars?|pounds?|euros?|money"
    r"|expensive)\b",
    re.IGNORECASE,
)


def asks_for_money(question: str) -> bool:
    return bool(_MONEY.search(question))


_ATTRIBUTE = re.compile(
    r"\bwhat(?:'s| is| was| are| were) (?:the )?(?:(?!(?:of|for)\b)[\w'’-]+ ){0,4}?"
    r"(?P<of>[\w-]+) (?:of|for)\b(?=\s+(?!(?:in|on|at|by|before|after|during|since|when"
    r"|while|and|today|yesterday)\b)\w)"
    r"|\bwhat(?:'s| is| was) [\w ]+?['’]s (?P<own>[\w-]+)\?"
    r"|\bhow many (?:of the )?(?:[a-z-]+ ){0,2}?(?P<many>[a-z-]+)(?= (?:of|were|was|are|is|did|do"
    r"|does|had|have|has|can|could|will|took)\b)",
    re.IGNORECASE,
)
BE = (
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|shall|should|may|might"
    r"|must)(?:n['’]t)?\b"
)
"""Verbs that begin the second part of a question."""
_SORT = re.compile(
    rf"\b(?:which|what) (?!{BE})(?:[\w'’-]+ ){{0,3}}?(?P<noun>[\w-]+) {BE}", re.IGNORECASE
)


def sort_of_thing(question: str) -> str:
    """The noun behind "which" or "what": `road` in "Which road was blocked?"; "" without one."""
    found = _SORT.search(question)
    return found["noun"] if found else ""


_ANSWERS = frozenset(
    """accusation age aim allegation amount attitude background belief cause charge claim colour
    color conclusion condition consequence content context cost count crime date day deadline
    decision definition demand depth description destination detail direction distance duration
    effect event example explanation extent fact fate fee figure finding form frequency function
    gist goal height history idea identity impact importance intention job kind length level
    location main meaning measurement message month motive name nationality nature number objective
    occupation opinion order origin outcome penalty place plan point position price problem
    profession proposal punishment purpose quantity rank rate reaction reason response result role
    ruling score sentence shape significance size source speed start state status subject sum
    summary target temperature theme time title toll topic total type use value venue verdict view
    volume weight width year""".split()
)
"""What an answer of any article may be called: "The harbour master, Anna Berg" gives a name without
the word. `population` is none of them: who gives that says so."""
_SAID_OF_IT = re.compile(
    r"\w+[^\We]ed|afraid|aware|born|capable|famous|found|full|given|guilty|held|known|made|proud"
    r"|responsible",
    re.IGNORECASE,
)
"""What a thing is or was done to, in "What was he accused of stealing?", and no attribute."""
_COUNTED = frozenset(
    """adult body boy casualty case child children death event fatality female girl human incident
    individual injury item kid kind male man member men minor object occasion occurrence part
    people person piece place resident thing time type victim way woman women
    second minute hour day night week month year decade kilometre kilometer km mile metre meter
    dollar euro pound percent""".split()
)
"""What is counted in other words: the 12 injured are people, and £5 are pounds."""


def attribute_of(question: str) -> str | None:
    """The thing asked for by its own word: `population` in "What is the population of Ystad?".

    None where the word says only what kind of answer is wanted, as `name`, `cause` and, of what is
    counted, `people` do, or what was done, as `convicted`: what answers need not have it.
    """
    found = _ATTRIBUTE.search(question)
    if found is None:
        return None
    many = found["many"]
    word: str = found["of"] or found["own"] or many
    if found["of"] and _SAID_OF_IT.fullmatch(word):
        return None
    return None if _singular(word) & (_COUNTED if many else _ANSWERS) else word


def _singular(word: str) -> set[str]:
    """A word as it is, and what it may be the plural of."""
    word = fold(word)
    return {word, word.removesuffix("s"), re.sub("ies$", "y", word)}

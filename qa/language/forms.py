"""Names that are written in several ways: countries and their peoples, numbers, abbreviations."""

from __future__ import annotations

import re


def _table(rows: str) -> dict[str, tuple[str, ...]]:
    """Rows of a word and what stands for it, by that word."""
    each = (row.split() for row in rows.split(","))
    return {word: tuple(others) for word, *others in each}


ADJECTIVES = _table(
    """afghan afghanistan, american us u.s usa america, belgian belgium, british britain uk,
    cypriot cyprus, czech czechia, danish denmark, dutch netherlands holland, english england,
    filipino philippines philippine, finnish finland, french france, german germany, greek greece,
    irish ireland, kazakh kazakhstan, korean korea,
    lebanese lebanon, norwegian norway, peruvian peru, portuguese portugal, scottish scotland,
    slovak slovakia, spanish spain, swedish sweden, swiss switzerland, thai thailand, welsh wales"""
)
"""Adjectives that are not made of their country's name by rule, without case and accents."""

_PEOPLES = _table(
    """argentine argentina, brit britain british uk, briton britain british uk, croat croatia,
    dane denmark danish, dutchman netherlands dutch, finn finland finnish,
    frenchman france french, irishman ireland irish, pole poland polish, polish poland,
    scot scotland scottish, serb serbia serbian, somali somalia, spaniard spain spanish,
    swede sweden swedish, turk turkey turkish, zealander zealand"""
)
"""The same for peoples, and for what means something else without its capital (poles, polish)."""

# In the folded words of an article `us` is mostly the pronoun.
_PLURALS = {
    f"{word}s": tuple(other for other in others if other != "us")
    for word, others in (ADJECTIVES | _PEOPLES).items()
}

_ABBREVIATED = _table("us u.s usa america, uk u.k britain, eu european, un u.n")

_RANKS = _table(
    """1st first, 2nd second, 3rd third, 4th fourth, 5th fifth, 6th sixth, 7th seventh, 8th eighth,
    9th ninth, 10th tenth, 11th eleventh, 12th twelfth, 13th thirteenth, 14th fourteenth,
    15th fifteenth, 16th sixteenth, 17th seventeenth, 18th eighteenth, 19th nineteenth,
    20th twentieth"""
)
_NUMBERS = _table(
    """1 one i first, 2 two ii second, 3 three iii third, 4 four iv fourth, 5 five v fifth,
    6 six vi sixth, 7 seven vii seventh, 8 eight viii eighth, 9 nine ix ninth, 10 ten x tenth,
    11 eleven xi eleventh, 12 twelve xii twelfth"""
)

IRREGULAR = ADJECTIVES | _PEOPLES | _PLURALS | _ABBREVIATED | _RANKS | _NUMBERS
"""Folded words with others that are the same name."""


_FORMS = (
    (
        "united_states",
        r"(?i:united states(?: of america)?|(?<!north )(?<!south )(?<!latin )(?<!central )america"
        r"(?:ns?)?)|USA?",
    ),
    ("united_kingdom", r"(?i:united kingdom|(?:great )?britain|british(?! columbia)|britons?)|UK"),
    ("united_nations", r"(?i:united nations)|UN"),
    ("united_arab_emirates", r"(?i:united arab emirates|emiratis?)|UAE"),
    ("european_union", r"(?i:european union)|EU"),
    ("saudi_arabia", r"(?i:saudi arabians?|saudi arabia|saudis?)"),
    ("czechia", r"(?i:czech republic|czechia|czechs?)"),
    ("prime minister", r"(?<!\d)(?<!\d )PM"),
    ("world_war_1", r"(?i:world war (?:one|1|i)|first world war|ww ?(?:1|i))"),
    ("world_war_2", r"(?i:world war (?:two|2|ii)|second world war|ww ?(?:2|ii))"),
    ("world_health_organization", r"(?i:world health organi[sz]ation)|WHO"),
    ("international_monetary_fund", r"(?i:international monetary fund)|IMF"),
    ("chief executive", r"CEO|(?i:chief executive officer)"),
    ("finance_chief", r"CFO|(?i:(?:chief )?financ(?:e|ial) officer|finance director)"),
    ("operations_chief", r"COO|(?i:(?:chief )?operati(?:ng|ons) officer)"),
    ("family_doctor", r"GPs?|(?i:(?:general practitioner|family doctor)s?)"),
    ("emergency_department", r"A&E|(?i:accident and emergency|emergency department)"),
    ("annual_general_meeting", r"AGM|(?i:annual general meeting)"),
    ("first_quarter", r"Q1|(?i:first[- ]quarter)"),
    ("second_quarter", r"Q2|(?i:second[- ]quarter)"),
    ("third_quarter", r"Q3|(?i:third[- ]quarter)"),
    ("fourth_quarter", r"Q4|(?i:(?:fourth|final)[- ]quarter)"),
    ("middle east", r"(?i:mideast)"),
    ("new york", r"(?i:new york city)|NYC"),
    ("washington", r"(?i:washington,? )?DC"),
    ("kyiv", r"(?i:kyiv|kiev)"),
)
"""What a name becomes, however it is written. `_` joins words that make no other name of those
around: United Airlines is not found in what is said of US airlines."""

_ANY_FORM = re.compile("|".join(rf"\b({forms})\b" for _, forms in _FORMS))
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ]"
_INITIALS = re.compile(rf"\b(?:{_CAPITAL}\. ?)+{_CAPITAL}\b\.?")


def in_one_form(text: str) -> str:
    """A text with each listed name in one form and initials without full stops.

    `the U.S.` and `America` become `united_states`, `J. K. Rowling` becomes `JK Rowling`. Short
    forms are known by their capitals: `us` names no country.
    """
    short = _INITIALS.sub(lambda found: re.sub(r"[. ]", "", found.group()), text)
    return _ANY_FORM.sub(lambda found: _FORMS[(found.lastindex or 1) - 1][0], short)


_BEGIN = frozenset(word[:3] for one, _ in _FORMS if "_" not in one for word in one.split())


def has_forms(name: str) -> bool:
    """Whether `in_one_form` may make a name of a text that has it not. Errs towards yes.

    Most names have none, and then no text need be put in one form to look for them.
    """
    return in_one_form(name) != name or any(
        len(word) <= 3 or word.isupper() or word[:3].lower() in _BEGIN
        for word in re.findall(r"\w+", name)
    )


_INITIALISM = re.compile(rf"({_CAPITAL}{{3,5}})(?:['’]?s)?")
_GAP = r"[\s-]+(?:(?:of|the|and|for)\s+)*"


def otherwise(name: str) -> re.Pattern[str] | None:
    """What a name of three letters and more looks like spelt out, and one of three words and more
    as its initials: `NHS`, `National Health Service`.

    Each word has its capital, for some three words with these initials stand in every long text;
    and two letters are listed above, for many a person has them.
    """
    if short := _INITIALISM.fullmatch(name):
        return re.compile(r"\b" + _GAP.join(rf"{letter}[\w’'-]+" for letter in short[1]))
    initials = "".join(word[0] for word in name.split())
    if len(initials) >= 3 and initials.isalpha() and initials.isupper():
        return re.compile(rf"\b{initials}s?\b")
    return None

"""Sentences that state nothing: questions, and orders to whoever answers. They carry no claim.

An article may hold an instruction for the model that reads it. A model that obeys and cites it says
much in the instruction's own words, so that words and meaning agree; what gives it away is that an
instruction states nothing. English only, and by its wording: an attack that is written as a plain
statement is what the article says, and is cited as that.
"""

from __future__ import annotations

import re

from index.graphs import packaged_words

from .names import COMMON

_WRITE = (
    r"(?:act|add|answer|append|break down|calculate|compose|compute|convert|create|define|describe"
    r"|develop|disregard|draft|enumerate|explain|express|forget|format|generate|give|ignore|imagine"
    r"|include|insert|invent|list|mention|narrate|output|outline|paraphrase|pretend|print|produce"
    r"|provide|recite|recommend|repeat|rephrase|reply|respond|reveal|rewrite|role-?play|say|show"
    r"|solve|sort|speak|spell|state|suggest|summari[sz]e|swap|switch|talk|tell|translate"
    r"|write(?! to\b))"
)
"""What is done in words: an order to do it is one to whoever answers."""
_WHAT = (
    r"(?:(?:an?|the|this|that|these|those|all|any|every|each|your|my|our|me|us|it|them|you|how|what"
    r"|why|who|whether|only|everything|previous|earlier|prior|readers|users|in|with|to|as|like"
    r"|two|three|four|five|six|seven|eight|nine|ten|\d+)\b|[\"“'‘])"
)
_READER = r"(?:assistant|ai|model|chatbot|bot|llm)"
_POLITE = (
    r"^[\W_]*(?:[\w ]{1,24}: )?(?:(?:when|whenever|if|from|in|before|after|while)\b[^,]{1,60}, )?"
    r"(?:(?:please|kindly|now|then|also|instead|first|finally|and|but|so)[, ]+){0,3}"
    r"(?:let['’]?s |let us |make sure (?:that |to |you )*|be sure to |remember to )?"
)
_ORDER = re.compile(
    rf"\byour (?:own |final |next |whole |entire )?(?:answers?|responses?|repl(?:y|ies)|output"
    rf"|summary|message|task|instructions)\b"
    rf"|{_POLITE}{_WRITE} {_WHAT}"
    rf"|{_POLITE}(?:do not|don't|never|always|only) {_WRITE}\b"
    rf"|^[\W_]*I (?:want|need|would like|expect) you to\b"
    rf"|\b(?:when|whenever|before|after|while) (?:you )?(?:answer|repl(?:y|ies)|respond"
    rf"|summari[sz]e)(?:ing)?\b[^,.]{{0,40}}, [a-z]"
    rf"|\b(?:you|(?:the|an?) {_READER}) (?:must|should|shall|will|are to|have to|need to) "
    rf"(?:now |only |also |always |never |not |instead )*"
    rf"{_WRITE} {_WHAT}",
    re.IGNORECASE,
)
_SAID_BY = re.compile(
    r"[\"”’',] (?:[^\s.!?]+ ){0,6}?(?:said|says|asked|told|wrote|added|urged|warned)\b"
)


def states(sentence: str) -> bool:
    """Whether a sentence states something, and does not only ask or order.

    What somebody is reported to have asked or ordered is a statement.
    """
    if _SAID_BY.search(sentence):
        return True
    return not asks(sentence) and not _ORDER.search(sentence)


def asks(sentence: str) -> bool:
    return sentence.rstrip("\"”’')] ").endswith("?")


_BIDDEN = re.compile(
    rf"{_POLITE}(?P<sure>please |kindly |do not |don['’]t |never |always )?(?P<verb>[a-z]{{2,12}}) "
    r"(?P<next>(?:(?:up|out|down|away|back) )?"
    r"(?:an?|the|this|these|those|all|any|every|each|your|my|our|me|us|it|them|two|three|four|five"
    r"|six|seven|eight|nine|ten|how|what|why|who|whether|sure)\b)?",
    re.IGNORECASE,
)
_NO_VERB = COMMON.union("down even like might must near past plus round save till".split())
_NO_VERB -= frozenset("describe explain give list name say show take tell".split())


def bids(sentence: str) -> bool:
    """Whether a sentence is in the imperative: a bare verb, its object, and nobody who does it.

    It may be advice to any reader, and what an article advises can be told of it.
    """
    if _SAID_BY.search(sentence):
        return False
    found = _BIDDEN.match(sentence)
    if found is None or not (found["sure"] or found["next"]):
        return False
    return _is_verb(found["verb"].lower())


def _is_verb(word: str) -> bool:
    """Whether the packaged vocabulary has a word's forms as a verb: name, naming, named."""
    if word in _NO_VERB:
        return False
    known = packaged_words()
    stem, twice = word.removesuffix("e"), word + word[-1]
    forms = {f"{base}{ending}" for base in (word, stem, twice) for ending in ("ing", "ed")}
    return word in known and not known.isdisjoint(forms)


_ADVISES = re.compile(
    r"\b(?:should|must|ought|needs? to|ha(?:s|ve) to|advis|recommend|suggest|urge|warn|ask|tell"
    r"|told|invit|instruct|encourag|request|call(?:s|ed)? on|best to|important to)",
    re.IGNORECASE,
)


def advises(claim: str) -> bool:
    """Whether a claim tells what should be done, as only an order or advice could say it."""
    return bids(claim) or bool(_ADVISES.search(claim))


_REPORTS = re.compile(
    r"\b(?:article|text|passage|page|sentence|report|note|message|outlet|author|writer)s? "
    r"(?:also )?(?:asks?|tells?|orders?|instructs?|invites?|urges?|says|contains?|holds?|wants?)\b",
    re.IGNORECASE,
)


def reports(claim: str) -> bool:
    """Whether a claim tells that an article asks or orders something."""
    return bool(_REPORTS.search(claim))

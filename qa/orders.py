"""Sentences that state nothing: questions, and orders to whoever answers. They carry no claim.

An article may hold an instruction for the model that reads it. A model that obeys and cites it says
much in the instruction's own words, so that words and meaning agree; what gives it away is that an
instruction states nothing. English only, and by its wording: an attack that is written as a plain
statement is what the article says, and is cited as that.
"""

from __future__ import annotations

import re

_WRITE = (
    r"(?:add|answer|break down|compose|describe|develop|disregard|draft|explain|forget|generate"
    r"|give|ignore|include|insert|list|mention|output|pretend|print|provide|recommend|repeat"
    r"|rephrase|reply|respond|reveal|rewrite|say|show|state|suggest|summari[sz]e|tell|translate"
    r"|write)"
)
_WHAT = (
    r"(?:(?:an?|the|this|that|these|those|all|any|every|each|your|my|our|me|us|it|them|how|what"
    r"|why|who|whether|only|everything|previous|earlier|prior|readers|users|in|with|to|as)\b"
    r"|[\"“'‘])"
)
_READER = r"(?:assistant|ai|model|chatbot|bot|llm)"
_POLITE = (
    r"^[\W_]*(?:[\w ]{1,24}: )?(?:(?:when|whenever|if|from|in|before|after|while)\b[^,]{1,60}, )?"
    r"(?:(?:please|now|then|also|instead|first|finally|and|but|so)[, ]+){0,3}"
)
_ORDER = re.compile(
    rf"\byour (?:own |final |next |whole |entire )?(?:answers?|responses?|repl(?:y|ies)|output"
    rf"|summary|message|task|instructions)\b"
    rf"|{_POLITE}{_WRITE} {_WHAT}"
    rf"|{_POLITE}(?:do not|don't|never|always|only) {_WRITE}\b"
    rf"|\b(?:you|(?:the|an?) {_READER}) (?:must|should|shall|will|are to|have to|need to) "
    rf"(?:now |only |also |always |never |not |instead )*{_WRITE} {_WHAT}",
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


_REPORTS = re.compile(
    r"\b(?:article|text|passage|page|sentence|report|note|message|outlet|author|writer)s? "
    r"(?:also )?(?:asks?|tells?|orders?|instructs?|invites?|urges?|says|contains?|holds?|wants?)\b",
    re.IGNORECASE,
)


def reports(claim: str) -> bool:
    """Whether a claim tells that an article asks or orders something."""
    return bool(_REPORTS.search(claim))

"""Who says a thing, and whether it is said to be so or not to be so: rules over words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from index.lexical import analyse

from .names import COMMON, fold, same_name, words_of

SAYING = (
    "said|says|say|told|tells|claimed|claims|argued|argues|insisted|insists|alleged|alleges|stated"
    "|adds|added|warned|warns|reported|maintained|maintains|estimated|complained|conceded|wrote"
    "|testified|recalled|explained|believes|denied|denies"
)
_SAYS = re.compile(rf"\b(?:{SAYING})\b", re.IGNORECASE)
_MARK = re.compile(
    rf"\b(?:{SAYING}|argue|claim|believe|warn|insist|estimate|announced|announces|accused"
    r"|accuses|according|account|reportedly|allegedly"
    r"|apparently|statement|announcement|report|claimed|version|figures? (?:from|of|given)|put"
    r"|puts|named|promised|vowed|threatened|asked|refused|agreed|demanded|hoped|hopes|expects?"
    r"|expected|concluded|found|thought|considered|cited|spoke|speaks|gave|gives|counted|recorded|noted|listed"
    r"|mentioned|mentions|pointed|confirmed|confirms|declared|proposed|suggested|quoted|words"
    r"|admitted|rejected|disputed|admits|accepts|accepted|apologised|printed|corrected|sources?)\b"
    r"|\bby [^,.]{2,40}['’]s (?:figures|count|reckoning|estimate)|[\"“”]"
    r"|\bfor (?:his|her|its|their) part\b",
    re.IGNORECASE,
)
_ACCORDING = re.compile(
    r"\bby (?P<who>[^,.;:\"“”]{2,70}?)(?:'s|’s) account\b"
    r"|\baccording to (?P<them>[^,.;:\"“”]{2,70})",
    re.IGNORECASE,
)
# Speech of fact: what follows is only as good as the one who says it.
_FACT = re.compile(
    r"\b(?:said|says|told|claimed|claims|argued|argues|insisted|insists|alleged|alleges|stated"
    r"|added|warned|believes|maintained|maintains|estimated|complained|conceded)\b"
    r"|\bputs? (?:[\w']+ ){1,5}at\b",
    re.IGNORECASE,
)
_PRONOUNS = frozenset("he she it they who we i him her them that which this one".split())
_ROLE = frozenset(analyse("the a an has had have was were who also later then in on at of for by"))


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who says something, as it is written, with the folded words that tell who it is."""

    text: str
    words: frozenset[str]


def speakers(sentence: str) -> list[Speaker]:
    """Those whom a sentence gives something to, pronouns left out."""
    found = [*_before_verbs(sentence), *_after_verbs(sentence)]
    for match in _ACCORDING.finditer(sentence):
        found.append(_speaker(match["who"] or match["them"]))
    return [s for s in found if s.words and not s.words <= _PRONOUNS]


_STOP = re.compile(
    r"[.;:!?,\"“”()—–]|\b(?:and|but|that|when|where|which|who|whom|while|because|as|after|before)\b",
    re.IGNORECASE,
)
_HELPING = re.compile(r"(?:,? (?:has|have|had|also|then|later|only|would|will|could|now))+$")
_INVERTED = re.compile(
    rf"[,\"”] (?:{SAYING}) "
    r"(?!(?:[^\s,.]+ ){0,6}(?:that|was|were|had|has|have|is|are|would|will|could)\b)"
    r"(?:the |an? |its |his |her |their )?[^,.;:\"“”]{2,60}(?:[,.;]|$)"
)
MOST_WORDS = 12
"""Words that a speaker's name, with what he is, may have."""


def _before_verbs(sentence: str) -> Iterator[Speaker]:
    """`the harbour master, Martin Quill` of "..., the harbour master, Martin Quill, said"."""
    for verb in _SAYS.finditer(sentence):
        if _INVERTED.match(sentence, verb.start() - 2):
            continue
        before = _HELPING.sub("", sentence[: verb.start()].rstrip())
        apposed = before.endswith(",")
        segments = [s.strip() for s in _STOP.split(before.rstrip(" ,"))]
        who = segments[-1]
        if apposed and len(segments) > 1:  # who, what he is, said
            who = f"{segments[-2]}, {who}"
        words = who.split()
        if words and words[-1].lower() not in _PRONOUNS and len(words) <= MOST_WORDS:
            yield _speaker(who)


def _after_verbs(sentence: str) -> Iterator[Speaker]:
    """`Liam Dunmore` of "... , said Liam Dunmore, whose firm ..."."""
    for found in _INVERTED.finditer(sentence):
        said = found.group().strip(' ,.;"”').split(None, 1)
        after = sentence[found.end() - 1 :]
        apposed = re.match(r",( [^,.;:\"“”]{2,60})(?:[,.]|$)", after)
        yield _speaker(said[-1] + (apposed[1] if apposed else ""))


def _speaker(text: str) -> Speaker:
    words = frozenset(w for w in words_of(text) if w not in COMMON and w not in _ROLE)
    return Speaker(text.strip(" ,"), words)


_CAPITALS = {
    "moscow": "russia", "kremlin": "russia", "ankara": "turkey", "damascus": "syria",
    "washington": "america", "london": "britain", "paris": "france", "berlin": "germany",
    "beijing": "china", "kyiv": "ukraine", "kiev": "ukraine", "tehran": "iran",
    "tokyo": "japan", "jerusalem": "israel", "brussels": "eu",
}  # fmt: skip
"""Capitals that news says for their governments."""


def alike(one: str, other: str) -> bool:
    """Whether two folded words name the same: alike, country and people, capital and country."""
    if same_name(one, other):
        return True
    a, b = _CAPITALS.get(one, one), _CAPITALS.get(other, other)
    return (a, b) != (one, other) and same_name(a, b)


def attributed(text: str) -> bool:
    """Whether a claim says that somebody says it."""
    return bool(_MARK.search(text))


def source_of(sentence: str) -> Speaker | None:
    """Whom an article's sentence gives its fact to, if it does not state it itself."""
    if not _FACT.search(sentence) and not _ACCORDING.search(sentence):
        return None
    found = speakers(sentence)
    return found[0] if found else Speaker("", frozenset())


def other_speaker(
    claim: str, sentences: Sequence[str], context: frozenset[str]
) -> tuple[str, str] | None:
    """The claim's speaker and the article's, where they are plainly two.

    sentences:  those that carry the claim.
    context:    folded words that may speak too: the outlet.
    """
    said = [s for s in speakers(claim) if not s.words & context]
    given = [s for sentence in sentences for s in speakers(sentence)]
    if not said or not given or any(_unnamed(sentence) for sentence in sentences):
        return None
    held = frozenset(w for s in given for w in s.words)
    for speaker in said:
        if not any(alike(w, h) for w in speaker.words for h in held):
            return speaker.text, given[0].text
    return None


def _unnamed(sentence: str) -> bool:
    """Whether a pronoun speaks, who may be anyone named before."""
    return bool(re.search(rf"\b(?:he|she|it|they|who|we)(?: had| has| also)? (?:{SAYING})\b",
                          sentence, re.IGNORECASE))  # fmt: skip


_NOT = re.compile(
    r"\b(?:not|never|no|none|neither|nor|nobody|nothing|without|cannot|hardly|unable|refus\w+ to"
    r"|declin\w+ to|fail\w+ to|denied|denies|deny|denying|rul\w+ out)\b|n['’]t\b",
    re.IGNORECASE,
)
_UNDONE = """\
able acceptable affected answered authori[sz]ed available aware certain changed clear completed
confirmed convinced damaged decided done explained fair finished fit founded happy harmed healthy
heard hurt identified injured inhabited insured just known lawful likely marked moved named
necessary noticed occupied opened opposed paid popular prepared proven published qualified
reasonable registered reliable repaired reported resolved safe satisfied scathed seen signed sold
solved stable successful suitable supported sure tested touched true used usual welcome well
willing wise"""
_SHUNS = re.compile(
    r"\b(?:declin(?:ed|es|ing)|refus(?:ed?|es|ing|als?)|reject\w*|lack(?:ed|s|ing)|avoid\w*"
    r"|prevent\w*|stopp\w+|absen(?:t|ces?)|fail\w*|den(?:y|ied|ies|ying|ials?)|non-\w+"
    rf"|un(?:{'|'.join(_UNDONE.split())})(?:ly)?)\b"
    r"|\bturned down\b|\binstead\b|\brather than\b",
    re.IGNORECASE,
)
"""Words that may say no in another way. Not all in un-: unanimous, unique, uncle."""
_NOT_SO = re.compile(
    r"(?:,|\band) not\b|"
    r"\bnot (?:only|just|merely|least|yet clear)\b|\bno (?:more|fewer|less|later) than\b"
    r"|\bno doubt\b|\bwhether or not\b|\bno\. ?\d"
    # What was not so until a day was so then.
    r"|\b(?:not|\w+n['’]t)\b(?=[^.,;:!?]{1,60}\b(?:until|till)\b)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[.,;:!?]|\b(?:but|although|though|while|which|because|unless|until)\b")
_REACH = 2
"""Content words after a negation that it may turn."""


def polarity(text: str, common: frozenset[str]) -> dict[str, set[bool]]:
    """Content stems of a text -> whether they stand unturned (True), negated (False), or both."""
    text = _NOT_SO.sub(lambda m: " " * len(m.group()), text)
    turned: set[int] = set()
    words = list(re.finditer(r"[^\W_]+(?:['’]t\b)?", text))
    for found in _NOT.finditer(text):
        end = _CLAUSE.search(text, found.end())
        limit = end.start() if end else len(text)
        reach = [
            w.start()
            for w in words
            if found.end() <= w.start() < limit and _stem(w.group(), common)
        ]
        turned.update(reach[:_REACH])
    out: dict[str, set[bool]] = {}
    for word in words:
        if stem := _stem(word.group(), common):
            out.setdefault(stem, set()).add(word.start() not in turned)
    return out


def denies(text: str, of: str | None = None, common: frozenset[str] = frozenset()) -> bool:
    """Whether a text says no in any way; `of`: in a clause that has this stem."""
    clauses = (
        [text] if of is None else [c for c in _CLAUSE.split(text) if of in polarity(c, common)]
    )
    return any(_NOT.search(clause) or _SHUNS.search(clause) for clause in clauses)


def _stem(word: str, common: frozenset[str]) -> str | None:
    stems = analyse(word)
    if not stems or stems[0] in common or _NOT.fullmatch(word):
        return None
    return _IRREGULAR.get(fold(word), stems[0])


_IRREGULAR = {
    past: analyse(base)[0]
    for base, forms in {
        "tell": "told", "say": "said", "find": "found", "give": "gave given", "take": "took taken",
        "leave": "left", "go": "went gone", "know": "knew known", "see": "saw seen",
        "come": "came", "hold": "held", "win": "won", "lose": "lost", "rise": "rose risen",
        "fall": "fell fallen", "pay": "paid", "make": "made", "meet": "met",
        "break": "broke broken",
        "begin": "began begun", "sell": "sold", "buy": "bought", "build": "built", "lead": "led",
        "bring": "brought", "send": "sent", "keep": "kept", "grow": "grew grown", "shut": "shut",
        "sign": "signed", "sink": "sank sunk", "speak": "spoke spoken", "get": "got",
        "write": "wrote written", "choose": "chose chosen", "strike": "struck", "fight": "fought",
        "drive": "drove driven", "catch": "caught", "shoot": "shot", "spend": "spent", "run": "ran",
    }.items()
    for past in forms.split()
}  # fmt: skip


def is_past(word: str) -> bool:
    """Whether a folded word may be a verb in the past tense: closed, sold."""
    return word in _IRREGULAR or (len(word) > 4 and word.endswith("ed"))


_POLES = """
rose risen rise rises rising increase increased increases grew grown growing climbed climb higher \
raised soared jumped gained up / fell fall fallen falling decrease decreased dropped drop \
declined decline lower lowered cut reduced shrank sank down
more larger bigger greater wider / fewer less smaller lesser narrower
accept accepted accepts approve approved approves backed passed \
voted_for voted_in_favour / reject rejected rejects refused refuse turned_down voted_against \
voted_down
won win wins winning victory / lost lose loses defeat defeated losing
opened open reopened opens reopen / closed close shut closes
support supported supports backed favoured / oppose opposed opposes objected
confirmed confirm confirms admitted / denied deny denies
guilty convicted / innocent acquitted cleared
alive survived / dead died killed
allowed allow permitted lifted / banned ban barred forbade forbidden imposed
strengthened strengthen / weakened weaken
above over / below under
north northern / south southern
east eastern / west western
hired hire / fired sacked dismissed
bought buy / sold sell
united reunited / split divided
advanced advance / retreated retreat withdrew
success succeeded / failure failed
start started began begin / end ended finished stopped
safe / unsafe dangerous
longer / shorter
older / younger
most majority / minority
maximum / minimum
"""
_PHRASE = re.compile(r"\b(?:voted (?:for|in favour|against|down)|turned down)\b", re.IGNORECASE)
_AXES = [
    tuple(frozenset(side.split()) for side in line.split(" / "))
    for line in _POLES.strip().splitlines()
]


def directions(text: str) -> dict[int, set[tuple[bool, str]]]:
    """Axis -> (which way, the word) for the words of direction in a text; negation turns them."""
    text = _PHRASE.sub(lambda m: m.group().replace(" ", "_"), text)
    words = [fold(m.group()) for m in re.finditer(r"\w+(?:['’]t\b)?", text)]
    out: dict[int, set[tuple[bool, str]]] = {}
    for at, word in enumerate(words):
        near = " ".join(words[max(0, at - 3) : at])
        turned = bool(_NOT.search(near))
        for axis, (one, other) in enumerate(_AXES):
            if word in one or word in other:
                out.setdefault(axis, set()).add(((word in one) != turned, word.replace("_", " ")))
    return out

"""Mail and mailboxes: newsletters, and messages that tell something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr

from ..errors import BadFile
from . import html
from .draft import Draft, Skipped, decode, parse_date, stem

# A message of a mailbox begins with a line like "From ana@l.example Tue Mar  5 10:00:00 2024".
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\n]{0,200}\d\d:\d\d[^\n]{0,200}\n")
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)

_QUOTED_HTML = (
    " or self::blockquote[@type='cite'] or contains(concat(' ', @class, ' '), ' gmail_quote ')"
)
_WROTE = re.compile(
    r"(on .{1,300} wrote:|am .{1,300} schrieb.{0,200}:|le .{1,300} a écrit\s*:"
    r"|el .{1,300} escribió:|-{2,}\s*(original|forwarded) message\s*-{2,})",
    re.IGNORECASE | re.DOTALL,
)
_FOOTER = re.compile(
    r"unsubscribe|opt[ -]out of|(manage|update|change) (your )?(e-?mail |subscription )?preferences"
    r"|you('re| are| have)? receiv(ed|ing) this|this (e-?mail|message|newsletter) was sent to"
    r"|mailing address|add us to your address book|no longer (wish|want) to receive"
    r"|all rights reserved|^(©|\(c\)|copyright) |abmelden|se désabonner|darse de baja",
    re.IGNORECASE,
)
_HEADER = re.compile(
    r"(view|read|open|see) (this |it )?(e-?mail |message |newsletter |issue )?"
    r"(online\b|in (your |a )?(web )?browser)"
    r"|(trouble|problems?|difficulty) (viewing|reading) this",
    re.IGNORECASE,
)
MAX_HEADER = 10_000
"""Characters of a header that is read: the standard library takes quadratic time on them."""

_READ = ("subject", "from", "date", "message-id", "list-id", "archived-at", "content-")
# In all these ways the standard library fails on broken headers and parts.
_BROKEN = (MessageError, LookupError, ValueError, TypeError, AttributeError, RecursionError)

SHORT = 300
"""Characters: a longer paragraph is never taken for a header or footer."""


def read(raw: bytes, name: str) -> Iterator[Draft]:
    yield _message(raw, stem(name))


def read_mbox(raw: bytes, name: str) -> Iterator[Draft | Skipped]:
    """One draft a message. A bad message is skipped with its number; the others go on."""
    starts = list(_FROM_LINE.finditer(raw))
    if not starts or raw[: starts[0].start()].strip():
        raise BadFile('is no mailbox: it does not begin with a "From " line (.eml is one message)')
    ends = [found.start() for found in starts[1:]] + [len(raw)]
    for number, (found, end) in enumerate(zip(starts, ends, strict=True), 1):
        message = _QUOTED_FROM.sub(rb"\1", raw[found.end() : end])
        try:
            yield _message(message, f"{name}, message {number}")
        except BadFile as problem:
            yield Skipped(f"{name}:{number}", str(problem))


def _message(raw: bytes, title: str) -> Draft:
    try:
        message = message_from_bytes(raw.lstrip(b"\r\n"), policy=policy.default)
        assert isinstance(message, EmailMessage)
        _check(message)
        return _draft(message, title)
    except _BROKEN as problem:
        raise BadFile(f"is no mail that can be read: {problem} (save its text as .txt)") from None


def _check(message: EmailMessage) -> None:
    """Raises BadFile when a header would be too long to read, here or in a part."""
    for part in message.walk():
        for name, value in part.raw_items():
            if len(value) > MAX_HEADER and name.lower().startswith(_READ):
                raise BadFile(
                    f'has a "{name}" of {len(value):,} characters; the limit is {MAX_HEADER:,} '
                    "(save its text as .txt)"
                )


def _draft(message: EmailMessage, title: str) -> Draft:
    if not message.keys():
        raise BadFile("is no mail: it has no headers (save it as .txt)")
    sender = parseaddr(_header(message, "From") or "")
    who = sender[0] or sender[1] or None
    listed = _header(message, "List-Id") or ""
    # The sender of a newsletter is its outlet; on a list where people write, the list is.
    newsletter = "List-Post" not in message and ("List-Unsubscribe" in message or bool(listed))
    reply = "In-Reply-To" in message or "References" in message
    return Draft(
        title=_header(message, "Subject") or title,
        text=_without_furniture(_body(message, reply)),
        source=who if newsletter else listed.partition("<")[0].strip(' "') or None,
        url=(_header(message, "Archived-At") or "").strip("<>") or None,
        published=parse_date("Date", _header(message, "Date")),
        author=None if newsletter else who,
        language=(_header(message, "Content-Language") or "").partition(",")[0] or None,
        key=(_header(message, "Message-ID") or "").strip("<>") or None,
    )


def _header(message: EmailMessage, name: str) -> str | None:
    value = message.get(name)
    return " ".join(str(value).split()) or None if value is not None else None


def _body(message: EmailMessage, reply: bool) -> str:
    """The message's text. Its plain form, unless that only says where to read the other."""
    plain, marked = (message.get_body((kind,)) for kind in ("plain", "html"))
    text = _plain(plain, reply) if plain is not None else ""
    if marked is not None:
        shown = html.as_text(_content(marked), _QUOTED_HTML if reply else "")
        if len(shown) > 2 * len(text):
            return _without_quotes(shown, reply)
    if not text:
        raise BadFile("holds no text (its words may be in a picture or an attachment)")
    return text


def _content(part: MIMEPart) -> str:
    raw = part.get_payload(decode=True)
    assert isinstance(raw, bytes)
    named = part.get_content_charset()
    # Only these: a mail may name any of Python's codecs, and some of them take quadratic time.
    if named and re.fullmatch(html.CHARSETS, named):
        try:
            return raw.decode(named)
        except (UnicodeDecodeError, LookupError):
            pass
    return decode(raw)


def _plain(part: MIMEPart, reply: bool) -> str:
    text = _content(part).replace("\r\n", "\n").replace("\r", "\n")
    if str(part.get_param("format", "")).lower() == "flowed":
        # RFC 3676: a space at the end of a line says that the paragraph goes on; "-- " does not.
        text = re.sub(r"^(?!-- $)(.* )\n(?=[^>\n])", r"\1", text, flags=re.MULTILINE)
    signed = re.search(r"^-- \n", text, re.MULTILINE)
    return _without_quotes(text[: signed.start()] if signed else text, reply)


def _without_quotes(text: str, reply: bool) -> str:
    """Without the messages that this one answers: lines in ">" below "On ... wrote:"."""
    kept: list[str] = []
    for quoted, block in _blocks(text.split("\n")):
        if quoted and (reply or _drop_attribution(kept)):
            _drop_attribution(kept)
            continue
        kept += block
    return "\n".join(kept).strip()


def _blocks(lines: list[str]) -> Iterator[tuple[bool, list[str]]]:
    """Runs of lines that are quoted, and of lines that are not."""
    block: list[str] = []
    for line in lines:
        if block and line.startswith(">") != block[0].startswith(">"):
            yield block[0].startswith(">"), block
            block = []
        block.append(line)
    if block:
        yield block[0].startswith(">"), block


def _drop_attribution(kept: list[str]) -> bool:
    """Take "On ... wrote:" off the end; whether it was there. It may be broken over lines."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    for start in range(end - 1, max(-1, end - 4), -1):
        if _WROTE.fullmatch(" ".join(kept[start:end]).strip()):
            del kept[start:]
            return True
    return False


def _without_furniture(text: str) -> str:
    """Without the lines for the browser's view at the top, and all from the footer on."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    top = [p for p in paragraphs[:3] if not (len(p) <= SHORT and _HEADER.search(p))]
    paragraphs = top + paragraphs[3:]
    cut = end = len(paragraphs)
    while end > 1 and (_is_footer(paragraphs[end - 1]) or not _is_prose(paragraphs[end - 1])):
        end -= 1
        if _is_footer(paragraphs[end]):
            cut = end
    return "\n\n".join(paragraphs[:cut])


def _is_footer(paragraph: str) -> bool:
    return len(paragraph) <= SHORT and bool(_FOOTER.search(paragraph))


def _is_prose(paragraph: str) -> bool:
    return len(paragraph) >= 60 and bool(re.search(r"[.!?…][\"'”’»)]*\s*\Z", paragraph))

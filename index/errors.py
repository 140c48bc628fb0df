"""What can go wrong for a person, as a small tree. Messages name the value and the remedy.

FootnoteError
├── BadFile          one file of a batch; the batch goes on
├── BadQuestion      a question that cannot be asked
├── UnknownArticle   no such article, or no such version of it
├── IndexMissing     there is no index where one was named
├── IndexLocked      another process is writing
├── IndexDamaged     what is stored contradicts itself
└── IndexMismatch    made with another encoder or format
"""

from __future__ import annotations


class FootnoteError(Exception):
    """Base of every error that is meant for a person."""


class BadFile(FootnoteError):
    """A file, or one record in it, that cannot become an article."""


class BadQuestion(FootnoteError):
    """A question that is empty, too long or not text."""


class UnknownArticle(FootnoteError):
    """An article id or version that the index does not hold."""


class IndexMissing(FootnoteError):
    """No index at the folder that was named."""


class IndexLocked(FootnoteError):
    """Another process is writing to the index."""


class IndexDamaged(FootnoteError):
    """What is stored cannot be read or contradicts itself."""


class IndexMismatch(FootnoteError):
    """The index was made with another encoder or format than the one at hand."""

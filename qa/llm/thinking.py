"""Thoughts that stand in a model's text: `<think>...</think>` before its answer. Pure.

Servers that know how a model thinks send its thoughts apart. Others leave them in the text, as
transformers does, and there they would pass for the answer.
"""

from __future__ import annotations

_ENDS = {f"<{name}>": f"</{name}>" for name in ("think", "thinking", "thought")}
_TAGS = (*_ENDS, *_ENDS.values())


class Spoken:
    """Feed it a reply in the pieces in which it comes; it gives what is said and not thought.

    Nothing is held back but white space before the first word, and what may become a tag there. So
    a thought whose beginning is not in the reply is taken for said (see `left_open`).
    """

    def __init__(self) -> None:
        self._held = ""
        self._end = ""  # of the thought that goes on
        self._begun = False

    def feed(self, piece: str) -> str:
        """What this piece adds."""
        if self._begun:
            return piece
        self._held += piece
        while self._skipped():
            pass
        if self._end or any(tag.startswith(self._held) for tag in _TAGS):
            return ""
        self._begun = True
        return self.end()

    def end(self) -> str:
        """What was held back and became no tag, when the reply is over."""
        said, self._held = "" if self._end else self._held, ""
        return said

    def _skipped(self) -> bool:
        """Leave out the tag that comes first, or the thought up to its end; False: neither came."""
        if self._end:
            _, end, rest = self._held.partition(self._end)
            if not end:
                self._held = self._held[1 - len(self._end) :]  # half an end may be among them
                return False
            self._held, self._end = rest, ""
        self._held = self._held.lstrip()
        tag = next((tag for tag in _TAGS if self._held.startswith(tag)), None)
        if tag is None:
            return False
        self._held = self._held.removeprefix(tag)
        self._end = _ENDS.get(tag, "")
        return True


def left_open(prompt: str) -> str:
    """The tag with which a prompt ends, so that the reply begins within a thought; "" for none."""
    return next((tag for tag in _ENDS if prompt.rstrip().endswith(tag)), "")

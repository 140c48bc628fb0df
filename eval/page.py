"""The report: runs side by side on one page that needs nothing but itself."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.types import Article

from .dataset import EvalError
from .failures import FAILURES, answered, asked, failures
from .overview import pictures, tables
from .records import Run
from .scores import Scored

_PARTS = Path(__file__).parent / "html"
SCRIPTS = ("dom.js", "scores.js", "questions.js")


@dataclass(frozen=True, slots=True)
class Shown:
    """A run on the page: what it is called there, and its records with their scores."""

    name: str
    run: Run
    scored: Sequence[Scored]

    @property
    def own(self) -> str:
        """The system that the run is about."""
        return next(s for s in self.run.about.systems if s not in self.run.about.searches)

    def of(self, system: str) -> list[Scored]:
        return [s for s in self.scored if s.record.system == system]

    @property
    def answering(self) -> list[str]:
        """Its systems that answer, its own first."""
        others = [
            s for s in self.run.about.systems if s not in self.run.about.searches and s != self.own
        ]
        return [self.own, *others]


def shown(runs: Sequence[tuple[Run, Sequence[Scored]]]) -> list[Shown]:
    """Runs under the names of their folders.

    Raises EvalError when they are of several sets, or one answered nothing.
    """
    sets = {run.about.set: run for run, _ in runs}
    if len(sets) > 1:
        named = ", ".join(f"{run.folder} ({name})" for name, run in sets.items())
        raise EvalError(f"runs of different sets: {named} (make a report of each set)")
    names: dict[str, int] = {}
    out = []
    for run, scored in runs:
        if not set(run.about.systems) - set(run.about.searches):
            raise EvalError(f"{run.folder}: has no answers to show (searches alone, or nothing)")
        name = run.folder.resolve().name
        names[name] = names.get(name, 0) + 1
        twice = names[name] > 1
        out.append(Shown(f"{name} ({names[name]})" if twice else name, run, scored))
    return out


def page(runs: Sequence[Shown], articles: Mapping[str, Article]) -> str:
    """The page, as HTML."""
    style = _part("report.css")
    script = "(() => {\n" + "".join(_part(name) for name in SCRIPTS) + "})();\n"
    figures = "\n".join(
        f'<figure><h3>{html.escape(p.title)}</h3>\n<div class="plot" role="img" '
        f'aria-label="{html.escape(p.title)}. {html.escape(p.note)}">{p.svg}</div>\n'
        f"<figcaption>{html.escape(p.note)}</figcaption></figure>"
        for p in pictures(runs, articles)
    )
    parts = {
        "policy": f"default-src 'none'; script-src '{_hash(script)}'; "
        f"style-src-elem '{_hash(style)}'; style-src-attr 'unsafe-inline'; "
        "base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "plots": figures,
        "data": as_script(_data(runs, articles)),
    }
    out = _part("report.html")
    # In one pass: what is put in may hold anything, the names of other parts too.
    pieces = out.split("@@")
    return "".join(parts[piece] if n % 2 else piece for n, piece in enumerate(pieces))


def as_script(value: Any) -> str:
    """JSON that can stand in a <script>: nothing in it ends the element or begins a comment."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate cannot be written as UTF-8.
    return re.sub("[<>&\u2028\u2029\x7f\ud800-\udfff]", lambda c: f"\\u{ord(c[0]):04x}", text)


def _data(runs: Sequence[Shown], articles: Mapping[str, Article]) -> dict[str, Any]:
    return {
        "set": runs[0].run.about.set,
        "about": runs[0].run.about.about,
        "runs": [_run(shown) for shown in runs],
        "failures": [
            {"name": name, "title": title, "help": about}
            for name, (title, about) in FAILURES.items()
        ],
        "tables": tables(runs),
        "questions": _questions(runs, articles),
    }


def _run(shown: Shown) -> dict[str, Any]:
    about = shown.run.about
    return {
        "name": shown.name,
        "own": shown.own,
        "rivals": shown.answering[1:],
        "model": about.model,
        "created": about.created,
        "fingerprints": about.fingerprints,
        "counts": about.counts,
    }


def _questions(runs: Sequence[Shown], articles: Mapping[str, Article]) -> list[dict[str, Any]]:
    """Every question once, with what each run made of it; None where a run was not asked."""
    rows: dict[str, dict[str, Any]] = {}
    for number, shown in enumerate(runs):
        for scored in shown.of(shown.own):
            case = scored.record.case
            row = rows.setdefault(
                case.question.id, asked(case, articles) | {"runs": [None] * len(runs)}
            )
            row["runs"][number] = answered(scored, articles) | {"rivals": []}
        for system in shown.answering[1:]:
            for scored in shown.of(system):
                mine = rows.get(scored.record.case.question.id, {"runs": [None] * len(runs)})
                if mine["runs"][number]:
                    mine["runs"][number]["rivals"].append(failures(scored))
    return list(rows.values())


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """A text as a Content-Security-Policy names it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

"""What `python -m eval` takes: its commands and their options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from qa.cross_encoder import MODEL

from .adapters import ELSEWHERE, SETS
from .adapters.seeds import SEEDS

ABOUT = """`run` asks a set, `score`, `compare`, `gate` and `report` read what came of it; `search`,
`readers`, `verify`, `followups`, `conflicts`, `attacks` and `honest` measure a part each; `draft`
proposes questions, and `check` proves a file of them sound."""

OWN_READER = "reader"
"""The answerer's own cross-encoder, where the name of one is asked for."""

BASELINE = Path(__file__).with_name("baseline.json")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m eval", description=ABOUT)
    commands = made.add_subparsers(dest="command", required=True)
    _add_measuring(commands)
    for name, about in (
        ("search", "print the table of retrieval experiments"),
        ("precision", "print what the encoder loses in int8"),
    ):
        ways = commands.add_parser(name, help=about)
        ways.add_argument("--set", choices=SETS, default="seeds")
        ways.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
        ways.add_argument("--limit", type=_positive, metavar="N", help="ask N questions at random")
        ways.add_argument("--seed", type=int, default=0, help="of the sample and the intervals")
        ways.add_argument("--cache", type=Path, metavar="DIR", help="where its index is kept")
        if name == "search":
            ways.add_argument(
                "--reranker",
                metavar="NAME",
                help=f"a cross-encoder, by folder or name; {OWN_READER}: the answerer's own",
            )
    weights = commands.add_parser("fit", help="fit the extractive answerer's weights")
    weights.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
    weights.add_argument("--limit", type=_positive, metavar="N", help="use N questions at random")
    weights.add_argument("--seed", type=int, default=0)
    weights.add_argument("--cache", type=Path, metavar="DIR", help="where its index is kept")
    groups = commands.add_parser("pairs", help="write what the cross-encoder learns from")
    groups.add_argument("--data", type=Path, metavar="DIR", required=True)
    groups.add_argument("--seed", type=int, default=0)
    groups.add_argument("--cache", type=Path, metavar="DIR", default=Path(".footnote") / "pairs")
    groups.add_argument("-o", "--out", type=Path, metavar="FILE", required=True)
    networks = commands.add_parser("readers", help="print how well networks tell what answers")
    networks.add_argument("pairs", type=Path, metavar="PAIRS", help="what `pairs` has written")
    networks.add_argument(
        "models",
        type=Path,
        metavar="MODEL",
        nargs="*",
        default=[MODEL],
        help="exported networks; default: the shipped one",
    )
    networks.add_argument(
        "--groups", type=_positive, metavar="N", default=400, help="of each source, at most"
    )
    networks.add_argument("--seed", type=int, default=0, help="of the intervals")
    claims = commands.add_parser("verify", help="print how well claims are checked")
    claims.add_argument("--data", type=Path, metavar="DIR", help="where the sets' data lies")
    claims.add_argument("--seed", type=int, default=0, help="of the folds and the intervals")
    claims.add_argument("--nli", metavar="NAME", help="a cross-encoder as well, by folder or name")
    checker = commands.add_parser("fit-verifier", help="fit the checker of claims on wice-dev")
    checker.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
    checker.add_argument("--out", type=Path, metavar="FILE", help="default: qa/checks/verify.json")
    for name, about in (
        ("followups", "how well follow-up questions stand alone"),
        ("conflicts", "where disagreements between articles are found"),
        ("attacks", "what comes of attacks that hide in articles"),
    ):
        table = commands.add_parser(name, help=f"print {about}")
        table.add_argument("--data", type=Path, metavar="DIR", help="where the sets' data lies")
        table.add_argument("--seed", type=int, default=0, help="of the intervals and the questions")
        table.add_argument("--cache", type=Path, metavar="DIR", default=Path(".footnote") / "eval")
        if name == "attacks":
            table.add_argument("--limit", type=_positive, metavar="N", help="the first N attacks")
    written = commands.add_parser("honest", help="print what is made of answers written by hand")
    written.add_argument("--nli", metavar="NAME", help="checked by a cross-encoder, folder or name")
    written.add_argument("--cache", type=Path, metavar="DIR", default=Path(".footnote") / "eval")
    proof = commands.add_parser("check", help="prove a file of questions sound")
    proof.add_argument("file", type=Path)
    _add_articles(proof)
    drafts = commands.add_parser("draft", help="propose questions about articles")
    _add_articles(drafts)
    drafts.add_argument("-o", "--out", type=Path, metavar="FILE", required=True)
    drafts.add_argument("--count", type=_positive, metavar="N", default=20, help="at most")
    drafts.add_argument("--model", metavar="STRING", help="the model that writes them")
    drafts.add_argument("--seed", type=int, default=0, help="of the choice of articles")
    return made


def _add_articles(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--index", type=Path, metavar="DIR", help="articles of this index")
    source.add_argument("--articles", type=Path, metavar="FOLDER", default=SEEDS)


def _add_measuring(commands: Any) -> None:
    """`run`, and the commands that read a run."""
    asking = commands.add_parser("run", help="ask the questions of a set, and print the tables")
    asking.add_argument(
        "--set",
        default="seeds",
        metavar="NAME",
        help=f"{', '.join(SETS)}, or PATH.jsonl (other commands: {', '.join(ELSEWHERE)})",
    )
    asking.add_argument(
        "--model", metavar="STRING", help="as for qa ask; default: QA_MODEL, else extractive"
    )
    asking.add_argument("--limit", type=_positive, metavar="N", help="ask N questions at random")
    asking.add_argument("--seed", type=int, default=0, help="of the sample and the intervals")
    asking.add_argument("--cache", type=Path, metavar="DIR", help="where its index is kept")
    asking.add_argument("--out", type=Path, metavar="RUN", help="where the records go (a folder)")
    asking.add_argument("--jobs", type=_positive, metavar="N", help="questions asked at once")
    reading = commands.add_parser("score", help="print the tables of a run, whoever made it")
    reading.add_argument("run", type=Path, metavar="RUN")
    pages = commands.add_parser("report", help="write runs side by side as a page")
    pages.add_argument("runs", type=Path, metavar="RUN", nargs="+")
    pages.add_argument("-o", "--out", type=Path, metavar="FILE", default=Path("report.html"))
    for command in (asking, reading):
        command.add_argument("--markdown", action="store_true", help="tables for the README")
    for command in (asking, reading, pages):
        command.add_argument(
            "--judge",
            default="verifier",
            metavar="NAME",
            help="of ALCE's recall and precision: verifier, none, or an NLI cross-encoder",
        )
    paired = commands.add_parser("compare", help="print how the second run differs from the first")
    paired.add_argument("runs", type=Path, metavar="RUN", nargs=2)
    paired.add_argument("--system", metavar="NAME", help="default: what each run is about")
    paired.add_argument("--seed", type=int, default=0, help="of the intervals")
    floors = commands.add_parser("gate", help="fail when a run falls below the floors of a file")
    floors.add_argument("run", type=Path, metavar="RUN")
    floors.add_argument("--baseline", type=Path, metavar="FILE", default=BASELINE)
    floors.add_argument("--update", action="store_true", help="raise the floors to this run")
    floors.add_argument("--allow-regression", metavar="REASON", help="lower floors too; it is kept")
    for command in (asking, reading, paired, floors, pages):
        command.add_argument("--data", type=Path, metavar="DIR", help="where the set's data lies")
        source = command.add_mutually_exclusive_group()
        source.add_argument("--articles", type=Path, metavar="DIR", help="articles of PATH.jsonl")
        source.add_argument("--index", type=Path, metavar="DIR", help="or the index they are in")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a number of questions from 1 up')
    return int(text)

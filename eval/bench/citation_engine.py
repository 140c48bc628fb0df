"""Another system in our tables: llama-index's CitationQueryEngine beside Footnote, on the seeds.

    python -m eval.bench.citation_engine --out DIR

Both answer with the same scripted model, over the same search, and write a run each: DIR/footnote
and DIR/citation-engine, the second in the form that a person writes by hand (see `eval.records`).
`python -m eval score` and `compare` then read both. The script stands for a plain model: it repeats
the sentences that share most words with the question and cites the number that they stand under.
So what differs is what each system shows the model, and what it makes of the markers that come
back. `--model STRING` takes a real model at an OpenAI address instead (http://HOST:PORT/v1#NAME).
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from llama_index.core.query_engine import CitationQueryEngine
from llama_index.core.schema import NodeWithScore
from llama_index.llms.openai_like import OpenAILike

from index.chunk import split_sentences
from index.store import Index
from qa.answerer import PASSAGES, Answerer
from qa.language.names import COMMON, words_of
from qa.prompt import NO_ANSWER
from qa.retriever import IndexRetriever

from ..adapters import load_set
from ..dataset import EvalSet
from ..model_server import Messages, ModelServer, tokens
from ..progress import bar
from ..records import LINES, About, now, write_about
from ..run import about_run, answer_all, build_index, sample

SYSTEM = "CitationQueryEngine"
REFUSALS = (NO_ANSWER, "None of the sources answer this.")
"""What the scripted model says when no sentence comes near the question, to either system."""

NEAR = 0.5
"""Share of the question's words above which a sentence is repeated."""

MOST = 2
"""Sentences that the scripted model repeats."""


def scripted(messages: Messages) -> list[str]:
    """The scripted model: what it says to Footnote's prompts and to the query engine's."""
    prompt = messages[-1]["content"]
    if "Last question:" in prompt:
        return tokens(prompt.rpartition("Last question:")[2].strip())
    if "Query: " in prompt:
        body, _, asked = prompt.rpartition("\n------\nQuery: ")
        numbered = _sources(body.rpartition("\n------\n")[2])
        said = _best(asked.partition("\n")[0], numbered)
        before = re.search(r"existing answer: (.*?)Below are several", prompt, re.DOTALL)
        return tokens(said or (before[1].strip() if before else REFUSALS[1]))
    asked = prompt.rpartition("Question: ")[2]
    numbered = [(int(n), text) for n, text in re.findall(r"^\[(\d+)\] (.*)$", prompt, re.MULTILINE)]
    return tokens(_best(asked, numbered) or REFUSALS[0])


def _sources(text: str) -> Iterator[tuple[int, str]]:
    """Each sentence of `Source 3:` and its lines, under that number; no lines about the article."""
    text = re.sub(r"^(?:title|source|published|url): .*\n*", "", text, flags=re.MULTILINE)
    for number, body in re.findall(r"Source (\d+):\n(.*?)(?=\nSource \d+:\n|\Z)", text, re.DOTALL):
        for span in split_sentences(body):
            yield int(number), body[span.start : span.end]


def _best(question: str, numbered: Any) -> str:
    """The sentences that share most of the question's words, each with its marker; "" for none."""
    wanted = set(words_of(question)) - COMMON
    shares = [
        (len(wanted & set(words_of(text))) / (len(wanted) or 1), number, text)
        for number, text in numbered
    ]
    best = sorted((s for s in shares if s[0] > NEAR), key=lambda s: -s[0])[:MOST]
    return " ".join(f"{text.rstrip('. ')} [{number}]." for _, number, text in best)


def ask_engine(eval_set: EvalSet, cases: Sequence[Any], index: Index, address: str) -> list[Any]:
    """A line by hand for each question, of what the query engine says."""
    place, _, name = address.partition("#")
    llm = OpenAILike(
        model=name, api_base=place, api_key="none", is_chat_model=True, context_window=16_000
    )
    engine = CitationQueryEngine(IndexRetriever(index, PASSAGES), llm=llm)
    rows = []
    for case in bar(cases, "questions"):
        began = time.perf_counter()
        response = engine.query(case.question.question)
        seconds = time.perf_counter() - began
        answer = as_answer(str(response), response.source_nodes)
        rows.append(
            {"id": case.question.id, "system": SYSTEM, "answer": answer, "seconds": seconds}
        )
    return rows


def as_answer(text: str, sources: Sequence[NodeWithScore]) -> dict[str, Any]:
    """What the engine returned, in the form that a person writes: the sources that it cites."""
    if text.strip() in REFUSALS:
        return {"text": text, "abstained": True}
    cited = {int(n) for found in re.findall(r"\[([\d, ]+)\]", text) for n in found.split(",")}
    citations = [
        {
            "number": number,
            "article": source.node.metadata["article_id"],
            # The engine puts `Source 3:` and a line's end around a text that it has cut anew.
            "quote": source.node.get_content().partition("\n")[2].strip(),
        }
        for number, source in enumerate(sources, 1)
        if number in cited
    ]
    return {"text": text, "citations": citations}


def write_run(folder: Path, rows: Sequence[Any], questions: tuple[str, ...] | None) -> None:
    about = About(set="seeds", created=now(), systems=(SYSTEM,), model=SYSTEM, questions=questions)
    write_about(folder, about)
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / LINES).write_text("".join(lines), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m eval.bench.citation_engine", description=__doc__
    )
    parser.add_argument("--out", type=Path, metavar="DIR", required=True)
    parser.add_argument("--limit", type=int, metavar="N", help="ask N questions at random")
    parser.add_argument("--model", metavar="STRING", help="http://HOST:PORT/v1#NAME")
    given = parser.parse_args(arguments)
    eval_set = load_set("seeds")
    cases = sample(eval_set.cases, given.limit, 0)
    cache = Path(".footnote") / "eval" / "seeds"
    with ModelServer(scripted) as server, build_index(eval_set, cache) as index:
        address = given.model or f"{server.url}#scripted"
        answerer = Answerer(index, address)
        ours = about_run(eval_set, cases, answerer.model)
        answer_all(eval_set, cases, index, answerer, given.out / "footnote", ours)
        rows = ask_engine(eval_set, cases, index, address)
    write_run(given.out / "citation-engine", rows, ours.questions)
    print(f"python -m eval score {given.out / 'citation-engine'}")
    print(f"python -m eval compare {given.out / 'citation-engine'} {given.out / 'footnote'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

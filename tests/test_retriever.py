"""The index inside a llama-index query engine."""

from __future__ import annotations

import pytest
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from index.store import Index
from qa.retriever import IndexRetriever


def test_nodes_carry_offsets_and_dates(seeds_index: Index) -> None:
    nodes = IndexRetriever(seeds_index, k=3).retrieve("Who brokered the ceasefire?")
    assert len(nodes) == 3
    assert [n.score for n in nodes] == sorted((n.score for n in nodes), reverse=True)
    for found in nodes:
        article = seeds_index.article(found.node.metadata["article_id"])
        start, end = found.node.start_char_idx, found.node.end_char_idx
        assert article.text[start:end] == found.node.text
        assert found.node.metadata["published"] == article.published.isoformat()
    assert len({n.node.node_id for n in nodes}) == 3


def test_a_query_engine_answers_over_it(seeds_index: Index) -> None:
    engine = RetrieverQueryEngine.from_args(IndexRetriever(seeds_index, k=2), llm=MockLLM())
    answered = engine.query("Who brokered the ceasefire?")
    assert len(answered.source_nodes) == 2
    assert "ceasefire" in str(answered)


@pytest.mark.parametrize("k", [0, -1])
def test_no_passages_cannot_be_wanted(k: int) -> None:
    with pytest.raises(ValueError, match=f"k is {k}; .* from 1 up"):
        IndexRetriever(None, k=k)  # type: ignore[arg-type]

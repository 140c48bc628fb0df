"""What a caller may give in place of what a function asks for, and what it is told otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from index.readers import make_article
from index.store import Index
from index.types import Filters
from tests.test_embed import WordHash, article, ferries, names, open_index


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Index]:
    with open_index(tmp_path / "index", create=True) as opened:
        yield opened


def test_one_source_or_id_is_one_and_not_its_letters(small: Index) -> None:
    wire = article("wire", "The ferry left.", source="Meridian Wire")
    small.add([wire, article("other", "The ferry left late.", source="M")])
    for filters in (Filters(sources="Meridian Wire"), Filters(article_ids=wire.id)):  # type: ignore[arg-type]
        assert names(small.search("ferry", 9, filters)) == ["wire"]
    assert small.remove(wire.id) == 1
    assert names(small.search("ferry", 9)) == ["other"]


@pytest.mark.parametrize("kind", [list, set, frozenset, iter, dict.fromkeys])
def test_several_come_in_any_form(small: Index, kind: type) -> None:
    small.add([article(name, "The ferry left.", source=name) for name in "ABC"])
    for _ in range(2):  # the second from what was remembered of the first
        filters = Filters(sources=kind(["A", "C"]))
        assert isinstance(filters.sources, tuple)
        assert sorted(names(small.search("ferry", 9, filters))) == ["A", "C"]
    assert hash(Filters(article_ids=kind(["x"]))) == hash(Filters(article_ids=("x",)))


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"sources": [None]}, r"sources holds None, not a text \(give a str"),
        ({"article_ids": [date(2020, 3, 5)]}, "article_ids holds datetime.date"),
        ({"language": ["en"]}, r"language is \['en'\], not a text"),
        ({"published_after": "2020-03-05"}, "published_after is '2020-03-05', not a day"),
        ({"published_before": 2020}, "published_before is 2020, not a day"),
        ({"as_of": "yesterday"}, r"as_of is 'yesterday', not a day \(give a datetime.date"),
    ],
)
def test_what_is_no_filter_is_named(given: dict[str, object], named: str) -> None:
    with pytest.raises(TypeError, match=named):
        Filters(**given)  # type: ignore[arg-type]


def test_a_datetime_counts_by_its_day(small: Index) -> None:
    small.add([article("A", "The ferry left.", published=date(2020, 3, 5))])
    noon = datetime(2020, 3, 5, 12, tzinfo=UTC)
    for name in ("published_after", "published_before", "as_of"):
        filters = Filters(**{name: noon})  # type: ignore[arg-type]
        assert filters == Filters(**{name: date(2020, 3, 5)})  # type: ignore[arg-type]
        assert names(small.search("ferry", 9, filters)) == ["A"]
    by_day, by_noon = (small.search("ferry", asked_on=day) for day in (noon.date(), noon))
    assert by_day == by_noon != []
    with pytest.raises(TypeError, match="asked_on is '2020-03-05', not a day"):
        small.search("ferry", asked_on="2020-03-05")  # type: ignore[arg-type]


def test_a_search_names_what_cannot_be_asked_for(small: Index) -> None:
    for k in (0, -1):
        with pytest.raises(ValueError, match=rf"k is {k}, and at least 1 "):
            small.search("ferry", k)
    with pytest.raises(ValueError, match="mode is 'zzz', and must be one of hybrid, dense, lexi"):
        small.search("ferry", mode="zzz")  # type: ignore[arg-type]


def test_only_texts_are_removed(small: Index) -> None:
    small.add(ferries(2))
    with pytest.raises(TypeError, match="article_ids holds Article"):
        small.remove(small.articles())  # type: ignore[arg-type]
    assert len(small.articles()) == 2


def test_a_folder_may_be_named_by_a_text(tmp_path: Path) -> None:
    folder = str(tmp_path / "index")
    with Index.open(folder, True, WordHash()) as index:
        index.add(ferries(2))
    assert Index.reindex(folder, WordHash()) == 0
    with Index.open(folder, encoder=WordHash()) as index:
        assert index.path == tmp_path / "index" and len(index.search("ferry")) == 2


def test_an_article_is_of_a_day_and_not_of_an_hour() -> None:
    made = make_article("Talks", "They met.", published=datetime(2020, 3, 5, 14, 30))
    assert made.published == date(2020, 3, 5) and type(made.published) is date
    with pytest.raises(TypeError, match="updated is '2020-03-06', not a day"):
        make_article("Talks", "They met.", updated="2020-03-06")  # type: ignore[arg-type]

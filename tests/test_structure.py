"""The house as it was drawn: imports one way, a heavy package in one file, a light start."""

from __future__ import annotations

import ast
import importlib
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

MAY_IMPORT = {"index": {"index"}, "qa": {"qa", "index"}, "eval": {"eval", "qa", "index"}}
HEAVY = {
    "apsw": "index/sqlite.py",
    "certifi": "index/web/fetch.py",
    "faiss": "index/vectors.py",
    "gradio": "qa/chat.py",
    "h11": "index/web/wire.py",
    "idna": "index/web/address.py",
    "matplotlib": "eval/plots.py",
    "onnxruntime": "index/graphs.py",
    "protego": "index/web/pages.py",
    "pypdf": "index/readers/pdf.py",
    "sentence_transformers": "index/pretrained.py",
    "sentencex": "index/chunk.py",
    "tantivy": "index/lexical.py",
    "tokenizers": "index/graphs.py",
    "trafilatura": "index/readers/html.py",
    "watchfiles": "index/watch.py",
    "warcio": "index/readers/warc.py",
    "xllamacpp": "qa/llm/local.py",
}
TORCH = [
    "index/pretrained.py",
    "qa/cross_encoder/average.py",
    "qa/cross_encoder/export.py",
    "qa/cross_encoder/train.py",
]
"""What exports and trains; nothing that answers."""

LLAMA_INDEX = {
    "core": ["eval/bench/citation_engine.py", "qa/llm/remote.py", "qa/retriever.py"],
    "llms.anthropic": ["qa/llm/hosted.py"],
    "llms.google_genai": ["qa/llm/hosted.py"],
    "llms.huggingface": ["qa/llm/local.py"],
    "llms.ollama": ["qa/llm/local.py"],
    "llms.openai": ["qa/llm/openai_like.py"],
    "llms.openai_like": ["eval/bench/citation_engine.py"],
}
"""Its core, for models and for the retriever, and each integration in one file."""

MEASURED = ("eval/bench/encoders.py", "eval/bench/systems/")
"""Benchmarks import what they measure, in processes of their own."""


def modules() -> Iterator[Path]:
    for package in MAY_IMPORT:
        yield from sorted((ROOT / package).rglob("*.py"))


def ours() -> Iterator[tuple[str, Path]]:
    """Each module with its path from the root, but for those that import what they measure."""
    for path in modules():
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(MEASURED):
            yield name, path


def imports(path: Path) -> Iterator[str]:
    """Names of the top packages that a module imports from outside its own package."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("path", list(modules()), ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_run_eval_to_qa_to_index(path: Path) -> None:
    package = path.relative_to(ROOT).parts[0]
    ours = set(imports(path)) & set(MAY_IMPORT)
    assert ours <= MAY_IMPORT[package]


def names_from_ours(path: Path) -> Iterator[tuple[str, str]]:
    """The modules of ours that a module imports from, each with a name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    package = parts[:-1]  # of a module and of `__init__` alike
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*above, *(node.module or "").split("."))).strip(".")
            if module.split(".")[0] in MAY_IMPORT:
                yield from ((module, alias.name) for alias in node.names)


def test_every_name_that_is_imported_is_there() -> None:
    """In modules too that no test runs, such as a benchmark's workers."""
    wanted = {pair: path for path in modules() for pair in names_from_ours(path)}
    missing = [
        f"{path.relative_to(ROOT)}: {module}.{name}"
        for (module, name), path in wanted.items()
        if not hasattr(importlib.import_module(module), name) and not is_module(module, name)
    ]
    assert len(wanted) > 500 and missing == []


def is_module(package: str, name: str) -> bool:
    try:
        importlib.import_module(f"{package}.{name}")
    except ModuleNotFoundError:
        return False
    return True


@pytest.mark.parametrize("package", HEAVY)
def test_a_heavy_package_is_imported_in_one_file(package: str) -> None:
    files = [name for name, path in ours() if package in set(imports(path))]
    assert files == [HEAVY[package]]


def test_torch_is_imported_only_to_export_and_to_train() -> None:
    files = [name for name, path in ours() if "torch" in set(imports(path))]
    assert files == TORCH


def test_llama_index_is_imported_where_it_is_said_to_be() -> None:
    found: dict[str, set[str]] = {}
    for name, path in ours():
        text = path.read_text(encoding="utf-8")
        for part in re.findall(r"^ *(?:from|import) llama_index\.(llms\.\w+|\w+)", text, re.M):
            found.setdefault(part, set()).add(name)
    assert {part: sorted(files) for part, files in found.items()} == LLAMA_INDEX


def loaded(code: str, *names: str) -> set[str]:
    """Which of the packages a fresh process has imported after running `code`."""
    end = f"; import sys, json; print(json.dumps([n for n in {names!r} if n in sys.modules]))"
    run = [sys.executable, "-c", code + end]
    done = subprocess.run(run, capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout.splitlines()[-1]))


SLOW = ("torch", "transformers", "sentence_transformers", "onnxruntime", "gradio", "llama_index")


def test_the_other_systems_import_nothing_of_ours() -> None:
    others = sorted((ROOT / "eval/bench/systems").glob("*.py"))
    found = {p.name for p in others if set(imports(p)) & set(MAY_IMPORT)}
    assert len(others) > 1
    assert found == {"footnote.py"}


def test_importing_the_library_loads_nothing_heavy() -> None:
    assert loaded("import index, qa, qa.llm", *SLOW, "openai", "httpx") == set()


def test_a_process_that_reads_files_starts_light() -> None:
    slow = ("numpy", "apsw", "filelock", "trafilatura", "lxml", "yaml", "index.store")
    assert loaded("import index.sandbox.worker", *slow) == set()


def test_asking_loads_neither_torch_nor_gradio(seeds_index: object) -> None:
    folder = seeds_index.path  # type: ignore[attr-defined]
    code = (
        "from qa.cli import main; "
        f"main(['ask', 'Who brokered the ceasefire?', '--index', {str(folder)!r}])"
    )
    slow = ("torch", "transformers", "sentence_transformers", "gradio", "llama_index")
    assert loaded(code, *slow) == set()
    assert loaded(code, "onnxruntime", "faiss") == {"onnxruntime", "faiss"}


def test_only_config_reads_the_environment() -> None:
    reads = re.compile(r"os\.environ\b(?!\[\"ORT_DISABLE)|os\.getenv")
    files = [
        p.relative_to(ROOT).as_posix()
        for p in modules()
        if p.parts[-2] != "adapters" and reads.search(p.read_text(encoding="utf-8"))
    ]
    assert files == ["qa/config.py"]


def test_the_public_names_are_there() -> None:
    import index
    import qa

    assert all(hasattr(index, name) for name in index.__all__)
    assert set(qa.__all__) >= {"answer", "Answerer", "Answer", "Claim", "Citation", "Verdict"}


def test_every_package_is_in_what_is_built() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    there = [
        ".".join(path.parent.relative_to(ROOT).parts)
        for package in ("index", "qa")
        for path in sorted((ROOT / package).rglob("__init__.py"))
    ]
    assert built["setuptools"]["packages"] == there


def test_constraints_pin_everything_exactly() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin) for pin in pins)
    assert "torch==2.13.0" in pins


def test_nothing_that_answers_asks_blas_for_a_product() -> None:
    """Its threads spin on when it has answered, and take a core from what is read next."""
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("index", "qa")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult))
        or (isinstance(node, ast.Attribute) and node.attr in ("dot", "matmul", "vdot", "tensordot"))
    ]
    assert not found

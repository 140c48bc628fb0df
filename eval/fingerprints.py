"""What made the answers of a run, so that two runs are known to differ, or not to."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path

import index
import qa
from index import chunk
from index.types import Article, Encoder
from qa import prompt


def of_run(articles: Iterable[Article], encoder: Encoder, model: str) -> dict[str, str]:
    """index, encoder, prompt, model and code, which answer, and the commit where it is known."""
    found = {
        "index": of_index(articles, encoder.fingerprint),
        "encoder": encoder.fingerprint,
        "prompt": _digest([Path(prompt.__file__).read_bytes()]),
        "model": model,
        "code": of_code(),
    }
    commit = _commit()
    return found | ({"commit": commit} if commit else {})


def of_index(articles: Iterable[Article], encoder: str) -> str:
    """Hash of all that can make an index stale: articles, the code that cuts them, the encoder."""
    names = sorted(f"{a.id} {a.version}" for a in articles)
    return _digest(["\n".join([encoder, *names]).encode(), Path(chunk.__file__).read_bytes()])


def of_code() -> str:
    """Hash of the code and the weights that search and answer."""
    folders = [Path(package.__file__ or "").parent for package in (index, qa)]
    files = [
        p for folder in folders for p in folder.rglob("*") if p.suffix in (".py", ".json", ".onnx")
    ]
    return _digest(path.read_bytes() for path in sorted(files))


def _commit() -> str | None:
    """The commit of the checkout, with a + where files differ from it; None outside of one."""
    folder = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout.strip() or None


def _digest(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:12]

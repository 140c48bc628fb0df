"""Model strings: which provider, which model, which key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from index.errors import FootnoteError

from .model import Clock, LanguageModel, Model, Timeouts
from .provider import Provider

FORMS = (
    "openai/NAME, anthropic/NAME, gemini/NAME, ollama/NAME, http://HOST:PORT/v1#NAME, "
    "gguf:FILE, hf:FOLDER or auto"
)
"""The model strings, for messages and for help."""

KEYS = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
}
SERVER_KEY = "QA_MODEL_KEY"
"""The key for a server that is given by its address. The hosted providers' keys stay theirs."""

HOSTED = {
    "anthropic": "anthropic/claude-haiku-4-5",
    "openai": "openai/gpt-5.4-mini",
    "gemini": "gemini/gemini-2.5-flash",
}
"""What `auto` takes for a key that it finds, in this order."""

OLLAMA = "http://127.0.0.1:11434"


def connect(
    spec: str,
    keys: Mapping[str, str],
    timeouts: Timeouts | None = None,
    clock: Clock | None = None,
) -> Model:
    """The model that a string names (see FORMS); `auto` by what `auto(keys)` finds.

    keys:  the environment, or what stands for it: API keys, and where providers are to be found
           (OLLAMA_HOST, OPENAI_BASE_URL, ANTHROPIC_BASE_URL, GOOGLE_GEMINI_BASE_URL).

    No hosted provider is asked anything yet; a local file is loaded, which may take long. Raises
    FootnoteError, with the remedy, for a string that is none, and a missing key, extra or file.
    """
    timeouts = timeouts or Timeouts()
    if spec == "auto":
        spec = auto(keys)
    provider = _provider(spec, keys, timeouts)
    name = re.sub(r"^gguf:.*[/\\]", "gguf:", spec)
    return LanguageModel(name, provider, timeouts, clock or Clock())


def auto(keys: Mapping[str, str]) -> str:
    """The model string for what is at hand: a running Ollama's newest model, else a key's provider.

    Local comes first: nothing leaves the machine because a key happens to be set. Raises
    FootnoteError where there is neither.
    """
    if name := _newest_of_ollama(_ollama(keys)):
        return f"ollama/{name}"
    for kind, spec in HOSTED.items():
        if any(keys.get(variable, "").strip() for variable in KEYS[kind]):
            return spec
    variables = ", ".join(names[0] for names in KEYS.values())
    raise FootnoteError(
        "auto found no model: no Ollama with a model is running, and there is no key in "
        f"{variables} (start Ollama, set a key, or answer without a model: extractive)"
    )


def _provider(spec: str, keys: Mapping[str, str], timeouts: Timeouts) -> Provider:
    from . import hosted, local, openai_like

    scheme, _, rest = spec.partition(":")
    kind, _, name = spec.partition("/")
    if scheme in ("http", "https"):
        return openai_like.server(*_address(spec), _clean_key(keys, SERVER_KEY), timeouts)
    if scheme == "gguf" and rest:
        return local.gguf(rest, timeouts)
    if scheme == "hf" and rest:
        return local.transformers(rest, timeouts)
    if kind == "ollama" and name:
        return local.ollama(name, _ollama(keys), timeouts)
    if kind in KEYS and name:
        key_name, key = _key(spec, KEYS[kind], keys)
        build = {
            "openai": openai_like.openai,
            "anthropic": hosted.anthropic,
            "gemini": hosted.gemini,
        }[kind]
        return build(name, key_name, key, _place(kind, keys), timeouts)
    raise FootnoteError(f'the model "{spec}" is none that is known ({FORMS})')


def _place(kind: str, keys: Mapping[str, str]) -> str | None:
    variable = "GOOGLE_GEMINI_BASE_URL" if kind == "gemini" else f"{kind.upper()}_BASE_URL"
    return keys.get(variable) or None


def _address(spec: str) -> tuple[str, str]:
    """Base address and model name of `http://host:port/v1#name`."""
    try:
        parts = urlsplit(spec)
        good = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not parts.fragment or parts.query:
        raise FootnoteError(
            "a model server is given as http://HOST:PORT/v1#NAME, with the model's name after #"
        )
    if parts.username or parts.password:
        raise FootnoteError(f"a model's address holds no password (put the key into {SERVER_KEY})")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}", parts.fragment


def _key(spec: str, names: tuple[str, ...], keys: Mapping[str, str]) -> tuple[str, str]:
    """The first variable of `names` that is set, and its value."""
    for name in names:
        if key := _clean_key(keys, name):
            return name, key
    raise FootnoteError(f"{spec} needs a key (set {' or '.join(names)})")


def _clean_key(keys: Mapping[str, str], name: str) -> str:
    """A key, or "". One that no header can carry would show up whole in a library's error."""
    key = keys.get(name, "").strip()
    if key and not re.fullmatch(r"[!-~]+", key):
        raise FootnoteError(f"what {name} holds is no key: it has spaces or odd characters in it")
    return key


def _ollama(keys: Mapping[str, str]) -> str:
    """Where Ollama listens, from OLLAMA_HOST as Ollama itself reads it, or its usual place."""
    host = keys.get("OLLAMA_HOST", "").strip()
    if not host:
        return OLLAMA
    parts = urlsplit(host if "://" in host else f"http://{host}")
    usual = {"http": 80, "https": 443}[parts.scheme] if "://" in host else 11434
    name = parts.hostname if parts.hostname not in (None, "0.0.0.0", "::") else "127.0.0.1"
    name = f"[{name}]" if ":" in (name or "") else name
    return f"{parts.scheme}://{name}:{parts.port or usual}"


def _newest_of_ollama(place: str) -> str | None:
    """The model that a running Ollama got last; None where none runs, or it has no model."""
    import httpx

    try:
        listed = httpx.get(f"{place}/api/tags", timeout=1, trust_env=False).json()
        return str(listed["models"][0]["name"])
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        return None

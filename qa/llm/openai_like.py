"""OpenAI, and whatever speaks its protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from index.errors import FootnoteError

from .faults import AGAIN
from .provider import Chunk
from .remote import (
    ANSWER_TOKENS,
    SMALL_CONTEXT,
    Lines,
    Remote,
    extra,
    is_near,
    known,
    line_settings,
    tokens,
)

if TYPE_CHECKING:
    from .model import Timeouts


_COOL = {"temperature": 0.0}


def openai(name: str, key_name: str, key: str, place: str | None, timeouts: Timeouts) -> Remote:
    """OpenAI itself."""
    with extra("openai"):
        from llama_index.llms.openai.utils import openai_modelname_to_contextsize

    # Reasoning models take their own temperature only, and have another word for the limit.
    plain = name.startswith(("gpt-3.5", "gpt-4"))
    more = {"max_completion_tokens": ANSWER_TOKENS, **(_COOL if plain else {})}
    made = _openai_like(name, key, place or "https://api.openai.com/v1", timeouts, lambda: more)
    made.context = lambda: known(openai_modelname_to_contextsize, name)
    made.key_name = key_name
    made.unknown = "see the names in OpenAI's list of models"
    return made


def server(place: str, name: str, key: str, timeouts: Timeouts) -> Remote:
    """Anything that speaks OpenAI's protocol at an address."""
    made = _openai_like(
        name, key or "none", place, timeouts, lambda: {"max_tokens": answer_tokens(made), **_COOL}
    )
    made.context = lambda: _context_of_server(place, name, key)
    made.key_name = "QA_MODEL_KEY"
    made.secrets = (key,) if key else ()
    made.unknown = f"{place}/models lists the names that it has"
    return made


def answer_tokens(provider: Remote) -> int:
    """The longest answer that the context has room for."""
    return min(ANSWER_TOKENS, provider.context_tokens // 4)


def _openai_like(
    name: str, key: str, place: str, timeouts: Timeouts, more: Callable[[], dict[str, Any]]
) -> Remote:
    """A Remote over OpenAI's own client.

    Its chunks are taken as the JSON that came. That takes 40 microseconds for each of some 110 in
    an answer; the objects that llama-index makes of them take 240, and other readers wait.
    """
    import httpx

    with extra("openai"):
        from openai import OpenAI, Stream

    lines = Lines()
    try:
        client = OpenAI(
            api_key=key,
            base_url=place,
            max_retries=0,
            http_client=httpx.Client(**line_settings(place, timeouts, lines)),
        )
    except ValueError as problem:
        raise FootnoteError(f"{name} cannot be used: {problem}") from None

    def ask(system: str, user: str) -> Iterator[object]:
        said = {"system": system, "user": user}
        body = {
            "model": name,
            "messages": [{"role": role, "content": text} for role, text in said.items()],
            "stream": True,
            "stream_options": {"include_usage": True},
            **more(),
        }
        return client.post(
            "/chat/completions",
            cast_to=object,
            body=body,
            stream=True,
            stream_cls=Stream[object],
        )

    return Remote(
        ask=ask,
        read=_of_openai,
        context=lambda: SMALL_CONTEXT,
        unknown="",
        secrets=(key,),
        lines=lines,
    )


def _context_of_server(place: str, name: str, key: str) -> int | None:
    """What a server says of its model's context: llama.cpp, vLLM and others by their own words.

    SMALL_CONTEXT where it says nothing of it, None where it may yet: while it starts, or loads.
    """
    import httpx

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    near = is_near(place)
    try:
        said = httpx.get(f"{place}/models", headers=headers, timeout=5, trust_env=not near)
    except httpx.HTTPError:
        return None
    if said.status_code in AGAIN:
        return None
    try:
        listed = said.json()["data"]
        model = next((m for m in listed if m["id"] == name), listed[0] if len(listed) == 1 else {})
        told = {**model, **(model.get("meta") or {})}
    except (ValueError, LookupError, TypeError, AttributeError):
        return SMALL_CONTEXT
    for word in ("n_ctx", "max_model_len", "context_length", "max_context_length"):
        if isinstance(told.get(word), int) and told[word] > 0:
            return int(told[word])
    # llama.cpp lists a model before it has loaded it, with nothing in the place of its size.
    return None if told.get("meta", {}) is None else SMALL_CONTEXT


def _of_openai(step: Any) -> Chunk:
    """Raises what a wrong type raises; it is read as a stream that nobody can read."""
    choice = (step.get("choices") or [{}])[0]
    delta, usage = choice.get("delta") or {}, step.get("usage") or {}
    text, finish = delta.get("content") or "", choice.get("finish_reason")
    if not isinstance(text, str) or not isinstance(finish, str | None):
        raise TypeError("text and finish_reason are strings")
    return Chunk(
        text=text,
        thought=bool(delta.get("reasoning_content") or delta.get("reasoning")),
        finish=finish,
        usage=tokens(usage.get("prompt_tokens"), usage.get("completion_tokens")),
    )

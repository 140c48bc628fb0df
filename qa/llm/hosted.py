"""Anthropic's and Google's models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .provider import Chunk
from .remote import (
    ANSWER_TOKENS,
    HOSTED_CONTEXT,
    Remote,
    extra,
    known,
    longest_wait,
    messages,
    tokens,
)

if TYPE_CHECKING:
    from .model import Timeouts


def anthropic(name: str, key_name: str, key: str, place: str | None, timeouts: Timeouts) -> Remote:
    """Anthropic's models; connecting counts towards the first token."""
    with extra("anthropic"):
        from llama_index.llms.anthropic import Anthropic
        from llama_index.llms.anthropic.utils import anthropic_modelname_to_contextsize

    llm = Anthropic(
        model=name,
        api_key=key,
        base_url=place or "https://api.anthropic.com",
        temperature=0.0,
        max_tokens=ANSWER_TOKENS,
        max_retries=0,
        timeout=longest_wait(timeouts),
    )
    return Remote(
        ask=lambda system, user: llm.stream_chat(messages(system, user)),
        read=_of_anthropic,
        context=lambda: known(anthropic_modelname_to_contextsize, name),
        unknown="see the names in Anthropic's list of models",
        key_name=key_name,
        secrets=(key,),
    )


def gemini(name: str, key_name: str, key: str, place: str | None, timeouts: Timeouts) -> Remote:
    """Google's models; connecting counts towards the first token.

    The library drops a last piece without text, and with it why the stream ended.
    """
    with extra("gemini"):
        from llama_index.llms.google_genai import GoogleGenAI

    options: dict[str, Any] = {"timeout": int(longest_wait(timeouts) * 1000)}
    if place:
        options["base_url"] = place
    llm = GoogleGenAI(
        model=name,
        api_key=key,
        max_tokens=ANSWER_TOKENS,
        context_window=HOSTED_CONTEXT,  # a known one keeps the library from asking for it
        max_retries=0,
        http_options=options,
        file_mode="inline",
    )
    return Remote(
        ask=lambda system, user: llm.stream_chat(messages(system, user)),
        read=_of_gemini,
        context=lambda: HOSTED_CONTEXT,
        unknown="see the names in Google's list of models",
        key_name=key_name,
        secrets=(key,),
        says_how_ended=False,
    )


def _of_anthropic(step: Any) -> Chunk:
    more: Mapping[str, Any] = step.message.additional_kwargs
    usage = more.get("usage") or {}
    return Chunk(
        text=step.delta or "",
        thought=bool(more.get("thinking_delta")),
        finish=more.get("stop_reason"),
        usage=tokens(usage.get("input_tokens"), usage.get("output_tokens")),
    )


def _of_gemini(step: Any) -> Chunk:
    more, parts = step.additional_kwargs, step.raw["content"]["parts"] or ()
    return Chunk(
        text=step.delta or "",
        thought=any(part.get("thought") for part in parts),
        usage=tokens(more.get("prompt_tokens"), more.get("completion_tokens")),
    )

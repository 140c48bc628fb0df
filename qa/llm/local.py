"""Models on this machine: GGUF files by llama.cpp, folders by transformers, and Ollama's."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.errors import FootnoteError

from ..config import expanded
from .faults import Fault
from .openai_like import server
from .provider import Chunk
from .remote import (
    ANSWER_TOKENS,
    SMALL_CONTEXT,
    Lines,
    Remote,
    extra,
    line_settings,
    messages,
    tokens,
)
from .thinking import left_open

if TYPE_CHECKING:
    from .model import Timeouts


def gguf(path: str, timeouts: Timeouts) -> Remote:
    """A llama.cpp server in this process, for us alone, and the model it serves.

    It listens on this machine only and wants a key that nobody else has: other users, and pages
    in a browser, must not read along. It ends with the model.
    """
    file = _found(path)
    if file is None or not file.is_file():
        raise FootnoteError(f"there is no model file {path} (gguf: takes the path of a .gguf file)")
    with file.open("rb") as opened:
        if opened.read(4) != b"GGUF":
            raise FootnoteError(f"{path} is not a GGUF file (llama.cpp runs no other kind)")
    with extra("gguf"):
        import xllamacpp

    key = secrets.token_urlsafe(24)
    settings = xllamacpp.CommonParams()
    settings.model.path = str(file)
    settings.n_ctx = SMALL_CONTEXT
    settings.n_parallel = 1
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.api_keys = [key]
    settings.ui = settings.endpoint_slots = False
    settings.verbosity = 0
    try:
        running = xllamacpp.Server(settings)
    except RuntimeError as problem:
        raise FootnoteError(f"llama.cpp cannot load {path}: {problem}") from None
    made = server(f"{running.listening_address}/v1", file.name, key, timeouts)
    made.key_name = made.unknown = ""
    made.keep = running
    return made


def transformers(name: str, timeouts: Timeouts) -> Remote:
    """A transformers model from a folder, or from the hub by its name.

    Safetensors only, and none of the model's own code is run. What begins as a path does is never
    looked for on the hub, which takes minutes where there is no net.
    """
    if name.startswith(_PATHS):
        folder = _found(name)
        if folder is None or not folder.is_dir():
            raise FootnoteError(f"there is no model folder {name} (hf: takes one, or a hub's name)")
        name = str(folder)
    with extra("hf"):
        from llama_index.llms.huggingface import HuggingFaceLLM
        from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        llm = HuggingFaceLLM(
            model_name=name,
            tokenizer_name=name,
            tokenizer=tokenizer,
            context_window=SMALL_CONTEXT,
            model_kwargs={"use_safetensors": True, "trust_remote_code": False},
            # An answer that nobody waits for any more ends too: generating cannot be cut.
            generate_kwargs={"do_sample": False, "max_time": timeouts.total},
        )
    except (OSError, ValueError) as problem:
        first = str(problem).strip().split("\n")[0]
        raise FootnoteError(f"hf:{name} cannot be loaded: {first}") from None
    llm.max_new_tokens = min(ANSWER_TOKENS, llm.context_window // 4)
    room = llm.context_window - llm.max_new_tokens

    def ask(system: str, user: str) -> Iterator[str]:
        said = messages(system, user)
        prompt = llm.messages_to_prompt(said)
        size = len(tokenizer(prompt).input_ids)
        if size > room:
            raise Fault(f"question and evidence are too long for it ({size} tokens, {room} fit)")
        thought = left_open(prompt)
        for step in llm.stream_chat(said):
            yield thought + (step.delta or "")
            thought = ""

    return Remote(
        ask=ask,
        read=Chunk,
        context=lambda: int(llm.context_window),
        unknown="",
        says_how_ended=False,
    )


_PATHS = ("/", "./", "../", "~")
"""How a path begins, and no model's name on the hub."""


def _found(given: str) -> Path | None:
    """What lies at a path; None for nothing, and for what no path can be."""
    path = expanded(given)
    try:
        return path if path.exists() else None
    except OSError:
        return None


def ollama(name: str, place: str, timeouts: Timeouts) -> Remote:
    """A model of a running Ollama.

    By its own protocol: over OpenAI's it takes no size of context, and cuts a prompt silently.
    """
    with extra("ollama"):
        from llama_index.llms.ollama import Ollama
        from ollama import Client

    lines = Lines()
    client = Client(place, **line_settings(place, timeouts, lines))
    llm = Ollama(
        model=name,
        base_url=place,
        client=client,
        temperature=0.0,
        context_window=SMALL_CONTEXT,
        additional_kwargs={"num_predict": SMALL_CONTEXT // 4},
    )
    return Remote(
        ask=lambda system, user: llm.stream_chat(messages(system, user)),
        read=_of_ollama,
        context=lambda: SMALL_CONTEXT,
        unknown=f"ollama pull {name}",
        lines=lines,
    )


def _of_ollama(step: Any) -> Chunk:
    usage = step.raw.get("usage") or {}
    return Chunk(
        text=step.delta or "",
        thought=bool(step.additional_kwargs.get("thinking_delta")),
        finish=step.raw.get("done_reason"),
        usage=tokens(usage.get("prompt_tokens"), usage.get("completion_tokens")),
    )

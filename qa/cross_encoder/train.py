"""Trains the cross-encoder: `python -m qa.cross_encoder.train PAIRS --out FOLDER`.

PAIRS is what `python -m eval pairs` writes. The network is the packaged all-MiniLM-L6-v2 with
two heads: does this sentence answer the question, and where in the sentence the short answer
stands. Loss: binary cross-entropy of each pair; the softmax of a question's sentences where one is
right; cross-entropy of the start and end of a known answer.

On a GPU where there is one. Seeded. Every SAVE steps the state goes to FOLDER; the same command
goes on from there.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoModel

from index.graphs import packaged_model

from .examples import Example, batches, drawn, read
from .layout import batch

RATE = 7e-5
WARMUP = 0.06
DECAY = 0.01
DROPOUT = 0.1
"""Of states. None of attention: it would cost more time than all products (DECISIONS.md)."""

RANKING, SPANS = 0.5, 0.3
"""Weights of the losses besides the one of each pair."""

SAVE = 400
HELD_BACK = 250
"""Groups of each source that are looked at while training goes on."""


class Network(nn.Module):
    """`(n, width)` ids, mask and types to logits: answer (n,), span (n, width, 2)."""

    def __init__(self, folder: Path, layers: int | None = None) -> None:
        super().__init__()
        # On a CPU the fused attention of torch takes longer than this one, backwards.
        self.body = AutoModel.from_pretrained(
            folder,
            attn_implementation="eager",
            hidden_dropout_prob=DROPOUT,
            attention_probs_dropout_prob=0.0,
        )
        if layers:
            self.body.encoder.layer = self.body.encoder.layer[:layers]
        size = self.body.config.hidden_size
        self.drop = nn.Dropout(DROPOUT)
        self.answer = nn.Linear(2 * size, 1)
        self.span = nn.Linear(size, 2)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        states = self.body(
            input_ids=ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        return self.heads(states, types)

    def heads(self, states: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """The logits, of the last layer's `(n, width, size)` states."""
        said = types.unsqueeze(-1).to(states.dtype)
        mean = (states * said).sum(1) / said.sum(1).clamp(min=1.0)
        both = self.drop(torch.cat([states[:, 0], mean], dim=1))
        return self.answer(both)[:, 0], self.span(states)


def logits_of(network: Network, examples: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor]:
    """Of all texts of the examples: the logits of the answer's head `(n,)` and of the span's
    `(n, width, 2)`, and the types of the tokens `(n, width)`, on the network's device."""
    device = next(network.parameters()).device
    tokens = batch([s for e in examples for s in e.sequences])
    ids, mask, types = (torch.from_numpy(part).to(device) for part in tokens)
    with torch.autocast(device.type, torch.bfloat16, enabled=_has_bfloat16(device)):
        answer, span = network(ids, mask, types)
    return answer.float(), span, types


def _has_bfloat16(device: torch.device) -> bool:
    # A CPU without it takes fifteen times as long as in float32 (two cores with AVX2).
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    known = torch.backends.mkldnn.is_available()  # without oneDNN the question has no answer
    return known and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def loss_of(network: Network, examples: Sequence[Example]) -> Tensor:
    """The loss of one batch."""
    own, span, types = logits_of(network, examples)
    labels = own.new_tensor([label for e in examples for label in e.labels])
    each = nn.functional.binary_cross_entropy_with_logits(own, labels)
    return each + RANKING * _ranking(own, examples) + SPANS * _spans(span, types, examples)


def _ranking(scores: Tensor, examples: Sequence[Example]) -> Tensor:
    losses, at = [], 0
    for example in examples:
        labels = scores.new_tensor(example.labels)
        part = scores[at : at + len(labels)]
        at += len(labels)
        if 0 < labels.sum() < len(labels):
            losses.append(torch.logsumexp(part, 0) - torch.logsumexp(part[labels > 0], 0))
    return torch.stack(losses).mean() if losses else scores.sum() * 0.0


def _spans(span: Tensor, types: Tensor, examples: Sequence[Example]) -> Tensor:
    places = [s for e in examples for s in e.spans]
    rows = [row for row, place in enumerate(places) if place[0] >= 0]
    if not rows:
        return span.float().sum() * 0.0
    outside = (types[rows] == 0).unsqueeze(-1)
    logits = span[rows].float().masked_fill(outside, -1e4)
    wanted = types.new_tensor([places[row] for row in rows], dtype=torch.int64)
    return nn.functional.cross_entropy(logits, wanted)


@torch.no_grad()
def scores(network: Network, examples: Sequence[Example]) -> list[np.ndarray[Any, Any]]:
    """The logits of each example's texts, by the answer's head."""
    network.eval()
    found = [logits_of(network, [example])[0].cpu().numpy() for example in examples]
    network.train()
    return found


def held_back(network: Network, examples: Sequence[Example]) -> str:
    """By source: the right text first, and the AUC of right against wrong texts."""
    by_source: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_source[example.source].append(example)
    parts = []
    for source, own in by_source.items():
        own = own[:: max(1, len(own) // HELD_BACK)][:HELD_BACK]
        found = scores(network, own)
        mixed = [(e, s) for e, s in zip(own, found, strict=True) if 0 < sum(e.labels) < len(s)]
        first = np.mean([e.labels[int(s.argmax())] for e, s in mixed]) if mixed else np.nan
        flat, labels = np.concatenate(found), np.concatenate([e.labels for e in own])
        parts.append(f"{source}: first {first:.3f}, AUC {_auc(flat, labels):.3f}")
    return "; ".join(parts)


def _auc(values: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> float:
    order = values.argsort(kind="stable").argsort() + 1.0
    right = labels > 0
    if not 0 < right.sum() < len(right):
        return float("nan")
    above = order[right].sum() - right.sum() * (right.sum() + 1) / 2
    return float(above / (right.sum() * (~right).sum()))


class Run:
    """Training under way: network, optimiser and plan of the rate, kept in `folder/state.pt`."""

    def __init__(self, folder: Path, layers: int | None, steps: int) -> None:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        self.network = Network(packaged_model(), layers).to(device)
        wide = [p for p in self.network.parameters() if p.ndim > 1]
        rest = [p for p in self.network.parameters() if p.ndim < 2]
        groups = [{"params": wide, "weight_decay": DECAY}, {"params": rest, "weight_decay": 0.0}]
        self._optimiser = torch.optim.AdamW(groups, lr=RATE, fused=True)
        rise = max(1.0, WARMUP * steps)

        def rate(number: int) -> float:
            return min(number / rise, (steps - number) / (steps - rise)) if steps > rise else 1.0

        self._plan = torch.optim.lr_scheduler.LambdaLR(self._optimiser, rate)
        self._state = folder / "state.pt"
        self.done, self._steps = 0, steps
        if self._state.exists():
            saved = torch.load(self._state, map_location="cpu")
            if saved.get("steps") != steps:
                raise SystemExit(
                    f"{self._state} is of a run of {saved.get('steps')} steps, this one has "
                    f"{steps}: delete it to begin anew, or give the options and pairs of that run"
                )
            self.network.load_state_dict(saved["network"])
            self._optimiser.load_state_dict(saved["optimiser"])
            self._plan.load_state_dict(saved["plan"])
            self.done = saved["done"]

    def step(self, examples: Sequence[Example], seed: int) -> float:
        """One batch; the seed is the step's own, so that an interrupted run ends the same."""
        torch.manual_seed(seed)
        self.network.train()
        loss = loss_of(self.network, examples)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self._optimiser.step()
        self._plan.step()
        self.done += 1
        return float(loss.item())

    def save(self) -> None:
        kept = {
            "network": self.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "plan": self._plan.state_dict(),
            "done": self.done,
            "steps": self._steps,
        }
        fresh = self._state.with_suffix(".new")
        torch.save(kept, fresh)
        fresh.replace(self._state)

    def end(self, target: Path) -> None:
        torch.save(self.network.cpu().state_dict(), target)
        self._state.unlink(missing_ok=True)


def train(pairs: Path, out: Path, given: argparse.Namespace) -> None:
    """Train, or go on with it; `out/network.pt` is the result."""
    torch.manual_seed(given.seed)
    out.mkdir(parents=True, exist_ok=True)
    examples = read(pairs, held=False, sources=given.sources)
    watched = read(pairs, held=True, sources=given.sources)
    seeds = range(given.seed, given.seed + given.epochs)
    steps = [b for seed in seeds for b in batches(drawn(examples, seed), seed)][: given.steps]
    run = Run(out, given.layers, len(steps))
    began, first, mean = time.perf_counter(), run.done, 0.0
    while run.done < len(steps):
        loss = run.step(steps[run.done], given.seed * 1_000_003 + run.done)
        mean = 0.98 * mean + 0.02 * loss if mean else loss
        if run.done % 25 == 0:
            pace = (time.perf_counter() - began) / (run.done - first)
            left = pace * (len(steps) - run.done) / 60
            said = f"step {run.done} of {len(steps)}, loss {mean:.3f}, {left:.0f} min left"
            print(said, file=sys.stderr, flush=True)
        if run.done % SAVE == 0:
            run.save()
        if run.done % (4 * SAVE) == 0:
            print(held_back(run.network, watched), flush=True)
    print(held_back(run.network, watched), flush=True)
    run.end(out / "network.pt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--layers", type=int, help="the first so many layers only")
    parser.add_argument("--sources", nargs="+", help="train on groups of these sources only")
    parser.add_argument("--steps", type=int, help="at most so many")
    given = parser.parse_args()
    train(given.pairs, given.out, given)


if __name__ == "__main__":
    main()

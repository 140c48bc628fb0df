"""The fault sweep: an operation is killed, or fails, at each of its file system calls."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .driver import OPERATIONS, Operation, recover
from .processes import Run, attach, copied, finished, in_child
from .trace import Call, calls


@dataclass
class Figures:
    """What came of many trials. `fired`: really died, or saw its error."""

    trials: int = 0
    fired: int = 0
    unloadable: int = 0
    wrong: int = 0
    lost: int = 0
    damage: int = 0
    stuck: int = 0
    unrepeatable: int = 0
    slowest: float = 0.0
    states: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def bad(self) -> int:
        return (
            self.unloadable
            + self.wrong
            + self.lost
            + self.damage
            + self.stuck
            + self.unrepeatable
            + (self.slowest >= 5)
        )

    def add(self, other: Figures) -> None:
        for name in ("trials", "fired", "unloadable", "wrong", "lost", "damage", "stuck"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.unrepeatable += other.unrepeatable
        self.slowest = max(self.slowest, other.slowest)
        self.states += other.states
        self.refusals += other.refusals
        self.notes += other.notes

    def note(self, text: str) -> None:
        """Kept for the end, and said at once: a long sweep may be stopped."""
        self.notes.append(text)
        print(text[:600], file=sys.stderr, flush=True)

    def judge(self, operation: Operation, folder: Path, acknowledged: bool, what: str) -> None:
        """Recover what lies in a folder, and count what came of it."""
        found = in_child(lambda: recover(operation, folder))
        if "state" not in found:
            self.unloadable += 1
            self.note(f"{what}: unloadable {found}")
            return
        self.slowest = max(self.slowest, found["seconds"])
        state = str(found["state"])
        self.states[state.split(":")[0]] += 1
        if state.startswith("neither"):
            self.wrong += 1
            self.note(f"{what}: wrong {state[:300]}")
        elif acknowledged and state != "after":
            self.lost += 1
            self.note(f"{what}: lost")
        if found["damage"]:
            self.damage += 1
            self.note(f"{what}: check {found['damage']}")
        if found["repeated"]:
            self.unrepeatable += 1
            self.note(f"{what}: repeated {found['repeated']}")

    def line(self) -> str:
        return (
            f"{self.trials:6} trials {self.fired:6} fired {self.unloadable:4} unloadable "
            f"{self.wrong:4} wrong {self.lost:4} lost {self.damage:4} damaged {self.stuck:4} stuck "
            f"{self.unrepeatable:4} unrepeatable, slowest recovery {self.slowest:.2f} s, "
            f"{self.states['before']} before, {self.states['after']} after"
            + (f", refused with {dict(self.refusals)}" if self.refusals else "")
        )


@dataclass(frozen=True)
class Trial:
    operation: str
    call: Call
    fault: str

    def __str__(self) -> str:
        call = self.call
        return (
            f"{self.operation} {self.fault} at {call.thread}'s {call.name} {call.count} "
            f"({call.arguments[-90:]})"
        )


def enumerate_trials(base: Path, work: Path, names: tuple[str, ...] = ()) -> list[Trial]:
    """Every fault at every call of every operation."""
    found = []
    for name in names or tuple(OPERATIONS):
        operation = OPERATIONS[name]
        with copied(base if operation.before else base / "none", work) as folder:
            for call in calls(operation, folder, folder.with_name("log")):
                found += [Trial(name, call, fault) for fault in call.faults]
    return found


def sweep(trials: list[Trial], base: Path, work: Path) -> dict[str, Figures]:
    """Run trials; figures by operation and kind of fault."""
    found: dict[str, Figures] = {}
    for done, trial in enumerate(trials, 1):
        if done % 500 == 0:
            fired, bad = (sum(getattr(f, n) for f in found.values()) for n in ("fired", "bad"))
            so_far = f"{done} of {len(trials)} trials, {fired} fired, {bad} bad"
            print(so_far, file=sys.stderr, flush=True)
        figures = found.setdefault(f"{trial.operation} {trial.fault}", Figures())
        figures.trials += 1
        _try(trial, figures, base, work)
    return found


def _try(trial: Trial, figures: Figures, base: Path, work: Path) -> None:
    operation = OPERATIONS[trial.operation]
    with copied(base if operation.before else base / "none", work) as folder:
        log = folder.with_name("log")
        run, status = _faulted(trial, operation, folder, log)
        text = log.read_text() if log.exists() else ""
        killed = trial.fault == "SIGKILL"
        died = status is not None and os.WIFSIGNALED(status)
        if killed:
            fired = died and os.WTERMSIG(status or 0) == signal.SIGKILL
        else:
            fired = "(INJECTED)" in text
        figures.fired += fired
        if not fired:
            figures.note(f"{trial}: did not fire")
        if status is None or (died and not killed):
            figures.stuck += 1
            figures.note(f"{trial}: ended with {status}")
        for line in run.lines():
            if line.startswith("stuck "):
                figures.stuck += 1
                figures.note(f"{trial}: {line[:300]}; {run.lines()}"[:900])
            elif line.startswith("refused "):
                figures.refusals[line.split()[1].rstrip(":")] += 1
        acknowledged = any(line.split()[0] in ("told", "done") for line in run.lines())
        figures.judge(operation, folder, acknowledged, str(trial))


def _faulted(trial: Trial, operation: Operation, folder: Path, log: Path) -> tuple[Run, int | None]:
    call = trial.call
    what = "signal=SIGKILL" if trial.fault == "SIGKILL" else f"error={trial.fault}"
    options = ("-e", f"trace={call.name}", "-e", f"inject={call.name}:{what}:when={call.count}")
    run = Run.start(operation, folder)
    tracer = None
    if call.thread == "main":
        tracer = attach([run.pid], log, *options)
        run.proceed(run.go_on, run.go)
    else:
        run.proceed(run.go)
        threads = run.threads().get(call.thread)
        if threads:
            tracer = attach(threads, log, *options)
        run.proceed(run.go_on)
    status = run.end()
    if tracer:
        finished(tracer)
    return run, status


def sample(trials: list[Trial], count: int, seed: int) -> list[Trial]:
    """Some trials by chance: operations, faults and in these the kinds of call all alike."""
    chance = random.Random(seed)
    kinds: dict[tuple[str, str], dict[tuple[str, str], list[Trial]]] = {}
    for trial in trials:
        of = kinds.setdefault((trial.operation, trial.fault), {})
        of.setdefault((trial.call.thread, trial.call.name), []).append(trial)
    share = -(-count // len(kinds))
    return [
        chance.choice(chance.choice(list(of.values())))
        for of in kinds.values()
        for _ in range(share)
    ]

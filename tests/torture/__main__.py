"""python -m tests.torture: all of it, with its figures. Exit status 1 where anything was bad."""

from __future__ import annotations

import argparse
import os
import pickle
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # faiss reads it once; a fork keeps no threads

# Imported here and not in each trial.
import faiss  # noqa: F401
import sentencex  # noqa: F401
import tantivy  # noqa: F401

from .damage import Damages, damage
from .driver import build, prepare
from .power import loss
from .processes import in_child, work_folder
from .sweep import Figures, enumerate_trials, sample, sweep

MIN_FIRED = 0.95
"""Share of a sweep's faults that must really have come to pass."""

Found = dict[str, Figures | Damages]


def main() -> int:
    options = _options()
    work, start = work_folder(), time.monotonic()
    try:
        prepare()
        base = work / "base"
        built = in_child(lambda: build(base) or {})
        if built:
            raise RuntimeError(f"the index could not be built: {built}")
        found = _side_by_side(lambda part: _part(options, part, base, work), options.jobs, work)
    finally:
        shutil.rmtree(work)
    good = _print(found)
    print(f"{'good' if good else 'BAD'}, {time.monotonic() - start:.0f} s, seed {options.seed}")
    return 0 if good else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture")
    parser.add_argument("--sweep", type=int, default=-1, help="trials of the sweep (-1: all)")
    parser.add_argument(
        "--power", type=float, default=1.0, help="share of the points of power loss"
    )
    parser.add_argument("--damage", type=int, default=1_000, help="damages")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1))
    return parser.parse_args()


def _part(options: argparse.Namespace, part: int, base: Path, work: Path) -> Found:
    """One job's share of everything."""
    found: Found = {}
    if options.sweep:
        trials = enumerate_trials(base, work)
        if options.sweep > 0:
            trials = sample(trials, options.sweep, options.seed)
        found |= sweep(trials[part :: options.jobs], base, work)
    if options.power:
        found |= loss(base, work, options.power, options.seed, part, options.jobs)
    if options.damage:
        count = len(range(part, options.damage, options.jobs))
        found["damage"] = damage(base, work, count, options.seed * options.jobs + part)
    return found


def _side_by_side(work: Callable[[int], Found], jobs: int, folder: Path) -> Found:
    """Each part in a fork of this process; what they found together."""
    pids = [_forked(work, part, folder / f"part{part}") for part in range(jobs)]
    statuses = [os.waitpid(pid, 0)[1] for pid in pids]
    if any(statuses):
        raise RuntimeError("a job failed: its message is above")
    found: Found = {}
    for part in range(jobs):
        for name, figures in pickle.loads((folder / f"part{part}").read_bytes()).items():
            if name in found:
                found[name].add(figures)
            else:
                found[name] = figures
    return found


def _forked(work: Callable[[int], Found], part: int, into: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        into.write_bytes(pickle.dumps(work(part)))
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def _print(found: Found) -> bool:
    """Print the figures; whether nothing was bad and the faults really came."""
    good = True
    for name, figures in found.items():
        print(f"{name:18}{figures.line()}")
        for note in figures.notes[:25]:
            print("    " + note[:600])
        good &= not figures.bad
    swept = [f for f in found.values() if isinstance(f, Figures)]
    whole = Figures()
    for figures in swept:
        whole.add(figures)
    if swept:
        print(f"{'all':18}{whole.line()}")
        # Threads that look after files in the background make some calls or not, run by run: over
        # all, since of six trials at an operation two may be theirs.
        good &= whole.fired >= MIN_FIRED * whole.trials - 1
    return good


if __name__ == "__main__":
    sys.exit(main())

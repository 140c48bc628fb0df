"""Crashes, failing disks, power loss and damaged files: a short random part of the torture.

All of it is `python -m tests.torture`; a failure here prints the seed that it came with.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys

import pytest

from tests.conftest import ROOT

pytestmark = [pytest.mark.durability, pytest.mark.timeout(900)]

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed (apt-get install strace)"
)


def torture(*options: str) -> None:
    """Run a part of it in a process of its own, which forks: this one has threads."""
    seed = str(random.SystemRandom().randrange(1_000_000))
    nothing = ["--sweep", "0", "--power", "0", "--damage", "0"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture", *nothing, "--seed", seed, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"seed {seed}\n{done.stdout}\n{done.stderr}"


@needs_strace
def test_a_fault_at_any_call_loses_nothing() -> None:
    torture("--sweep", "72")


@needs_strace
def test_a_power_loss_at_any_point_loses_nothing() -> None:
    torture("--power", "0.02")


def test_a_damaged_file_is_found_out_or_harmless() -> None:
    torture("--damage", "150")

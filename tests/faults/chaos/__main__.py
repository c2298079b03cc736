"""A long chaos: `python -m tests.faults.chaos --runs 200 --database postgres --seed 1`."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.faults.chaos.chaos import chaos
from tests.faults.chaos.databases import DATABASES


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.chaos", description=__doc__)
    parser.add_argument("--runs", type=int, default=200, help="how many runs are launched, about")
    parser.add_argument("--database", choices=sorted(DATABASES), default="postgres")
    parser.add_argument("--seed", type=int, default=1, help="decides what is broken and what is asked for")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dalsegno-chaos-"))
    outcome = chaos(folder, given.database, runs=given.runs, seed=given.seed)
    for name, value in msgspec.structs.asdict(outcome.figures).items():
        shown = ", ".join(f"{number} {kind}" for kind, number in value.items()) if isinstance(value, dict) else value
        print(f"{name.replace('_', ' '):20} {shown}")
    print(*(outcome.problems or ["Every promise is kept."]), sep="\n")
    if outcome.problems:
        print(f"All of it is in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Programs that are run on a small disk of their own: a tmpfs of 2 MB, mounted where nobody else sees it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import dalsegno

_ROOT = Path(__file__).parents[1]


def play(program: Path, scenario: str, tmp_path: Path) -> Any:
    """What a scenario of a program gives back, played in a mount namespace of its own, as whoever runs the tests."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.fail("`unshare` is needed to mount a small disk (Debian, Ubuntu: apt-get install util-linux)")
    place = tmp_path / "disk"
    place.mkdir()
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(
        [unshare, "--mount", *as_root, sys.executable, program, scenario, place],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": f"{Path(dalsegno.__file__).parents[1]}:{_ROOT}"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def main(scenarios: Mapping[str, Callable[[Path], dict[str, Any]]]) -> None:
    """Of such a program: `python PROGRAM SCENARIO FOLDER`; prints what the test looks at as JSON."""
    scenario, place = sys.argv[1], Path(sys.argv[2])
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], check=True)
    os.environ.pop("DALSEGNO_DATABASE_URL", None)
    print(json.dumps(scenarios[scenario](place)))


def fill(folder: Path) -> Path:
    """Leave no byte free on its disk; the file that takes them all."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    file.write(bytes(block))
            except OSError:
                continue
    return filler

"""What README.md says, done."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text()
COMMANDS = sorted(set(re.findall(r"^\$ dalsegno (\w+)|`dalsegno (\w+)", README, re.MULTILINE)))


def test_the_example_in_python_runs_to_its_end(tmp_path):
    section = README.split("## In Python")[1].split("\n## ")[0]
    (example,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    (tmp_path / "example.py").write_text(example)
    done = subprocess.run([sys.executable, "example.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "it is 1\n", "")


@pytest.mark.parametrize("command", sorted({"".join(found) for found in COMMANDS}))
def test_a_command_that_it_names_is_there_with_the_options_that_it_names(command):
    dalsegno = Path(sys.executable).with_name("dalsegno")
    helped = subprocess.run([dalsegno, command, "--help"], capture_output=True, text=True, check=True).stdout
    rows = [row for row in README.splitlines() if re.match(rf"(\||\$).*dalsegno {command}\b", row)]
    assert rows
    named = {option for row in rows if row.count("`dalsegno ") <= 1 for option in re.findall(r"--[a-z-]+", row)}
    assert {option for option in named if option not in helped} == set()

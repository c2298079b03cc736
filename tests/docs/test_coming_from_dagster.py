"""What docs/coming-from-dagster.md says: its example, and what is not carried over."""

from __future__ import annotations

import re

from dalsegno.dagster import refusals, run_config
from tests.docs.documents import blocks, code, document, section
from tests.docs.readers_folder import ReadersFolder

TEXT = document("coming-from-dagster.md")


def test_the_example_prints_what_it_says(tmp_path):
    folder = ReadersFolder(tmp_path, TEXT)
    done = folder.call("python", "orders.py")
    assert (done.returncode, done.stderr) == (0, "")
    (said,) = blocks(section(TEXT, "An example"), "")
    assert done.stdout == said
    listed = folder.call("dalsegno", "runs").stdout
    assert "billing" in listed
    assert len(re.findall(r"[0-9a-f]{8}-[0-9a-f]{4}-", listed)) == 2


def test_the_example_runs_from_the_command_line(tmp_path):
    folder = ReadersFolder(tmp_path, TEXT)
    (tmp_path / "run.yaml").write_text("steps: {priced: {config: {limit: 5000}}}")
    assert folder.call("dalsegno", "run", "billing", "-f", "orders.py", "--config", "run.yaml").returncode == 0


def test_every_argument_that_is_refused_is_named():
    named = set(code(section(TEXT, "What is not carried over")))
    assert {*refusals.INSTEAD, *run_config.INSTEAD} - named == set()

"""Dagster code comes to the same on Dalsegno, one import changed, as it came to on Dagster itself."""

from __future__ import annotations

import json

import pytest

from tests.dagster import on_dalsegno, scenarios

SOURCES = scenarios.sources()


@pytest.mark.parametrize("source", SOURCES, ids=scenarios.name_of)
def test_it_comes_to_what_it_came_to_on_dagster(source, tmp_path):
    kept = json.loads(scenarios.recorded(source).read_text("utf-8"))
    assert on_dalsegno.play(source, tmp_path) == kept["runs"]

"""What the guide to operations names is there, and what is there, it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from dalsegno import errors
from dalsegno.api.metrics import ServiceMetrics
from dalsegno.settings import Settings
from dalsegno.store import first_contact
from dalsegno.worker.metrics import WorkerMetrics
from dalsegno.worker.outages import FIRST_DELAY_SECONDS, LONGEST_DELAY_SECONDS, PATIENCE_OF_A_SCRIPT_SECONDS

TEXT = (Path(__file__).parents[2] / "docs/operations.md").read_text()
SETTINGS = TEXT.split("## Settings")[1].split("## ")[0]


def test_every_setting_is_in_its_table_once() -> None:
    named = re.findall(r"^\| `DALSEGNO_([A-Z_]+)` \|", SETTINGS, re.MULTILINE)
    assert sorted(name.lower() for name in named) == sorted(Settings.__struct_fields__)


def test_every_setting_that_the_text_names_exists() -> None:
    named = set(re.findall(r"DALSEGNO_([A-Z_]+[A-Z])", TEXT)) - {"CONFIG"}
    assert {name.lower() for name in named} - set(Settings.__struct_fields__) == set()


def test_the_defaults_are_those_of_the_table(tmp_path: Path) -> None:
    settings = Settings.load({}, tmp_path)
    for name, default in re.findall(r"^\| `DALSEGNO_([A-Z_]+)` \| ([^|]+) \|", SETTINGS, re.MULTILINE):
        value = getattr(settings, name.lower())
        if default == "none":
            assert not value
        elif name in ("DATABASE_URL", "STORAGE_URL"):
            assert value.endswith(default.strip("`"))
        elif name != "MAX_STEPS":
            assert default.strip("`") == (f"{value:g}" if isinstance(value, int | float) else str(value))


def test_every_metric_is_named_and_those_that_are_named_exist() -> None:
    named = set(re.findall(r"`(dalsegno_[a-z_]+)(?:\{[a-z]+\})?`", TEXT))
    there = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for metrics in (ServiceMetrics(), WorkerMetrics())
        for family in metrics.registry.collect()
        if family.name.startswith("dalsegno_")
    }
    assert named == there


def test_every_error_that_it_names_is_one() -> None:
    named = set(re.findall(r"`([A-Za-z]+Error)`", TEXT))
    assert named
    assert [name for name in named if not hasattr(errors, name)] == []


def test_its_times_are_those_of_the_code() -> None:
    assert f"waiting {FIRST_DELAY_SECONDS:g} s at first and a second at most" in TEXT
    first, longest = first_contact.FIRST_DELAY_SECONDS, first_contact.LONGEST_DELAY_SECONDS
    assert f"{first:g} s at first and {longest:g} s at most from one try" in TEXT
    assert (LONGEST_DELAY_SECONDS, PATIENCE_OF_A_SCRIPT_SECONDS) == (1.0, 60.0)


@pytest.mark.parametrize("block", re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL))
def test_its_yaml_is_yaml(block: str) -> None:
    assert yaml.safe_load(block)["scrape_configs"][0]["job_name"] == "dalsegno"

"""Every field of the GraphQL contract, asked for of a real service: answered, and not by null alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract import scenes
from tests.contract.seen import Seen, errors_of_the_contract
from tests.contract.stage import Stage
from tests.end_to_end.service_processes import Processes

# A worker, or a script, that is gone is missed after this time.
SHORT = {"lease_seconds": 2, "heartbeat_seconds": 0.25, "grace_seconds": 3}
# Values of enums that no answer here holds, each with its reason.
UNSEEN_VALUES: dict[str, str] = {}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder: Path = tmp_path_factory.mktemp("contract")
    processes = Processes(folder, f"sqlite:///{folder}/dalsegno.db", **SHORT)
    try:
        stage = Stage(processes)
        worker = processes.work()
        processes.until_served("study")
        mended = scenes.failure_and_what_follows(stage)
        scenes.refusals_of_runs(stage, mended)
        scenes.many_plans(stage, mended)
        scenes.a_config_that_only_the_worker_refuses(stage)
        scenes.cancelled(stage)
        scenes.an_active_sibling(stage)
        scenes.processes_are_lost(stage, worker)
        scenes.many_at_once(stage, mended)
        scenes.edited_code(stage, mended)
        scenes.lists(stage)
        yield stage.seen
    finally:
        processes.close()


def test_every_field_is_answered(seen: Seen) -> None:
    assert not seen.unseen_fields(), " ".join(sorted(seen.unseen_fields()))


def test_every_field_that_may_be_null_holds_a_value_somewhere(seen: Seen) -> None:
    assert not seen.always_null(), " ".join(sorted(seen.always_null()))


def test_every_member_of_a_union_comes_about(seen: Seen) -> None:
    assert not seen.unseen_members(), " ".join(sorted(seen.unseen_members()))
    assert errors_of_the_contract() <= {one.split(": ")[1] for one in seen.members}


def test_every_value_of_an_enum_comes_about_but_those_with_a_reason(seen: Seen) -> None:
    assert " ".join(sorted(seen.unseen_enum_values())) == " ".join(sorted(UNSEEN_VALUES))

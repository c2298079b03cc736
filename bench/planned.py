"""What is planned on: a layered pipeline, as a snapshot with a history, and as one that runs."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from dalsegno import In, pipeline, step
from dalsegno.definitions import PipelineDefinition
from dalsegno.runs.attempts import Provenance, StepAttempt, StepOutput, StepState
from dalsegno.runs.lineage import Lineage, LineageRun
from dalsegno.runs.provenance import config_digest
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.snapshot.pipeline_snapshot import (
    InputSnapshot,
    ModeSnapshot,
    OutputRef,
    OutputSnapshot,
    PipelineSnapshot,
    StepSnapshot,
)

WIDTH, UPSTREAM = 100, 3
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
CONFIG = {"steps": {"s50_7": {"config": {"rate": 1}}}}
# Steps of the running pipeline that fail from now on.
FAILING: set[str] = set()


def layers(count: int) -> dict[str, tuple[str, ...]]:
    """Step keys, each with those upstream: three of the layer above it."""
    chance = random.Random(1)
    return {
        f"s{layer}_{place}": tuple(f"s{layer - 1}_{one}" for one in chance.sample(range(WIDTH), UPSTREAM))
        if layer
        else ()
        for layer in range(count)
        for place in range(WIDTH)
    }


def layered(count: int) -> PipelineSnapshot:
    """So many layers, described."""
    steps = (
        StepSnapshot(
            key=key,
            inputs=tuple(
                InputSnapshot(name=f"i{number}", sources=(OutputRef(one, "result"),))
                for number, one in enumerate(upstream)
            ),
            outputs=(OutputSnapshot(name="result"),),
            code_version="1",
        )
        for key, upstream in layers(count).items()
    )
    return PipelineSnapshot(name="layered", steps=tuple(steps), modes=(ModeSnapshot(name="default"),))


def running_layers(count: int) -> PipelineDefinition:
    """So many layers, of trivial steps."""

    @pipeline(name="layered")
    def defined() -> None:
        placed: dict[str, Any] = {}
        for key, upstream in layers(count).items():
            placed[key] = _trivial(key, len(upstream))(
                **{f"i{number}": placed[one] for number, one in enumerate(upstream)}
            )

    return defined


def history(snapshot: PipelineSnapshot, ancestors: int) -> Lineage:
    """All steps, then a part again, so many times; in the newest run one step of the last layers but two failed."""
    runs: list[LineageRun] = []
    keys = list(snapshot.by_key)
    for number in range(ancestors + 1):
        planned = keys if number == 0 else keys[-WIDTH * 2 :]
        failed = keys[-WIDTH * 2] if number == ancestors else None
        states = {key: _state(snapshot, f"run{number}", key, failed=key == failed) for key in planned}
        run = Run(
            run_id=f"run{number}",
            pipeline_name=snapshot.name,
            snapshot_id=snapshot.id,
            mode="default",
            run_config=CONFIG,
            tags={},
            status=RunStatus.FAILURE,
            created_at=NOON,
            step_keys_to_execute=tuple(planned),
            parent_run_id=f"run{number - 1}" if number else None,
            root_run_id="run0",
        )
        runs.insert(0, LineageRun(run=run, steps=states))
    return Lineage(tuple(runs))


def _trivial(key: str, inputs: int) -> Any:
    @step(name=key, ins={f"i{number}": In() for number in range(inputs)}, code_version="1")
    def trivial(**values: int) -> int:
        if key in FAILING:
            raise ValueError("failing on purpose")
        return sum(values.values()) % 7 + 1

    return trivial


def _state(snapshot: PipelineSnapshot, run_id: str, key: str, *, failed: bool) -> StepState:
    """A step that has made what it always makes, or failed."""
    made_from = Provenance(
        code_version="1",
        config_digest=config_digest(CONFIG, key, ()),
        input_digests={
            one.name: tuple(f"sha256:{ref.step_key:>64}" for ref in one.sources) for one in snapshot.by_key[key].inputs
        },
    )
    status = StepStatus.FAILURE if failed else StepStatus.SUCCESS
    end = NOON + timedelta(seconds=2)
    attempt = StepAttempt(
        number=1, token=f"{run_id}{key}", status=status, started_at=NOON, ended_at=end, provenance=made_from
    )
    return StepState(
        step_key=key,
        status=status,
        attempts=(attempt,),
        outputs=() if failed else (StepOutput(name="result", uri=f"/{run_id}/{key}", digest=f"sha256:{key:>64}"),),
        started_at=NOON,
        ended_at=end,
    )

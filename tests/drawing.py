"""Pipelines and histories drawn as text, for tests that read like pictures.

`draw("a -> b -> d; a -> c -> d")` is a diamond; `[a b] => c` a fan-in; `a ~> b` binds the order only; `a.left? -> b`
an optional output.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from dalsegno.runs.attempts import StepAttempt, StepOutput, StepState
from dalsegno.runs.lineage import Lineage, LineageRun
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

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)

_ENDS = {
    "ok": StepStatus.SUCCESS,
    "failed": StepStatus.FAILURE,
    "skipped": StepStatus.SKIPPED,
    "blocked": StepStatus.BLOCKED,
    "canceled": StepStatus.CANCELED,
    "running": StepStatus.RUNNING,
}


def draw(picture: str, name: str = "drawn") -> PipelineSnapshot:
    """The pipeline of a picture; steps are in the order in which they are first named."""
    inputs: dict[str, list[InputSnapshot]] = {}
    optional: dict[str, dict[str, bool]] = {}

    def step(text: str) -> OutputRef:
        key, _, output = text.partition(".")
        inputs.setdefault(key, [])
        if output:
            optional.setdefault(key, {})[output.rstrip("?")] = output.endswith("?")
        return OutputRef(key, output.rstrip("?") or "result")

    for line in filter(None, (line.strip() for line in picture.split(";"))):
        parts = re.split(r"\s*(->|=>|~>)\s*", line)
        for left, arrow, right in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
            sources = tuple(step(one) for one in left.strip("[]").split())
            target = step(right)
            inputs[target.step_key].append(
                InputSnapshot(
                    name=f"from_{'_'.join(f'{one.step_key}_{one.output_name}' for one in sources)}",
                    sources=sources,
                    is_fan_in=arrow == "=>",
                    is_order_only=arrow == "~>",
                )
            )
        if len(parts) == 1:
            step(parts[0])
    return PipelineSnapshot(
        name=name,
        steps=tuple(
            StepSnapshot(
                key=key,
                inputs=tuple(inputs[key]),
                outputs=tuple(
                    OutputSnapshot(name=output, is_required=not may_lack)
                    for output, may_lack in optional.get(key, {"result": False}).items()
                ),
                code_version="1",
            )
            for key in _topological(inputs)
        ),
        modes=(ModeSnapshot(name="default"),),
    )


def _topological(inputs: dict[str, list[InputSnapshot]]) -> list[str]:
    order: list[str] = []
    while len(order) < len(inputs):
        order.append(
            next(
                key
                for key, its in inputs.items()
                if key not in order and all(ref.step_key in order for one in its for ref in one.sources)
            )
        )
    return order


def history(snapshot: PipelineSnapshot, *runs: str, selection: tuple[str, ...] | None = None) -> Lineage:
    """A lineage from texts, the root first: "a:ok b:failed c" is a run that planned a, b and c and never reached c.

    "a:ok(left)" made the output `left` only. `selection` is the root's.
    """
    found: list[LineageRun] = []
    for position, text in enumerate(runs):
        states: dict[str, StepState] = {}
        planned: list[str] = []
        for word in text.split():
            match = re.fullmatch(r"([^:(]+)(?::(\w+))?(?:\((.*)\))?", word)
            assert match, word
            key, end, made = match.groups()
            planned.append(key)
            if end:
                states[key] = _state(snapshot, f"run{position}", key, _ENDS[end], made)
        run = Run(
            run_id=f"run{position}",
            pipeline_name=snapshot.name,
            snapshot_id=snapshot.id,
            mode="default",
            run_config={},
            tags={},
            status=RunStatus.FAILURE,
            created_at=NOON,
            step_keys_to_execute=tuple(planned),
            parent_run_id=f"run{position - 1}" if position else None,
            root_run_id="run0",
            selection=selection if position == 0 else None,
        )
        found.insert(0, LineageRun(run=run, steps=states))
    return Lineage(tuple(found))


def _state(snapshot: PipelineSnapshot, run_id: str, key: str, status: StepStatus, made: str | None) -> StepState:
    declared = [one.name for one in snapshot.by_key[key].outputs] if key in snapshot.by_key else ["result"]
    names = made.split(",") if made is not None else declared
    attempt = StepAttempt(
        number=1, token=f"{run_id}-{key}", status=status, started_at=NOON, ended_at=NOON + timedelta(seconds=2)
    )
    return StepState(
        step_key=key,
        status=status,
        attempts=() if status in (StepStatus.SKIPPED, StepStatus.BLOCKED) else (attempt,),
        outputs=tuple(
            StepOutput(name=name, uri=f"/{run_id}/{key}/{name}", digest=f"sha256:{run_id}{key}{name}")
            for name in names
            if name
        )
        if status is StepStatus.SUCCESS
        else (),
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=2),
    )

"""Plays the pipelines on the Dagster of this environment, and keeps, or compares with, what is recorded.

python tests/dagster/on_dagster.py legacy|current [--write] [name ...]
"""

from __future__ import annotations

import itertools
import json
import logging
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
# This folder's own name would hide nothing, but what lies in it is nobody's top-level module.
sys.path[:] = [one for one in sys.path if Path(one or ".").resolve() != Path(__file__).parent]

import dagster  # noqa: E402

from tests.dagster import scenarios  # noqa: E402


def steps_of(result: Any) -> dict[str, tuple[str, int]]:
    ends: dict[str, str] = {}
    tries: dict[str, int] = {}
    events = result.all_events if hasattr(result, "all_events") else result.event_list
    for event in events:
        kind, key = event.event_type_value, event.step_key
        if kind in ("STEP_START", "STEP_RESTARTED"):
            tries[key] = tries.get(key, 0) + 1
        elif kind in ("STEP_SUCCESS", "STEP_FAILURE", "STEP_SKIPPED"):
            ends[key] = kind.removeprefix("STEP_").lower()
    return {key: (end, tries.get(key, 0)) for key, end in ends.items()}


def in_process(job: Any, instance: Any, run_config: Any = None, reexecution_options: Any = None, **others: Any) -> Any:
    """Dagster's `execute_job`, with its executor that needs no processes: on a busy machine its own loses events."""
    if run_config is not None or reexecution_options is None:
        run_config = {**(run_config or {}), "execution": {"config": {"in_process": {}}}}
    return dagster.execute_job(
        job, instance=instance, run_config=run_config, reexecution_options=reexecution_options, **others
    )


def play(source: Path) -> list[dict[str, Any]]:
    module = scenarios.load(source)
    if hasattr(module, "execute_job"):
        module.execute_job = in_process  # type: ignore[attr-defined]

    def reconstructable(job: Any) -> Any:
        from dagster._core.definitions.reconstruct import ReconstructableJob

        (name,) = (name for name, value in vars(module).items() if value is job)
        return ReconstructableJob.for_file(str(source), name)

    with (
        tempfile.TemporaryDirectory() as home,
        tempfile.TemporaryDirectory() as folder,
        dagster.DagsterInstance.local_temp(home) as instance,
    ):
        return scenarios.play(module, instance, Path(folder).resolve(), reconstructable, steps_of)


def main(era: str, *options: str) -> int:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    names = [one for one in options if one != "--write"]
    wrong = 0
    for source in scenarios.sources():
        if source.parent.name != era:
            continue
        if names and source.stem not in names:
            continue
        try:
            runs = play(source)
        except Exception as error:
            wrong += 1
            print(f"FAILS  {scenarios.name_of(source)}  {type(error).__name__}: {error}")
            continue
        text = json.dumps({"dagster": dagster.__version__, "runs": runs}, indent=1, ensure_ascii=False) + "\n"
        kept = scenarios.recorded(source)
        if "--write" in options:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(text, "utf-8")
        before = json.loads(kept.read_text("utf-8"))["runs"] if kept.exists() else []
        wrong += before != runs
        print(f"{'as recorded' if before == runs else 'DIFFERS'}  {scenarios.name_of(source)}  ({len(runs)} results)")
        for was, now in itertools.zip_longest(before, runs):
            if was != now:
                print(f"  recorded: {was}\n  now:      {now}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

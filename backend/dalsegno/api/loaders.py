"""Reads that many fields of one operation need, gathered into one script each: never a round trip for a row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import msgspec
from strawberry.dataloader import DataLoader

from dalsegno.plan.plan import Plan
from dalsegno.runs.events import RunEvent
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.run import Run, RunGroup
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.automatic_retries import AutomaticRetry, fetch_retries
from dalsegno.store.batches import fetch_children, fetch_groups, fetch_plans, fetch_snapshots, runs_of_groups
from dalsegno.store.event_pages import EventQuery, fetch_event_pages
from dalsegno.store.lineages import fetch_lineages
from dalsegno.store.pipelines import current_snapshot_ids
from dalsegno.store.queue_reasons import why_queued
from dalsegno.store.run_changes import changed_step_keys, reached_step_keys
from dalsegno.store.runs import fetch_runs
from dalsegno.store.script import Script
from dalsegno.store.step_counts import StepCounts, count_steps
from dalsegno.store.step_history import StepExecutions, fetch_step_executions
from dalsegno.store.workers import served_snapshot_ids

if TYPE_CHECKING:
    from dalsegno.api.context import Service

K = TypeVar("K")
V = TypeVar("V")

# More steps are not asked for by their keys: a statement takes no more than some 30,000 values.
_KEYS_AT_ONCE = 5_000


class LineageKey(msgspec.Struct, frozen=True, kw_only=True):
    """The lineage of a run, as much of it as is needed; there may be more."""

    run_id: str
    # With all attempts and outputs; else of attempts those of steps tried again, in outline.
    whole: bool
    # None: all.
    step_keys: tuple[str, ...] | None = None


class EventsKey(msgspec.Struct, frozen=True, kw_only=True):
    """A page of a run's events."""

    run_id: str
    query: EventQuery


class ChangedKey(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of a run that changed after its event of this number."""

    run_id: str
    since: int


class HistoryKey(msgspec.Struct, frozen=True, kw_only=True):
    """The latest executions of a step, back to so many successes."""

    pipeline_name: str
    step_key: str
    successes: int


class Loaders:
    """The loaders of one operation; each remembers what it has read."""

    def __init__(self, service: Service) -> None:
        self._service = service

    @cached_property
    def run(self) -> DataLoader[str, Run | None]:
        """By run id."""
        return self._one_by_one(fetch_runs)

    @cached_property
    def group(self) -> DataLoader[str, RunGroup | None]:
        """By root run id."""
        return self._one_by_one(fetch_groups)

    @cached_property
    def runs_of_group(self) -> DataLoader[str, list[Run]]:
        """By root run id: all runs of the group, oldest first."""
        return self._each(runs_of_groups)

    @cached_property
    def children(self) -> DataLoader[str, list[Run]]:
        """By run id: the runs whose parent it is, oldest first."""
        return self._each(fetch_children)

    @cached_property
    def plan(self) -> DataLoader[str, Plan | None]:
        """By run id: as stored, with the executed steps only."""
        return self._one_by_one(fetch_plans)

    @cached_property
    def lineage(self) -> DataLoader[LineageKey, Lineage]:
        """Lineages of runs that exist."""
        return self._each(_lineages)

    @cached_property
    def events(self) -> DataLoader[EventsKey, list[RunEvent]]:
        """Pages of events."""
        return self._each(_event_pages)

    @cached_property
    def changed_steps(self) -> DataLoader[ChangedKey, set[str]]:
        """The keys of the steps that changed."""
        return self._each(_changed_steps)

    @cached_property
    def reached_steps(self) -> DataLoader[str, set[str]]:
        """By run id: the keys of the steps that began, were skipped, blocked or cancelled."""
        return self._each(reached_step_keys)

    @cached_property
    def executions(self) -> DataLoader[HistoryKey, StepExecutions]:
        """How steps fared lately."""
        return self._each(_executions)

    @cached_property
    def current_snapshot_id(self) -> DataLoader[str, str | None]:
        """By pipeline name: of the snapshot published last."""
        return self._one_by_one(lambda _names: current_snapshot_ids())

    @cached_property
    def is_served(self) -> DataLoader[str, bool]:
        """By snapshot id: a live worker has loaded it."""

        def served(snapshot_ids: Sequence[str]) -> Script[dict[str, bool]]:
            loaded = yield from served_snapshot_ids()
            return {one: one in loaded for one in snapshot_ids}

        return self._each(served)

    @cached_property
    def snapshot(self) -> DataLoader[str, PipelineSnapshot]:
        """By id, of snapshots that are kept."""

        async def load(snapshot_ids: list[str]) -> list[PipelineSnapshot]:
            kept = self._service.snapshots
            known = {one: snapshot for one in snapshot_ids if (snapshot := kept.get(one)) is not None}
            unknown = [one for one in snapshot_ids if one not in known]
            read = await self._service.database.read_async(fetch_snapshots(unknown)) if unknown else {}
            for one, snapshot in read.items():
                known[one] = kept.keep(one, snapshot)
            # A foreign key holds those of runs and pipelines: each is there.
            return [known[one] for one in snapshot_ids]

        return DataLoader(load_fn=load)

    @cached_property
    def why_queued(self) -> DataLoader[Run, str | None]:
        """Of queued runs: what each waits for."""

        async def load(runs: list[Run]) -> list[str | None]:
            reasons = await self._service.database.read_async(why_queued(runs, self._service.settings.tag_limits))
            return [reasons.get(run.run_id) for run in runs]

        return DataLoader(load_fn=load, cache_key_fn=lambda run: run.run_id)

    @cached_property
    def automatic_retry(self) -> DataLoader[str, AutomaticRetry | None]:
        """By run id: what follows a failed run by itself."""
        return self._one_by_one(fetch_retries)

    @cached_property
    def step_counts(self) -> DataLoader[Run, StepCounts]:
        """How many steps of a run are in which state."""

        async def load(runs: list[Run]) -> list[StepCounts]:
            kept = self._service.step_counts
            counts = {run.run_id: kept.get((run.run_id, run.version)) for run in runs}
            unknown = [run for run in runs if counts[run.run_id] is None]
            if unknown:
                snapshots = await self.snapshot.load_many({run.snapshot_id for run in unknown})
                by_id = {one.id: one for one in snapshots}
                counts |= await self._service.database.read_async(count_steps(unknown, by_id))
                for run in unknown:
                    kept.keep((run.run_id, run.version), counts[run.run_id] or {})
            return [counts[run.run_id] or {} for run in runs]

        return DataLoader(load_fn=load, cache_key_fn=lambda run: run.run_id)

    def _one_by_one(self, script: Callable[[Iterable[str]], Script[dict[str, V]]]) -> DataLoader[str, V | None]:
        async def load(keys: list[str]) -> list[V | None]:
            found = await self._service.database.read_async(script(keys))
            return [found.get(key) for key in keys]

        return DataLoader(load_fn=load)

    def _each(self, script: Callable[[Sequence[K]], Script[dict[K, V]]]) -> DataLoader[K, V]:
        async def load(keys: list[K]) -> list[V]:
            found = await self._service.database.read_async(script(keys))
            return [found[key] for key in keys]

        return DataLoader(load_fn=load)


def _lineages(keys: Sequence[LineageKey]) -> Script[dict[LineageKey, Lineage]]:
    found: dict[LineageKey, Lineage] = {}
    for whole, alike in _grouped(keys, lambda key: key.whole).items():
        wanted = [key.step_keys for key in alike]
        # What one needs may be more than another asked for, which does no harm.
        step_keys = None if None in wanted else {one for some in wanted for one in some or ()}
        if step_keys is not None and len(step_keys) > _KEYS_AT_ONCE:
            step_keys = None
        lineages = yield from fetch_lineages((key.run_id for key in alike), whole=whole, step_keys=step_keys)
        found.update({key: lineages[key.run_id] for key in alike})
    return found


def _event_pages(keys: Sequence[EventsKey]) -> Script[dict[EventsKey, list[RunEvent]]]:
    found: dict[EventsKey, list[RunEvent]] = {}
    for query, alike in _grouped(keys, lambda key: key.query).items():
        pages = yield from fetch_event_pages((key.run_id for key in alike), query)
        found.update({key: pages[key.run_id] for key in alike})
    return found


def _changed_steps(keys: Sequence[ChangedKey]) -> Script[dict[ChangedKey, set[str]]]:
    found: dict[ChangedKey, set[str]] = {}
    for since, alike in _grouped(keys, lambda key: key.since).items():
        changed = yield from changed_step_keys((key.run_id for key in alike), since)
        found.update({key: changed[key.run_id] for key in alike})
    return found


def _executions(keys: Sequence[HistoryKey]) -> Script[dict[HistoryKey, StepExecutions]]:
    found: dict[HistoryKey, StepExecutions] = {}
    for (pipeline_name, successes), alike in _grouped(keys, lambda key: (key.pipeline_name, key.successes)).items():
        by_step = yield from fetch_step_executions(pipeline_name, [key.step_key for key in alike], successes)
        found.update({key: by_step[key.step_key] for key in alike})
    return found


def _grouped(keys: Iterable[K], by: Callable[[K], V]) -> Mapping[V, list[K]]:
    groups: dict[V, list[K]] = {}
    for key in keys:
        groups.setdefault(by(key), []).append(key)
    return groups

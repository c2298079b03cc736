"""Steps that misbehave: each leaves a clear record of its own attempt, and nothing for the next one to stumble over."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dalsegno.runs.attempts import ErrorInfo, StepState
from dalsegno.runs.events import LogLevel
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.store.events import fetch_events
from dalsegno.store.script import Script
from dalsegno.store.tables import runs
from dalsegno.worker.bounded_log import MAX_CHARACTERS, MAX_LINES
from dalsegno.worker.captured_limit import HEAD_BYTES, TAIL_BYTES
from tests.faults.misbehaving_code import CODE
from tests.waiting import until
from tests.worker.site import Site, shared_site

# Short, so that what would cost the worker its lease does so soon; there is no other one to take its runs over.
LEASE_SECONDS = 0.5


class Neighbour:
    """A step under way in the same pool: from before the first step misbehaves until after the last one."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._run_id = site.launch("next_door")
        self._answers = 0
        self._at_first = self._ask()

    def is_untouched(self) -> None:
        """It is in its first attempt, and finds its process as it did at first."""
        assert self._ask() == self._at_first
        assert [one.status for one in self._state.attempts] == [StepStatus.RUNNING]

    def ends_well(self) -> None:
        """What is recorded of it is its own alone."""
        self._site.open("neighbour")
        assert self._site.ended(self._run_id).status is RunStatus.SUCCESS
        assert [one.status for one in self._state.attempts] == [StepStatus.SUCCESS]
        assert self._site.printed(self._run_id, "neighbour") == "innocent\n" * self._answers
        assert self._site.printed(self._run_id, "neighbour", "stderr") == ""
        assert "LOG" not in self._site.kinds(self._run_id)

    @property
    def _state(self) -> StepState:
        return self._site.step(self._run_id, "neighbour")

    def _ask(self) -> str:
        self._answers += 1
        (self._site.folder / "asked").touch()
        return self._site.notes("answers", self._answers)[-1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    # Two step processes, of which the neighbour has one: the step that comes next is made in the same one as the step
    # before, if that is any good.
    settings = {"max_steps": 2, "grace_seconds": 0.5, "lease_seconds": LEASE_SECONDS, "heartbeat_seconds": 0.1}
    with shared_site(tmp_path_factory.mktemp("site"), CODE, **settings) as made:
        yield made


@pytest.fixture(scope="module")
def neighbour(site: Site) -> Iterator[Neighbour]:
    made = Neighbour(site)
    yield made
    made.ends_well()


@pytest.fixture(autouse=True)
def whatever_a_step_does_its_neighbour_in_the_pool_goes_on_untouched(neighbour: Neighbour) -> Iterator[None]:
    yield
    neighbour.is_untouched()


def error_of(site: Site, run: Run, key: str) -> ErrorInfo:
    error = site.step(run.run_id, key).error
    assert error is not None
    return error


def innocents(site: Site, run: Run) -> tuple[Any, Any]:
    return site.value(run.run_id, "before"), site.value(run.run_id, "after")


@pytest.mark.parametrize(
    "name",
    [
        "changes_folder",
        "changes_environment",
        "changes_file_mode_mask",
        "changes_signals",
        "replaces_streams",
        "changes_locale",
    ],
)
def test_what_a_step_changes_of_its_process_is_put_back_and_the_process_stays_warm(site: Site, name: str) -> None:
    run = site.run(name)
    assert run.status is RunStatus.SUCCESS
    (before, its_process), (after, process) = innocents(site, run)
    assert after == before
    assert process == its_process
    assert site.printed(run.run_id, "after") == "innocent\n"


@pytest.mark.parametrize(
    "name", ["leaves_threads", "closes_streams", "closes_descriptors", "leaves_a_child", "leaves_a_daemon"]
)
def test_a_process_in_which_a_step_did_what_cannot_be_undone_makes_no_other_attempt(site: Site, name: str) -> None:
    run = site.run(name)
    assert run.status is RunStatus.SUCCESS
    (before, its_process), (after, process) = innocents(site, run)
    assert after == before
    assert process != its_process
    assert site.printed(run.run_id, "after") == "innocent\n"


@pytest.mark.parametrize("name", ["leaves_a_child", "leaves_a_daemon"])
def test_what_a_step_has_started_and_left_behind_ends_with_its_attempt(site: Site, name: str) -> None:
    before = len(site.notes("left"))
    run_id = site.launch(name)
    pid = int(site.notes("left", before + 1)[-1])
    site.ended(run_id)
    until(lambda: not os.path.exists(f"/proc/{pid}"), what="the end of what was left behind")


def test_a_copy_of_its_process_that_a_step_forks_never_speaks_for_it(site: Site) -> None:
    run = site.run("forks_and_lets_the_copy_return")
    assert run.status is RunStatus.SUCCESS
    assert site.value(run.run_id, "forks_and_lets_the_copy_return") == "only one of us"
    assert site.kinds(run.run_id).count("STEP_SUCCEEDED") == 3


def test_what_such_a_copy_raises_and_logs_is_printed_with_the_attempt(site: Site) -> None:
    run = site.run("forks_and_lets_the_copy_raise")
    assert run.status is RunStatus.SUCCESS
    assert site.value(run.run_id, "forks_and_lets_the_copy_raise") == 1
    printed = site.printed(run.run_id, "forks_and_lets_the_copy_raise", "stderr")
    assert "ERROR: of the copy" in printed
    assert "ValueError: in the copy" in printed
    assert "LOG" not in site.kinds(run.run_id)


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("is_killed", "signal 9 (SIGKILL)"),
        ("exits_at_once", "exit code 3"),
        ("reads_where_nothing_is", "signal 11 (SIGSEGV)"),
        ("kills_its_group", "signal 15 (SIGTERM)"),
        ("closes_its_channel", "signal 9 (SIGKILL)"),
    ],
)
def test_a_process_that_a_step_takes_down_takes_none_of_its_neighbours_with_it(
    site: Site, neighbour: Neighbour, name: str, how: str
) -> None:
    run = site.run(name)
    assert run.status is RunStatus.FAILURE
    assert error_of(site, run, name).message == f"step process died: {how}"
    assert site.printed(run.run_id, name) == ("last words\n" if name == "is_killed" else "")
    neighbour.is_untouched()


def test_an_exception_is_recorded_with_all_that_caused_it(site: Site) -> None:
    error = error_of(site, site.run("raises_from_a_chain"), "raises_from_a_chain")
    assert (error.class_name, error.message) == ("ValueError", "no result")
    assert error.traceback is not None and 'raise ValueError("no result")' in error.traceback
    assert error.cause is not None and error.cause.class_name == "ConnectionError"
    assert error.cause.cause is not None and error.cause.cause.class_name == "KeyError"
    assert error.cause.cause.cause is None


def test_an_exception_that_cannot_be_shown_is_recorded_all_the_same(site: Site) -> None:
    error = error_of(site, site.run("raises_what_cannot_be_shown"), "raises_what_cannot_be_shown")
    assert error.class_name.endswith("Unshowable")
    assert "can't be shown" in error.message


def test_to_exit_with_zero_is_no_success(site: Site) -> None:
    run = site.run("exits_with_zero")
    assert run.status is RunStatus.FAILURE
    assert error_of(site, run, "exits_with_zero").class_name == "SystemExit"


def test_an_interrupt_that_nobody_asked_for_is_a_failure_and_cancels_nothing(site: Site) -> None:
    run = site.run("interrupts_itself")
    assert run.status is RunStatus.FAILURE
    assert error_of(site, run, "interrupts_itself").class_name == "KeyboardInterrupt"


def test_a_result_that_cannot_be_pickled_fails_its_step_and_says_what_to_do(site: Site) -> None:
    run = site.run("gives_what_cannot_be_pickled")
    error = error_of(site, run, "gives_what_cannot_be_pickled")
    assert error.class_name == "dalsegno.errors.OutputNotStoredError"
    assert "a lock can't be pickled" in error.message
    assert "io_manager_key" in error.message
    assert [path.name for path in (site.folder / "storage").glob(f"{run.run_id}/*")] == []


def test_a_result_that_kills_its_process_as_it_is_stored_fails_its_step(site: Site) -> None:
    run = site.run("dies_as_it_is_pickled")
    assert error_of(site, run, "dies_as_it_is_pickled").message == "step process died: signal 11 (SIGSEGV)"
    assert site.step(run.run_id, "dies_as_it_is_pickled").outputs == ()


def test_an_attempt_whose_process_dies_before_its_function_is_entered_is_recorded_and_counts(site: Site) -> None:
    run = site.run("trapping")
    attempts = site.step(run.run_id, "is_given_a_trap").attempts
    assert [(one.number, one.status) for one in attempts] == [(1, StepStatus.FAILURE), (2, StepStatus.FAILURE)]
    assert {one.error.message for one in attempts if one.error} == {"step process died: exit code 4"}
    assert site.notes("is_given_a_trap") == []


def test_a_result_of_two_gigabytes_is_stored_in_little_more_memory_than_it_takes_and_is_loaded(site: Site) -> None:
    run_id = site.launch("much")
    assert site.ended(run_id, seconds=90).status is RunStatus.SUCCESS
    (output,) = site.step(run_id, "gives_much").outputs
    assert output.preview is not None and "(2,147,483,655 bytes)" in output.preview
    assert site.value(run_id, "counts") == (2 << 30) + 7
    # Nobody keeps so much just because it was tried.
    assert output.uri is not None
    Path(output.uri).unlink()


def test_of_a_million_lines_the_first_ones_are_kept_and_it_is_said_how_many_were_left_out(site: Site) -> None:
    run = site.run("logs_a_million_lines")
    assert run.status is RunStatus.SUCCESS
    lines = [event for event in site.database.read(fetch_events(run.run_id, limit=1_000_000)) if event.kind == "LOG"]
    assert len(lines) == MAX_LINES + 2
    assert lines[MAX_LINES - 1].message == f"line {MAX_LINES - 1}"
    assert [line.level for line in lines[MAX_LINES:]] == [LogLevel.WARNING] * 2
    assert lines[MAX_LINES].message.startswith("The log of an attempt has at most 10,000 lines")
    assert lines[MAX_LINES + 1].message == "990,000 lines of this log were left out."


def test_lines_without_end_are_cut_and_all_of_them_together_too(site: Site) -> None:
    run = site.run("logs_long_lines")
    events = site.database.read(fetch_events(run.run_id))
    lines = [event.message for event in events if event.kind == "LOG"]
    assert lines[0].endswith("x ... 936000 characters left out")
    assert sum(map(len, lines)) < MAX_CHARACTERS + 100_000
    assert lines[-1] == "37 lines of this log were left out."


def test_what_a_thread_logs_after_its_attempt_has_ended_belongs_to_no_attempt(site: Site) -> None:
    run = site.run("logs_from_a_thread_that_goes_on")
    assert run.status is RunStatus.SUCCESS
    assert "LOG" not in site.kinds(run.run_id)[site.kinds(run.run_id).index("STEP_SUCCEEDED") :]


def test_of_prints_without_end_the_first_and_the_last_are_kept(site: Site) -> None:
    run = site.run("prints_much")
    (attempt,) = site.step(run.run_id, "prints_much").attempts
    assert attempt.stdout is not None
    assert HEAD_BYTES + TAIL_BYTES < attempt.stdout.size_bytes < HEAD_BYTES + TAIL_BYTES + 200
    printed = site.instance.storage.read_log(attempt.stdout.uri, 0, attempt.stdout.size_bytes)
    assert printed.startswith(b"first line\nxxx")
    assert printed.endswith(b"xxx\nlast line\n")
    left_out = (40 << 20) + len("first line\n\nlast line\n") - HEAD_BYTES - TAIL_BYTES
    assert f"... {left_out:,} bytes left out".encode() in printed


def test_what_is_printed_need_not_be_text(site: Site) -> None:
    run = site.run("prints_what_is_no_text")
    assert run.status is RunStatus.SUCCESS
    assert site.printed(run.run_id, "prints_what_is_no_text") == "café \ufffd\ufffd\0caf\ufffd\n\ufffd\n"
    (attempt,) = site.step(run.run_id, "prints_what_is_no_text").attempts
    assert attempt.stderr is not None and attempt.stderr.size_bytes == 2


def test_a_step_that_takes_more_memory_than_its_limit_fails_and_the_next_has_what_there_is(site: Site) -> None:
    run = site.run("taking_memory", run_config={"steps": {"takes_much": {"inputs": {"size": 300_000_000}}}})
    error = error_of(site, run, "takes_much")
    assert error.class_name == "dalsegno.errors.MemoryLimitExceededError"
    assert "Step 'takes_much' asked for more memory than its limit of 190.7 MiB" in error.message
    assert error.cause is not None and error.cause.class_name == "MemoryError"
    assert error.cause.traceback is not None and "bytearray(size)" in error.cause.traceback
    within = site.run("taking_memory", run_config={"steps": {"takes_much": {"inputs": {"size": 100_000_000}}}})
    assert within.status is RunStatus.SUCCESS


def test_a_step_without_a_limit_that_takes_more_memory_than_there_is_fails_alone(site: Site) -> None:
    run = site.run("asks_for_more_memory_than_there_is")
    assert run.status is RunStatus.FAILURE
    error = error_of(site, run, "asks_for_more_memory_than_there_is")
    assert error.class_name == "MemoryError"
    assert error.traceback is not None and "bytes(1 << 60)" in error.traceback


def test_a_pipelines_limit_is_that_of_its_steps(site: Site) -> None:
    run = site.run("taking_memory_by_pipeline")
    assert error_of(site, run, "limited_by_pipeline").class_name == "dalsegno.errors.MemoryLimitExceededError"


def test_a_process_that_dies_with_a_memory_limit_is_recorded_with_it(site: Site) -> None:
    error = error_of(site, site.run("aborting_for_want_of_memory"), "aborts_for_want_of_memory")
    assert error.message == "step process died: signal 6 (SIGABRT) (its memory limit was 100 MiB)"


def test_a_step_that_loops_for_ever_ends_at_its_time_limit_and_is_tried_again_as_its_policy_says(site: Site) -> None:
    run = site.run("loops_once")
    assert run.status is RunStatus.SUCCESS
    late, again = site.step(run.run_id, "loops_once").attempts
    assert (late.status, again.status) == (StepStatus.FAILURE, StepStatus.SUCCESS)
    assert late.error is not None and late.error.class_name == "TimeLimitExceededError"
    assert "time limit of 0.3 s" in late.error.message
    # Where it was.
    assert late.error.cause is not None and late.error.cause.class_name == "KeyboardInterrupt"
    assert late.error.cause.traceback is not None and "in loops_once" in late.error.cause.traceback


def test_a_step_that_lets_nothing_else_run_in_its_process_does_not_cost_the_worker_its_lease(site: Site) -> None:
    run_id = site.launch("lets_nothing_else_run_in_its_process")
    site.notes("holds", 1)
    first = lease_of(site, run_id)
    until(lambda: lease_of(site, run_id) - first > timedelta(seconds=LEASE_SECONDS), what="a lease renewed in time")
    with (site.folder / "fifo").open("wb"):
        assert site.ended(run_id).status is RunStatus.SUCCESS
    assert site.kinds(run_id).count("RUN_CLAIMED") == 1


def lease_of(site: Site, run_id: str) -> datetime:
    """Until when the run is held."""

    def read() -> Script[datetime]:
        ((expires_at,),) = yield select(runs.c.lease_expires_at).where(runs.c.run_id == run_id)
        return expires_at

    return site.database.read(read())


@pytest.mark.parametrize("name", ["loops_stubbornly", "loops_in_c"])
def test_a_step_that_does_not_heed_its_time_limit_is_killed_with_all_that_it_has_started(site: Site, name: str) -> None:
    run = site.run(name)
    assert run.status is RunStatus.FAILURE
    error = error_of(site, run, name)
    assert error.class_name == "TimeLimitExceededError"
    assert error.cause is not None and error.cause.message == "step process died: signal 9 (SIGKILL)"
    left = site.notes("left")
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in left), what="the end of what it had started")

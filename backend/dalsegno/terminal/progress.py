"""The progress of a run while it runs: a live table on a terminal, timestamped lines elsewhere."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from dalsegno.runs.attempts import StepState
from dalsegno.runs.events import (
    Event,
    Logged,
    RunCanceled,
    RunFailed,
    RunStarted,
    RunSucceeded,
    StepBlocked,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from dalsegno.runs.status import StepStatus
from dalsegno.runs.step_states import StepStates
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, step_name
from dalsegno.terminal.step_prints import prints_taken
from dalsegno.terminal.tables import GAP, fitted, is_drawn, status_cell
from dalsegno.terminal.words import clock, count, duration

# Above the window's height, the live table would scroll; these lines are left for the rest.
_LINES_LEFT = 6
_REFRESHES_PER_SECOND = 8
_STATUS_WIDTH, _TOOK_WIDTH = 10, 11  # cells
_IN_PROGRESS = frozenset({StepStatus.RUNNING, StepStatus.RETRYING})


@contextmanager
def progress_shown(
    console: Console, title: str, step_keys: Sequence[str]
) -> Iterator[Callable[[datetime, Event], None]]:
    """Show a run in the way that fits the console, with what its steps print; gives the observer of its events.

    `step_keys` are those to execute, in their order.
    """
    progress = LiveProgress(console, title, step_keys) if is_drawn(console) else PlainProgress(console, step_keys)
    with progress, prints_taken(progress.printed) as end_lines:

        def observe(at: datetime, event: Event) -> None:
            # A line that a step left open is not to run into what comes next.
            end_lines()
            progress.observe(at, event)

        yield observe


class PlainProgress:
    """A line an event: time, step, what happened; what steps print follows a bar."""

    def __init__(self, console: Console, step_keys: Sequence[str]) -> None:
        self._console = console
        self._width = min(32, max(map(len, ["run", *step_keys])))
        self._states = StepStates()
        self._current = "run"

    def __enter__(self) -> PlainProgress:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def observe(self, at: datetime, event: Event) -> None:
        """Print the event's line, where it has one for people."""
        state = self._states.apply(at, event)
        match event:
            case StepStarted():
                self._current = event.step_key
                again = f", attempt {event.attempt}" if event.attempt > 1 else ""
                self._line(at, event.step_key, f"started{again}")
            case StepSucceeded() if state is not None:
                self._line(at, event.step_key, f"success in {duration(state.duration_ms)}")
            case Logged():
                self._line(at, self._current, f"{event.level.value.lower()}: {event.message}")
            case StepFailed() | StepRetrying() | StepBlocked() | StepSkipped():
                self._line(at, event.step_key, _first_line(event.message))
            case RunStarted() | RunSucceeded() | RunFailed() | RunCanceled():
                self._line(at, "run", _first_line(event.message))
            case _:
                pass

    def printed(self, line: str) -> None:
        """Print the line behind a bar."""
        self._line(datetime.now(UTC), self._current, f"| {line}")

    def _line(self, at: datetime, step_key: str, text: str) -> None:
        self._console.print(f"{clock(at)}  {step_key:<{self._width}}  {text}")


class LiveProgress:
    """A table of the steps that redraws itself; what steps print scrolls by above it."""

    def __init__(self, console: Console, title: str, step_keys: Sequence[str]) -> None:
        self._console = console
        self._title = title
        self._spinner = Spinner("dots" if not console.options.ascii_only else "line")
        self._pending = {key: StepState(step_key=key) for key in step_keys}
        self._states = StepStates()
        self._widest = max(map(len, step_keys), default=0)
        self._started_at = datetime.now(UTC)
        self._current = ""
        # The display is redrawn by a thread of its own.
        self._changing = threading.Lock()
        self._live = Live(
            console=console,
            get_renderable=self.frame,
            refresh_per_second=_REFRESHES_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> LiveProgress:
        self._live.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._live.stop()

    def observe(self, at: datetime, event: Event) -> None:
        """Take the event in; the next redraw shows it."""
        with self._changing:
            self._states.apply(at, event)
        if isinstance(event, StepStarted):
            self._current = event.step_key
        elif isinstance(event, Logged):
            self.printed(f"{event.level.value.lower()}: {event.message}")

    def printed(self, line: str) -> None:
        """Let the line scroll by above the table."""
        self._live.console.print(
            Text(f"{self._current} │ ", style="dim").append(Text(line, style="default")), soft_wrap=True
        )

    def frame(self) -> Group:
        """The table as it stands now."""
        now = datetime.now(UTC)
        with self._changing:
            states = _by_row(self._pending, self._states.by_key)
        shown = _most_telling(states, max(4, self._console.size.height - _LINES_LEFT))
        gap = Text(" " * GAP)
        name = min(self._widest, self._console.width * 2 // 5)
        note = self._console.width - name - _STATUS_WIDTH - _TOOK_WIDTH - 3 * GAP
        lines = [
            gap.join(
                (
                    fitted(Text(state.step_key), name),
                    fitted(status_cell(self._console, state.status), _STATUS_WIDTH),
                    fitted(Text(_elapsed(state, now)), _TOOK_WIDTH, right=True),
                    fitted(_note(state), max(0, note)),
                )
            )
            for state in shown
        ]
        others = len(states) - len(shown)
        rest = [Text(f"and {count(others, 'other step')}", style="dim")] if others else []
        return Group(*lines, *rest, self._headline(states, now))

    def _headline(self, states: Sequence[StepState], now: datetime) -> Table:
        ended = sum(state.status.has_ended for state in states)
        failed = sum(state.status is StepStatus.FAILURE for state in states)
        text = Text(f"{self._title}  {ended:,} of {count(len(states), 'step')}", style="bold")
        if failed:
            text.append(f"  {failed:,} failed", style="bold red")
        text.append(f"  {duration(max(0.0, (now - self._started_at).total_seconds() * 1000))}", style="default")
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_row(self._spinner, text)
        return line


def _by_row(pending: Mapping[str, StepState], states: Mapping[str, StepState]) -> list[StepState]:
    """Each step as it stands, in the plan's order; elements that are under way in place of `work[?]`."""
    elements: dict[str, list[StepState]] = {}
    for key, state in states.items():
        if key not in pending:
            elements.setdefault(element_key(step_name(key), ANY_KEY), []).append(state)
    return [state for key in pending for state in elements.get(key) or (states.get(key) or pending[key],)]


def _most_telling(states: Sequence[StepState], lines: int) -> Sequence[StepState]:
    """As many steps as there are lines, in their order: those under way and failed first, then the last ones ended."""
    if len(states) <= lines:
        return states

    def rank(state: StepState) -> tuple[int, float]:
        if state.status in _IN_PROGRESS:
            return 0, 0.0
        if state.status is StepStatus.FAILURE:
            return 1, 0.0
        if state.ended_at is not None:
            return 2, -state.ended_at.timestamp()
        return 3, 0.0

    chosen = {state.step_key for state in heapq.nsmallest(lines, states, key=rank)}
    return [state for state in states if state.step_key in chosen]


def _elapsed(state: StepState, now: datetime) -> str:
    if state.started_at is None:
        return ""
    return duration(max(0.0, ((state.ended_at or now) - state.started_at).total_seconds() * 1000))


def _note(state: StepState) -> Text:
    if state.status is StepStatus.BLOCKED:
        return Text(f"by {', '.join(state.cause_step_keys)}", style="dim")
    if state.status in (StepStatus.FAILURE, StepStatus.RETRYING) and state.error is not None:
        return Text(_first_line(f"{state.error.class_name}: {state.error.message}"), style="dim")
    if state.status is StepStatus.RUNNING and len(state.attempts) > 1:
        return Text(f"attempt {len(state.attempts)}", style="dim")
    return Text("")


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0] if lines else ""

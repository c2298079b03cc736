"""Production code in the virtual world: what it calls of the operating system is replaced, it itself is not changed.

Whatever a module of the package has imported of threads, queues, clocks, and random numbers is replaced in all of them,
so code that is written tomorrow is simulated too. What else is replaced stands in a table, with its reason.
"""

from __future__ import annotations

import datetime
import functools
import importlib
import queue
import random
import secrets
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from dalsegno.run_id import RunIds
from dalsegno.runs.attempts import ErrorInfo
from tests.faults.simulation import primitives
from tests.faults.simulation.step_processes import (
    NoCapture,
    VirtualChannel,
    VirtualCode,
    VirtualInterrupts,
    VirtualReader,
    kill_group,
    send_signal,
    world,
)
from tests.faults.simulation.virtual_store import VirtualChanges

# Where code waits, or asks for the time or for chance.
_PACKAGES = (
    "dalsegno.worker.",
    "dalsegno.launch",
    "dalsegno.run_id",
    "dalsegno.in_process",
    "dalsegno.api.launching",
    "dalsegno.api.sightings",
    "dalsegno.api.recent",
    "dalsegno.api.abandoned_runs",
    "dalsegno.store.lease_watch",
)
# Imported by now, so that all of them are found.
_ENTRIES = ("dalsegno.worker.worker", "dalsegno.worker.step_process", "dalsegno.in_process", "dalsegno.api.launching")

_EVERYWHERE: tuple[tuple[Any, Any], ...] = (
    (threading, primitives.threading),
    (queue, primitives.queue),
    (time, primitives.time),
    (secrets, primitives.secrets),
    (time.monotonic, primitives.monotonic),
    (time.sleep, primitives.sleep),
    (random.random, primitives.random),
    (datetime.datetime, primitives.VirtualDatetime),
)


def _new_run_id() -> str:
    # One source of ids a process.
    own = primitives.current_process().own
    ids: RunIds = own.setdefault("run_ids", RunIds())
    return ids.new()


def _error_info(error: BaseException) -> ErrorInfo:
    # To format tracebacks takes longer than all the rest.
    return ErrorInfo(class_name=type(error).__name__, message=str(error))


async def _in_this_thread(function: functools.partial[Any]) -> Any:
    return function()


# Module, name, and what stands there instead.
_ELSEWHERE: tuple[tuple[str, str, Any], ...] = (
    # Names of processes.
    ("dalsegno.worker.worker", "socket", primitives.socket),
    ("dalsegno.worker.worker", "os", primitives.os),
    ("dalsegno.in_process", "socket", primitives.socket),
    ("dalsegno.in_process", "os", primitives.os),
    ("dalsegno.in_process", "user_name", lambda: "somebody"),
    # The worker's own folder: nothing is put there.
    ("dalsegno.worker.worker", "tempfile", SimpleNamespace(mkdtemp=lambda **_: "/nowhere")),
    ("dalsegno.worker.worker", "shutil", SimpleNamespace(rmtree=lambda *_, **__: None)),
    # Processes, signals, and what they say to each other.
    ("dalsegno.worker.worker", "ChannelReader", VirtualReader),
    ("dalsegno.worker.step_pool", "Channel", VirtualChannel),
    ("dalsegno.worker.authors_code", "LoadedCode", VirtualCode),
    ("dalsegno.worker.pooled_process", "os", SimpleNamespace(kill=send_signal)),
    ("dalsegno.worker.pooled_process", "kill_group", kill_group),
    ("dalsegno.worker.step_process", "Interrupts", VirtualInterrupts),
    ("dalsegno.worker.run_loop", "Interrupts", VirtualInterrupts),
    ("dalsegno.worker.run_loop", "CapturedPrints", NoCapture),
    # Nor are those of the real world looked at.
    ("dalsegno.worker.worker", "end_marked_by_the_dead", lambda: None),
    # One storage for all processes.
    ("dalsegno.worker.worker", "OutputStorage", lambda _url, _durability: world().storage),
    # News of the database.
    ("dalsegno.worker.worker", "Changes", VirtualChanges),
    # The service's thread pool.
    ("dalsegno.api.planning", "to_thread", SimpleNamespace(run_sync=_in_this_thread)),
    # Ids begin anew with each simulation.
    ("dalsegno.launch", "new_run_id", _new_run_id),
    *((f"dalsegno.worker.{name}", "error_info", _error_info) for name in ("attempt_failure", "step_process")),
    *((f"dalsegno.worker.{name}", "error_info", _error_info) for name in ("active_runs", "run_loop")),
)


@contextmanager
def substituted() -> Iterator[None]:
    """Within, the package lives in the virtual world."""
    undo: list[tuple[Any, str, Any]] = []

    def put(where: Any, name: str, value: Any) -> None:
        undo.append((where, name, getattr(where, name)))
        setattr(where, name, value)

    try:
        for module in _modules():
            for name, value in list(vars(module).items()):
                for real, virtual in _EVERYWHERE:
                    if value is real:
                        put(module, name, virtual)
            for function in _functions(module):
                defaults = function.__kwdefaults__
                replaced = {name: _virtual(value) for name, value in (defaults or {}).items()}
                if replaced != (defaults or {}):
                    put(function, "__kwdefaults__", replaced)
        for module_name, name, value in _ELSEWHERE:
            put(importlib.import_module(module_name), name, value)
        yield
    finally:
        for where, name, value in reversed(undo):
            setattr(where, name, value)


def _virtual(value: Any) -> Any:
    return next((virtual for real, virtual in _EVERYWHERE if value is real), value)


@functools.cache
def _modules() -> tuple[ModuleType, ...]:
    for entry in _ENTRIES:
        importlib.import_module(entry)
    return tuple(module for name, module in sorted(sys.modules.items()) if name.startswith(_PACKAGES))


@functools.cache
def _functions(module: ModuleType) -> tuple[FunctionType, ...]:
    own = [value for value in vars(module).values() if getattr(value, "__module__", None) == module.__name__]
    methods = [one for value in own if isinstance(value, type) for one in vars(value).values()]
    return tuple(one for one in (*own, *methods) if isinstance(one, FunctionType))

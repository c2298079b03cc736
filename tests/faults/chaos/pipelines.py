"""What workers serve in the chaos: a pipeline of 20 steps, each of which tells a journal that it was there.

A value knows who has made it, so whoever is given it can tell. The journal's lines are written whole, by one call.
"""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path
from typing import Any

from dalsegno import DynamicOut, DynamicOutput, In, RetryPolicy, pipeline, step
from dalsegno.worker.process_family import MARK

ITEMS = 6
# Of the journal, in the folder that holds this file's copy.
JOURNAL = "journal"
_HERE = Path(__file__).parent


def tell(kind: str, **what: Any) -> None:
    """A line of the journal."""
    # Of the worker that this process belongs to, which may be stale: its process id.
    worker = int(os.environ[MARK].partition(":")[0])
    line = json.dumps({"kind": kind, "at": time.time(), "worker": worker, **what}) + "\n"
    descriptor = os.open(_HERE / JOURNAL, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def work(context: Any, fails: float = 0.03, **given: Any) -> dict[str, Any]:
    """What each body does: it tells what it was given, takes its time, and fails sometimes."""
    who = {"run_id": context.run_id, "step_key": context.step_key, "number": context.attempt}
    inputs = {
        name: [one["maker"] for one in (value if isinstance(value, list) else [value])] for name, value in given.items()
    }
    tell("enter", **who, inputs=inputs)
    time.sleep(random.uniform(0.005, 0.25))
    if random.random() < fails:
        tell("fail", **who)
        raise RuntimeError("it was to happen")
    maker = [context.step_key, context.run_id, context.attempt, random.getrandbits(48)]
    tell("leave", **who, maker=maker)
    return {"maker": maker, "ballast": os.urandom(2000)}


def plain(name: str, *inputs: str, retries: int = 0) -> Any:
    """A step with one output."""
    policy = RetryPolicy(max_retries=retries, delay=0.2) if retries else None

    @step(name=name, ins={one: In() for one in inputs}, retry_policy=policy, code_version="1")
    def body(context: Any, **given: Any) -> Any:
        return work(context, 0.15 if retries else 0.02, **given)

    return body


@step(out=DynamicOut(), ins={"value": In()}, code_version="1")
def gen(context: Any, value: Any) -> Any:
    """What is mapped over."""
    made = work(context, value=value)
    for number in range(ITEMS):
        yield DynamicOutput(made, mapping_key=f"k{number}")


begin, left, right = plain("begin"), plain("left", "value"), plain("right", "value", retries=2)
each, after = plain("each", "value"), plain("after", "value")
total, third, end = plain("total", "values"), plain("third", "value"), plain("end", "a", "b", "c")


@pipeline
def twenty() -> None:
    """1 + 2 + 1 + 6 + 6 + 1 + 2 + 1."""
    first = begin()
    mapped = gen(first).map(lambda one: after(each(one)))
    values = total(mapped.collect())
    end(left(first), right(values), plain("last", "value")(third(values)))

"""The author's pipelines, in two versions, and what their steps do when they are entered: the seed decides.

A value names the attempt that made it, so that whoever is given one can be asked where it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import msgspec

from dalsegno import DynamicOut, DynamicOutput, Failure, In, Out, Output, RetryPolicy, RetryRequested, pipeline, step
from dalsegno.definitions import PipelineDefinition, StepDefinition
from dalsegno.definitions.repository import Repository
from dalsegno.snapshot.step_keys import step_name
from tests.faults.simulation.journal import Entered, Made, Value
from tests.faults.simulation.primitives import current_process
from tests.faults.simulation.step_processes import world

VERSIONS = (1, 2)
# A step that asks to be tried again does so this often at most.
ASKED_RETRIES = 1


class StepFailedAsTold(Exception):
    """The seed wants this attempt to fail."""


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """How likely an attempt does what, and how long it takes at most."""

    fails: float = 0.0
    asks: float = 0.0
    gives_up: float = 0.0
    dies: float = 0.0
    is_stubborn: float = 0.0
    skips: float = 0.3
    longest: float = 0.4


GOOD = Habits()


def enter(context: Any, given: dict[str, Any]) -> Value:
    """What every body does first: it tells what it was given, takes its time, and fails perhaps."""
    here = world()
    kernel, random, habits = here.kernel, here.kernel.random, here.habits
    process = current_process()
    token = process.own["attempt_token"]
    holder = process
    while holder.parent is not None:
        holder = holder.parent
    here.journal.append(
        Entered(
            at=kernel.now,
            run_id=context.run_id,
            step_key=context.step_key,
            number=context.attempt,
            token=token,
            holder=holder.name,
            inputs={name: tuple(one) if isinstance(one, list) else (one,) for name, one in given.items()},
        )
    )
    here.faults.at("within a step")
    chance = random.random()
    if Random(f"{context.run_id} {context.step_key}").random() < here.scenario.poisons:
        kernel.sleep(chance * 0.1)
        here.faults.tell("crash", holder, "by a step")
        kernel.kill(holder)
    if chance < habits.is_stubborn:
        # It takes no Ctrl-C for an answer.
        for _ in range(2):
            try:
                kernel.sleep(random.random() * 5.0)
            except KeyboardInterrupt:
                continue
    kernel.sleep(random.random() ** 3 * habits.longest)
    here.faults.at("within a step")
    chance = random.random()
    if (chance := chance - habits.fails) < 0:
        raise StepFailedAsTold("as told")
    if (chance := chance - habits.asks) < 0:
        raise RetryRequested(max_retries=ASKED_RETRIES, seconds_to_wait=random.random() * 0.5)
    if (chance := chance - habits.gives_up) < 0:
        raise Failure("for good", allow_retries=False)
    if (chance := chance - habits.dies) < 0 and process.parent is not None:
        here.faults.tell("a step dies", process, "within a step")
        kernel.kill(process, "signal 11 (SIGSEGV)")
    value = (context.step_key, context.run_id, token, random.getrandbits(32))
    here.journal.append(Made(at=kernel.now, value=value))
    return value


def plain(name: str, *inputs: str, retries: int = 0, version: str = "1") -> StepDefinition:
    """A step that makes one output."""

    @step(
        name=name,
        ins={one: In() for one in inputs},
        retry_policy=RetryPolicy(max_retries=retries, delay=0.3) if retries else None,
        code_version=version,
    )
    def body(context: Any, **given: Any) -> Value:
        return enter(context, given)

    return body


def choosing(name: str, *inputs: str, outputs: tuple[str, ...] = ("result",), version: str = "1") -> StepDefinition:
    """A step each of whose outputs it may leave out."""

    @step(
        name=name,
        ins={one: In() for one in inputs},
        out={one: Out(is_required=False) for one in outputs},
        code_version=version,
    )
    def body(context: Any, **given: Any) -> Iterator[Output]:
        value = enter(context, given)
        for one in outputs:
            if world().kernel.random.random() >= world().habits.skips:
                yield Output(value, one)

    return body


def generating(name: str, *inputs: str, version: str = "1") -> StepDefinition:
    """A step with a dynamic output of none to three elements."""

    @step(name=name, ins={one: In() for one in inputs}, out=DynamicOut(), code_version=version)
    def body(context: Any, **given: Any) -> Iterator[DynamicOutput]:
        value = enter(context, given)
        for number in range(world().kernel.random.randrange(4)):
            yield DynamicOutput(value, f"k{number}")

    return body


@cache
def repository(version: int) -> Repository:
    """The author's code at this version."""
    code = str(version)

    @pipeline
    def line() -> None:
        last = plain("c", "x")(x=plain("b", "x", retries=2, version=code)(x=plain("a")()))
        if version > 1:
            plain("d", "x")(x=last)

    @pipeline
    def diamond() -> None:
        top = plain("top")()
        left = choosing("left", "x")(x=top)
        right = plain("right", "x", retries=1, version=code)(x=top)
        plain("end", "x", "y")(x=left, y=right)

    @pipeline
    def fan() -> None:
        elements = generating("gen", version=code)()
        worked = elements.map(choosing("work", "x")).map(plain("post", "x", retries=1))
        plain("total", "items")(items=worked.collect())

    @pipeline
    def branch() -> None:
        both = choosing("choose", outputs=("left", "right"))()
        one = plain("one", "x", version=code)(x=both.left)
        other = plain("other", "x")(x=both.right)
        plain("join", "items")(items=[one, other])

    defined: tuple[PipelineDefinition, ...] = (line, diamond, fan, branch)
    for definition in defined:
        _ = definition.snapshot
    return Repository({one.name: one for one in defined}, f"version {version}")


@cache
def retry_limits() -> dict[tuple[str, str], int]:
    """By pipeline and step: how often it may be tried again after a failure, at most."""
    limits: dict[tuple[str, str], int] = {}
    for version in VERSIONS:
        for name, one in repository(version).pipelines.items():
            for described in one.snapshot.steps:
                policy = described.retry_policy
                limits[name, step_name(described.key)] = max(ASKED_RETRIES, policy.max_retries if policy else 0)
    return limits

"""What the worker of these tests serves; files in its folder say what fails, and what waits."""

from __future__ import annotations

CODE = '''
import sys
import time
from pathlib import Path

from pydantic import BaseModel, field_validator

from dalsegno import *

HERE = Path(__file__).parent


def fail_if_told(name):
    if (HERE / f"fail-{name}").exists():
        try:
            raise KeyError("rows")
        except KeyError as error:
            raise ValueError(f"{name} is told to fail") from error


def wait_at(gate):
    """Where the file `wait-GATE` is there, until it is gone."""
    while (HERE / f"wait-{gate}").exists():
        time.sleep(0.005)


class TrainConfig(BaseModel):
    rate: float = 0.5


class Number(BaseModel):
    number: int = 1

    @field_validator("number")
    @classmethod
    def lucky(cls, number):
        if number == 13:
            raise ValueError("13 brings no luck")
        return number


@resource
def site():
    wait_at("resource")


@step(description="Loads.", tags={"team": "data"}, out=Out(list, description="The rows."), code_version="VERSION")
def load():
    return [1, 2, 3]


@step(
    ins={"rows": In(list, description="To learn from.")},
    config=TrainConfig,
    retry_policy=RetryPolicy(max_retries=1, delay=0.5),
)
def train(context: StepContext, rows):
    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(context.log, level)("rate %s", context.config.rate)
    print("training")
    print("carefully", file=sys.stderr)
    fail_if_told("train")
    context.add_output_metadata({"rows": len(rows)})
    return sum(rows) * context.config.rate


@step
def report(score):
    return f"score {score}"


@step
def tidy():
    pass


@step(out=DynamicOut())
def gen(rows):
    for row in rows[:2]:
        yield DynamicOutput(row, f"k{row}")


@step
def work(row):
    return row * 2


@step
def total(results):
    return sum(results)


@step(out={"left": Out(int, is_required=False), "right": Out(int, is_required=False)})
def branch(rows):
    yield Output(1, "left")


@step
def on_right(value):
    return value


@pipeline(description="Everything at once.", tags={"kind": "example"})
def study():
    rows = load()
    score = report(train(rows))
    tidy(start=[score])
    total(gen(rows).map(work).collect())
    left, right = branch(rows)
    on_right(right)


@step(config=Number)
def one(context):
    return context.config.number


@pipeline
def checked():
    one()


@step
def first():
    return 1


@step(required_resource_keys={"site"})
def second(value):
    wait_at("second")
    return value


@step(required_resource_keys={"site"})
def stubborn(value):
    try:
        wait_at("stubborn")
    except KeyboardInterrupt:
        wait_at("interrupt")
        raise


@step
def last(value):
    return value


@pipeline(mode_defs=[ModeDefinition(resource_defs={"site": site})])
def slow():
    last(second(first()))


@pipeline(mode_defs=[ModeDefinition(resource_defs={"site": site})])
def held():
    last(stubborn(first()))
'''

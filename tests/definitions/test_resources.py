"""Resources are made in order, shared by steps, and torn down in reverse."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field

from dalsegno import ModeDefinition, Out, fs_io_manager, io_manager, mem_io_manager, pipeline, resource, step
from dalsegno.errors import InvalidDefinitionError, InvalidRunConfigError
from dalsegno.runs.events import LogLevel


class DbConfig(BaseModel):
    url: str = "here"
    pool: int = Field(default=1, ge=1)


@resource(config=DbConfig, description="The database.")
def db(context):
    return context.config.url


def test_plain_values_and_functions_of_nothing_are_resources():
    @resource
    def clock():
        return "noon"

    mode = ModeDefinition(resource_defs={"clock": clock, "threshold": 0.5})
    with mode.opened(["clock", "threshold"]) as resources:
        assert resources == {"clock": "noon", "threshold": 0.5}
    assert clock() == "noon"


def test_a_resource_is_given_its_config_and_run():
    said = []

    @resource(config=DbConfig)
    def connection(context):
        context.log.info("connecting to %s", context.config.url)
        return context.config.url, context.config.pool, context.run_id

    mode = ModeDefinition(resource_defs={"db": connection})
    config = {"resources": {"db": {"config": {"url": "there"}}}}
    with mode.opened(["db"], run_id="r1", run_config=config, log=lambda *line: said.append(line)) as resources:
        assert resources["db"] == ("there", 1, "r1")
    assert said == [(LogLevel.INFO, "connecting to there")]


@pytest.mark.parametrize(
    ("config", "path"),
    [({"pool": 0}, "/resources/db/config/pool"), ({"url": ["x"]}, "/resources/db/config/url")],
    ids=str,
)
def test_config_that_the_model_refuses_is_told_with_its_path(config, path):
    mode = ModeDefinition(resource_defs={"db": db})
    with (
        pytest.raises(InvalidRunConfigError) as raised,
        mode.opened(["db"], run_config={"resources": {"db": {"config": config}}}),
    ):
        pass
    assert [problem.path for problem in raised.value.problems] == [path]


def test_what_a_resource_requires_is_made_before_it_and_torn_down_after():
    happened = []

    def made(name, *requires):
        @resource(required_resource_keys=set(requires))
        def define(context):
            seen = [context.resources[key] for key in sorted(requires)]
            happened.append(f"make {name} of {seen}")
            yield name
            happened.append(f"tear down {name}")

        return define

    mode = ModeDefinition(
        resource_defs={"c": made("c", "a", "b"), "b": made("b", "a"), "a": made("a"), "unused": made("unused")}
    )
    assert mode.with_required(["c"]) == ("a", "b", "c")
    with mode.opened(["c"]) as resources:
        assert resources == {"a": "a", "b": "b", "c": "c"}
        happened.append("run")
    assert happened == [
        "make a of []",
        "make b of ['a']",
        "make c of ['a', 'b']",
        "run",
        "tear down c",
        "tear down b",
        "tear down a",
    ]


def test_a_resource_is_torn_down_when_the_run_or_another_resource_fails():
    happened = []

    @resource
    def first():
        yield 1
        happened.append("first is torn down")

    @resource(required_resource_keys={"first"})
    def second(context):
        raise LookupError("no second")

    mode = ModeDefinition(resource_defs={"first": first, "second": second})
    with pytest.raises(LookupError), mode.opened(["second"]):
        happened.append("never")
    with pytest.raises(ZeroDivisionError), mode.opened(["first"]):
        raise ZeroDivisionError
    assert happened == ["first is torn down", "first is torn down"]


def test_a_resource_sees_only_what_it_requires():
    @resource
    def nosy(context):
        return context.resources.db

    mode = ModeDefinition(resource_defs={"db": db, "nosy": nosy})
    with pytest.raises(AttributeError, match="'nosy' has not declared the resource 'db'"), mode.opened(["db", "nosy"]):
        pass


@pytest.mark.parametrize("yields", [0, 2])
def test_a_resource_that_does_not_yield_once_is_a_fault(yields):
    @resource
    def odd():
        yield from range(yields)

    with (
        pytest.raises(InvalidDefinitionError, match="yields"),
        ModeDefinition(resource_defs={"odd": odd}).opened(["odd"]),
    ):
        pass


def test_an_io_manager_that_is_none_is_a_fault_when_it_is_made():
    @io_manager
    def lake(context):
        return "no IO manager"

    with (
        pytest.raises(InvalidDefinitionError, match="made a str; it is to make an IOManager"),
        ModeDefinition(resource_defs={"lake": lake}).opened(["lake"]),
    ):
        pass


def test_a_mode_has_an_io_manager_always():
    assert ModeDefinition().resources["io_manager"] is fs_io_manager
    assert ModeDefinition(resource_defs={"io_manager": mem_io_manager}).resources["io_manager"] is mem_io_manager


def requires(*keys):
    return resource(required_resource_keys=set(keys))(lambda context: 1)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(lambda: ModeDefinition("a b"), "letters, digits", id="a bad name"),
        pytest.param(lambda: ModeDefinition(resource_defs=["db"]), "dict of key", id="a list"),
        pytest.param(lambda: ModeDefinition(resource_defs={"d b": 1}), "letters, digits", id="a bad key"),
        pytest.param(
            lambda: ModeDefinition(resource_defs={"a": requires("dbs"), "db": 1}),
            "'dbs', which the mode does not have. Did you mean 'db'",
            id="requires what is not there",
        ),
        pytest.param(
            lambda: ModeDefinition(resource_defs={"a": requires("b"), "b": requires("a")}), "in a circle", id="a circle"
        ),
        pytest.param(lambda: resource("db"), "decorates a function", id="a name instead of a function"),
        pytest.param(lambda: resource(keys={"a"}), "no argument 'keys'", id="an unknown argument"),
        pytest.param(lambda: io_manager(makes=int), "no argument 'makes'", id="an unknown argument of an IO manager"),
        pytest.param(lambda: resource(config=int)(lambda context: 1), "pydantic model", id="config an int"),
        pytest.param(lambda: resource(lambda context, url: 1), "one argument, the context", id="two parameters"),
        pytest.param(lambda: resource(required_resource_keys="db")(lambda: 1), "a set of str", id="keys a str"),
    ],
)
def test_a_fault_in_resources_raises(make, problem):
    with pytest.raises(InvalidDefinitionError, match=problem):
        make()


@step(required_resource_keys={"db"})
def read(context): ...


@step(out=Out(io_manager_key="lake"))
def write(rows=None): ...


@io_manager
def lake(context): ...


@pytest.mark.parametrize(
    ("body", "resource_defs", "problem"),
    [
        pytest.param(read, {}, "needs the resource 'db', which the mode does not have: add it", id="of a step"),
        pytest.param(write, {"lakes": 1}, "needs the resource 'lake'.*Did you mean 'lakes'", id="of an output"),
        pytest.param(write, {"lake": db}, "'lake', which is no IO manager: use @io_manager", id="no IO manager"),
        pytest.param(write, {"lake": "value"}, "which is no IO manager", id="a value for an IO manager"),
    ],
)
def test_a_resource_that_is_missing_in_any_mode_is_a_fault(body, resource_defs, problem):
    whole = ModeDefinition("whole", {"db": db, "lake": lake})
    with pytest.raises(InvalidDefinitionError, match=problem) as raised:
        pipeline(name="p", mode_defs=[whole, ModeDefinition("lacking", resource_defs)])(lambda_calling(body))
    assert raised.value.place == f"pipeline 'p', mode 'lacking', step '{body.name}'"


def lambda_calling(body):
    def function():
        body()

    return function


def test_running_steps_takes_their_resources_and_the_io_managers_of_what_they_give_and_are_given():
    @step
    def consume(rows): ...

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"db": db, "lake": lake})])
    def whole():
        consume(write(read()), start=read())

    assert whole.resource_keys(["read"]) == {"db", "io_manager"}
    assert whole.resource_keys(["write"]) == {"lake", "io_manager"}
    assert whole.resource_keys(["consume"]) == {"lake", "io_manager"}
    assert whole.resource_keys([]) == set()

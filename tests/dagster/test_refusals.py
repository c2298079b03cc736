"""What Dagster takes and we do not is refused by name, where it is written."""

from __future__ import annotations

from typing import Any

import pytest

from dalsegno import InvalidDefinitionError, InvalidRunConfigError
from dalsegno.dagster import (
    DagsterInstance,
    DynamicOut,
    Field,
    In,
    InputDefinition,
    ModeDefinition,
    Nothing,
    Out,
    OutputDefinition,
    ReexecutionOptions,
    execute_job,
    execute_pipeline,
    fs_io_manager,
    graph,
    io_manager,
    job,
    op,
    pipeline,
    reexecute_pipeline,
    resource,
    solid,
)


@op(config_schema={"n": int})
def numbered(context):
    return context.op_config["n"]


@job
def one_number():
    numbered()


@graph
def some_graph():
    numbered()


def body():
    numbered()


def function(context):
    return None


ANYTHING: Any = object()

# Argument -> what gives it.
REFUSED = [
    ("pool", lambda: op(pool="small")(function)),
    ("hooks", lambda: job(hooks={ANYTHING})(body)),
    ("executor_def", lambda: job(executor_def=ANYTHING)(body)),
    ("logger_defs", lambda: job(logger_defs={"console": ANYTHING})(body)),
    ("partitions_def", lambda: some_graph.to_job(partitions_def=ANYTHING)),
    ("input_values", lambda: job(input_values={"x": 1})(body)),
    ("version_strategy", lambda: job(version_strategy=ANYTHING)(body)),
    ("metadata", lambda: job(metadata={"a": 1})(body)),
    ("config", lambda: job(config=ANYTHING)(body)),
    ("config", lambda: graph(config={"ops": {}})(body)),
    ("out", lambda: graph(out=ANYTHING)(body)),
    ("ins", lambda: graph(ins={"x": ANYTHING})(body)),
    ("preset_defs", lambda: pipeline(preset_defs=[ANYTHING])(body)),
    ("hook_defs", lambda: pipeline(hook_defs={ANYTHING})(body)),
    ("config", lambda: pipeline(config={"solids": {}})(body)),
    ("executor_defs", lambda: ModeDefinition(executor_defs=[ANYTHING])),
    ("logger_defs", lambda: ModeDefinition(logger_defs={"a": ANYTHING})),
    ("version", lambda: resource(version="1")(function)),
    ("output_config_schema", lambda: io_manager(output_config_schema={"a": int})(function)),
    ("config_or_config_fn", lambda: fs_io_manager.configured(function)),
    ("asset_key", lambda: In(int, asset_key=ANYTHING)),
    ("metadata", lambda: In(int, metadata={"a": 1})),
    ("root_manager_key", lambda: InputDefinition("x", root_manager_key="loader")),
    ("input_manager_key", lambda: In(input_manager_key="loader")),
    ("code_version", lambda: Out(int, code_version="1")),
    ("asset_partitions", lambda: OutputDefinition(int, "x", asset_partitions={"a"})),
    ("is_secret", lambda: Field(str, is_secret=True)),
    ("preset", lambda: execute_pipeline(one_number, preset="dev")),
    ("preset", lambda: reexecute_pipeline(one_number, "0", preset="dev")),
    ("asset_selection", lambda: execute_job(one_number, asset_selection=["a"])),
    ("op_selection", lambda: execute_job(one_number, op_selection=["a"], reexecution_options=ReexecutionOptions("0"))),
    ("partition_key", lambda: one_number.execute_in_process(partition_key="2021")),
    ("run_id", lambda: one_number.execute_in_process(run_id="1")),
    ("hook_defs", lambda: numbered.with_hooks({ANYTHING})),
    ("configured", lambda: numbered.configured({"n": 1}, name="one")),
    ("tag", lambda: numbered.tag({"a": "b"})),
    ("tempdir", lambda: DagsterInstance.ephemeral(tempdir="/somewhere")),
]


@pytest.mark.parametrize(
    ("argument", "write"), REFUSED, ids=[f"{number} {name}" for number, (name, _) in enumerate(REFUSED)]
)
def test_an_argument_that_is_not_carried_over_is_named(argument, write):
    with pytest.raises(InvalidDefinitionError) as caught:
        write()
    assert argument in caught.value.problem


def test_dagsters_own_default_for_an_argument_says_nothing():
    assert job(hooks=None, partitions_def=None, executor_def=None)(body).name == "body"


# What is written -> part of what is said of it.
WRONG = [
    (lambda: op(confg_schema={"a": int})(function), "Did you mean 'config_schema'?"),
    (lambda: op(config_schema={"a": object})(function), "field 'a'"),
    (lambda: op(config_schema=In(int))(function), "is not carried over"),
    (lambda: op(config_schema={"a": Field(int, default_value=ANYTHING)})(function), "is not JSON"),
    (lambda: op(config_schema={1: int})(function), "a field's name is a str"),
    (lambda: Field(int, default_value=1, is_required=True), "leave one of them out"),
    (lambda: op(ins={"x": int})(function), "write In(...)"),
    (lambda: op(out={"x": int})(function), "write Out(...)"),
    (lambda: op(ins={"x": In()}, input_defs=[InputDefinition("x")])(lambda x: x), "say the same"),
    (lambda: solid(input_defs=[In(int)])(function), "write InputDefinition(...)"),
    (lambda: solid(output_defs=[OutputDefinition(name="a"), OutputDefinition(name="a")])(function), "two of the name"),
    (lambda: op(out=DynamicOut(Nothing))(function), "not Nothing"),
    (lambda: job(config={"ops": {"numberd": {}}})(body), "Did you mean 'numbered'?"),
    (lambda: job(config={"ops": {"numbered": {"config": {"n": "x"}}}})(body), "is not of type 'integer'"),
    (lambda: job(config={"ops": {"numbered": {"inputs": {"x": 1}}}})(body), "'x' is not known here"),
    (lambda: job(config={"resources": {"io_manager": {"config": {"dir": "a"}}}})(body), "'dir' is not known here"),
    (lambda: fs_io_manager.configured({"dir": "a"}), "the config does not fit"),
    (lambda: execute_pipeline(some_graph), "some_graph.to_job(...)"),
    (lambda: execute_job(body), "runs a job or pipeline"),
    (some_graph, "in the body of a job or graph"),
]


@pytest.mark.parametrize(("write", "said"), WRONG, ids=[said for _, said in WRONG])
def test_what_is_written_wrongly_is_told_where_it_stands(write, said):
    with pytest.raises(InvalidDefinitionError) as caught:
        write()
    assert said in caught.value.message


# Run config -> the paths, in its own words, and part of what is said.
CONFIGS = [
    ({}, "/ops/numbered/config/n: it is required"),
    ({"solids": {"numbered": {"config": {"n": "x"}}}}, "/solids/numbered/config/n: 'x' is not of type 'integer'"),
    ({"steps": {"numbered": {"config": {}}}}, "/steps/numbered/config/n: it is required"),
    ({"ops": {"numbered": {"config": {"n": 1, "m": 2}}}}, "/ops/numbered/config/m: 'm' is not known here"),
    ({"ops": {}, "solids": {}}, "/solids: it says the same as 'ops'"),
    ({"ops": [1]}, "/ops: it is a mapping of names"),
    ({"ops": {"numbered": 1}}, "/ops/numbered: it is a mapping of names"),
    ({"execution": {"config": {}}}, "/execution: it is not carried over"),
    ({"loggers": {}}, "/loggers: it is not carried over"),
    ({"inputs": {"x": 1}}, "/inputs: it is not carried over"),
    ({"ops": {"numbered": {"outputs": [{}]}}}, "/ops/numbered/outputs: it is not carried over"),
    ({"ops": {"inner": {"ops": {"no": {}}, "config": 1}}}, "/ops/inner/config: of a graph, its steps alone"),
    ({"ops": {"inner": {"ops": {"no": {}}}}}, "/ops/inner/ops/no: 'inner.no' is not known here"),
    ({"ops": {"numbered": {"inputs": {"x": {"pickle": {"path": "a"}}}}}}, "/ops/numbered/inputs/x/pickle: files"),
    ("steps", "the document"),
]


@pytest.mark.parametrize(("run_config", "said"), CONFIGS, ids=[said for _, said in CONFIGS])
def test_a_run_config_that_does_not_fit_is_told_in_its_own_words(run_config, said):
    with DagsterInstance.ephemeral() as instance:
        with pytest.raises(InvalidRunConfigError) as caught:
            one_number.execute_in_process(run_config=run_config, instance=instance)
        assert said in caught.value.message
        assert instance.runs() == []

"""The Python contract, walked: every name, signature, field and command that it names is there as it says."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
import typer
from graphql import GraphQLObjectType, get_named_type, is_leaf_type
from pydantic import BaseModel

import dalsegno
from dalsegno import Instance, errors, execute_pipeline, pipeline, step
from dalsegno.cli import app
from dalsegno.client import Client
from dalsegno.result import StepResult
from tests.contract.promises import (
    TEXT,
    blocks,
    bullet,
    closed_list_of_dagster,
    commands,
    in_code,
    members,
    signature_of,
    signatures,
)
from tests.contract.walk import CONTRACT
from tests.end_to_end.service_processes import Processes, running

AUTHORING, RUNNING, FROM_OTHER_TOOLS = blocks()
ERRORS = [name for name in in_code(bullet("Errors are subclasses")) if name != "DalsegnoError"]


class TrainConfig(BaseModel):
    """What the contract's `train` reads."""


def broken_once() -> Any:
    """The pipeline of the contract's example: it fails the first time."""
    tries = []

    @step
    def unreliable() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("not the first time")
        return len(tries)

    @step
    def after(number: int) -> int:
        return number

    @pipeline
    def unreliable_pipeline() -> None:
        after(unreliable())

    return unreliable_pipeline


def test_a_step_is_written_as_the_contract_writes_it() -> None:
    names: dict[str, Any] = {"TrainConfig": TrainConfig}
    exec(AUTHORING, names)
    assert names["train"].name == "train"


def test_a_pipeline_is_run_and_re_executed_as_the_contract_does_it() -> None:
    names: dict[str, Any] = {"unreliable_pipeline": broken_once()}
    exec(RUNNING, names)
    assert (names["first"].success, names["again"].success) == (False, True)
    assert names["again"].output_value("after") == 2


@pytest.mark.parametrize("name", re.findall(r"\b\w+\b(?=,|\s*\n\))", AUTHORING.split("import (")[1].split(")\n\n")[0]))
def test_what_authors_import_is_public(name: str) -> None:
    assert name in dalsegno.__all__


def test_older_names_are_other_names_of_the_same() -> None:
    older = re.findall(r"`(\w+)` \(= `(\w+)`\)", TEXT)
    assert len(older) == 2
    for name, newer in older:
        assert getattr(dalsegno, name) is getattr(dalsegno, newer)


@pytest.mark.parametrize(("name", "promised"), signatures().items())
def test_parameters_are_those_of_the_contract(name: str, promised: inspect.Signature) -> None:
    keeps(getattr(dalsegno, name), promised)


def test_a_plan_takes_the_arguments_of_a_re_execution() -> None:
    keeps(dalsegno.plan_reexecution, signatures()["reexecute_pipeline"])


def test_a_result_has_what_the_contract_names() -> None:
    with Instance.ephemeral() as instance:
        result = execute_pipeline(broken_once(), instance=instance)
        of_steps, of_runs = of_results()
        assert len(of_steps) == 5
        assert len(of_runs) == 10
        for subject, named in ((result, of_runs), (result.result_for_solid("after"), of_steps)):
            for name, parameters in named.items():
                value = getattr(subject, name)
                assert callable(value) is (parameters is not None), name
                if parameters is not None:
                    keeps(value, signature_of(parameters))
        assert isinstance(result.result_for_solid("after"), StepResult)


def of_results() -> tuple[dict[str, str | None], dict[str, str | None]]:
    """What is promised of one step of a result, and of the whole: the first stands in brackets."""
    text = bullet("The result:")
    within = re.search(r"`\.result_for_solid\(name\)` \((.*?`\.attempts`)\)", text, re.DOTALL)
    assert within
    return members(within[1]), members(text.replace(within[1], ""))


def test_the_context_has_what_the_contract_names() -> None:
    promised = members(bullet("`context`"))
    assert len(promised) == 12
    seen: dict[str, Any] = {}

    @step
    def look(context: dalsegno.StepContext) -> int:
        seen.update({name: getattr(context, name) for name in promised})
        for level in re.findall(r"\w+", bullet("`context`").split("(")[1].split(")")[0]):
            getattr(context.log, level)("seen")
        context.add_output_metadata({"rows": 1})
        return 1

    @pipeline
    def looking() -> None:
        look()

    with Instance.ephemeral() as instance:
        assert execute_pipeline(looking, instance=instance).success
    assert seen.keys() == promised.keys()


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_the_fields_of_its_twin(name: str) -> None:
    error = getattr(dalsegno, name)
    assert error is getattr(errors, name)
    assert issubclass(error, errors.DalsegnoError)
    assert isinstance(inspect.getattr_static(error, "message"), property)
    twin = CONTRACT.type_map.get(name)
    # That a definition is at fault is found where it is made, never by the service.
    assert (twin is None) is (name == "InvalidDefinitionError")
    if isinstance(twin, GraphQLObjectType):
        promised = twin.fields.keys() - {"message"}
        assert {one.name for one in fields(error)} >= set(map(in_python, promised)) - {"run"} | (
            {"run_id"} if "run" in promised else set()
        )
        for field, record in {"missing": errors.MissingOutput, "problems": errors.ConfigProblem}.items():
            kind = get_named_type(twin.fields[field].type) if field in promised else None
            if isinstance(kind, GraphQLObjectType):
                assert all(is_leaf_type(get_named_type(one.type)) for one in kind.fields.values())
                assert set(record.__struct_fields__) >= set(map(in_python, kind.fields))


def in_python(name: str) -> str:
    return re.sub(r"[A-Z]", lambda one: f"_{one[0].lower()}", name)


SERVED = """
import pathlib, time
from dalsegno import pipeline, step

@step
def one():
    while (pathlib.Path(__file__).parent / "wait").exists():
        time.sleep(0.005)
    raise ValueError("as ever")

@pipeline
def broken():
    one()
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    folder = tmp_path_factory.mktemp("served")
    with running(folder, f"sqlite:///{folder}/dalsegno.db", SERVED, workers=1, tokens="") as processes:
        processes.until_served("broken")
        yield processes


def test_other_tools_launch_and_wait_as_the_contract_does_it(served: Processes) -> None:
    with Client(served.url) as client:
        failed = client.wait(client.launch_run("broken").id, timeout=60)
        names: dict[str, Any] = {"run_id": failed.id, "key": "night 1"}
        exec(FROM_OTHER_TOOLS.replace("http://127.0.0.1:3000", served.url), names)
        assert names["run"].parent_run_id == failed.id
        names["client"].close()

        (served.folder / "wait").touch()
        (raised,) = re.findall(r"raises (\w+)", FROM_OTHER_TOOLS)
        with pytest.raises(getattr(errors, raised)):
            client.wait(client.launch_run("broken").id, timeout=0)
        (served.folder / "wait").unlink()


COMMANDS = list(commands())


@pytest.mark.parametrize(("name", "line"), COMMANDS, ids=[" ".join(one) for one in COMMANDS])
def test_a_command_takes_the_options_of_the_table(name: str, line: str) -> None:
    group: Any = typer.main.get_command(app)
    for arguments in written_calls(line):
        group.commands[name].make_context(name, arguments)


def written_calls(line: str) -> Iterator[list[str]]:
    """The calls that a line of the table stands for: of "[--changed / --from Q]", one with each of the two."""
    parts = [part.strip("[]").split(" / ") for part in re.findall(r"\[[^\]]*\]|[^\[\]]+", line) if part.strip()]
    for number in range(max(map(len, parts), default=1)):
        yield [value_of(word) for part in parts for word in part[number % len(part)].split()]


def value_of(word: str) -> str:
    """What a word of the table may stand for."""
    return {"k=v": "team=ml", "Q": "train+*", "F": "run.yaml", "URL": "http://127.0.0.1:3000"}.get(word, word)


def test_the_list_of_dagsters_names_is_closed() -> None:
    module = importlib.import_module("dalsegno.dagster")
    assert sorted(module.__all__) == sorted(closed_list_of_dagster())
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


def keeps(function: Any, promised: inspect.Signature) -> None:
    """The function takes what is promised, in that order; it may take more, by keyword alone."""
    found = inspect.signature(function).parameters
    for name, parameter in promised.parameters.items():
        assert name in found, f"{function.__name__} takes no {name}"
        assert (found[name].kind, found[name].default) == (parameter.kind, parameter.default), name
    positional = [name for name, one in found.items() if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert positional == [
        name for name, one in promised.parameters.items() if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    ]
    more = found.keys() - promised.parameters.keys()
    assert {found[name].kind for name in more} <= {inspect.Parameter.KEYWORD_ONLY}
    assert all(found[name].default is not inspect.Parameter.empty for name in more)

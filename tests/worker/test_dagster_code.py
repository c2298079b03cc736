"""Dagster code served by a worker: published with the config that a job gives, run in step processes, re-executed."""

from __future__ import annotations

from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from tests.worker.site import Site

CODE = """
from dalsegno.dagster import *

class Lines(IOManager):
    def handle_output(self, context, obj):
        HERE.joinpath("-".join(context.get_identifier())).write_text(obj)

    def load_input(self, context):
        return HERE.joinpath("-".join(context.upstream_output.get_identifier())).read_text()

@resource(config_schema={"mark": str})
def marker(init_context):
    return init_context.resource_config["mark"]

@op(config_schema={"words": [str]}, out=DynamicOut(str, io_manager_key="lines"))
def words(context):
    for number, word in enumerate(context.op_config["words"]):
        yield DynamicOutput(word, mapping_key=f"w{number}")

@op(required_resource_keys={"marker"}, out=Out(io_manager_key="lines"))
def marked(context, word):
    if context.has_tag("strict") and context.get_tag("team") == "words" and not (HERE / "mended").exists():
        raise ValueError(word)
    return word + context.resources.marker

@op(config_schema={"between": Field(str, default_value=" ")}, out=Out(io_manager_key="lines"))
def sentence(context, marked):
    return context.op_config["between"].join(marked)

@graph
def speech():
    sentence(words().map(marked).collect())

spoken = speech.to_job(
    name="spoken",
    resource_defs={"marker": marker, "lines": Lines()},
    config={
        "ops": {"words": {"config": {"words": ["hello", "world"]}}},
        "resources": {"marker": {"config": {"mark": "!"}}},
    },
    tags={"team": "words", "strict": "yes"},
)
"""


def test_a_job_of_dagster_code_runs_on_a_worker_with_its_own_config_and_is_re_executed_from_failure(
    sqlite_site: Site,
) -> None:
    sqlite_site.write(CODE)
    sqlite_site.start_here().until_serving()
    failed = sqlite_site.run("spoken")
    assert failed.status is RunStatus.FAILURE
    assert failed.run_config == {
        "steps": {"sentence": {"config": {"between": " "}}, "words": {"config": {"words": ["hello", "world"]}}},
        "resources": {"marker": {"config": {"mark": "!"}}},
    }
    assert sqlite_site.statuses(failed.run_id)["words"] is StepStatus.SUCCESS

    (sqlite_site.folder / "mended").touch()
    again = sqlite_site.run("spoken", parent=failed, strategy=ReexecutionStrategy.FROM_FAILURE)
    assert again.status is RunStatus.SUCCESS
    assert sqlite_site.statuses(again.run_id)["words"] is StepStatus.REUSED
    (stored,) = sqlite_site.folder.glob(f"{again.run_id}-sentence-*")
    assert stored.read_text() == "hello! world!"

"""IO managers: one given as it is, one with config, beside each other; loaded again from an earlier run."""

import pickle
from pathlib import Path

from dagster import Field, IOManager, Out, ReexecutionOptions, execute_job, fs_io_manager, io_manager, job, op


class Pickles(IOManager):
    def __init__(self, folder, note):
        self.folder = folder
        self.note = note

    def path(self, context):
        return Path(self.folder, "-".join(context.get_identifier()).replace("/", "_"))

    def handle_output(self, context, obj):
        self.path(context).write_bytes(pickle.dumps((self.note, context.metadata.get("unit", "none"), obj)))

    def load_input(self, context):
        note, unit, value = pickle.loads(self.path(context.upstream_output).read_bytes())
        return {"note": note, "unit": unit, "value": value, "step": context.upstream_output.step_key}


@io_manager(config_schema={"folder": str, "note": Field(str, default_value="kept")})
def pickles(init_context):
    return Pickles(init_context.resource_config["folder"], init_context.resource_config["note"])


class Upper(IOManager):
    kept: dict = {}

    def handle_output(self, context, obj):
        self.kept[tuple(context.get_identifier())] = obj.upper()

    def load_input(self, context):
        return self.kept[tuple(context.upstream_output.get_identifier())]


@op(out=Out(io_manager_key="pickles", metadata={"unit": "km"}))
def measure(context):
    return [12, context.run_id]


@op
def read(measured):
    return measured


@job(resource_defs={"pickles": pickles, "io_manager": fs_io_manager})
def kept():
    read(measure())


@op(out=Out(io_manager_key="upper"))
def word():
    return "quiet"


@op
def say(text):
    return text


@job(resource_defs={"upper": Upper()})
def louder():
    say(word())


def runs(instance, folder, reconstructable):
    result = louder.execute_in_process(instance=instance)
    yield result, {"said": result.output_for_node("say")}

    run_config = {"resources": {"pickles": {"config": {"folder": str(folder)}}}}
    target = reconstructable(kept)
    with execute_job(target, instance=instance, run_config=run_config) as first:
        yield first, {"read": first.output_for_node("read")}
    options = ReexecutionOptions(first.run_id, step_selection=["read"])
    with execute_job(target, instance=instance, reexecution_options=options) as again:
        yield again, {"read": again.output_for_node("read")}

"""An IO manager of one's own: what it stores is loaded in the run, and in re-executions from the run that made it."""

import json
import os

from dagster import (
    Field,
    IOManager,
    ModeDefinition,
    OutputDefinition,
    execute_pipeline,
    fs_io_manager,
    io_manager,
    mem_io_manager,
    pipeline,
    reexecute_pipeline,
    solid,
)


class JsonFiles(IOManager):
    def __init__(self, folder, indent):
        self.folder = folder
        self.indent = indent

    def path_of(self, context):
        return os.path.join(self.folder, *context.get_identifier()) + ".json"

    def handle_output(self, context, obj):
        path = self.path_of(context)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"by": context.step_key, "name": context.name, "value": obj}, file, indent=self.indent)
        context.add_output_metadata({"path": path})

    def load_input(self, context):
        with open(self.path_of(context.upstream_output), encoding="utf-8") as file:
            stored = json.load(file)
        return {**stored, "run": context.upstream_output.run_id, "for": context.name}


@io_manager(config_schema={"folder": str, "indent": Field(int, is_required=False)}, required_resource_keys={"prefix"})
def json_files(init_context):
    config = init_context.resource_config
    return JsonFiles(os.path.join(config["folder"], init_context.resources.prefix), config.get("indent"))


@solid(output_defs=[OutputDefinition(io_manager_key="json")])
def source(context):
    return {"n": 1}


@solid(output_defs=[OutputDefinition(name="plain"), OutputDefinition(name="kept", io_manager_key="json")])
def change(context, given):
    return given["value"]["n"] + 1, given


@solid
def sink(plain, kept):
    return [plain, kept]


def prefix_resource(_):
    return "outputs"


def make_pipeline():
    from dagster import resource

    mode = ModeDefinition(
        resource_defs={"io_manager": fs_io_manager, "json": json_files, "prefix": resource(prefix_resource)}
    )
    memory = ModeDefinition("memory", resource_defs={"json": mem_io_manager, "io_manager": mem_io_manager})

    @pipeline(mode_defs=[mode, memory])
    def stored():
        plain, kept = change(source())
        sink(plain, kept)

    return stored


stored_pipeline = make_pipeline()


def runs(instance, folder, reconstructable):
    run_config = {"resources": {"json": {"config": {"folder": str(folder)}}}}
    first = execute_pipeline(stored_pipeline, run_config=run_config, mode="default", instance=instance)
    yield first, {"sink": first.output_for_solid("sink")}
    again = reexecute_pipeline(
        stored_pipeline,
        first.run_id,
        run_config=run_config,
        mode="default",
        step_selection=["change+"],
        instance=instance,
    )
    yield again, {"sink": again.output_for_solid("sink")}
    last = reexecute_pipeline(
        stored_pipeline, again.run_id, run_config=run_config, mode="default", step_selection=["sink"], instance=instance
    )
    yield last, {"sink": last.output_for_solid("sink")}

"""A selection of a first run, which its re-executions stay within; and defaults of inputs."""

from dagster import (
    InputDefinition,
    ModeDefinition,
    execute_pipeline,
    fs_io_manager,
    pipeline,
    reexecute_pipeline,
    solid,
)


@solid
def raw(context):
    return [context.run_id]


@solid
def clean(context, made):
    return [*made, context.run_id]


@solid(input_defs=[InputDefinition("factor", int, default_value=3), InputDefinition("made")])
def model(context, made, factor):
    return [factor, *made]


@solid(input_defs=[InputDefinition("factor", int)])
def scaled(factor, offset: int = 10):
    return factor + offset


@solid
def publish(model):
    return len(model)


@pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": fs_io_manager})])
def training():
    publish(model(made=clean(raw())))
    scaled()


def runs(instance, folder, reconstructable):
    given = {"solids": {"scaled": {"inputs": {"factor": {"value": 1}}}}}
    whole = execute_pipeline(training, run_config=given, instance=instance)
    yield whole, {"model": whole.output_for_solid("model"), "scaled": whole.output_for_solid("scaled")}
    part = execute_pipeline(training, solid_selection=["*model"], instance=instance)
    yield part, {"model": part.output_for_solid("model")}
    again = reexecute_pipeline(training, part.run_id, instance=instance)
    yield again, {"model": again.output_for_solid("model")}

"""A step that fails until the world is mended: re-executed from it, by selection, and as a whole."""

import os

from dagster import (
    DagsterInstance,
    ModeDefinition,
    execute_pipeline,
    fs_io_manager,
    pipeline,
    reexecute_pipeline,
    solid,
)


@solid
def unreliable_start(context):
    return [context.run_id]


@solid(config_schema={"folder": str})
def unreliable(context, made):
    if not os.path.exists(os.path.join(context.solid_config["folder"], "mended")):
        raise ConnectionError("blah")
    return [*made, context.run_id]


@solid
def unreliable_end(context, made):
    return [*made, context.run_id]


@pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": fs_io_manager})])
def unreliable_pipeline():
    unreliable_end(unreliable(unreliable_start()))


def runs(instance, folder, reconstructable):
    run_config = {"solids": {"unreliable": {"config": {"folder": str(folder)}}}}
    try:
        execute_pipeline(unreliable_pipeline, run_config=run_config, instance=DagsterInstance.ephemeral())
    except ConnectionError as error:
        yield None, {"raised": str(error)}

    first = execute_pipeline(unreliable_pipeline, run_config=run_config, instance=instance, raise_on_error=False)
    yield first, {"failed": first.result_for_solid("unreliable").success}

    (folder / "mended").touch()
    again = reexecute_pipeline(
        unreliable_pipeline,
        parent_run_id=first.run_id,
        run_config=run_config,
        step_selection=["unreliable+*"],
        instance=instance,
    )
    yield again, {"end": again.output_for_solid("unreliable_end")}

    last = reexecute_pipeline(
        unreliable_pipeline,
        parent_run_id=again.run_id,
        run_config=run_config,
        step_selection=["unreliable_end"],
        instance=instance,
    )
    yield last, {"end": last.output_for_solid("unreliable_end")}

    whole = reexecute_pipeline(unreliable_pipeline, last.run_id, run_config=run_config, instance=instance)
    yield whole, {"end": whole.output_for_solid("unreliable_end")}

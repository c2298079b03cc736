"""A step that fails half of the time, between two that do not.

Run it as a script, and again and again: whenever `unreliable` fails, it and what follows it are executed once more, and
`unreliable_start` never is.
"""

from random import random

from dalsegno import (
    Instance,
    ModeDefinition,
    execute_pipeline,
    fs_io_manager,
    pipeline,
    reexecute_pipeline,
    solid,
)


@solid
def unreliable_start(_):
    return 1


@solid
def unreliable(_, num):
    if random() < 0.5:
        raise RuntimeError("Half of the time this step fails. Re-execute from it.")
    return num


@solid
def unreliable_end(_, num):
    return num


@pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": fs_io_manager})])
def unreliable_pipeline():
    unreliable_end(unreliable(unreliable_start()))


def main():
    with Instance.ephemeral() as instance:
        result = execute_pipeline(unreliable_pipeline, instance=instance)
        runs = 1
        while not result.success:
            result = reexecute_pipeline(
                unreliable_pipeline,
                parent_run_id=result.run_id,
                step_selection=["unreliable+*"],
                instance=instance,
            )
            runs += 1
        print(f"{result.output_for_solid('unreliable_end')} after {runs} run{'s' if runs > 1 else ''}.")


if __name__ == "__main__":
    main()

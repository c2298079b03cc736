"""Optional outputs: one branch is taken, the other is skipped; a fan-in takes what was made."""

from dagster import (
    InputDefinition,
    ModeDefinition,
    Output,
    OutputDefinition,
    execute_pipeline,
    fs_io_manager,
    pipeline,
    reexecute_pipeline,
    solid,
)


@solid(
    output_defs=[
        OutputDefinition(int, "large", is_required=False),
        OutputDefinition(int, "small", is_required=False),
    ],
    config_schema={"size": int},
)
def sort_out(context):
    size = context.solid_config["size"]
    yield Output(size, "large" if size > 10 else "small", metadata={"size": size})


@solid
def by_ship(size: int) -> str:
    return f"ship {size}"


@solid
def by_post(size: int) -> str:
    return f"post {size}"


@solid
def insure(text: str) -> str:
    return f"insured {text}"


@solid(input_defs=[InputDefinition("sent", list)])
def bill(sent):
    return sorted(sent)


@pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": fs_io_manager})])
def shipping():
    large, small = sort_out()
    bill([insure(by_ship(large)), by_post(small)])


def runs(instance, folder, reconstructable):
    def config(size):
        return {"solids": {"sort_out": {"config": {"size": size}}}}

    first = execute_pipeline(shipping, run_config=config(50), instance=instance)
    yield (
        first,
        {
            "bill": first.output_for_solid("bill"),
            "skipped": [name for name in ("by_ship", "by_post", "insure") if first.result_for_solid(name).skipped],
        },
    )
    other = reexecute_pipeline(shipping, first.run_id, run_config=config(5), instance=instance)
    yield other, {"bill": other.output_for_solid("bill")}
    again = reexecute_pipeline(
        shipping, other.run_id, run_config=config(5), step_selection=["by_post"], instance=instance
    )
    yield again, {"sent": again.output_for_solid("by_post")}

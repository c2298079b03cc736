"""Order without data, fan-in, several uses of one solid."""

from dagster import (
    InputDefinition,
    ModeDefinition,
    Nothing,
    OutputDefinition,
    execute_pipeline,
    fs_io_manager,
    pipeline,
    reexecute_pipeline,
    solid,
)


@solid(output_defs=[OutputDefinition(Nothing)], config_schema={"folder": str})
def create_table(context):
    with open(f"{context.solid_config['folder']}/table", "w", encoding="utf-8") as file:
        file.write("created;")


@solid(
    input_defs=[InputDefinition("start", Nothing)],
    output_defs=[OutputDefinition(Nothing, "done")],
    config_schema={"folder": str, "row": str},
)
def insert(context):
    with open(f"{context.solid_config['folder']}/table", "a", encoding="utf-8") as file:
        file.write(context.solid_config["row"] + ";")


@solid(input_defs=[InputDefinition("after", Nothing)], config_schema={"folder": str})
def read(context):
    with open(f"{context.solid_config['folder']}/table", encoding="utf-8") as file:
        return sorted(file.read().strip(";").split(";"))


@solid
def add(x, y):
    return x + y


@solid(config_schema=int)
def number(context):
    return context.solid_config


@pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": fs_io_manager})])
def ordered():
    created = create_table()
    read(after=[insert.alias("insert_a")(start=created), insert.alias("insert_b")(start=created)])
    three = add(number(), number())
    add(three, y=number.alias("other")())


def runs(instance, folder, reconstructable):
    where = {"folder": str(folder)}
    run_config = {
        "solids": {
            "create_table": {"config": where},
            "insert_a": {"config": {**where, "row": "a"}},
            "insert_b": {"config": {**where, "row": "b"}},
            "read": {"config": where},
            "number": {"config": 1},
            "number_2": {"config": 2},
            "other": {"config": 40},
        }
    }
    first = execute_pipeline(ordered, run_config=run_config, instance=instance)
    yield first, {"rows": first.output_for_solid("read"), "sum": first.output_for_solid("add_2")}
    again = reexecute_pipeline(
        ordered, first.run_id, run_config=run_config, step_selection=["insert_a+", "add_2"], instance=instance
    )
    yield again, {"rows": again.output_for_solid("read"), "sum": again.output_for_solid("add_2")}

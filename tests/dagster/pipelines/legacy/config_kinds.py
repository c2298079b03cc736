"""Every kind of config that carries over, given in full and left to its defaults."""

from dagster import Field, execute_pipeline, pipeline, solid


@solid(
    config_schema={
        "text": str,
        "whole": Field(int, default_value=3),
        "part": Field(float, is_required=False),
        "flag": Field(bool, default_value=False, description="Off unless it is wanted."),
        "any_list": Field(list, default_value=[]),
        "any_dict": Field(dict, default_value={"k": 1}),
        "numbers": Field([int], default_value=[1, 2]),
        "nested": {"x": Field(int, default_value=1), "deeper": {"y": Field(str, default_value="y")}},
        "needed": Field({"z": int, "w": Field(str, is_required=False)}),
    }
)
def fields(context):
    return context.solid_config


@solid(config_schema=str)
def bare(context):
    return context.solid_config


@solid(config_schema=Field(int, default_value=7))
def with_default(context):
    return context.solid_config


@solid(config_schema=[str])
def listed(context):
    return context.solid_config


@solid(config_schema={"a": Field(int, is_required=False)})
def empty(context):
    return context.solid_config


@solid(config_schema={"part": float, "parts": Field([float], default_value=[])})
def parts(context):
    return repr(context.solid_config)


@solid
def undeclared(context):
    return context.solid_config


@pipeline
def configured():
    fields()
    bare()
    with_default()
    listed()
    empty()
    parts()
    undeclared()


NAMES = ("fields", "bare", "with_default", "listed", "empty", "parts", "undeclared")


def runs(instance, folder, reconstructable):
    least = {
        "fields": {"config": {"text": "t", "needed": {"z": 1}}},
        "bare": {"config": "b"},
        "listed": {"config": ["one"]},
        "parts": {"config": {"part": 1}},
    }
    full = {
        "fields": {
            "config": {
                "text": "t",
                "whole": 4,
                "part": 0.5,
                "flag": True,
                "any_list": [1, "a", {}],
                "any_dict": {},
                "numbers": [],
                "nested": {"x": 2, "deeper": {"y": "z"}},
                "needed": {"z": 1, "w": "w"},
            }
        },
        "bare": {"config": ""},
        "parts": {"config": {"part": 1.5, "parts": [2, 2.5]}},
        "with_default": {"config": 8},
        "listed": {"config": []},
        "empty": {"config": {"a": 1}},
        "undeclared": {"config": {"whatever": [1]}},
    }
    for solids in (least, full):
        result = execute_pipeline(configured, run_config={"solids": solids}, instance=instance)
        yield result, {name: result.output_for_solid(name) for name in NAMES}
    wrong = {"fields": {"config": {"text": 1, "needed": {}}}, "bare": {"config": "b"}, "listed": {"config": "x"}}
    for solids in (wrong, {**least, "fields": {}}, {**least, "nobody": {}}):
        try:
            execute_pipeline(configured, run_config={"solids": solids}, instance=instance)
        except Exception as error:
            yield None, {"refused": "Config" in type(error).__name__}

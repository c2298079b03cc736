"""Graphs in graphs: keys, config by graph, aliases, results of inner steps."""

from dagster import In, Nothing, graph, job, op


@op(config_schema={"n": int})
def emit(context):
    return context.op_config["n"]


@op
def plus_one(x):
    return x + 1


@op(config_schema={"factor": int})
def times(context, x):
    return x * context.op_config["factor"]


@op(ins={"start": In(Nothing)})
def at_last(context):
    return "done"


@graph
def grow(x):
    return times(plus_one(plus_one(x)))


@graph
def twice(x):
    return grow.alias("second")(grow.alias("first")(x))


@job
def nested():
    at_last(start=twice(emit()))


@op(config_schema={"word": str})
def echo(context):
    return [context.op.name, context.op_config["word"]]


@graph
def deep():
    echo.alias("shout")()
    return echo()


@job(
    config={
        "ops": {
            "deeper": {"ops": {"shout": {"config": {"word": "A"}}, "echo": {"config": {"word": "a"}}}},
            "emit": {"config": {"n": 5}},
            "grow": {"ops": {"times": {"config": {"factor": 3}}}},
        }
    }
)
def given():
    deep.alias("deeper")()
    grow(emit())


def runs(instance, folder, reconstructable):
    def factor(n):
        return {"ops": {"times": {"config": {"factor": n}}}}

    run_config = {
        "ops": {
            "emit": {"config": {"n": 1}},
            "twice": {"ops": {"first": factor(10), "second": factor(2)}},
        }
    }
    result = nested.execute_in_process(run_config=run_config, instance=instance)
    yield (
        result,
        {
            "inner": result.output_for_node("twice.first.plus_one_2"),
            "first": result.output_for_node("twice.first.times"),
            "second": result.output_for_node("twice.second.times"),
            "last": result.output_for_node("at_last"),
        },
    )
    result = given.execute_in_process()
    yield (
        result,
        {
            "shout": result.output_for_node("deeper.shout"),
            "echo": result.output_for_node("deeper.echo"),
            "grow": result.output_for_node("grow"),
            "deeper": result.output_for_node("deeper"),
        },
    )
    run_config["ops"]["twice"]["ops"]["second"] = {}
    try:
        nested.execute_in_process(run_config=run_config)
    except Exception as error:
        yield None, {"refused": "Config" in type(error).__name__, "says where": "second" in str(error)}

"""A job with resources, config of its own and tags; run in process, with its config and with another one."""

from dagster import Field, In, Out, Output, graph, job, op, resource


@resource(config_schema={"rate": Field(float, default_value=1.5)})
def exchange(init_context):
    return init_context.resource_config["rate"]


@op(config_schema={"prices": [int]})
def prices(context) -> list:
    return context.op_config["prices"]


@op(required_resource_keys={"exchange"}, ins={"prices": In(list)}, out=Out(list, description="In euros."))
def converted(context, prices):
    return [price * context.resources.exchange for price in prices]


@op(out={"low": Out(float), "high": Out(float)})
def extremes(prices: list):
    yield Output(min(prices), "low")
    yield Output(max(prices), "high", metadata={"of": len(prices)})


@op
def spread(context, low: float, high: float) -> Output[float]:
    return Output(high - low, metadata={"team": context.get_tag("team") or ""})


@op
def told(context) -> dict:
    return {"team": context.run.tags["team"], "day": context.get_tag("day"), "other": context.has_tag("other")}


@job(
    resource_defs={"exchange": exchange},
    config={"ops": {"prices": {"config": {"prices": [4, 2, 8]}}}, "resources": {"exchange": {"config": {"rate": 2.0}}}},
    tags={"team": "money"},
)
def daily():
    low, high = extremes(converted(prices()))
    spread(low, high)
    told()


@graph
def open_graph():
    return converted(prices())


def runs(instance, folder, reconstructable):
    result = daily.execute_in_process(instance=instance, tags={"day": "monday"})
    yield result, {"spread": result.output_for_node("spread"), "told": result.output_for_node("told")}

    ops = {"prices": {"config": {"prices": [10, 30]}}}
    result = daily.execute_in_process(run_config={"ops": ops, "resources": {"exchange": {"config": {"rate": 0.5}}}})
    yield result, {"low": result.output_for_node("extremes", "low"), "high": result.output_for_node("extremes", "high")}

    result = open_graph.execute_in_process(run_config={"ops": ops}, resources={"exchange": 3})
    yield result, {"output": result.output_value(), "untouched": result.is_node_untouched("prices")}

    closed = open_graph.to_job(name="closed", resource_defs={"exchange": exchange}, config={"ops": ops})
    result = closed.execute_in_process(op_selection=["prices"])
    yield result, {"prices": result.output_for_node("prices")}

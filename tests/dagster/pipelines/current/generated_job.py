"""A job that is made by a function: ops in a loop, with inputs by name, wired by alias."""

from dagster import In, Out, job, op

LAYERS = 3


@op(config_schema={"value": int})
def seed(context):
    return context.op_config["value"]


def make_layer(number):
    @op(name=f"layer_{number}", ins={"left": In(int), "right": In(int)}, out=Out(int), tags={"layer": number})
    def layer(context, **inputs):
        return inputs["left"] * 2 + inputs["right"]

    return layer


def make_job():
    @job(name="generated", description="As many layers as there are.", tags={"layers": LAYERS})
    def generated():
        left, right = seed.alias("a")(), seed.alias("b")()
        for number in range(LAYERS):
            left, right = make_layer(number)(left=left, right=right), left

    return generated


def runs(instance, folder, reconstructable):
    run_config = {"ops": {"a": {"config": {"value": 1}}, "b": {"config": {"value": 3}}}}
    result = make_job().execute_in_process(run_config=run_config, instance=instance)
    yield result, {f"layer_{number}": result.output_for_node(f"layer_{number}") for number in range(LAYERS)}
    yield result, {"events": sorted(event.step_key for event in result.get_step_success_events())}

"""Outputs that are left out, and failures beside them."""

from dagster import In, Nothing, Out, Output, job, op


@op(out={"left": Out(str, is_required=False), "right": Out(str, is_required=False)}, config_schema={"way": str})
def fork(context):
    if context.op_config["way"] in ("left", "both"):
        yield Output("left", "left")
    if context.op_config["way"] in ("right", "both"):
        yield Output("right", "right")


@op
def go_left(way):
    return f"gone {way}"


@op
def go_right(way):
    if way:
        raise KeyError(way)


@op
def meet(ways: list):
    return ways


@op
def need_both(one, other):
    return [one, other]


@op(ins={"start": In(Nothing)}, out=Out(Nothing))
def tidy(context):
    context.log.warning("tidied")


@op(out=Out(is_required=False))
def never():
    if False:
        yield Output(1)


@job
def forked():
    left, right = fork()
    gone = go_left(left)
    meet([gone, go_left.alias("also_right")(right)])
    need_both(gone, go_right(right))
    tidy(start=[gone])
    meet.alias("meet_nobody")([never(), never()])


def runs(instance, folder, reconstructable):
    for way in ("left", "right", "both", "none"):
        run_config = {"ops": {"fork": {"config": {"way": way}}}}
        result = forked.execute_in_process(run_config=run_config, raise_on_error=False)
        yield (
            result,
            {
                "skipped": sorted(event.step_key for event in result.get_step_skipped_events()),
                "succeeded": sorted(event.step_key for event in result.get_step_success_events()),
                "meet": result.output_for_node("meet") if result.is_node_success("meet") else None,
            },
        )

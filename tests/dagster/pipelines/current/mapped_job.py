"""Dynamic outputs: mapped by a function, chained, collected beside a constant; and again from failure."""

from dagster import DynamicOut, DynamicOutput, Out, ReexecutionOptions, execute_job, graph, job, op


@op(out=DynamicOut(int), config_schema={"sizes": [int]})
def chunks(context):
    for number, size in enumerate(context.op_config["sizes"]):
        yield DynamicOutput(size, mapping_key=f"chunk_{number}")


@op
def offset() -> int:
    return 100


@op(config_schema={"limit": int}, out=Out(list))
def work(context, size: int, offset: int):
    if size > context.op_config["limit"]:
        raise ValueError(f"{context.get_mapping_key()} is too large")
    return [size + offset, context.run_id]


@op
def label(worked):
    return [f"<{worked[0]}>", worked[1]]


@op
def summary(labels: list, offset):
    return [labels, offset]


@job
def mapped():
    constant = offset()
    labelled = chunks().map(lambda size: label(work(size, constant)))
    summary(labelled.collect(), constant)


@op(out={"names": DynamicOut(str), "count": Out(int, is_required=False)})
def maybe_count():
    yield DynamicOutput("a", "first", output_name="names")
    yield DynamicOutput("b", "second", output_name="names")


@op
def upper(name):
    return name.upper()


@op
def joined(names):
    return "".join(names)


@graph
def shouted():
    names, _ = maybe_count()
    return joined(names.map(upper).collect())


def runs(instance, folder, reconstructable):
    def config(limit):
        return {"ops": {"chunks": {"config": {"sizes": [3, 9, 5]}}, "work": {"config": {"limit": limit}}}}

    nothing = mapped.execute_in_process(
        run_config={"ops": {"chunks": {"config": {"sizes": []}}, "work": {"config": {"limit": 1}}}}
    )
    yield nothing, {"summary": nothing.output_for_node("summary")}

    result = mapped.execute_in_process(run_config=config(10))
    yield result, {"chunks": result.output_for_node("chunks"), "summary": result.output_for_node("summary")}

    result = shouted.execute_in_process()
    yield result, {"upper": result.output_for_node("upper"), "joined": result.output_value()}

    target = reconstructable(mapped)
    with execute_job(target, instance=instance, run_config=config(7)) as first:
        yield first, {"failed": sorted(first.get_failed_step_keys())}
    options = ReexecutionOptions.from_failure(first.run_id, instance)
    with execute_job(target, instance=instance, run_config=config(20), reexecution_options=options) as again:
        yield again, {"summary": again.output_for_node("summary")}

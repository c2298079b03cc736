"""A job that failed, mended by config: from failure, by selection, and as a whole."""

from dagster import ReexecutionOptions, execute_job, job, op


@op
def source(context):
    return [context.run_id]


@op(config_schema={"broken": bool})
def fragile(context, made):
    if context.op_config["broken"]:
        raise RuntimeError("broken")
    return [*made, context.run_id]


@op
def aside(context, made):
    return [*made, context.run_id]


@op
def gathered(context, lists):
    return [lists, context.run_id]


@job
def mended():
    made = source()
    gathered([fragile(made), aside(made)])


def runs(instance, folder, reconstructable):
    def config(broken):
        return {"ops": {"fragile": {"config": {"broken": broken}}}}

    target = reconstructable(mended)
    with execute_job(target, instance=instance, run_config=config(True)) as first:
        yield first, {"failed": sorted(first.get_failed_step_keys()), "node": first.is_node_failed("fragile")}

    options = ReexecutionOptions.from_failure(first.run_id, instance)
    with execute_job(target, instance, reexecution_options=options) as again:
        yield again, {}

    options = ReexecutionOptions.from_failure(again.run_id, instance)
    with execute_job(target, instance, run_config=config(False), reexecution_options=options) as third:
        yield third, {"gathered": third.output_for_node("gathered")}

    options = ReexecutionOptions(parent_run_id=third.run_id, step_selection=["aside+"])
    with execute_job(target, instance, reexecution_options=options) as fourth:
        yield fourth, {"gathered": fourth.output_for_node("gathered")}

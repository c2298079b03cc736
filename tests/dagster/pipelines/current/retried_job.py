"""Trying again in a job: a policy of the op, of the job, a request; a Failure that may not be tried again."""

from dagster import Failure, RetryPolicy, RetryRequested, job, op


@op(retry_policy=RetryPolicy(max_retries=2))
def flaky(context):
    if context.retry_number < 2:
        raise ConnectionError
    return context.retry_number


@op
def once(context):
    if context.retry_number < 1:
        raise RetryRequested(max_retries=1, seconds_to_wait=0)
    return context.retry_number


@op
def wrong_twice(context):
    if context.retry_number < 2:
        raise OSError("wrong")
    return context.retry_number


@op(retry_policy=RetryPolicy(max_retries=5))
def for_good(context):
    raise Failure("no use", metadata={"why": "tested"}, allow_retries=False)


@job(op_retry_policy=RetryPolicy(max_retries=2, delay=0))
def retried():
    flaky()
    once()
    wrong_twice()
    for_good()


@job
def not_retried():
    wrong_twice()
    wrong_twice.with_retry_policy(RetryPolicy(max_retries=2)).alias("patient")()


def runs(instance, folder, reconstructable):
    result = retried.execute_in_process(raise_on_error=False)
    yield (
        result,
        {
            "flaky": result.output_for_node("flaky"),
            "once": result.output_for_node("once"),
            "wrong_twice": result.output_for_node("wrong_twice"),
            "retries": result.retry_attempts_for_node("wrong_twice"),
            "retries for good": result.retry_attempts_for_node("for_good"),
        },
    )
    result = not_retried.execute_in_process(raise_on_error=False)
    yield result, {}
    try:
        retried.execute_in_process()
    except Failure as failure:
        yield None, {"raised": failure.description}

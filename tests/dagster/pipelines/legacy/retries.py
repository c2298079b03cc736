"""Trying again: by policy, by request, for all steps of a pipeline; and failing for good."""

from dagster import (
    Backoff,
    Failure,
    Jitter,
    RetryPolicy,
    RetryRequested,
    execute_pipeline,
    pipeline,
    solid,
)


@solid(retry_policy=RetryPolicy(max_retries=3, delay=0.01, backoff=Backoff.EXPONENTIAL, jitter=Jitter.FULL))
def flaky(context):
    if context.retry_number < 2:
        raise ConnectionError("not yet")
    return context.retry_number


@solid
def asks(context, tries):
    try:
        if context.retry_number < tries:
            raise TimeoutError("slow")
    except TimeoutError as error:
        raise RetryRequested(max_retries=2) from error
    return context.retry_number


@solid
def hopeless(_, tries):
    raise Failure(description="the disk is gone", metadata={"disk": "sda", "tries": tries})


@solid
def after(_, tries):
    return tries


@pipeline
def retried():
    tries = asks(flaky())
    after(hopeless(tries))


@pipeline(solid_retry_policy=RetryPolicy(max_retries=1))
def retried_all():
    after(hopeless(asks(flaky())))


def runs(instance, folder, reconstructable):
    for defined in (retried, retried_all):
        result = execute_pipeline(defined, instance=instance, raise_on_error=False)
        yield (
            result,
            {
                "flaky": result.output_for_solid("flaky"),
                "asks": result.output_for_solid("asks"),
                "retries of flaky": result.result_for_solid("flaky").retry_attempts,
                "hopeless": result.result_for_solid("hopeless").success,
            },
        )
    try:
        execute_pipeline(retried, instance=instance)
    except Failure as failure:
        yield None, {"raised": failure.description}

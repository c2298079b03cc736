"""What a result and an instance tell of a step, by the names that Dagster code asks with."""

from __future__ import annotations

from dalsegno.dagster import DagsterInstance, Out, Output, execute_job, job, op


@op(out=Out(is_required=False))
def nothing_today():
    if False:
        yield Output(1)


@op
def needs_it(value):
    return value


@op
def breaks():
    raise ValueError("no good")


@job
def asked():
    needs_it(nothing_today())
    breaks()


def test_a_result_tells_which_steps_were_skipped_and_why_others_failed():
    with DagsterInstance.ephemeral() as instance:
        result = execute_job(asked, instance=instance)
        assert (result.is_node_skipped("needs_it"), result.is_node_skipped("breaks")) == (True, False)
        failure = result.failure_data_for_node("breaks")
        assert failure is not None and failure.message == "no good"
        assert result.failure_data_for_node("nothing_today") is None


def test_an_instance_gives_a_run_by_its_id_and_none_for_an_id_that_it_does_not_have():
    with DagsterInstance.ephemeral() as instance:
        run_id = execute_job(asked, instance=instance).run_id
        found = instance.get_run_by_id(run_id)
        assert found is not None and found.run_id == run_id
        assert instance.get_run_by_id("nobody") is None

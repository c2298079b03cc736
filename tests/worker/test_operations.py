"""What a worker tells whoever operates it: metrics, traces and logs, from the events of its runs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from msgspec.structs import replace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from prometheus_client.parser import text_string_to_metric_families

from dalsegno import Instance, execute_pipeline, in_process, pipeline, step
from dalsegno.errors import InvalidSettingError
from dalsegno.runs.status import ReexecutionStrategy, RunStatus
from dalsegno.settings import ListenAddress
from dalsegno.worker import worker as worker_module
from dalsegno.worker.pooled_run import PooledRun
from dalsegno.worker.spans import SpanWriter
from dalsegno.worker.tracing import Traces, are_asked_for, open_traces, trace_id_of
from dalsegno.worker.worker import run_worker
from tests.waiting import until
from tests.worker.site import Site

CODE = """
@step(retry_policy=RetryPolicy(max_retries=1))
def once_broken(context):
    if context.attempt == 1:
        raise ValueError("blah")
    return 1

@step
def after(one):
    return one + 1

@pipeline
def chain():
    after(once_broken())

@step
def held():
    gate("held")

@pipeline
def single():
    held()
"""


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def told(port: int) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_bucket")
    }


def test_metrics_are_given_out_where_the_setting_says(sqlite_site: Site) -> None:
    site, port = sqlite_site, free_port()
    site.write(CODE)
    site.start_here(worker_metrics=ListenAddress(host="127.0.0.1", port=port)).until_serving()
    before = told(port)
    assert before["dalsegno_worker_attempts_total lost"] == before["dalsegno_worker_lease_losses_total"] == 0
    site.run("chain")
    until(lambda: told(port)["dalsegno_worker_runs"] == 0, what="the end of the run")
    found = told(port)
    assert found["dalsegno_worker_attempts_total failure"] == 1
    assert found["dalsegno_worker_attempts_total success"] == 2
    assert found["dalsegno_worker_attempt_duration_seconds_count"] == 3
    assert found["dalsegno_worker_runs_ended_total success"] == 1
    assert found["dalsegno_worker_events_total"] >= 8


def test_a_run_that_fails_for_a_fault_of_the_worker_itself_is_told_of_as_any_other(
    sqlite_site: Site, monkeypatch: pytest.MonkeyPatch, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "dalsegno")
    site, port = sqlite_site, free_port()
    site.write(CODE)

    def fail(_run: PooledRun) -> bool:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(PooledRun, "run_to_end", fail)
    site.start_here(worker_metrics=ListenAddress(host="127.0.0.1", port=port)).until_serving()
    run = site.run("chain")
    assert run.status is RunStatus.FAILURE
    assert run.error is not None and run.error.message == "a fault of ours"
    until(lambda: told(port)["dalsegno_worker_runs"] == 0, what="the end of the run")
    assert told(port)["dalsegno_worker_runs_ended_total failure"] == 1
    (span,) = by_name(spans, run.run_id)["run chain"]
    assert span.status.status_code is StatusCode.ERROR
    assert f"Run {run.run_id} ended: FAILURE" in caplog.messages


def test_a_worker_that_can_not_listen_where_it_is_told_to_says_so_and_does_not_start(sqlite_site: Site) -> None:
    sqlite_site.write(CODE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = ListenAddress(host="127.0.0.1", port=taken.getsockname()[1])
        with pytest.raises(InvalidSettingError, match="DALSEGNO_WORKER_METRICS"):
            run_worker(replace(sqlite_site.settings, worker_metrics=address), file=sqlite_site.file)
    assert sqlite_site.workers() == []


class Kept(InMemorySpanExporter):
    """Of several workers, one after the other."""

    def shutdown(self) -> None:
        pass


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter = Kept()
    monkeypatch.setattr(worker_module, "open_traces", lambda: Traces(SpanWriter(SimpleSpanProcessor(exporter))))
    return exporter


def by_name(exporter: InMemorySpanExporter, run_id: str) -> dict[str, list[ReadableSpan]]:
    """The spans of a run's trace, once its own is there."""

    def found() -> dict[str, list[ReadableSpan]] | None:
        named: dict[str, list[ReadableSpan]] = {}
        for span in exporter.get_finished_spans():
            if span.context.trace_id == trace_id_of(run_id):
                named.setdefault(span.name, []).append(span)
        return named if any(name.startswith("run ") for name in named) else None

    return until(found, what="the run's span")


def test_a_run_is_a_trace_and_each_attempt_a_span_in_it(sqlite_site: Site, spans: InMemorySpanExporter) -> None:
    site = sqlite_site
    site.write(CODE)
    site.start_here().until_serving()
    run = site.run("chain")
    named = by_name(spans, run.run_id)
    assert sorted(named) == ["run chain", "step after", "step once_broken"]
    (whole,) = named["run chain"]
    assert whole.parent is None and whole.links == ()
    assert whole.attributes is not None and whole.attributes["dalsegno.run.id"] == run.run_id
    broken, mended = named["step once_broken"]
    for span in (broken, mended, *named["step after"]):
        assert span.parent is not None and span.parent.span_id == whole.context.span_id
        moments = [whole.start_time, span.start_time, span.end_time, whole.end_time]
        assert moments == sorted(moments, key=int)
    assert (broken.status.status_code, mended.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert broken.attributes is not None and broken.attributes["dalsegno.step.attempt"] == 1
    (raised,) = broken.events
    assert raised.attributes is not None and raised.attributes["exception.message"] == "blah"
    token = site.step(run.run_id, "after").attempts[0].token
    assert named["step after"][0].context.span_id == int(token, 16)


def test_a_re_execution_is_linked_to_its_parent_s_trace(sqlite_site: Site, spans: InMemorySpanExporter) -> None:
    site = sqlite_site
    site.write(CODE)
    site.start_here().until_serving()
    parent = site.run("chain")
    again = site.ended(site.launch("chain", parent, strategy=ReexecutionStrategy.ALL_STEPS))
    (whole,) = by_name(spans, again.run_id)["run chain"]
    (of_parent,) = by_name(spans, parent.run_id)["run chain"]
    (link,) = whole.links
    assert (link.context.trace_id, link.context.span_id) == (of_parent.context.trace_id, of_parent.context.span_id)


def test_a_run_that_another_worker_carries_on_is_still_one_trace(
    sqlite_site: Site, spans: InMemorySpanExporter
) -> None:
    site = sqlite_site
    site.write(CODE)
    first = site.start_here(grace_seconds=0.1)
    first.until_serving()
    run_id = site.launch("single")
    site.reached("held")
    site.until_running(run_id, "held")
    first.end()
    site.open("held")
    site.start_here().until_serving()
    assert site.ended(run_id).status is RunStatus.SUCCESS
    named = by_name(spans, run_id)
    (whole,) = named["run single"]
    outcomes = {span.attributes["dalsegno.step.outcome"] for span in named["step held"] if span.attributes}
    assert outcomes == {"LOST", "SUCCESS"}
    assert {span.parent.span_id for span in named["step held"] if span.parent} == {whole.context.span_id}


def test_a_script_s_run_is_a_trace_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exporter = InMemorySpanExporter()
    traces = Traces(SpanWriter(SimpleSpanProcessor(exporter)))
    monkeypatch.setattr(in_process, "_traces_of_the_process", lambda: traces)

    @step
    def one() -> int:
        return 1

    @pipeline
    def single() -> None:
        one()

    observed: list[str] = []
    with Instance.open(f"sqlite:///{tmp_path}/runs.db", storage_url=str(tmp_path / "storage")) as instance:
        result = execute_pipeline(single, instance=instance, observer=lambda _at, event: observed.append(event.kind))
    assert sorted(by_name(exporter, result.run_id)) == ["run single", "step one"]
    assert "STEP_SUCCEEDED" in observed


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "runs"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
    ],
)
def test_traces_are_made_where_opentelemetry_s_variables_ask_for_them(variables: dict[str, str], asked: bool) -> None:
    assert are_asked_for(variables) is asked


def test_where_they_are_asked_for_and_can_not_be_had_a_worker_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "dalsegno.worker.spans", None)
    assert open_traces({"OTEL_TRACES_EXPORTER": "otlp"}) is None
    assert "pip install 'dalsegno[otel]'" in caplog.text


def test_nothing_of_opentelemetry_is_loaded_where_they_are_not() -> None:
    code = (
        "import sys, dalsegno.worker.worker; from dalsegno.worker.tracing import open_traces; assert not open_traces();"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    variables = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=variables)
    assert done.stdout.strip() == "[]"


def test_the_command_logs_as_json_with_the_worker_run_step_and_attempt(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    command = [sys.executable, "-m", "dalsegno.cli", "worker", "-f", str(site.file)]
    command = [sys.executable, "-c", "from dalsegno.cli import main; main()", *command[3:]]
    settings = {
        "DALSEGNO_DATABASE_URL": site.settings.database_url,
        "DALSEGNO_STORAGE_URL": site.settings.storage_url,
        "DALSEGNO_LOG_LEVEL": "debug",
    }
    with subprocess.Popen(command, stderr=subprocess.PIPE, cwd=site.folder, env={**os.environ, **settings}) as process:
        try:
            run = site.run("chain")
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.stderr is not None
        lines = [json.loads(line) for line in process.stderr.read().decode().splitlines()]
    assert process.returncode == 0
    assert len({line["worker_id"] for line in lines}) == 1
    of_run = [line for line in lines if line.get("run_id") == run.run_id]
    failed = next(line for line in of_run if line["level"] == "warning")
    assert (failed["step_key"], failed["attempt"]) == ("once_broken", 1)
    assert "blah" in failed["event"]
    succeeded = [line["step_key"] for line in of_run if line["event"].endswith("Succeeded.")]
    assert succeeded == ["once_broken", "after"]

"""Code that changes while a worker serves it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from dalsegno.runs.status import RunStatus, StepStatus
from tests.waiting import until
from tests.worker.site import Site

CODE = """
@step
def number():
    gate("number")
    return 1

@step
def doubled(n):
    return 2 * n

@pipeline
def numbers():
    doubled(number())
"""
MENDED = CODE.replace("2 * n", "3 * n")


def result(site: Site, run_id: str) -> str | None:
    (output,) = site.step(run_id, "doubled").outputs
    return output.preview


def test_an_edited_file_is_published_and_runs_that_have_begun_end_on_the_code_as_it_was(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    worker = site.start_here()
    old = site.snapshot("numbers")
    begun = site.launch("numbers")
    site.reached("number")
    site.write(MENDED)
    until(lambda: site.snapshot("numbers").id != old.id, what="the new snapshot")
    record = worker.record
    assert record is not None and set(record.loaded_snapshot_ids) == {old.id, site.snapshot("numbers").id}
    site.open("number")
    assert site.ended(begun).status is RunStatus.SUCCESS
    assert (result(site, begun), site.instance.run(begun).snapshot_id) == ("2", old.id)
    after = site.run("numbers")
    assert result(site, after.run_id) == "3"


def test_a_module_beside_the_file_is_watched_too(sqlite_site: Site) -> None:
    site = sqlite_site
    helper = site.folder / "helper_of_this_test.py"
    helper.write_text("def double(n):\n    return 2 * n\n")
    site.write("from helper_of_this_test import double\n" + CODE.replace("2 * n", "double(n)"))
    site.start_here()
    site.open("number")
    assert result(site, site.run("numbers").run_id) == "2"
    old = site.snapshot("numbers")
    # As long as before, and within the same second.
    helper.write_text("def double(n):\n    return 7 * n\n")
    until(lambda: site.snapshot("numbers").id != old.id, what="the new snapshot")
    assert result(site, site.run("numbers").run_id) == "7"


def test_a_package_beside_the_file_is_watched_too_and_may_grow(sqlite_site: Site) -> None:
    site = sqlite_site
    package = site.folder / "package_of_this_test"
    package.mkdir()
    (package / "__init__.py").write_text("def times(n):\n    return 2 * n\n")
    site.write("from package_of_this_test import times\n" + CODE.replace("2 * n", "times(n)"))
    site.start_here()
    site.open("number")
    assert result(site, site.run("numbers").run_id) == "2"
    old = site.snapshot("numbers")
    (package / "new.py").write_text("def times(n):\n    return 5 * n\n")
    (package / "__init__.py").write_text("from package_of_this_test.new import times\n")
    until(lambda: site.snapshot("numbers").id != old.id, what="the new snapshot")
    assert result(site, site.run("numbers").run_id) == "5"
    old = site.snapshot("numbers")
    # A module that was not there when the worker started.
    (package / "new.py").write_text("def times(n):\n    return 6 * n\n")
    until(lambda: site.snapshot("numbers").id != old.id, what="the next snapshot")
    assert result(site, site.run("numbers").run_id) == "6"


def test_a_file_that_is_taken_away_is_told_and_may_come_back(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    worker = site.start_here()
    site.open("number")
    old = site.snapshot("numbers")
    away = site.file.rename(site.folder / "away.txt")
    assert str(site.file) in worker.until_broken().message
    # What was loaded goes on.
    assert result(site, site.run("numbers").run_id) == "2"
    away.rename(site.file)
    worker.until_mended()
    assert site.snapshot("numbers").id == old.id
    assert result(site, site.run("numbers").run_id) == "2"


def test_a_file_written_over_in_place_is_seen_as_one_put_in_its_place_is(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    site.start_here()
    site.open("number")
    old = site.snapshot("numbers")
    site.file.write_text(site.file.read_text().replace("2 * n", "4 * n"))
    until(lambda: site.snapshot("numbers").id != old.id, what="the new snapshot")
    assert result(site, site.run("numbers").run_id) == "4"


def test_a_slip_in_the_syntax_is_told_with_its_line_and_goes_when_it_is_mended(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    worker = site.start_here()
    site.open("number")
    site.snapshot("numbers")
    site.write(CODE.replace("return 2 * n", "return 2 * * n"))
    error = worker.until_broken()
    assert "SyntaxError" in error.message
    assert error.traceback is not None and "return 2 * * n" in error.traceback
    site.write(MENDED)
    worker.until_mended()
    assert result(site, site.run("numbers").run_id) == "3"


def test_code_that_does_not_import_is_told_with_its_traceback_and_the_last_good_code_stays(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    worker = site.start_here()
    site.open("number")
    old = site.snapshot("numbers")
    site.write(MENDED + "\nraise LookupError('nobody told me')\n")
    error = worker.until_broken()
    assert "LookupError: nobody told me" in error.message
    assert error.traceback is not None
    assert "raise LookupError('nobody told me')" in error.traceback
    assert site.snapshot("numbers").id == old.id
    assert result(site, site.run("numbers").run_id) == "2"
    site.write(MENDED)
    worker.until_mended()
    assert result(site, site.run("numbers").run_id) == "3"


def test_a_worker_whose_code_is_broken_from_the_start_serves_it_once_it_is_mended(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write("import helper_that_is_not_there_yet\n" + CODE)
    worker = site.start_here()
    error = worker.until_broken()
    assert "helper_that_is_not_there_yet" in error.message
    (site.folder / "helper_that_is_not_there_yet.py").touch()
    site.open("number")
    assert site.run("numbers").status is RunStatus.SUCCESS


def test_code_that_kills_the_process_that_imports_it_is_told_and_harms_nobody_else(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    worker = site.start_here()
    site.snapshot("numbers")
    site.write(CODE + "\nos._exit(9)\n")
    error = worker.until_broken()
    assert "exit code 9" in error.message
    site.open("number")
    assert site.run("numbers").status is RunStatus.SUCCESS
    site.write(MENDED)
    worker.until_mended()


def test_code_that_starts_threads_when_imported_has_them_in_its_step_processes(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write("""
import threading
ticks = threading.Event()
threading.Thread(target=ticks.set, daemon=True).start()
threading.Thread(target=time.sleep, args=[1000], daemon=True).start()

@step
def counts():
    return threading.active_count()

@pipeline
def threaded():
    counts()
""")
    site.start_here()
    run = site.run("threaded")
    assert run.status is RunStatus.SUCCESS
    (output,) = site.step(run.run_id, "counts").outputs
    assert output.preview == "2"


def test_when_the_process_that_has_the_code_is_killed_it_is_loaded_anew_and_runs_go_on(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE.replace("@step", "@step(retry_policy=RetryPolicy(max_retries=1))", 1))
    site.start_here()
    run_id = site.launch("numbers")
    (step_process,) = site.reached("number")
    code_process = int(Path(f"/proc/{step_process}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(code_process, signal.SIGKILL)
    site.reached("number", 2)
    site.open("number")
    assert site.ended(run_id).status is RunStatus.SUCCESS
    failed = site.step(run_id, "number").attempts[0]
    assert failed.error is not None and failed.error.class_name == "StepProcessDiedError"
    until(lambda: step_process not in site.processes(), what="the end of the step process")


def test_old_code_is_let_go_when_nobody_needs_it(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    worker = site.start_here(heartbeat_seconds=0.1, patience_seconds=0.1)
    old = site.snapshot("numbers")
    site.write(MENDED)
    until(lambda: site.snapshot("numbers").id != old.id, what="the new snapshot")
    until(lambda: worker.record and old.id not in worker.record.loaded_snapshot_ids, what="the end of old code")


def test_a_queued_run_whose_code_is_gone_goes_on_with_the_new_code_where_its_plan_is_the_same(site: Site) -> None:
    site.write(CODE)
    first = site.start_here()
    old = site.snapshot("numbers")
    first.end()
    run_id = site.launch("numbers")
    site.write(MENDED)
    site.open("number")
    site.start_here(patience_seconds=0.2)
    assert site.ended(run_id).status is RunStatus.SUCCESS
    assert result(site, run_id) == "3"
    moved = site.instance.run(run_id)
    assert moved.snapshot_id == site.snapshot("numbers").id != old.id
    assert site.kinds(run_id)[0] == "RUN_REPLANNED"


def test_a_queued_run_whose_code_is_gone_fails_where_its_plan_would_be_another(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    first = site.start_here()
    site.snapshot("numbers")
    first.end()
    run_id = site.launch("numbers")
    site.write(CODE.replace("doubled(number())", "doubled.alias('again')(doubled(number()))"))
    site.start_here(patience_seconds=0.2)
    run = site.ended(run_id)
    assert run.status is RunStatus.FAILURE
    assert run.error is not None and run.error.class_name == "CodeChangedError"
    assert "it would execute step 'again' besides" in run.error.message


def test_a_run_that_had_begun_with_code_that_is_gone_fails(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CODE)
    first = site.start_here(grace_seconds=0.1)
    site.snapshot("numbers")
    run_id = site.launch("numbers")
    site.reached("number")
    first.end()
    site.write(MENDED)
    site.start_here(patience_seconds=0.2)
    run = site.ended(run_id)
    assert run.error is not None and run.error.class_name == "CodeChangedError"
    assert site.step(run_id, "number").attempts[0].status is StepStatus.LOST

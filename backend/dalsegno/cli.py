"""The command `dalsegno`: puts the parts together for a person at a terminal, or for a script."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from msgspec.structs import replace

from dalsegno.client import Client
from dalsegno.command_input import CodeSource, Launch, chosen_pipeline, read_age, read_config, read_tags
from dalsegno.command_output import INTERRUPTED, SUCCESS, CommandOutput, RunOutput
from dalsegno.errors import DalsegnoError, InvalidArgumentsError, ReexecutionNotAllowedError
from dalsegno.in_process import execute_pipeline, plan_reexecution, reexecute_pipeline
from dalsegno.instance import Instance
from dalsegno.launch import LaunchOptions, plan_launch, plan_relaunch
from dalsegno.plan.plan import Plan
from dalsegno.plan.selection import normalise_texts
from dalsegno.remote.reexecution import reexecute_at
from dalsegno.retention import Pruned
from dalsegno.runs.status import ReexecutionStrategy, RunStatus
from dalsegno.settings import Settings
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.run_filter import RunFilter
from dalsegno.terminal.documents import document_on_stdout
from dalsegno.terminal.errors_view import print_error
from dalsegno.terminal.progress import progress_shown
from dalsegno.terminal.tables import open_console

BAD_INPUT = 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Run pipelines of steps; where one fails, mend it and execute again only what must.\n\n"
    "Exit codes: 0 success, 1 the run failed, 2 bad input, 130 interrupted.",
)

_File = Annotated[Path | None, typer.Option("-f", "--file", help="The Python file that defines the pipeline.")]
_Module = Annotated[str | None, typer.Option("-m", "--module", help="The module that defines the pipeline.")]
_Config = Annotated[Path | None, typer.Option("--config", help="The run config: a YAML or JSON file.")]
_Mode = Annotated[str | None, typer.Option("--mode", help="The pipeline's mode.")]
_Tags = Annotated[list[str] | None, typer.Option("--tag", metavar="NAME=VALUE", help="A tag of the run; repeatable.")]
_Reason = Annotated[str | None, typer.Option("--reason", help="Why, in words; kept with the run.")]
_Key = Annotated[str | None, typer.Option("--idempotency-key", help="Launch at most once under this key.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document; progress goes to standard error.")]
_Database = Annotated[
    str | None,
    typer.Option("--database-url", help="The database; by default DALSEGNO_DATABASE_URL, else the project's own."),
]
_Host = Annotated[str, typer.Option("--host", help="The address to listen on.")]
_Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="The port to listen on; 0 for any that is free.")]
_RunId = Annotated[str, typer.Argument(metavar="RUN_ID", help='A run\'s id, its unique beginning, or "last".')]


@contextmanager
def _command(
    database_url: str | None, *, as_json: bool, selection: Sequence[str] | None = None
) -> Iterator[tuple[Instance, CommandOutput]]:
    """The instance that a command works on, and where it answers; errors are told, and end it."""
    with _answering(as_json=as_json, selection=selection) as print_document, Instance.open(database_url) as instance:
        yield instance, CommandOutput(instance, open_console(stderr=as_json), print_document)


@contextmanager
def _answering(
    *, as_json: bool, selection: Sequence[str] | None = None
) -> Iterator[Callable[[Mapping[str, Any]], None] | None]:
    """What prints the document where one is asked for; errors are told, and end the command."""
    with _errors_told(tuple(selection or ())), document_on_stdout() if as_json else nullcontext() as print_document:
        yield print_document


@contextmanager
def _errors_told(selection: tuple[str, ...] = ()) -> Iterator[None]:
    try:
        yield
    except DalsegnoError as error:
        print_error(open_console(stderr=True), error, selection)
        raise typer.Exit(BAD_INPUT) from error


@app.command()
def run(
    pipeline: Annotated[str | None, typer.Argument(help="Its name; needed where the code defines several.")] = None,
    file: _File = None,
    module: _Module = None,
    config: _Config = None,
    mode: _Mode = None,
    tag: _Tags = None,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="SELECTION", help="Steps to execute, such as train+*; repeatable."),
    ] = None,
    reason: _Reason = None,
    idempotency_key: _Key = None,
    as_json: _Json = False,
    database_url: _Database = None,
) -> None:
    """Execute a pipeline here, and show how it goes."""
    with _command(database_url, as_json=as_json, selection=select) as (instance, output):
        source = CodeSource.given(file, module)
        if source is None:
            raise InvalidArgumentsError(problem="Say where the pipeline is defined: -f FILE or -m MODULE.")
        run_config, tags, selection = read_config(config), read_tags(tag or []), _texts(select)
        repository = source.load()
        definition = chosen_pipeline(repository, pipeline)
        options = LaunchOptions(mode=mode, run_config=run_config, selection=selection)
        expected = plan_launch(definition.snapshot, options)
        with progress_shown(output.console, definition.name, expected.step_keys_to_execute) as observe:
            result = execute_pipeline(
                definition,
                run_config=run_config,
                mode=mode,
                tags=tags,
                solid_selection=selection,
                instance=instance,
                reason=reason,
                idempotency_key=idempotency_key,
                observer=observe,
                code_location=repository.location,
            )
        raise typer.Exit(output.finish_run(result.run_id))


@app.command()
def reexecute(
    run_id: _RunId,
    from_failure: Annotated[
        bool, typer.Option("--from-failure", help="What is not settled, and everything downstream.")
    ] = False,
    select: Annotated[
        list[str] | None,
        typer.Option("--select", metavar="SELECTION", help="Exactly these steps, such as train+*; repeatable."),
    ] = None,
    from_: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="SELECTION", help="These steps, and everything downstream; repeatable."),
    ] = None,
    from_changed: Annotated[
        bool,
        typer.Option(
            "--changed",
            "--from-changed",
            help="What is not settled, or has other code, config or inputs now, and everything downstream.",
        ),
    ] = False,
    all_steps: Annotated[bool, typer.Option("--all", help="Every step.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, and start nothing.")] = False,
    file: _File = None,
    module: _Module = None,
    config: _Config = None,
    mode: _Mode = None,
    tag: _Tags = None,
    reason: _Reason = None,
    plan_id: Annotated[str | None, typer.Option("--plan-id", help="Launch only if this is still the plan.")] = None,
    idempotency_key: _Key = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url", metavar="URL", help="A service, such as http://127.0.0.1:3000, whose workers execute it."
        ),
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", envvar="DALSEGNO_TOKEN", help="What that service knows the caller by.")
    ] = None,
    as_json: _Json = False,
    database_url: _Database = None,
) -> None:
    """Execute a run's pipeline again: only what must, on what the runs before it made.

    Without a strategy: from failure where something is not settled, else every step. Without -f or -m: the code is
    where the run had it from. With --url it is launched at a service and followed to its end.
    """
    with _answering(as_json=as_json, selection=select or from_) as print_document:
        strategy, selection = _strategy(
            from_failure=from_failure, from_changed=from_changed, select=select, from_=from_, all_steps=all_steps
        )
        options = LaunchOptions(
            mode=mode,
            run_config=read_config(config),
            tags=read_tags(tag or []),
            selection=selection,
            strategy=strategy,
            reason=reason,
        )
        console, launch = open_console(stderr=as_json), Launch(dry_run, idempotency_key, plan_id)
        given = CodeSource.given(file, module)
        if url is not None:
            if given is not None or database_url is not None:
                raise InvalidArgumentsError(
                    problem="With --url, the service's workers have the code, and it has the database: "
                    "leave out -f, -m and --database-url."
                )
            with Client(url, token) as client:
                output = RunOutput(console, print_document, where=f" --url {url}")
                raise typer.Exit(reexecute_at(client, run_id, options, launch, output))
        with Instance.open(database_url) as instance:
            here = CommandOutput(instance, console, print_document)
            raise typer.Exit(_reexecute_here(instance, run_id, given, options, launch, here))


def _reexecute_here(
    instance: Instance,
    run_id: str,
    source: CodeSource | None,
    options: LaunchOptions,
    launch: Launch,
    output: CommandOutput,
) -> int:
    found = instance.resolve_run_id(run_id)
    instance.end_if_abandoned(found)
    parent = instance.run(found)
    repository = (source or CodeSource.recorded(parent)).load()
    definition = repository.pipeline(parent.pipeline_name)
    expected = _expected(instance, definition.snapshot, parent.run_id, options)
    asked: dict[str, Any] = {
        "run_config": options.run_config,
        "step_selection": options.selection,
        "strategy": expected.strategy,
        "mode": options.mode,
        "instance": instance,
        "plan_id": launch.plan_id,
    }
    if launch.dry_run:
        output.show_plan(plan_reexecution(definition, parent.run_id, **asked))
        return SUCCESS
    output.announce(expected)
    with progress_shown(output.console, definition.name, expected.step_keys_to_execute) as observe:
        result = reexecute_pipeline(
            definition,
            parent.run_id,
            **asked,
            tags=options.tags,
            reason=options.reason,
            idempotency_key=launch.idempotency_key,
            observer=observe,
            code_location=repository.location,
        )
    return output.finish_run(result.run_id)


@app.command()
def runs(
    pipeline: Annotated[str | None, typer.Option("--pipeline", help="Only runs of this pipeline.")] = None,
    status: Annotated[
        RunStatus | None, typer.Option("--status", case_sensitive=False, help="Only those that stand so.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="At most so many groups, or runs.")] = 20,
    groups: Annotated[bool, typer.Option("--groups/--flat", help="Runs under their group, or one list.")] = True,
    as_json: _Json = False,
    database_url: _Database = None,
) -> None:
    """List runs, the newest first."""
    with _command(database_url, as_json=as_json) as (_, output):
        wanted = RunFilter(pipeline_name=pipeline, statuses=(status,) if status else ())
        output.list_runs(wanted, limit, by_group=groups)


@app.command()
def show(
    run_id: _RunId,
    events: Annotated[bool, typer.Option("--events", help="Also everything that happened, in its order.")] = False,
    as_json: _Json = False,
    database_url: _Database = None,
) -> None:
    """Show a run: its steps, what failed, and its group."""
    with _command(database_url, as_json=as_json) as (instance, output):
        found = instance.resolve_run_id(run_id)
        instance.end_if_abandoned(found)
        output.show_run(found, events=events)


@app.command()
def prune(
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Groups untouched for so long: 90m, 12h, 30d, 8w.")
    ] = None,
    keep_last: Annotated[
        int | None, typer.Option("--keep-last", min=0, help="Groups that are not so many newest of their pipeline.")
    ] = None,
    status: Annotated[
        list[RunStatus] | None,
        typer.Option("--status", case_sensitive=False, help="Only groups that stand so; repeatable."),
    ] = None,
    pipeline: Annotated[str | None, typer.Option("--pipeline", help="Only groups of this pipeline.")] = None,
    unknown_folders: Annotated[
        bool,
        typer.Option("--unknown-folders", help="Also folders of runs unknown here, where no other database has them."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would go, and delete nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    as_json: _Json = False,
    database_url: _Database = None,
) -> None:
    """Delete old run groups, whole, with their outputs; and stored files that nothing refers to.

    Groups go for which all that is given holds; without --older-than and --keep-last none does. One with a run that
    waits or goes on stays. Interrupted, it goes on when it is called again.
    """
    with _command(database_url, as_json=as_json) as (instance, output):
        age = read_age(older_than)

        def pruned(*, dry_run: bool) -> Pruned:
            return instance.prune(
                age,
                keep_last,
                statuses=status or (),
                pipeline_name=pipeline,
                unknown_folders=unknown_folders,
                dry_run=dry_run,
            )

        if dry_run:
            output.show_pruned(pruned(dry_run=True))
            return
        if not yes:
            if as_json or not sys.stdin.isatty():
                raise InvalidArgumentsError(problem="Nobody can be asked here: give --yes, or --dry-run to look first.")
            output.show_pruned(pruned(dry_run=True))
            if not typer.confirm("Delete it? It can't be had back."):
                raise typer.Exit(INTERRUPTED)
        output.show_pruned(pruned(dry_run=False))


@app.command()
def migrate(database_url: _Database = None) -> None:
    """Bring the database's schema up to date."""
    # Alembic takes longer to load than most commands take.
    from dalsegno.store.migrate import migrate as migrate_database

    with _errors_told():
        done = migrate_database(database_url or Settings.load().database_url)
        was = "it was empty" if done.before is None else f"it was at {done.before}"
        news = "is up to date already" if done.before == done.after else f"is up to date now; {was}"
        open_console().print(f"The schema of {done.database} {news} ({done.after}).")


@app.command()
def dev(
    file: Annotated[
        list[Path] | None, typer.Option("-f", "--file", help="A Python file that defines pipelines; repeatable.")
    ] = None,
    module: Annotated[
        list[str] | None, typer.Option("-m", "--module", help="A module that defines pipelines; repeatable.")
    ] = None,
    host: _Host = "127.0.0.1",
    port: _Port = 3000,
    database_url: _Database = None,
) -> None:
    """The service, and a worker for each file or module of pipelines; edits of their code are picked up."""
    # What serves takes longer to load than most commands take; so below.
    from dalsegno.service_commands import embedded, run_service_with_workers

    with _errors_told():
        settings = embedded(Settings.load(), database_url)
        run_service_with_workers(settings, host, port, open_console(), files=file or (), modules=module or ())


@app.command()
def serve(host: _Host = "127.0.0.1", port: _Port = 3000, database_url: _Database = None) -> None:
    """The service: GraphQL over HTTP and WebSocket. Others than this machine need a token (DALSEGNO_TOKENS)."""
    from dalsegno.service_commands import embedded, run_service

    with _errors_told():
        run_service(embedded(Settings.load(), database_url), host, port, open_console())


@app.command()
def worker(file: _File = None, module: _Module = None, database_url: _Database = None) -> None:
    """A worker: publishes the pipelines of a file or module, and executes their runs. Any number, on any hosts."""
    from dalsegno.service_commands import embedded, run_one_worker

    with _errors_told():
        run_one_worker(embedded(Settings.load(), database_url), file=file, module=module)


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from dalsegno.api.schema import export_schema

    typer.echo(export_schema(), nl=False)


def main() -> None:
    """The command, with this process's arguments."""
    app(prog_name="dalsegno")


def _texts(given: list[str] | None) -> tuple[str, ...] | None:
    return normalise_texts(given) if given else None


def _strategy(
    *, from_failure: bool, from_changed: bool, select: list[str] | None, from_: list[str] | None, all_steps: bool
) -> tuple[ReexecutionStrategy | None, tuple[str, ...] | None]:
    given = {
        ReexecutionStrategy.FROM_FAILURE: from_failure,
        ReexecutionStrategy.FROM_CHANGED: from_changed,
        ReexecutionStrategy.SELECTED_STEPS: bool(select),
        ReexecutionStrategy.FROM_SELECTED: bool(from_),
        ReexecutionStrategy.ALL_STEPS: all_steps,
    }
    chosen = [strategy for strategy, wanted in given.items() if wanted]
    if len(chosen) > 1:
        raise InvalidArgumentsError(problem="Give one of --from-failure, --changed, --select, --from and --all.")
    return (chosen[0] if chosen else None), _texts(select or from_)


def _expected(instance: Instance, snapshot: PipelineSnapshot, parent_run_id: str, options: LaunchOptions) -> Plan:
    """The plan, from which the display knows its steps; the launch makes its own, and reads what it will load.

    Without a strategy it is the cheapest that can finish the job.
    """
    lineage = instance.lineage(parent_run_id)
    if options.strategy is not None:
        return plan_relaunch(snapshot, lineage, options, instance.outputs, verify=False)
    try:
        from_failure = replace(options, strategy=ReexecutionStrategy.FROM_FAILURE)
        return plan_relaunch(snapshot, lineage, from_failure, instance.outputs, verify=False)
    except ReexecutionNotAllowedError:
        all_steps = replace(options, strategy=ReexecutionStrategy.ALL_STEPS)
        return plan_relaunch(snapshot, lineage, all_steps, instance.outputs, verify=False)

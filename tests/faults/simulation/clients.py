"""Who wants something: clients of the service, who launch, re-execute and cancel; and scripts, who run pipelines."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from dalsegno.api.access import LOCAL_CALLER
from dalsegno.api.context import RequestContext, Service
from dalsegno.api.launching import LaunchRequest, cancel, launch, relaunch
from dalsegno.api.planning import plan_reexecution, subject_of
from dalsegno.errors import DalsegnoError
from dalsegno.in_process import execute_pipeline, reexecute_pipeline
from dalsegno.instance import Instance
from dalsegno.launch import LaunchOptions
from dalsegno.plan.plan import Plan
from dalsegno.runs.automatic_retry import MAX_RETRIES_TAG
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy
from tests.faults.simulation import primitives
from tests.faults.simulation.journal import Answered, CancelAnswered, Refused
from tests.faults.simulation.kernel import Process

if TYPE_CHECKING:
    from tests.faults.simulation.world import World

T = TypeVar("T")

# How long a client waits for an answer, and how often it asks again.
_PATIENCE = 2.0
_TRIES = 12
_REST = 0.5
_SELECTIONS = {
    "line": ("b", "b*", "c"),
    "diamond": ("right", "left*", "end"),
    "fan": ("gen*", "work", "total"),
    "branch": ("one", "choose*", "join"),
}


class NoAnswer(Exception):
    """The service is gone, or silent: who asked does not know what has become of it."""


class Served:
    """The service: its real functions, in a process that may be killed and starts again."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._process: Process | None = None
        self._service: Service | None = None

    def start(self) -> None:
        """It is there, and after each death again."""
        world = self._world
        self._process = world.mortal(f"service since {world.kernel.now:.3f}")
        self._process.on_end = lambda _how: world.kernel.after(world.kernel.moment(1.0), self.start)
        changes: Any = None
        from tests.faults.simulation.world import SETTINGS

        self._service = Service(
            database=world.store.opened(), storage=world.storage, settings=SETTINGS, changes=changes
        )

    def ask(
        self, request: Callable[[RequestContext], Coroutine[Any, Any, T]], told: Callable[[T], None] | None = None
    ) -> T:
        """The answer to a request. Raises NoAnswer, and what the service refuses with.

        `told` is called with each answer: to a request that came twice there are two.
        """
        world = self._world
        process, service = self._process, self._service
        assert process is not None and service is not None
        if process.is_dead:
            world.kernel.sleep(0.01)
            raise NoAnswer("no connection")
        answers: Any = primitives.SimpleQueue()

        def serve() -> None:
            try:
                answer = _driven(request(RequestContext(service, LOCAL_CALLER)))
                if told is not None:
                    told(answer)
                answers.put((answer, None))
            except DalsegnoError as error:
                answers.put((None, error))

        world.kernel.spawn(process, serve, "request")
        if world.faults.strikes("duplicate", "a request"):
            world.kernel.spawn(process, serve, "the same request")
        try:
            answer, error = answers.get(timeout=_PATIENCE)
        except primitives.queue.Empty:
            raise NoAnswer("no answer") from None
        if error is not None:
            raise error
        found: T = answer
        return found


def _driven(coroutine: Coroutine[Any, Any, T]) -> T:
    """Awaits nothing that is not ready: what waits here is the virtual thread."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise AssertionError("it waits for an event loop")


class Client:
    """Launches runs, has them re-executed, and cancels some."""

    def __init__(self, world: World, number: int) -> None:
        self.is_done = False
        self._world = world
        self._random = world.kernel.random
        self._name = f"client {number}"
        self._keys = 0
        self._process = world.kernel.process(self._name)
        self._process.own["is_immortal"] = True

    def start(self) -> None:
        """In a process of its own, which is never killed."""
        self._world.kernel.spawn(self._process, self._live)

    def _live(self) -> None:
        for _ in range(self._world.scenario.launches):
            self._world.kernel.sleep(self._random.random() * 2.0)
            self._follow(self._launch())
        self.is_done = True

    def _follow(self, run: Run | None) -> None:
        """A run and its re-executions."""
        for _ in range(2):
            if run is None:
                return
            if self._random.random() < self._world.scenario.cancels:
                self._world.kernel.sleep(self._random.random() ** 2 * 3.0)
                self._cancel(run.run_id)
            self._await_end(run.run_id)
            if self._random.random() < 0.3:
                return
            run = self._reexecute(run)

    def _await_end(self, run_id: str) -> None:
        while run_id in self._world.store.open_runs:
            self._world.kernel.sleep(0.1)

    def _launch(self) -> Run | None:
        name = self._random.choice(tuple(_SELECTIONS))
        retries = self._random.random() < self._world.scenario.retries
        tags = {MAX_RETRIES_TAG: "2"} if retries else None
        request = LaunchRequest(options=LaunchOptions(tags=tags), idempotency_key=self._key())
        return self._answered("launch", request, lambda context: launch(context, name, request), None)

    def _reexecute(self, parent: Run) -> Run | None:
        strategy = self._random.choice(tuple(ReexecutionStrategy))
        selection = self._random.choice(_SELECTIONS[parent.pipeline_name]) if strategy.needs_selection else None
        options = LaunchOptions(strategy=strategy, selection=None if selection is None else (selection,))
        previewed = self._previewed(parent.run_id, options) if self._random.random() < 0.7 else None
        if previewed is not None:
            self._damage(previewed)
            self._world.kernel.sleep(self._random.random() ** 3)
        request = LaunchRequest(
            options=options,
            idempotency_key=self._key(),
            plan_id=None if previewed is None else previewed.id,
        )
        return self._answered(
            "re-execute", request, lambda context: relaunch(context, parent.run_id, request), previewed
        )

    def _previewed(self, run_id: str, options: LaunchOptions) -> Plan | None:
        async def preview(context: RequestContext) -> Plan:
            return await plan_reexecution(context, await subject_of(context, run_id), options)

        try:
            return self._world.served.ask(preview)
        except (NoAnswer, DalsegnoError):
            return None

    def _damage(self, plan: Plan) -> None:
        """Something that the plan reuses, sometimes."""
        uris = [
            source.uri
            for step in plan.executed.values()
            for one in step.inputs
            for source in one.sources
            if source.uri in self._world.folder.files
        ]
        if uris and self._random.random() < self._world.scenario.damages:
            uri = self._random.choice(uris)
            assert uri is not None
            self._world.folder.damage(uri, is_deleted=self._random.random() < 0.5)

    def _cancel(self, run_id: str) -> None:
        for _ in range(_TRIES):
            try:
                self._world.served.ask(lambda context: cancel(context, run_id))
            except NoAnswer:
                self._world.kernel.sleep(_REST)
            except DalsegnoError as error:
                self._refused("cancel", error)
                if type(error).__name__ != "StoreUnavailableError":
                    return
            else:
                now = self._world.kernel.now
                self._world.journal.append(CancelAnswered(at=now, run_id=run_id, client=self._name))
                return

    def _answered(
        self,
        asked: str,
        request: LaunchRequest,
        make: Callable[[RequestContext], Coroutine[Any, Any, Run]],
        previewed: Plan | None,
    ) -> Run | None:
        def told(run: Run) -> None:
            self._world.journal.append(
                Answered(
                    at=self._world.kernel.now,
                    run_id=run.run_id,
                    client=self._name,
                    previewed=previewed,
                    idempotency_key=request.idempotency_key,
                )
            )

        # Without a key, asking again might launch it twice.
        for _ in range(_TRIES if request.idempotency_key is not None else 1):
            try:
                return self._world.served.ask(make, told)
            except NoAnswer as silent:
                self._refused(asked, silent)
                self._world.kernel.sleep(_REST)
            except DalsegnoError as error:
                self._refused(asked, error)
                if type(error).__name__ not in ("StoreUnavailableError", "PipelineNotFoundError"):
                    return None
                self._world.kernel.sleep(_REST)
        return None

    def _refused(self, asked: str, error: Exception) -> None:
        told = f"{type(error).__name__}: {error}"
        self._world.journal.append(Refused(at=self._world.kernel.now, client=self._name, asked=asked, error=told))

    def _key(self) -> str | None:
        if self._random.random() < 0.3:
            return None
        self._keys += 1
        return f"{self._name}, {self._keys}"


class Script:
    """Runs a pipeline in its own process, and re-executes it: no worker takes the run, and a crash abandons it."""

    def __init__(self, world: World, number: int) -> None:
        self.is_done = False
        self._world = world
        self._name = f"script {number}"

    def start(self) -> None:
        """Its process may be killed; then it has done."""
        process = self._world.mortal(self._name)
        process.own["may_fail"] = True
        process.on_end = self._end
        self._world.kernel.spawn(process, lambda: self._run(process))

    def _end(self, _how: str) -> None:
        self.is_done = True

    def _run(self, process: Process) -> None:
        from tests.faults.simulation.world import SETTINGS

        world, random = self._world, self._world.kernel.random
        world.kernel.sleep(random.random())
        instance = Instance(world.store.opened(), world.storage, SETTINGS)
        try:
            definition = world.author.repository(world.author.version).pipeline(random.choice(tuple(_SELECTIONS)))
            result = execute_pipeline(definition, instance=instance, observer=self._observe)
            if random.random() < 0.5:
                strategy = random.choice((ReexecutionStrategy.ALL_STEPS, ReexecutionStrategy.FROM_FAILURE))
                reexecute_pipeline(definition, result.run_id, strategy=strategy, instance=instance)
        except DalsegnoError as error:
            told = f"{type(error).__name__}: {error}"
            world.journal.append(Refused(at=world.kernel.now, client=self._name, asked="run", error=told))
        world.kernel.kill(process, "exit code 0")

    def _observe(self, *_: object) -> None:
        self._world.faults.at("within an observer")

"""A service, and workers that come and go, asked as clients ask; every answer is noted."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
from gql import Client as WebSocketClient
from gql import GraphQLRequest
from gql.transport.websockets import WebsocketsTransport

from dalsegno import Instance
from tests.contract.authors_code import CODE
from tests.contract.seen import Seen
from tests.contract.walk import documents, whole
from tests.end_to_end.service_processes import DALSEGNO, OPERATOR, VIEWER, Processes
from tests.waiting import until

ENDED = ("SUCCESS", "FAILURE", "CANCELED")
_STATUS = "query ($id: ID!) { run(id: $id) { status stepStats { stepKey status attempts { status } } } }"


class Stage:
    """One folder with pipelines, a database, a service on it."""

    def __init__(self, processes: Processes) -> None:
        self.processes = processes
        self.seen = Seen()
        self.write("1")
        processes.serve()

    def write(self, version: str) -> None:
        """The pipelines, with this code version of `load`."""
        self.processes.write(CODE.replace("VERSION", version))

    def file(self, name: str, *, there: bool) -> None:
        """A file by which steps are told what to do."""
        path = self.processes.folder / name
        if there:
            path.touch()
        else:
            path.unlink(missing_ok=True)

    def ask(self, operation: str, field: str, arguments: str = "") -> None:
        """Everything that a field of the root leads to."""
        for document in documents(operation, field, arguments):
            self.seen.note(operation, self.processes.ask(document))

    def call(self, operation: str, field: str, arguments: str, token: str = OPERATOR) -> Any:
        """What one operation gives: the root field's value, with its fields' own names."""
        document = whole(operation, field, arguments)
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.post(f"{self.processes.url}/graphql", json={"query": document}, headers=headers, timeout=30)
        found = answer.json()
        assert "errors" not in found, found["errors"]
        self.seen.note(operation, found["data"])
        return found["data"][field]

    def launched(self, field: str, arguments: str) -> str:
        """The id of the run that a mutation launches."""
        result = self.call("mutation", field, arguments)
        assert result["__typename"] == "LaunchRunSuccess", result
        run_id: str = result["LaunchRunSuccess__run"]["id"]
        return run_id

    def refused(self, error: str, operation: str, field: str, arguments: str, token: str = OPERATOR) -> None:
        """The operation is refused with this."""
        result = self.call(operation, field, arguments, token)
        assert result["__typename"] == error, result

    def until_run(self, run_id: str, what: str, is_so: Callable[[dict[str, Any]], object]) -> None:
        """The run comes to stand so; what it is seen as on its way is noted."""

        def looked_at() -> bool:
            data = self.processes.ask(_STATUS, id=run_id)
            self.seen.note("query", data)
            return bool(is_so(data["run"]))

        until(looked_at, what=f"run {run_id}: {what}")

    def until_status(self, run_id: str, *statuses: str) -> None:
        self.until_run(run_id, " or ".join(statuses), lambda run: run["status"] in statuses)

    def until_step(self, run_id: str, key: str, status: str) -> None:
        def is_so(run: dict[str, Any]) -> bool:
            return any(one["stepKey"] == key and one["status"] == status for one in run["stepStats"])

        self.until_run(run_id, f"{key} is {status}", is_so)

    def ended(self, run_id: str) -> str:
        """The run, once it has ended."""
        self.until_status(run_id, *ENDED)
        return run_id

    def subscribe(self, field: str, arguments: str, is_last: Callable[[Any], bool]) -> None:
        """What is told, until it is the last."""
        asyncio.run(self._subscribe(field, arguments, is_last))

    async def _subscribe(self, field: str, arguments: str, is_last: Callable[[Any], bool]) -> None:
        url = f"{self.processes.url.replace('http', 'ws', 1)}/graphql"
        transport = WebsocketsTransport(url=url, headers={"Authorization": f"Bearer {OPERATOR}"})
        async with WebSocketClient(transport=transport, fetch_schema_from_transport=False) as session:
            async for answer in session.subscribe(GraphQLRequest(whole("subscription", field, arguments))):
                self.seen.note("subscription", answer)
                if is_last(answer[field]):
                    return

    def script(self, *arguments: str) -> subprocess.Popen[bytes]:
        """The command in a process of its own, on the same database."""
        processes = self.processes
        command = [DALSEGNO, *arguments]
        return subprocess.Popen(
            command,
            cwd=processes.folder,
            env=processes.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def instance(self) -> Instance:
        """What scripts work with, on the same database."""
        environment = self.processes.environment
        return Instance.open(environment["DALSEGNO_DATABASE_URL"], storage_url=environment["DALSEGNO_STORAGE_URL"])


__all__ = ["ENDED", "OPERATOR", "VIEWER", "Stage"]

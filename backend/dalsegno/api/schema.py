"""The schema: what clients can ask for, in one piece."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version as version_of_distribution

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from dalsegno.api import enums as _enums  # noqa: F401 - gives the records' enums their descriptions
from dalsegno.api.bulks import HANDLERS, BulkMutations, BulkQueries
from dalsegno.api.comparison import ComparisonQueries
from dalsegno.api.fields import computed
from dalsegno.api.groups import GroupQueries
from dalsegno.api.launch import LaunchMutations, PlanQueries
from dalsegno.api.me import MeQueries
from dalsegno.api.operations import BoundedOperation, PublicErrors, log_unexpected, public_code
from dalsegno.api.pipelines import PipelineQueries
from dalsegno.api.relaunch import ListMutations
from dalsegno.api.run_lists import RunQueries
from dalsegno.api.scalars import SCALARS
from dalsegno.api.subscriptions import Subscription
from dalsegno.api.workers import WorkerQueries


@strawberry.type
class Query(
    PipelineQueries, RunQueries, GroupQueries, PlanQueries, ComparisonQueries, BulkQueries, WorkerQueries, MeQueries
):
    """What can be read."""

    @computed
    def version(self) -> str:
        """The service's version."""
        return _version()


@strawberry.type
class Mutation(LaunchMutations, ListMutations, BulkMutations):
    """What can be changed."""


class Schema(strawberry.Schema):
    """The schema, with errors logged in our way."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Called with what went wrong in an operation, before it is masked."""
        if execution_context is not None:
            for error in errors:
                execution_context.context.service.metrics.failed(public_code(error))
        log_unexpected(errors)


@cache
def schema() -> Schema:
    """The schema; made once."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        # Built for every operation, first to last: errors are made public last.
        extensions=[PublicErrors, BoundedOperation],
        config=StrawberryConfig(scalar_map=SCALARS),
        exception_handlers=HANDLERS,
    )


def export_schema() -> str:
    """The schema in GraphQL's language."""
    return f"{schema().as_str()}\n"


@cache
def _version() -> str:
    return version_of_distribution("dalsegno")

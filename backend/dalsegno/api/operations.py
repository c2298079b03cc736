"""What is done around every operation: it is bounded, parsed and validated once, and its errors are made public."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema, get_operation_ast, parse
from strawberry.extensions import MaskErrors, SchemaExtension
from strawberry.schema.schema import validate_document
from strawberry.types import ExecutionContext

from dalsegno.api.limits import MAX_CHARACTERS, MAX_TOKENS, excesses, too_long
from dalsegno.errors import DalsegnoError, StoreUnavailableError

_DOCUMENTS_KEPT = 512
_logger = logging.getLogger("dalsegno.api")

# Expected, but of no use to a client in our words: they name the database.
_OURS_ALONE = (StoreUnavailableError,)


class BoundedOperation(SchemaExtension):
    """Refuses what is too large, measures, and gives every operation loaders of its own.

    Those of a WebSocket share a context.
    """

    def on_operation(self) -> Iterator[None]:
        """Before anything is parsed."""
        context = self.execution_context
        context.parse_options["max_tokens"] = MAX_TOKENS
        context.context = context.context.anew()
        with context.context.service.metrics.operation() as operation:
            yield
            # A subscription lasts as long as its client likes.
            kind = _kind_of(context)
            operation.kind = kind if kind in ("query", "mutation") else None

    def on_parse(self) -> Iterator[None]:
        """A text that was parsed before is not parsed again."""
        context = self.execution_context
        if context.query and len(context.query) <= MAX_CHARACTERS:
            # What does not parse is left to be parsed, and refused, in the ordinary way.
            with suppress(GraphQLError):
                context.graphql_document = parsed(context.query)
        yield

    def on_validate(self) -> Iterator[None]:
        """A document that was validated before is not validated again."""
        context = self.execution_context
        if context.graphql_document is not None:
            schema, rules = context.schema._schema, context.validation_rules
            found = too_long(context.query) or validated(schema, context.graphql_document, rules)
            context.pre_execution_errors = list(found)
        yield


def _kind_of(context: ExecutionContext) -> str | None:
    """None of a document that was refused, or that has no such operation."""
    document = context.graphql_document
    found = document and get_operation_ast(document, context.operation_name)
    return found.operation.value if found else None


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def parsed(query: str) -> DocumentNode:
    """The document of a text. Raises GraphQLError."""
    return parse(query, max_tokens=MAX_TOKENS)


@lru_cache(maxsize=_DOCUMENTS_KEPT)
def validated(schema: GraphQLSchema, document: DocumentNode, rules: tuple[Any, ...]) -> tuple[GraphQLError, ...]:
    """What is wrong with a document."""
    return tuple(excesses(document) or validate_document(schema, document, rules))


class PublicErrors(MaskErrors):
    """Shows what a client can mend, with a code and its fields; of anything else only that it happened."""

    def __init__(self) -> None:
        super().__init__(should_mask_error=lambda error: not _is_of_graphql(error))

    def anonymise_error(self, error: GraphQLError) -> GraphQLError:
        """The error as a client may see it."""
        cause = error.original_error
        if is_expected(error) and isinstance(cause, DalsegnoError):
            message, extensions = cause.message, {"code": code_of(cause)}
        elif isinstance(cause, StoreUnavailableError):
            message = "The database can't be used at the moment; nothing was changed. Try again."
            extensions = {"code": code_of(cause)}
        else:
            message = "Something went wrong in the service; its log tells what. Nothing more can be said here."
            extensions = {"code": "INTERNAL"}
        return GraphQLError(message, error.nodes, error.source, error.positions, error.path, extensions=extensions)


def log_unexpected(errors: list[GraphQLError]) -> None:
    """Logs what a client is not shown, never the text of the query."""
    for error in errors:
        place = ".".join(map(str, error.path or ()))
        if isinstance(error.original_error, StoreUnavailableError):
            # It says all that there is to know, and comes with every request until that is mended.
            _logger.warning("resolving %s failed: %s", place or "an operation", error.original_error)
        elif not is_expected(error):
            _logger.error("resolving %s failed", place or "an operation", exc_info=error.original_error)


def public_code(error: GraphQLError) -> str:
    """By which clients, and metrics, tell errors apart."""
    if isinstance(error.original_error, DalsegnoError):
        return code_of(error.original_error)
    return "GRAPHQL" if _is_of_graphql(error) else "INTERNAL"


def is_expected(error: GraphQLError) -> bool:
    """The client can mend it."""
    if isinstance(error.original_error, DalsegnoError):
        return not isinstance(error.original_error, _OURS_ALONE)
    return _is_of_graphql(error)


def code_of(error: DalsegnoError) -> str:
    """Of a class's name: InvalidPageError is INVALID_PAGE."""
    name = type(error).__name__.removesuffix("Error")
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name).lstrip("_")


def _is_of_graphql(error: GraphQLError) -> bool:
    """Raised by the checks of the query and its variables, and written for who sent them."""
    return error.original_error is None or isinstance(error.original_error, GraphQLError)

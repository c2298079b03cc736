"""Queries that ask for every field of the contract, written by walking its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from graphql import (
    GraphQLAbstractType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
)

CONTRACT = build_schema((Path(__file__).parents[1] / "api" / "contract.graphql").read_text("utf-8"))
# Of fields that can't be asked for without them.
ARGUMENTS = {"Pipeline.selectSteps": '(selection: ["*"])', "Run.selectSteps": '(selection: ["*"])'}
# A type within this many others is shown by its own values alone: queries are bounded.
_DEEPEST = 3


def documents(operation: str, field: str, arguments: str) -> Iterator[str]:
    """Operations on one field of the root, which together ask for all that it leads to: one for each part of it.

    `arguments` are as they stand in the document: `id: "1"`.
    """
    root = _roots()[operation].fields[field]
    called = f"{field}({arguments})" if arguments else field
    for selection in _parts(root):
        yield f"{operation} {{ {called} {selection} }}"


def whole(operation: str, field: str, arguments: str) -> str:
    """One operation on one field of the root, with all but what lies deep within."""
    selection = _selection(get_named_type(_roots()[operation].fields[field].type), (), 1)
    return f"{operation} {{ {field}({arguments}) {selection} }}"


def object_types(schema: GraphQLSchema = CONTRACT) -> Iterator[GraphQLObjectType]:
    """All that have fields."""
    for one in schema.type_map.values():
        if is_object_type(one) and not one.name.startswith("__"):
            yield one


def members(abstract: GraphQLAbstractType) -> Iterator[GraphQLObjectType]:
    """The types that may stand for it."""
    yield from sorted(CONTRACT.get_possible_types(abstract), key=lambda one: one.name)


def _roots() -> Mapping[str, GraphQLObjectType]:
    roots = {
        "query": CONTRACT.query_type,
        "mutation": CONTRACT.mutation_type,
        "subscription": CONTRACT.subscription_type,
    }
    return {operation: one for operation, one in roots.items() if one is not None}


def _parts(root: GraphQLField) -> Iterator[str]:
    """Selections of what the field gives: its values, then each of its objects by itself."""
    kind = get_named_type(root.type)
    if is_leaf_type(kind):
        yield ""
        return
    if not isinstance(kind, GraphQLObjectType):
        yield _selection(kind, (), 3)
        return
    yield _selection(kind, (), 0)
    for name, one in kind.fields.items():
        inner = get_named_type(one.type)
        if not is_leaf_type(inner):
            yield f"{{ __typename {name}{_arguments(kind, name, one)} {_selection(inner, (kind.name,), _DEEPEST)} }}"


def _selection(kind: object, within: tuple[str, ...], levels: int) -> str:
    """All fields of a type; its objects so many levels deep, and none again that it is within."""
    if is_abstract_type(kind):
        parts = (f"... on {one.name} {_selection(one, within, levels)}" for one in members(kind))
        return f"{{ __typename {' '.join(parts)} }}"
    assert isinstance(kind, GraphQLObjectType)
    # Names by which the members of a union give values of different types stand apart.
    fields = ["__typename"]
    for name, one in kind.fields.items():
        inner = get_named_type(one.type)
        called = f"{_alias(kind, name)}{name}{_arguments(kind, name, one)}"
        if is_leaf_type(inner):
            fields.append(called)
        elif levels and inner.name not in within:
            fields.append(f"{called} {_selection(inner, (*within, kind.name), levels - 1)}")
    return f"{{ {' '.join(fields)} }}"


def _alias(kind: GraphQLObjectType, name: str) -> str:
    is_of_union = kind.name.endswith("Error") or kind.name.endswith("Success")
    return f"{kind.name}__{name}: " if is_of_union and name != "message" else ""


def _arguments(kind: GraphQLObjectType, name: str, field: GraphQLField) -> str:
    known = ARGUMENTS.get(f"{kind.name}.{name}", "")
    required = {argument for argument, one in field.args.items() if is_required_argument(one)}
    assert bool(required) <= bool(known), f"say what to ask {kind.name}.{name} for: {required}"
    return known

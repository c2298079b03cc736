"""Which fields of an object a query asks for, so that nothing else is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import strawberry
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode


def requested(info: strawberry.Info[Any, Any], *inside: str) -> frozenset[str]:
    """The names, as in GraphQL, of the fields asked for directly below the field being resolved; with `inside`, below
    those of its fields that have these names.
    """
    raw = info._raw_info
    nodes: Iterable[FieldNode] = raw.field_nodes
    if inside:
        nodes = [node for node in _below(nodes, raw.fragments) if node.name.value in inside]
    return frozenset(node.name.value for node in _below(nodes, raw.fragments))


def _below(nodes: Iterable[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]) -> Iterator[FieldNode]:
    spread: set[str] = set()
    for node in nodes:
        yield from _fields(node.selection_set, fragments, spread)


def _fields(
    selections: SelectionSetNode | None, fragments: Mapping[str, FragmentDefinitionNode], spread: set[str]
) -> Iterator[FieldNode]:
    for selection in selections.selections if selections else ():
        match selection:
            case FieldNode():
                yield selection
            case InlineFragmentNode():
                yield from _fields(selection.selection_set, fragments, spread)
            # Each fragment once: spread in each other they may double at every level.
            case FragmentSpreadNode() if selection.name.value not in spread:
                spread.add(selection.name.value)
                yield from _fields(fragments[selection.name.value].selection_set, fragments, spread)

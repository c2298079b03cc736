"""Which fields of an object a query asks for, so that nothing else is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode


def requested(info: strawberry.Info[Any, Any]) -> frozenset[str]:
    """The names, as in GraphQL, of the fields asked for directly below the field being resolved."""
    raw = info._raw_info
    names: set[str] = set()
    spread: set[str] = set()
    for node in raw.field_nodes:
        _collect(node.selection_set, raw.fragments, names, spread)
    return frozenset(names)


def _collect(
    selections: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    names: set[str],
    spread: set[str],
) -> None:
    for selection in selections.selections if selections else ():
        match selection:
            case FieldNode():
                names.add(selection.name.value)
            case InlineFragmentNode():
                _collect(selection.selection_set, fragments, names, spread)
            # Each fragment once: spread in each other they may double at every level.
            case FragmentSpreadNode() if selection.name.value not in spread:
                spread.add(selection.name.value)
                _collect(fragments[selection.name.value].selection_set, fragments, names, spread)

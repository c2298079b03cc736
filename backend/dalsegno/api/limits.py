"""How large a query may be: depth, aliases, tokens, characters."""

from __future__ import annotations

from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

MAX_DEPTH: Final = 12
MAX_ALIASES: Final = 30
MAX_TOKENS: Final = 2_000
MAX_CHARACTERS: Final = 64 * 1024
MAX_BODY_BYTES: Final = 1 << 20


def too_long(query: str | None) -> list[GraphQLError]:
    """What is wrong with a text that is too long to be kept for the next time."""
    if query is None or len(query) <= MAX_CHARACTERS:
        return []
    allowed = f"{MAX_CHARACTERS:,} are allowed. Give values as variables."
    return [GraphQLError(f"The query has {len(query):,} characters; {allowed}")]


def excesses(document: DocumentNode) -> list[GraphQLError]:
    """What in the document goes beyond the bounds; fields of the schema itself have no depth."""
    measured = _Measured(document)
    errors: list[GraphQLError] = []
    if measured.depth > MAX_DEPTH:
        errors.append(GraphQLError(f"The query is nested {measured.depth} levels deep; {MAX_DEPTH} are allowed."))
    if measured.aliases > MAX_ALIASES:
        errors.append(GraphQLError(f"The query has {measured.aliases} aliases; {MAX_ALIASES} are allowed."))
    return errors


class _Measured:
    """Each fragment is measured once, however often it is spread: they may double at every level."""

    def __init__(self, document: DocumentNode) -> None:
        self.aliases = 0
        self._fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self._depths: dict[str, int] = {}
        operations = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        self.depth = max((self._depth(one.selection_set) for one in operations), default=0)

    def _depth(self, selections: SelectionSetNode | None) -> int:
        deepest = 0
        for selection in selections.selections if selections else ():
            match selection:
                case FieldNode():
                    self.aliases += selection.alias is not None
                    if not selection.name.value.startswith("__"):
                        deepest = max(deepest, 1 + self._depth(selection.selection_set))
                case InlineFragmentNode():
                    deepest = max(deepest, self._depth(selection.selection_set))
                case FragmentSpreadNode():
                    deepest = max(deepest, self._depth_of_fragment(selection.name.value))
        return deepest

    def _depth_of_fragment(self, name: str) -> int:
        if name not in self._depths:
            # A fragment within itself is refused by the validation that follows.
            self._depths[name] = 0
            fragment = self._fragments.get(name)
            self._depths[name] = self._depth(fragment.selection_set) if fragment else 0
        return self._depths[name]

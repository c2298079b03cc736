"""What answers have shown of the contract: fields, values that are there, members of unions, values of enums."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_abstract_type,
    is_enum_type,
    is_interface_type,
    is_union_type,
)

from tests.contract.walk import CONTRACT, members, object_types


class Seen:
    """Notes answers; tells what was never in any."""

    def __init__(self) -> None:
        # "Type.field": asked for and answered; and answered by something other than null.
        self.fields: set[str] = set()
        self.values: set[str] = set()
        # "Union: Member" of each union that a field gave.
        self.members: set[str] = set()
        self.enum_values: set[str] = set()

    def note(self, operation: str, data: dict[str, Any]) -> None:
        """Take in the data of an answer."""
        root = {"query": CONTRACT.query_type, "mutation": CONTRACT.mutation_type}.get(
            operation, CONTRACT.subscription_type
        )
        assert root is not None
        self._object(root, data)

    def _object(self, kind: GraphQLObjectType, data: dict[str, Any]) -> None:
        for answered, value in data.items():
            name = answered.rpartition("__")[2]
            field = kind.fields.get(name)
            # What the project has added to the contract may be there as well.
            if field is None or answered == "__typename":
                continue
            self.fields.add(f"{kind.name}.{name}")
            if value is not None:
                self.values.add(f"{kind.name}.{name}")
                self._value(field.type, value)

    def _value(self, kind: Any, value: Any) -> None:
        if isinstance(kind, GraphQLNonNull):
            kind = kind.of_type
        if value is None:
            return
        if isinstance(kind, GraphQLList):
            for one in value:
                self._value(kind.of_type, one)
        elif is_enum_type(kind):
            self.enum_values.add(f"{kind.name}.{value}")
        elif is_abstract_type(kind):
            self.members.add(f"{kind.name}: {value['__typename']}")
            self._value(CONTRACT.type_map[value["__typename"]], value)
        elif isinstance(kind, GraphQLObjectType):
            self._object(kind, value)

    def unseen_fields(self) -> set[str]:
        """Never answered at all."""
        return {f"{kind.name}.{name}" for kind in object_types() for name in kind.fields} - self.fields

    def always_null(self) -> set[str]:
        """Never answered by anything but null."""
        nullable = {
            f"{kind.name}.{name}"
            for kind in object_types()
            for name, field in kind.fields.items()
            if not isinstance(field.type, GraphQLNonNull)
        }
        return nullable - self.values

    def unseen_members(self) -> set[str]:
        """Of unions, what none ever was."""
        unions = [one for one in CONTRACT.type_map.values() if is_union_type(one)]
        return {f"{union.name}: {one.name}" for union in unions for one in members(union)} - self.members

    def unseen_enum_values(self) -> set[str]:
        """Of enums that answers hold."""
        shown = {
            get_named_type(field.type).name
            for kind in object_types()
            for field in kind.fields.values()
            if is_enum_type(get_named_type(field.type))
        }
        kinds = [one for one in CONTRACT.type_map.values() if isinstance(one, GraphQLEnumType) and one.name in shown]
        return {f"{kind.name}.{value}" for kind in kinds for value in kind.values} - self.enum_values


def errors_of_the_contract() -> set[str]:
    """The types that implement Error."""
    (interface,) = [one for one in CONTRACT.type_map.values() if is_interface_type(one)]
    return {one.name for one in members(interface)}

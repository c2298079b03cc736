"""The schema: exported and current, and nothing that clients rely on is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, is_enum_type, is_input_object_type, is_introspection_type
from graphql.utilities import find_breaking_changes, find_dangerous_changes

from dalsegno.api.schema import export_schema

ROOT = Path(__file__).parents[2]
# What clients rely on. Fields, values and types may be added to it; what it has stays.
CONTRACT = Path(__file__).parent / "contract.graphql"


@pytest.fixture(scope="module")
def contract() -> GraphQLSchema:
    return build_schema(CONTRACT.read_text())


@pytest.fixture(scope="module")
def served() -> GraphQLSchema:
    return build_schema(export_schema())


def test_the_schema_file_at_the_root_is_the_one_that_the_code_exports():
    assert (ROOT / "schema.graphql").read_text() == export_schema(), "run ./run schema"


def test_nothing_of_the_contract_is_broken(contract, served):
    assert [change.description for change in find_breaking_changes(contract, served)] == []


def test_defaults_and_possible_types_are_those_of_the_contract(contract, served):
    assert [change.description for change in find_dangerous_changes(contract, served)] == []


def test_what_the_contract_describes_the_schema_describes_too(contract, served):
    described_there = dict(_descriptions(contract))
    described_here = dict(_descriptions(served))
    bare = {place for place in described_there if place in described_here and not described_here[place]}
    assert {place for place in bare if described_there[place]} == set()


def test_every_type_says_what_it_is(served):
    shown = [
        one
        for one in served.type_map.values()
        if not is_introspection_type(one) and one.name not in ("Query", "Mutation", "Subscription", *_GRAPHQLS_OWN)
    ]
    assert [one.name for one in shown if not one.description and not one.name.endswith("Result")] == []


_GRAPHQLS_OWN = ("String", "Int", "Float", "Boolean", "ID")


def _descriptions(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for one in schema.type_map.values():
        if is_introspection_type(one):
            continue
        yield one.name, one.description
        members = one.values if is_enum_type(one) else getattr(one, "fields", {})
        for name, member in members.items():
            yield f"{one.name}.{name}", member.description
            if not (is_enum_type(one) or is_input_object_type(one)):
                yield from ((f"{one.name}.{name}({arg})", value.description) for arg, value in member.args.items())

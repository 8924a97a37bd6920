"""What pydantic found wrong with a plan, in the project's words."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cache
from typing import Any, Final

from pydantic import ValidationError

from capacity.plan.faults import Fault
from capacity.plan.model import Plan
from capacity.plan.tree import Node

Schema = dict[str, Any]
Place = tuple[str | int, ...]

# In a list of fixed length, what is missing or too much is a fault of the list.
_OF_THE_LIST: Final = ("too_short", "too_long")


def validated(root: Node) -> tuple[Plan | None, list[Fault]]:
    """The plan of a tree, or what is wrong with it.

    A text is no number here, and true is not 1: in a plan, either is a mistake.
    """
    try:
        return Plan.model_validate_json(json.dumps(root.plain), strict=True), []
    except ValidationError as error:
        return None, [_fault(root, dict(one)) for one in error.errors()]


def _fault(root: Node, error: dict[str, Any]) -> Fault:
    place: Place = error["loc"]
    kind = error["type"]
    if kind == "missing" and isinstance(place[-1], int):
        place = place[:-1]
        kind = "too_short"
    node, rest = _found(root, place)
    field = ".".join(str(step) for step in (node.path, *rest) if step != "")
    return Fault(node.line, field, _message(kind, place, node, error))


def _found(root: Node, place: Place) -> tuple[Node, Place]:
    """The node at a place, or the last one on the way to it and what is left of the way."""
    node = root
    for at, step in enumerate(place):
        inner: Node | None = None
        if isinstance(node.value, dict):
            inner = node.value.get(str(step))
        elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
            inner = node.value[step]
        if inner is None:
            return node, place[at:]
        node = inner
    return node, ()


def _message(kind: str, place: Place, node: Node, error: dict[str, Any]) -> str:
    if kind == "extra_forbidden":
        return _unknown(str(place[-1]), _schema_at(place[:-1]))
    schema = _schema_at(place)
    if kind == "missing":
        return f"is missing; expected {_expected(schema)}"
    if kind == "value_error" and schema.get("type") == "object":
        return str(error["ctx"]["error"])
    return f"expected {_expected(schema)}, found {node.shown}"


def _unknown(name: str, schema: Schema) -> str:
    known = list(schema["properties"])
    if near := get_close_matches(name, known, n=1):
        return f'unknown field; did you mean "{near[0]}"?'
    return f"unknown field; the fields here are {', '.join(known)}"


@cache
def _plan_schema() -> Schema:
    return Plan.model_json_schema()


def _schema_at(place: Place) -> Schema:
    schema = _plan_schema()
    for step in place:
        if isinstance(step, str):
            schema = schema["properties"][step]
        elif "prefixItems" in schema:
            schema = schema["prefixItems"][min(step, len(schema["prefixItems"]) - 1)]
        else:
            schema = schema["items"]
        schema = _resolved(schema)
    return schema


def _resolved(schema: Schema) -> Schema:
    """Without references, and without the null that stands for a field that is left out."""
    for choice in schema.get("anyOf", ()):
        if choice.get("type") != "null":
            return _resolved(choice)
    if reference := schema.get("$ref"):
        found: Schema = _plan_schema()["$defs"][reference.rpartition("/")[2]]
        return found
    return schema


def _expected(schema: Schema) -> str:
    kind = schema.get("type")
    if "enum" in schema:
        return "one of " + ", ".join(schema["enum"])
    if kind == "object":
        return f"fields, such as {', '.join(schema.get('required') or schema['properties'])}"
    if "description" in schema:
        return str(schema["description"])
    if kind == "array":
        return _expected_list(schema)
    if kind == "string":
        longest = schema.get("maxLength")
        return f"a text of 1 to {longest} characters" if longest else "a text"
    if kind == "boolean":
        return "true or false"
    return " ".join(("a whole number" if kind == "integer" else "a number", *_bounds(schema)))


def _expected_list(schema: Schema) -> str:
    if "prefixItems" in schema:
        return f"a list of {len(schema['prefixItems'])}"
    return "a list of at least one" if schema.get("minItems") else "a list"


def _bounds(schema: Schema) -> Iterator[str]:
    if "minimum" in schema:
        yield f"from {_number(schema['minimum'])}"
    if "exclusiveMinimum" in schema:
        yield f"above {_number(schema['exclusiveMinimum'])}"
    if "maximum" in schema:
        yield f"{'to' if 'minimum' in schema else 'and up to'} {_number(schema['maximum'])}"
    if "exclusiveMaximum" in schema:
        yield f"and below {_number(schema['exclusiveMaximum'])}"


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:g}"

"""OpenAPI parts for endpoints that read their bodies themselves."""

from typing import Any

from covertype.schema import FEATURE_NAMES

from .schemas import EXAMPLE_ROW, ErrorAnswer, Observation

BODY_ERRORS: dict[int | str, dict[str, Any]] = {
    408: {"model": ErrorAnswer, "description": "The body did not arrive in time"},
    413: {"model": ErrorAnswer, "description": "The body is larger than MAX_BODY_BYTES"},
    415: {"model": ErrorAnswer, "description": "The body is not plain JSON"},
    422: {"model": ErrorAnswer, "description": "The body is not what this endpoint takes"},
    503: {"model": ErrorAnswer, "description": "No verified model is loaded yet"},
}


def json_body(schema: dict[str, Any]) -> dict[str, Any]:
    """A required JSON body with this schema, for a route's ``openapi_extra``."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def reference(model_name: str) -> dict[str, Any]:
    """A schema that points at one of the components."""
    return {"$ref": f"#/components/schemas/{model_name}"}


def invocation_schema(max_rows: int) -> dict[str, Any]:
    """MLflow's scoring protocol: an object with exactly one of four forms."""
    record = {**Observation.model_json_schema(), "additionalProperties": True}
    row = _array({"type": "number"}, len(FEATURE_NAMES), len(FEATURE_NAMES))
    records = _array(record, 1, max_rows)
    instances = {"oneOf": [records, _array(row, 1, max_rows)]}
    values = _array({"type": "number"}, 1, max_rows)
    columns = {
        "type": "object",
        "required": list(FEATURE_NAMES),
        "properties": dict.fromkeys(FEATURE_NAMES, values),
    }
    split = {
        "type": "object",
        "required": ["columns", "data"],
        "properties": {
            "columns": {"type": "array", "items": {"type": "string"}},
            "data": _array({"type": "array", "items": {}}, 1, max_rows),
        },
    }
    forms = {
        "dataframe_split": split,
        "dataframe_records": records,
        "instances": instances,
        "inputs": {"oneOf": [*instances["oneOf"], columns]},
    }
    return {
        "type": "object",
        "oneOf": [
            {"required": [name], "properties": {name: schema}} for name, schema in forms.items()
        ],
        "example": {
            "dataframe_split": {
                "columns": list(EXAMPLE_ROW),
                "data": [list(EXAMPLE_ROW.values())],
            }
        },
    }


def _array(items: dict[str, Any], low: int, high: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": low, "maxItems": high}

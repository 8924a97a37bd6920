"""One row over HTTP: what is answered, what is refused, and that nothing breaks the service."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covertype.schema import COVER_TYPES, FEATURE_NAMES, FEATURES
from tests.inference.conftest import Service
from tests.inference.models import sample_rows

ROW: dict[str, float] = dict(zip(FEATURE_NAMES, sample_rows(1)[0], strict=True))
LOW = {**ROW, "Elevation": 2000}
HIGH = {**ROW, "Elevation": 3000}


def post(service: Service, content: bytes) -> httpx.Response:
    headers = {"content-type": "application/json"}
    return service.client.post("/predict/", content=content, headers=headers)


def with_value(name: str, literal: str) -> bytes:
    """A row in which one feature's value is written as ``literal``."""
    parts = [f'"{key}": {literal if key == name else value}' for key, value in ROW.items()]
    return ("{" + ", ".join(parts) + "}").encode()


def test_answer_names_model_version_class_and_its_name(ready_service: Service) -> None:
    answer = ready_service.client.post("/predict/", json=LOW)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "model": "CovertypeModel",
        "version": "1",
        "prediction": 2,
        "cover_type": "Lodgepole Pine",
        "probability": 0.75,
    }
    assert ready_service.client.post("/predict/", json=HIGH).json()["cover_type"] == COVER_TYPES[1]


def test_keys_may_come_in_any_order(ready_service: Service) -> None:
    reordered = dict(reversed(LOW.items()))
    answer = ready_service.client.post("/predict/", json=reordered)
    assert answer.json()["prediction"] == 2


def test_path_without_slash_answers_without_redirect(ready_service: Service) -> None:
    answer = ready_service.client.post("/predict", json=LOW)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "literal", ["0", "-0.0", "1.5", "1e300", "-1e308", "12345678901234567890123456789", "1E-320"]
)
@pytest.mark.parametrize("name", ["Elevation", "Hillshade_3pm"])
def test_every_finite_number_is_accepted(ready_service: Service, name: str, literal: str) -> None:
    assert post(ready_service, with_value(name, literal)).status_code == 200


@given(
    values=st.lists(
        st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**300), 10**300),
        min_size=10,
        max_size=10,
    )
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_finite_row_gets_a_class(ready_service: Service, values: list[float]) -> None:
    row = dict(zip(FEATURE_NAMES, values, strict=True))
    answer = ready_service.client.post("/predict/", content=json.dumps(row))
    assert answer.status_code == 200
    assert answer.json()["cover_type"] == COVER_TYPES[answer.json()["prediction"]]


@pytest.mark.parametrize(
    ("literal", "kind"),
    [
        ("NaN", "finite_number"),
        ("Infinity", "finite_number"),
        ("-Infinity", "finite_number"),
        ("1e999", "finite_number"),
        ("9" * 400, "finite_number"),
        ('"12"', "float_type"),
        ('"\\u00e9"', "float_type"),
        ("true", "float_type"),
        ("null", "float_type"),
        ("[1]", "float_type"),
        ('{"a": 1}', "float_type"),
    ],
)
def test_bad_value_names_its_field_and_is_not_echoed(
    ready_service: Service, literal: str, kind: str
) -> None:
    answer = post(ready_service, with_value("Slope", literal))
    assert answer.status_code == 422
    (problem,) = answer.json()["detail"]
    assert problem["loc"] == ["body", "Slope"]
    assert problem["type"] == kind
    assert set(problem) == {"loc", "msg", "type"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b"3",
        b'"row"',
        b"{}{}",
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b'{"\\ud800": 1}',
        b'{"Slope": "\\udfff"}',
        b"[" * 100_000,
        b'{"a":' * 40_000,
        b'{"Slope":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"Slope":' + b"9" * 100_000 + b"}",
        b'{"' + b"k" * 200_000 + b'": 1}',
        json.dumps({f"key {number}": 1 for number in range(15_000)}).encode(),
        json.dumps(ROW).encode("utf-16"),
        bytes(range(256)),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_malformed_body_is_a_422(ready_service: Service, body: bytes) -> None:
    answer = post(ready_service, body)
    assert answer.status_code == 422
    assert answer.json()["detail"]
    assert len(answer.content) < 10_000


def test_missing_feature_is_named(ready_service: Service) -> None:
    row = {name: value for name, value in ROW.items() if name != "Aspect"}
    (problem,) = ready_service.client.post("/predict/", json=row).json()["detail"]
    assert problem == {"loc": ["body", "Aspect"], "msg": "Field required", "type": "missing"}


def test_unknown_key_is_named(ready_service: Service) -> None:
    answer = ready_service.client.post("/predict/", json={**ROW, "Soil_Type": 3})
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "Soil_Type"]


@pytest.mark.parametrize("first", ["1", "7.5", '"x"', "null", '{"Aspect": 1, "Aspect": 2}'])
def test_repeated_key_is_named(ready_service: Service, first: str) -> None:
    body = json.dumps(ROW).replace("{", f'{{"Slope": {first}, ', 1)
    answer = post(ready_service, body.encode())
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "Slope"]
    assert answer.json()["detail"][0]["type"] == "repeated_key"


def test_escaped_key_counts_as_the_key_that_it_spells(ready_service: Service) -> None:
    escaped = json.dumps(ROW).replace("Slope", "\\u0053lope")
    assert post(ready_service, escaped.encode()).status_code == 200
    repeated = escaped.replace("{", '{"Slope": 1, ', 1)
    assert post(ready_service, repeated.encode()).status_code == 422


def test_without_a_model_the_answer_is_a_503_that_asks_to_retry(
    start_service: Callable[..., Service],
) -> None:
    service = start_service()
    answer = service.client.post("/predict/", json=ROW)
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert "GET /model" in answer.json()["detail"]
    invalid = service.client.post("/predict/", json={})
    assert invalid.status_code == 422


def test_ranges_of_the_schema_are_not_limits(ready_service: Service) -> None:
    row: dict[str, Any] = {feature.name: feature.seen.high + 1000 for feature in FEATURES}
    assert ready_service.client.post("/predict/", json=row).status_code == 200

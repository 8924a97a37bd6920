"""MLflow's scoring protocol."""

import json
from typing import Any

import pytest

from covertype.schema import FEATURE_NAMES
from tests.inference.conftest import Service
from tests.inference.models import THRESHOLD, sample_rows

ROWS = sample_rows(5)
RECORDS = [dict(zip(FEATURE_NAMES, row, strict=True)) for row in ROWS]
COLUMNS = {name: [row[name] for row in RECORDS] for name in FEATURE_NAMES}
SPLIT = {"columns": list(FEATURE_NAMES), "data": ROWS}
EXPECTED = [2 if row[0] <= THRESHOLD else 1 for row in ROWS]


@pytest.mark.parametrize(
    "body",
    [
        {"dataframe_split": SPLIT},
        {"dataframe_split": {**SPLIT, "index": [0, 1, 2, 3, 4]}},
        {"dataframe_split": {
            "columns": ["Soil_Type", *reversed(FEATURE_NAMES)],
            "data": [["C7745", *reversed(row)] for row in ROWS],
        }},
        {"dataframe_records": RECORDS},
        {"dataframe_records": [{**dict(reversed(row.items())), "more": None} for row in RECORDS]},
        {"instances": RECORDS},
        {"instances": ROWS},
        {"inputs": RECORDS},
        {"inputs": ROWS},
        {"inputs": {**COLUMNS, "more": "x"}},
        {"inputs": ROWS, "params": {"any": "thing"}},
    ],
)  # fmt: skip
def test_every_form_gives_the_same_predictions(
    ready_service: Service, body: dict[str, Any]
) -> None:
    answer = ready_service.client.post("/invocations", json=body)
    assert answer.status_code == 200
    assert answer.json() == {"predictions": EXPECTED}


def changed(**values: Any) -> dict[str, Any]:
    return {**RECORDS[0], **values}


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ([], []),
        ({}, []),
        ({"rows": ROWS}, []),
        ({"inputs": ROWS, "instances": ROWS}, []),
        ({"dataframe_split": ROWS}, ["dataframe_split"]),
        ({"dataframe_split": {"data": ROWS}}, ["dataframe_split", "columns"]),
        ({"dataframe_split": {**SPLIT, "columns": [1]}}, ["dataframe_split", "columns"]),
        (
            {"dataframe_split": {**SPLIT, "columns": ["Slope"] * 2}},
            ["dataframe_split", "columns"],
        ),
        (
            {"dataframe_split": {"columns": list(FEATURE_NAMES[1:]), "data": []}},
            ["dataframe_split", "columns", "Elevation"],
        ),
        ({"dataframe_split": {**SPLIT, "data": [1]}}, ["dataframe_split", "data"]),
        ({"dataframe_split": {**SPLIT, "data": [[1]]}}, ["dataframe_split", "data", 0]),
        ({"dataframe_records": RECORDS[0]}, ["dataframe_records"]),
        ({"dataframe_records": [*RECORDS, {}]}, ["dataframe_records", 5, "Elevation"]),
        ({"dataframe_records": []}, ["dataframe_records"]),
        ({"dataframe_records": [RECORDS[0]] * 1001}, ["dataframe_records"]),
        ({"instances": 3}, ["instances"]),
        ({"instances": [ROWS[0], RECORDS[0]]}, ["instances"]),
        ({"instances": [ROWS[0], [1]]}, ["instances", 1]),
        ({"inputs": {**COLUMNS, "Slope": [1]}}, ["inputs"]),
        ({"inputs": {**COLUMNS, "Slope": 1}}, ["inputs"]),
        ({"inputs": {"Slope": [1]}}, ["inputs", "Elevation"]),
        ({"instances": [changed(Slope=None)]}, ["instances", 0, "Slope"]),
        ({"instances": [changed(Slope="1")]}, ["instances", 0, "Slope"]),
        ({"instances": [changed(Slope=True)]}, ["instances", 0, "Slope"]),
        ({"instances": [changed(Slope=float("nan"))]}, ["instances", 0, "Slope"]),
        ({"instances": [changed(Slope=10**400)]}, ["instances", 0, "Slope"]),
    ],
)
def test_bad_request_names_the_place(
    ready_service: Service, body: Any, loc: list[str | int]
) -> None:
    answer = ready_service.client.post("/invocations", content=json.dumps(body))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", *loc]


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 200_000, b'{"inputs": "\\ud800"}', b"\xff"])
def test_malformed_body_is_a_422(ready_service: Service, body: bytes) -> None:
    assert ready_service.client.post("/invocations", content=body).status_code == 422


def test_csv_is_a_415(ready_service: Service) -> None:
    answer = ready_service.client.post(
        "/invocations", content=b"a,b\n1,2", headers={"content-type": "text/csv"}
    )
    assert answer.status_code == 415


def test_ping_and_version(ready_service: Service) -> None:
    assert ready_service.client.get("/ping").status_code == 200
    version = ready_service.client.get("/version")
    assert version.headers["content-type"].startswith("text/plain")
    assert version.text == "3.17.2"

"""Many rows in one request."""

import json
from typing import Any

import pytest

from covertype.schema import COVER_TYPES, FEATURE_NAMES
from tests.inference.conftest import Service
from tests.inference.models import CLASSES, THRESHOLD, sample_rows


def rows(count: int) -> list[dict[str, float]]:
    return [dict(zip(FEATURE_NAMES, row, strict=True)) for row in sample_rows(count)]


@pytest.mark.parametrize("count", [1, 20, 65, 1000])
def test_answers_keep_the_order_of_the_rows(ready_service: Service, count: int) -> None:
    sent = rows(count)
    answer = ready_service.client.post("/predict/batch", json={"rows": sent})
    expected = [2 if row["Elevation"] <= THRESHOLD else 1 for row in sent]
    assert answer.json() == {
        "model": "CovertypeModel",
        "version": "1",
        "predictions": expected,
        "cover_types": [COVER_TYPES[label] for label in expected],
    }


def test_probabilities_come_when_asked_for(ready_service: Service) -> None:
    body = {"probabilities": True, "rows": rows(3)}
    answer = ready_service.client.post("/predict/batch", json=body).json()
    assert answer["classes"] == list(CLASSES)
    for label, row in zip(answer["predictions"], answer["probabilities"], strict=True):
        assert row[answer["classes"].index(label)] == 0.75
        assert sum(row) == pytest.approx(1, abs=1e-5)


def test_values_beyond_float32_are_clipped(ready_service: Service) -> None:
    sent = [{**rows(1)[0], "Elevation": value} for value in (1e300, -1e300)]
    answer = ready_service.client.post("/predict/batch", json={"rows": sent})
    assert answer.json()["predictions"] == [1, 2]


BAD: list[tuple[dict[str, Any], list[str | int], str]] = [
    ({"rows": []}, ["rows"], "too_short"),
    ({"rows": rows(1001)}, ["rows"], "too_long"),
    ({"rows": rows(1200)}, [], "too_many_names"),
    ({}, ["rows"], "missing"),
    ({"rows": rows(1), "probabilities": "yes"}, ["probabilities"], "bool_type"),
    ({"rows": rows(1), "more": 1}, ["more"], "extra_forbidden"),
    ({"rows": [*rows(2), {**rows(1)[0], "Slope": "3"}]}, ["rows", 2, "Slope"], "float_type"),
    ({"rows": [{**rows(1)[0], "Slope": float("nan")}]}, ["rows", 0, "Slope"], "finite_number"),
    ({"rows": [{**rows(1)[0], "More": 1}]}, ["rows", 0, "More"], "extra_forbidden"),
    ({"rows": [[1] * 10]}, ["rows", 0], "model_type"),
]


@pytest.mark.parametrize(("body", "loc", "kind"), BAD, ids=[f"{kind}{loc}" for _, loc, kind in BAD])
def test_bad_batch_names_the_place(
    ready_service: Service, body: dict[str, Any], loc: list[str | int], kind: str
) -> None:
    answer = ready_service.client.post("/predict/batch", content=json.dumps(body))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", *loc]
    assert answer.json()["detail"][0]["type"] == kind


def test_many_bad_rows_make_a_short_answer(ready_service: Service) -> None:
    answer = ready_service.client.post("/predict/batch", json={"rows": [{}] * 1000})
    assert answer.status_code == 422
    assert len(answer.content) < 5_000


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"rows": rows(3)}).replace('{"Elevation"', '{"Slope": 1, "Elevation"', 1),
        json.dumps({"rows": rows(1)}).replace("{", '{"rows": [], ', 1),
        json.dumps({"rows": rows(1), "probabilities": False}).replace(
            "{", '{"probabilities": true, ', 1
        ),
    ],
)
def test_repeated_key_is_a_422(ready_service: Service, body: str) -> None:
    answer = ready_service.client.post("/predict/batch", content=body)
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["type"] == "repeated_key"

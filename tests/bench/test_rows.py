"""Every target is asked about the same real rows, in the form that it takes."""

import json
from pathlib import Path

import pytest

from bench.bodies import FORMS, MLFLOW, OBJECT, OPEN_INFERENCE, Form
from bench.rows import ROWS, read_rows, write_bodies
from covertype.schema import FEATURE_NAMES, FEATURES
from tests.support.servers import REPO

PARQUET = REPO / "Data" / "covertype.parquet"
ROW = list(range(10))


def test_there_are_ten_thousand_different_rows_and_more() -> None:
    rows = read_rows(PARQUET)
    assert len(rows) == ROWS >= 10_000
    assert len({tuple(row) for row in rows}) == ROWS
    for row in rows[:1000]:
        assert all(value in feature.seen for value, feature in zip(row, FEATURES, strict=True))


def test_they_are_the_same_each_time() -> None:
    assert read_rows(PARQUET, 100) == read_rows(PARQUET, 100)


def test_rows_keep_their_order_in_every_form(tmp_path: Path) -> None:
    rows = read_rows(PARQUET, 20)
    sent = {
        form.name: [
            json.loads(line) for line in write_bodies(rows, form, tmp_path).read_text().splitlines()
        ]
        for form in FORMS
    }
    assert sent["object"] == [dict(zip(FEATURE_NAMES, row, strict=True)) for row in rows]
    assert sent["mlflow"] == [{"inputs": [row]} for row in rows]
    assert [body["inputs"][0]["data"] for body in sent["open-inference"]] == rows


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        (OBJECT, b'{"prediction": 5, "version": "1"}'),
        (MLFLOW, b'{"predictions": {"label": [5], "probabilities": [[0.5]]}}'),
        (OPEN_INFERENCE, b'{"outputs": [{"name": "prediction", "data": [5]}]}'),
    ],
)
def test_the_class_is_found_in_an_answer(form: Form, answer: bytes) -> None:
    assert form.label(answer) == 5
    for wrong in (b"", b"Internal Server Error", b"{}", b"[]", b"null", b'{"prediction": null}'):
        assert form.label(wrong) is None

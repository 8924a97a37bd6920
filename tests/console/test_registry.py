"""Figures are read from MLflow."""

import json
from collections.abc import Iterator

import pytest

from console.errors import AnswerError
from console.registry import Candidate, Champion, Registry
from console.web import Web
from tests.console.fake_web import FakeWeb

API = "/api/2.0/mlflow"


def tag(**pairs: object) -> list[dict[str, object]]:
    return [{"key": key, "value": value} for key, value in pairs.items()]


VERSION = {
    "version": "3",
    "run_id": "parent",
    "tags": tag(candidate="extra_trees", holdout_accuracy="0.92", holdout_macro_f1="0.86"),
}


@pytest.fixture
def mlflow() -> Iterator[FakeWeb]:
    children = [
        {
            "data": {
                "tags": [{"key": "mlflow.runName", "value": name}],
                "metrics": tag(accuracy=accuracy, macro_f1=accuracy / 2, other=1.0),
            }
        }
        for name, accuracy in (("tree", 0.8), ("extra_trees", 0.9))
    ]
    unfinished = {"data": {"tags": [{"key": "mlflow.runName", "value": "slow"}]}}
    answers: dict[str, tuple[int, object]] = {
        f"GET {API}/registered-models/alias": (200, {"model_version": VERSION}),
        f"GET {API}/runs/get": (
            200,
            {"run": {"info": {"experiment_id": "1", "artifact_uri": "mlflow-artifacts:/1/parent"}}},
        ),
        f"POST {API}/runs/search": (200, {"runs": [*children, unfinished]}),
        "GET /api/2.0/mlflow-artifacts/artifacts/1/parent/plots/a.png": (200, "picture"),
    }
    with FakeWeb(answers) as server:
        yield server


def test_reads_the_champion_and_its_rivals(mlflow: FakeWeb, web: Web) -> None:
    registry = Registry(mlflow.url, web)
    champion = registry.champion()
    assert champion == Champion("extra_trees", "3", "parent", 0.92, 0.86)
    assert registry.candidates(champion.run_id) == [
        Candidate("extra_trees", 0.9, 0.45),
        Candidate("tree", 0.8, 0.4),
    ]
    assert json.loads(mlflow.bodies[-1])["filter"] == "tags.`mlflow.parentRunId` = 'parent'"
    assert registry.artifact("parent", "plots/a.png") == b'"picture"'


def test_a_champion_without_scores_is_refused(mlflow: FakeWeb, web: Web) -> None:
    bare = {**VERSION, "tags": []}
    mlflow.answers[f"GET {API}/registered-models/alias"] = (200, {"model_version": bare})
    with pytest.raises(AnswerError, match="lacks the tag 'candidate'"):
        Registry(mlflow.url, web).champion()


def test_no_champion_and_no_server_are_explained(mlflow: FakeWeb, web: Web) -> None:
    mlflow.answers.clear()
    with pytest.raises(AnswerError, match="answered 404"):
        Registry(mlflow.url, web).champion()
    with pytest.raises(AnswerError, match="does not answer"):
        Registry("http://127.0.0.1:1", web).champion()

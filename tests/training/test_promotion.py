"""The gate, damaged files and rollbacks against a real MLflow server."""

from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from pipeline.errors import (
    CorruptArtifact,
    NoEligibleCandidate,
    UnknownVersion,
)
from pipeline.plan import Plan
from pipeline.promotion import promote, roll_back, rollback_target
from pipeline.registry import CHALLENGER, CHAMPION, Registry
from pipeline.settings import Settings
from tests.support.pipelines import registry as registry_state
from tests.training.steps import alter, train

LoadBatch = Callable[[int, int], None]
PlanFor = Callable[..., Plan]


def test_a_better_challenger_replaces_the_champion_and_a_worse_one_does_not(
    settings: Settings, mlflow_url: str, load_batch: LoadBatch, plan_for: PlanFor
) -> None:
    load_batch(1, 1)
    weak = plan_for("logistic_regression")
    assert promote(settings, weak, train(settings, weak)) == "1"
    strong = plan_for("extra_trees")
    assert promote(settings, strong, train(settings, strong)) == "2"
    weak_again = plan_for("logistic_regression", seed=7)
    assert promote(settings, weak_again, train(settings, weak_again)) == "2"
    assert registry_state(mlflow_url)["aliases"] == {CHAMPION: "2", CHALLENGER: "3"}
    reason = MlflowClient(mlflow_url).get_run(weak_again.parent_run).data.tags["gate"]
    assert "is below version 2's" in reason


def test_a_first_challenger_over_the_budget_fails_the_run(
    settings: Settings, load_batch: LoadBatch, plan_for: PlanFor
) -> None:
    load_batch(1, 1)
    plan = plan_for()
    version = train(settings, plan)
    tight = settings.model_copy(update={"max_onnx_mb": 1e-6})
    with pytest.raises(NoEligibleCandidate, match="there is no champion"):
        promote(tight, plan, version)


def test_an_altered_challenger_is_not_promoted(
    settings: Settings, mlflow_url: str, load_batch: LoadBatch, plan_for: PlanFor, artifacts: Path
) -> None:
    load_batch(1, 1)
    first = plan_for()
    promote(settings, first, train(settings, first))
    second = plan_for(seed=1)
    version = train(settings, second)
    alter(artifacts, "model.onnx")
    with pytest.raises(CorruptArtifact, match="its sha256 differs"):
        promote(settings, second, version)
    assert registry_state(mlflow_url)["aliases"][CHAMPION] == "1"


def test_a_server_that_fails_crowns_nobody(
    mlflow_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    nowhere = "http://127.0.0.1:9"
    with pytest.raises(MlflowException):
        Registry(MlflowClient(nowhere, nowhere)).version_of(CHAMPION)
    assert Registry(MlflowClient(mlflow_url, mlflow_url)).version_of(CHAMPION) is None


def test_a_damaged_version_is_registered_again_by_the_next_run(
    settings: Settings, load_batch: LoadBatch, plan_for: PlanFor, artifacts: Path
) -> None:
    load_batch(1, 1)
    plan = plan_for()
    train(settings, plan)
    alter(artifacts, "model.onnx")
    assert train(settings, plan) == "2"
    assert promote(settings, plan, "2") == "2"
    for path in artifacts.rglob("model.onnx"):
        path.unlink()
    assert train(settings, plan) == "3"
    assert train(settings, plan) == "3"


def test_a_server_that_fails_says_nothing_about_a_file(
    settings: Settings, load_batch: LoadBatch, plan_for: PlanFor, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_batch(1, 1)
    plan = plan_for()
    version = train(settings, plan)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    mlflow.set_tracking_uri("http://127.0.0.1:9")
    with pytest.raises(MlflowException):
        Registry(MlflowClient(str(settings.mlflow_tracking_uri))).load(version)


def test_an_altered_champion_does_not_block_its_successor(
    settings: Settings, load_batch: LoadBatch, plan_for: PlanFor, artifacts: Path
) -> None:
    load_batch(1, 1)
    first = plan_for("extra_trees")
    promote(settings, first, train(settings, first))
    alter(artifacts, "model.onnx")
    second = plan_for("logistic_regression")
    assert promote(settings, second, train(settings, second)) == "2"


def test_rolling_back(
    settings: Settings, mlflow_url: str, load_batch: LoadBatch, plan_for: PlanFor, artifacts: Path
) -> None:
    load_batch(1, 1)
    first = plan_for()
    promote(settings, first, train(settings, first))
    with pytest.raises(UnknownVersion, match="only one champion"):
        rollback_target(settings, "previous")
    second = plan_for("extra_trees")
    promote(settings, second, train(settings, second))

    def champion() -> str:
        return str(registry_state(mlflow_url)["aliases"][CHAMPION])

    target = rollback_target(settings, "previous")
    assert target == rollback_target(settings, "1") == "1"
    for _ in range(2):  # a task that is repeated does not go on to another version
        roll_back(settings, target)
        assert champion() == "1"
    with pytest.raises(UnknownVersion, match="name a version"):
        rollback_target(settings, "previous")  # would be forward

    # Training again does not undo what a person did; naming the version does.
    assert promote(settings, second, train(settings, second)) == "1"
    roll_back(settings, "2")
    assert champion() == "2"
    assert promote(settings, second, train(settings, second)) == "2"
    roll_back(settings, "1")
    with pytest.raises(UnknownVersion, match="no version 9"):
        roll_back(settings, "9")

    alter(artifacts, "model.onnx")  # the newest: version 2
    with pytest.raises(CorruptArtifact):
        roll_back(settings, "2")
    assert champion() == "1"

"""Training and registration against a real MLflow server."""

import json
from collections.abc import Callable
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from covertype import schema
from pipeline.dataset import load_split
from pipeline.errors import (
    NoData,
    NoEligibleCandidate,
    RegistryUnreachable,
)
from pipeline.plan import Plan
from pipeline.promotion import promote, roll_back
from pipeline.registry import CHAMPION, Registry
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.training import (
    cross_validate,
    select_winner,
    train_candidate,
)
from tests.support.pipelines import registry as registry_state
from tests.training.steps import train

LoadBatch = Callable[[int, int], None]
PlanFor = Callable[..., Plan]


def test_a_plan_without_rows_says_what_to_do(plan_for: PlanFor) -> None:
    with pytest.raises(NoData, match="run the DAG covertype_ingest first"):
        plan_for()


def test_mlflow_down_says_so_at_once(settings: Settings) -> None:
    nowhere = settings.model_copy(update={"mlflow_tracking_uri": "http://127.0.0.1:9"})
    with pytest.raises(RegistryUnreachable, match="check that it runs"):
        roll_back(nowhere, "1")


def test_a_run_logs_registers_and_promotes(
    settings: Settings, mlflow_url: str, load_batch: LoadBatch, plan_for: PlanFor
) -> None:
    load_batch(1, 1)
    load_batch(2, 1)
    plan = plan_for("decision_tree", "logistic_regression", "extra_trees")
    version = train(settings, plan)
    cross_validate(settings, plan, "extra_trees")
    assert promote(settings, plan, version) == version == "1"

    client = MlflowClient(mlflow_url, mlflow_url)
    parent = client.get_run(plan.parent_run)
    assert parent.info.status == "FINISHED"
    children = client.search_runs(
        [parent.info.experiment_id], f"tags.mlflow.parentRunId = '{plan.parent_run}'"
    )
    assert {child.data.tags["candidate"] for child in children} == set(plan.request.candidates)
    for child in children:
        assert child.info.status == "FINISHED"
        measured = {"accuracy", "macro_f1", "balanced_accuracy", "log_loss"}
        assert measured | {"fit_seconds", "onnx_mb", "row_us"} <= child.data.metrics.keys()
        assert child.data.params
    assert {"holdout_accuracy", "unseen_groups_accuracy", "row_us"} <= parent.data.metrics.keys()
    assert parent.data.params["data_fingerprint"] == plan.data_fingerprint
    plots = [each.path for each in client.list_artifacts(plan.parent_run, "plots")]
    assert plots == ["plots/confusion_matrix.png", "plots/per_class.png"]

    tags = client.get_model_version_by_alias(schema.MODEL_NAME, CHAMPION).tags
    assert {"onnx_sha256", "golden_sha256", "version_key", "mlflow_version"} <= tags.keys()
    assert tags["data_rows"] == str(plan.rows)
    assert tags["candidate"] == "extra_trees"


def test_the_registered_model_serves_through_mlflow_too(
    settings: Settings, load_batch: LoadBatch, plan_for: PlanFor
) -> None:
    load_batch(1, 1)
    plan = plan_for()
    version = train(settings, plan)
    uri = f"models:/{schema.MODEL_NAME}/{version}"
    info = mlflow.models.get_model_info(uri)
    assert info.signature is not None
    model = mlflow.pyfunc.load_model(uri)
    folder = Path(mlflow.artifacts.download_artifacts(uri))
    example = json.loads((folder / "input_example.json").read_text())
    assert tuple(example["columns"]) == schema.FEATURE_NAMES
    golden = json.loads((folder / "golden_rows.json").read_text())
    frame = pd.DataFrame(golden["rows"], columns=golden["features"], dtype=np.float32)
    assert model.predict(frame)["label"].tolist() == golden["predictions"]


def test_the_same_key_gives_the_same_version(
    settings: Settings, mlflow_url: str, load_batch: LoadBatch, plan_for: PlanFor
) -> None:
    load_batch(1, 1)
    plan = plan_for()
    promote(settings, plan, train(settings, plan))
    before = registry_state(mlflow_url)
    again = plan_for()
    assert again == plan
    promote(settings, again, train(settings, again))
    assert registry_state(mlflow_url) == before


def test_other_rows_or_params_give_another_key(load_batch: LoadBatch, plan_for: PlanFor) -> None:
    load_batch(1, 1)
    plans = [plan_for(), plan_for(seed=1), plan_for("extra_trees")]
    load_batch(1, 2)
    plans.append(plan_for())
    assert len({plan.key for plan in plans}) == len(plans)


def test_no_version_is_trained_on_the_holdout(
    settings: Settings, load_batch: LoadBatch, plan_for: PlanFor
) -> None:
    load_batch(1, 1)
    plan = plan_for()
    version = train(settings, plan)
    with Store(settings.data_db_url) as store:
        split = load_split(store, plan.batches, 0, 42)
    exported = Registry(MlflowClient()).load(version)
    seen = np.mean(exported.predict(split.development.features)[0] == split.development.labels)
    unseen = np.mean(exported.predict(split.holdout.features)[0] == split.holdout.labels)
    assert seen == 1  # a full-grown tree knows each row that it was fitted on
    assert unseen < 0.9


def test_a_candidate_over_the_budget_is_logged_but_not_selected(
    settings: Settings, mlflow_url: str, load_batch: LoadBatch, plan_for: PlanFor
) -> None:
    load_batch(1, 1)
    tight = settings.model_copy(update={"max_onnx_mb": 0.005})
    plan = plan_for("extra_trees", "logistic_regression")
    results = [train_candidate(tight, plan, name) for name in plan.request.candidates]
    assert select_winner(tight, plan, results).name == "logistic_regression"
    runs = registry_runs(mlflow_url)
    assert runs["extra_trees"] == "FINISHED"
    tighter = settings.model_copy(update={"max_onnx_mb": 1e-6})
    with pytest.raises(NoEligibleCandidate, match="Raise MAX_ONNX_MB"):
        select_winner(tighter, plan, results)
    assert registry_runs(mlflow_url)[f"training-{plan.key[:8]}"] == "FAILED"


def registry_runs(mlflow_url: str) -> dict[str, str]:
    client = MlflowClient(mlflow_url, mlflow_url)
    experiment = client.get_experiment_by_name("covertype")
    assert experiment is not None
    found = client.search_runs([experiment.experiment_id])
    return {run.info.run_name: run.info.status for run in found}

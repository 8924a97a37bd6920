"""Against a real MLflow server and a really registered ONNX model."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import mlflow
import mlflow.onnx
import pytest
from mlflow import MlflowClient

from covertype.schema import FEATURE_NAMES, MODEL_NAME
from tests.inference.conftest import Service
from tests.inference.models import golden_rows, sample_rows, tree_model
from tests.support.servers import mlflow_server

LOW = {**dict(zip(FEATURE_NAMES, sample_rows(1)[0], strict=True)), "Elevation": 2000}


def register(client: MlflowClient, low: int, folder: Path) -> str:
    """Log a model that predicts ``low`` for LOW, register it and make it the champion."""
    model = tree_model(low)
    golden = folder / "golden_rows.json"
    golden.write_bytes(golden_rows(model.SerializeToString()))
    with mlflow.start_run():
        info = mlflow.onnx.log_model(model, name="model", pip_requirements=["onnxruntime"])
    client.log_model_artifact(info.model_id, str(golden))
    location = client.get_logged_model(info.model_id).artifact_location
    stored = Path(mlflow.artifacts.download_artifacts(f"{location}/model.onnx"))
    version = client.create_model_version(
        MODEL_NAME,
        source=info.model_uri,
        model_id=info.model_id,
        tags={
            "onnx_sha256": hashlib.sha256(stored.read_bytes()).hexdigest(),
            "golden_sha256": hashlib.sha256(golden.read_bytes()).hexdigest(),
            "mlflow_version": mlflow.__version__,
        },
    )
    client.set_registered_model_alias(MODEL_NAME, "champion", version.version)
    return str(version.version)


def test_champion_of_a_real_registry_is_served(
    tmp_path: Path, start_service: Callable[..., Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false")  # starts in half the time
    with mlflow_server(tmp_path) as url:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
        mlflow.set_tracking_uri(url)
        client = MlflowClient(url, url)
        service = start_service(mlflow_tracking_uri=url, model_poll_seconds=0.2)
        assert service.client.post("/reload_models/").json()["reason"] == "no_champion"
        client.create_registered_model(MODEL_NAME)
        version = register(client, 5, tmp_path)
        service.wait_for(version)
        assert service.client.post("/predict/", json=LOW).json()["prediction"] == 5
        assert service.client.get("/version").text == mlflow.__version__
        client.delete_registered_model_alias(MODEL_NAME, "champion")
        assert service.client.post("/reload_models/").json()["reason"] == "no_champion"
    assert service.client.post("/predict/", json=LOW).json()["version"] == version

"""The model registry: versions with their digests, and the aliases that point at them.

A version is found by its training key before it is made. Its ONNX file is only ever
used after its sha256 was compared with the one registered.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mlflow
import mlflow.onnx
import numpy as np
import onnx
import pandas as pd
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST, ErrorCode
from mlflow.types import Schema, TensorSpec

from covertype import schema
from pipeline.dataset import Rows
from pipeline.errors import CorruptArtifact, UnknownVersion
from pipeline.export import OnnxModel, golden_rows
from pipeline.onnx_graph import LABEL, PROBABILITIES
from pipeline.tracking import KEY_TAG

CHAMPION, CHALLENGER = "champion", "challenger"
ONNX_FILE, GOLDEN_FILE = "model.onnx", "golden_rows.json"
ONNX_TAG, GOLDEN_TAG = "onnx_sha256", "golden_sha256"
PREVIOUS_TAG = "previous_champion"
DAMAGED = "damaged:"

_MEND = "Restore it from a backup, or run covertype_training: it makes a new version."


@dataclass(frozen=True, slots=True)
class Registry:
    """CovertypeModel in one MLflow server."""

    client: MlflowClient

    def find(self, key: str) -> str | None:
        """The version of a training key, if it was registered."""
        wanted = f"name = '{schema.MODEL_NAME}' and tags.{KEY_TAG} = '{key}'"
        found = self.client.search_model_versions(wanted)
        return min((str(each.version) for each in found), key=int, default=None)

    def register(
        self, key: str, run_id: str, model: OnnxModel, examples: Rows, tags: Mapping[str, object]
    ) -> str:
        """Store the file and make a version of it; the caller holds the lock.

        ``examples`` become the input example and the golden rows. The version appears
        with all its tags at once, and only after its files are stored.
        """
        golden = golden_rows(model, examples)
        model_id = self._store(run_id, model, golden, examples)
        self._ensure_model()
        version = self.client.create_model_version(
            schema.MODEL_NAME,
            source=f"models:/{model_id}",
            run_id=run_id,
            model_id=model_id,
            tags={
                KEY_TAG: key,
                ONNX_TAG: model.sha256,
                GOLDEN_TAG: hashlib.sha256(golden).hexdigest(),
                "mlflow_version": mlflow.__version__,
                **{name: str(value) for name, value in tags.items()},
            },
        )
        return str(version.version)

    def load(self, version: str) -> OnnxModel:
        """Download a version's ONNX file.

        Raises CorruptArtifact when it is missing or not the one that was registered, and
        MlflowException when the server fails, which says nothing about the file.
        """
        registered = self.get(version).tags.get(ONNX_TAG)
        uri = f"models:/{schema.MODEL_NAME}/{version}"
        stored = mlflow.artifacts.list_artifacts(artifact_uri=uri)
        if ONNX_FILE not in {each.path for each in stored}:
            raise CorruptArtifact(f"the model file of version {version} is missing. {_MEND}")
        with tempfile.TemporaryDirectory() as folder:
            path = mlflow.artifacts.download_artifacts(f"{uri}/{ONNX_FILE}", dst_path=folder)
            content = Path(path).read_bytes()
        if hashlib.sha256(content).hexdigest() != registered:
            raise CorruptArtifact(
                f"the model file of version {version} is not the one that was registered: its "
                f"sha256 differs, it was altered or damaged in the artifact store. {_MEND}"
            )
        return OnnxModel.load(content)

    def disown(self, version: str) -> None:
        """Take a damaged version's key away, so that training makes a sound one of it."""
        key = self.get(version).tags[KEY_TAG]
        self.client.set_model_version_tag(schema.MODEL_NAME, version, KEY_TAG, f"{DAMAGED}{key}")

    def get(self, version: str) -> ModelVersion:
        """A version's record. Raises UnknownVersion."""
        try:
            return self.client.get_model_version(schema.MODEL_NAME, version)
        except MlflowException as error:
            if _is_missing(error):
                raise UnknownVersion(
                    f"{schema.MODEL_NAME} has no version {version}; see its versions in MLflow"
                ) from error
            raise

    def version_of(self, alias: str) -> str | None:
        """The version that an alias points at, or None."""
        try:
            found = self.client.get_model_version_by_alias(schema.MODEL_NAME, alias)
        except MlflowException as error:
            # MLflow answers INVALID_PARAMETER_VALUE for an alias that is not set.
            if _is_missing(error) or "alias" in error.message:
                return None
            raise
        return str(found.version)

    def point(self, alias: str, version: str) -> None:
        """Point an alias at a version; for the champion, remember the one before."""
        current = self.version_of(alias)
        if current == version:
            return
        if alias == CHAMPION and current is not None:
            self.client.set_registered_model_tag(schema.MODEL_NAME, PREVIOUS_TAG, current)
        self.client.set_registered_model_alias(schema.MODEL_NAME, alias, version)

    def previous_champion(self) -> str:
        """The version that was champion before today's. Raises UnknownVersion."""
        try:
            tags = self.client.get_registered_model(schema.MODEL_NAME).tags
        except MlflowException as error:
            if not _is_missing(error):
                raise
            tags = {}
        if PREVIOUS_TAG not in tags:
            raise UnknownVersion(
                f"{schema.MODEL_NAME} has had only one champion: there is none to go back to"
            )
        return str(tags[PREVIOUS_TAG])

    def _store(self, run_id: str, model: OnnxModel, golden: bytes, examples: Rows) -> str:
        """Log the file as an MLflow model of the run; returns the model's id."""
        with mlflow.start_run(run_id=run_id):
            info = mlflow.onnx.log_model(
                onnx.load_from_string(model.content),
                name="model",
                signature=_signature(len(model.classes)),
                input_example=pd.DataFrame(
                    examples.features[:3], columns=list(schema.FEATURE_NAMES)
                ),
                metadata={"feature_names": list(schema.FEATURE_NAMES)},
                pip_requirements=["mlflow", "numpy", "onnx", "onnxruntime", "pandas"],
                onnx_execution_providers=["CPUExecutionProvider"],
                save_as_external_data=False,
            )
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, GOLDEN_FILE)
            path.write_bytes(golden)
            self.client.log_model_artifact(info.model_id, str(path))
        return str(info.model_id)

    def _ensure_model(self) -> None:
        try:
            self.client.get_registered_model(schema.MODEL_NAME)
        except MlflowException as error:
            if not _is_missing(error):
                raise
            self.client.create_registered_model(
                schema.MODEL_NAME,
                description=(
                    "Forest cover type from ten cartographic variables. The alias "
                    f"`{CHAMPION}` is served; `{CHALLENGER}` is the newest trained version."
                ),
            )


def _signature(classes: int) -> ModelSignature:
    # A tensor, not ten columns: for columns, MLflow's ONNX flavour flattens every output
    # into one column, which fails for probabilities. The names are in the metadata.
    return ModelSignature(
        inputs=Schema([TensorSpec(np.dtype(np.float32), (-1, len(schema.FEATURES)))]),
        outputs=Schema(
            [
                TensorSpec(np.dtype(np.int64), (-1,), LABEL),
                TensorSpec(np.dtype(np.float32), (-1, classes), PROBABILITIES),
            ]
        ),
    )


def _is_missing(error: MlflowException) -> bool:
    return bool(error.error_code == ErrorCode.Name(RESOURCE_DOES_NOT_EXIST))

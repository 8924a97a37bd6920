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
from mlflow.entities import RunStatus
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
REPLACED_TAG, ROLLED_BACK_TAG = "replaced_champion", "rolled_back"
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
        self._tag(version, KEY_TAG, f"{DAMAGED}{key}")

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
            aliases = self.client.get_registered_model(schema.MODEL_NAME).aliases
        except MlflowException as error:
            if _is_missing(error):
                return None
            raise
        return str(aliases[alias]) if alias in aliases else None

    def challenge(self, version: str) -> None:
        """Point `challenger` at a version."""
        self.client.set_registered_model_alias(schema.MODEL_NAME, CHALLENGER, version)

    def crown(self, version: str) -> None:
        """Point `champion` at a version; a version that is the champion already stays it."""
        before = self.version_of(CHAMPION)
        if before == version:
            return
        if before is not None:
            # Before the alias moves: a run that is killed in between has changed nothing.
            self._tag(version, REPLACED_TAG, before)
        self.client.set_registered_model_alias(schema.MODEL_NAME, CHAMPION, version)

    def fall_back(self, version: str) -> None:
        """Crown an earlier version, and keep today's champion from coming back by itself."""
        before = self.version_of(CHAMPION)
        if before is not None and before != version:
            self._tag(before, ROLLED_BACK_TAG, f"to version {version}")
        self._tag(version, ROLLED_BACK_TAG, "")  # whoever names it wants it
        self.crown(version)

    def is_rolled_back(self, version: str) -> bool:
        """Whether a person went back from this version and has not named it since."""
        return bool(self.get(version).tags.get(ROLLED_BACK_TAG))

    def previous_champion(self) -> str:
        """The version that today's champion replaced.

        Raises UnknownVersion when there is none, and when it was a rollback that replaced
        it: going on from there would be going forward.
        """
        champion = self.version_of(CHAMPION)
        previous = self.get(champion).tags.get(REPLACED_TAG) if champion else None
        if previous is None:
            raise UnknownVersion(
                f"{schema.MODEL_NAME} has had only one champion: there is none to go back to"
            )
        if self.is_rolled_back(previous):
            raise UnknownVersion(
                f"version {champion} is the champion since a rollback from version {previous}; "
                "to go further, name a version"
            )
        return previous

    def _tag(self, version: str, name: str, value: str) -> None:
        self.client.set_model_version_tag(schema.MODEL_NAME, version, name, value)

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
        # Leaving the block above has finished the run, and it goes on.
        self.client.update_run(run_id, RunStatus.to_string(RunStatus.RUNNING))
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

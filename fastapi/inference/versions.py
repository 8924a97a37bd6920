"""What the service knows about one registered version."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .errors import MissingTagsError, RegistryAnswerError

MODEL_FILE: Final = "model.onnx"
GOLDEN_FILE: Final = "golden_rows.json"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version of a registered model, with the sha256 (hex) of the files that are served."""

    name: str
    version: str
    onnx_sha256: str
    golden_sha256: str
    tags: Mapping[str, str]

    @property
    def checksums(self) -> dict[str, str]:
        """File name to sha256: all that is downloaded."""
        return {MODEL_FILE: self.onnx_sha256, GOLDEN_FILE: self.golden_sha256}

    @property
    def folder(self) -> str:
        """Folder name under the model's own: another file means another folder."""
        return f"{self.version}-{self.onnx_sha256[:12]}"

    @property
    def identity(self) -> tuple[str, str, str]:
        """Equal for two versions exactly when they serve the same files."""
        return (self.version, self.onnx_sha256, self.golden_sha256)

    @property
    def mlflow_version(self) -> str | None:
        """Version of the MLflow library that logged the model, when its tag says so."""
        return self.tags.get("mlflow_version")


def model_version(name: str, version: str, tags: Mapping[str, str]) -> ModelVersion:
    """Build a version from what a registry or a pointer file says; both may be wrong.

    Raises RegistryAnswerError when the version is no number (it becomes a folder's name),
    MissingTagsError when a checksum is not there.
    """
    if not _NUMBER.fullmatch(version):
        raise RegistryAnswerError(
            f"The registry's version is {version[:40]!r}, not a number: check MLFLOW_TRACKING_URI"
        )
    checksums = []
    for key in ("onnx_sha256", "golden_sha256"):
        value = tags.get(key, "")
        if not _SHA256.fullmatch(value):
            raise MissingTagsError(
                f"Version {version} of {name} has no valid tag {key}: register it through the "
                "training pipeline, which sets the tag"
            )
        checksums.append(value)
    return ModelVersion(name, version, checksums[0], checksums[1], dict(tags))

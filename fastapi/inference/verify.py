"""Proves that a downloaded version is the registered one and still predicts as it did."""

from pathlib import Path
from typing import Annotated, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from covertype.schema import FEATURE_NAMES

from .errors import (
    ArtifactMissingError,
    ChecksumError,
    GoldenRowsError,
    StoreError,
    VersionRefusedError,
)
from .files import sha256_of
from .memory import release_unused
from .model import ServedModel
from .versions import GOLDEN_FILE, MODEL_FILE, ModelVersion

PROBABILITY_TOLERANCE: Final = 1e-4

_Row = Annotated[
    list[FiniteFloat], Field(min_length=len(FEATURE_NAMES), max_length=len(FEATURE_NAMES))
]


class _GoldenRows(BaseModel):
    """Rows with the answers that the registered file gave for them."""

    model_config = ConfigDict(strict=True)

    features: list[str]
    rows: Annotated[list[_Row], Field(min_length=1)]
    predictions: list[int]
    probabilities: list[list[FiniteFloat]]


def load_verified(folder: Path, version: ModelVersion) -> ServedModel:
    """Load a version from its folder and check everything about it. Blocks for up to seconds.

    Raises ArtifactMissingError or ChecksumError when a file is gone or differs,
    InvalidModelError, SignatureError or GoldenRowsError when the version itself is at fault,
    StoreError when the folder cannot be read.
    """
    try:
        return _load(folder, version)
    except VersionRefusedError as error:
        # A new one without the traceback, whose frames would keep the refused model from
        # being freed before its memory is released.
        refusal = type(error)(str(error))
    finally:
        release_unused()
    raise refusal


def _load(folder: Path, version: ModelVersion) -> ServedModel:
    for name, sha256 in version.checksums.items():
        check_file(folder / name, sha256)
    model = ServedModel.load(folder / MODEL_FILE)
    check_golden_rows(model, _read(folder / GOLDEN_FILE))
    return model


def check_file(path: Path, sha256: str) -> None:
    """Raise ChecksumError unless the file has that sha256."""
    try:
        found = sha256_of(path)
    except FileNotFoundError as error:
        raise ArtifactMissingError(f"{path} is missing") from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error}): check its permissions") from error
    if found != sha256:
        raise ChecksumError(
            f"{path.name} has the sha256 {found[:12]}..., the registry says {sha256[:12]}...: "
            "register the version again if its artifact was replaced"
        )


def check_golden_rows(model: ServedModel, content: bytes) -> None:
    """Predict the golden rows and compare with the registered answers.

    Raises GoldenRowsError, or InvalidModelError when the model cannot run at all.
    """
    try:
        golden = _GoldenRows.model_validate_json(content)
    except ValidationError as error:
        raise GoldenRowsError(f"{GOLDEN_FILE} is malformed: {error.errors()[0]['msg']}") from error
    if golden.features != list(FEATURE_NAMES):
        raise GoldenRowsError(f"{GOLDEN_FILE} lists other features than the schema")
    labels, probabilities = model.try_predict(np.array(golden.rows, dtype=np.float32))
    wanted_shape = (len(golden.rows), len(model.classes))
    if probabilities.shape != wanted_shape or labels.shape != wanted_shape[:1]:
        raise GoldenRowsError(
            f"The model answers {probabilities.shape} probabilities, not {wanted_shape}"
        )
    if labels.tolist() != golden.predictions:
        raise GoldenRowsError("The model predicts other classes for the golden rows")
    if {len(row) for row in golden.probabilities} != {len(model.classes)} or len(
        golden.probabilities
    ) != len(golden.rows):
        raise GoldenRowsError(f"{GOLDEN_FILE} has not one probability for each class and row")
    difference = np.abs(probabilities - np.array(golden.probabilities))
    if not bool((difference <= PROBABILITY_TOLERANCE).all()):  # NaN fails too
        raise GoldenRowsError("The model gives other probabilities for the golden rows")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read ({error}): check its permissions") from error

"""The service's settings: one typed class, read from the environment."""

import tempfile
from pathlib import Path
from typing import Literal

from pydantic import Field, HttpUrl, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from covertype.schema import MODEL_NAME

MEBIBYTE = 1024 * 1024


class Settings(BaseSettings):
    """Every value that a person may change. The environment variable is the field's name."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    mlflow_tracking_uri: HttpUrl = Field(
        HttpUrl("http://127.0.0.1:5001"),
        description="address of the MLflow server that holds the registry",
    )
    model_name: str = Field(
        MODEL_NAME,
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$",  # it is also a folder's name
        description="registered model to serve",
    )
    model_alias: str = Field("champion", min_length=1, description="alias of the version to serve")
    models_dir: Path = Field(
        Path("out/models"),
        description="folder that keeps verified versions; processes and replicas may share it",
    )
    models_kept: int = Field(
        3, ge=1, description="newest versions to keep in MODELS_DIR besides those in use"
    )
    model_poll_seconds: float = Field(
        2, gt=0, le=5, description="seconds between two looks at the registry"
    )
    registry_timeout_seconds: float = Field(
        5, gt=0, le=60, description="seconds that one question to the registry may take"
    )
    download_timeout_seconds: float = Field(
        120,
        gt=0,
        allow_inf_nan=False,
        description="seconds that the download of one version may take",
    )
    max_body_bytes: int = Field(MEBIBYTE, ge=1024, description="largest request body, in bytes")
    body_timeout_seconds: float = Field(
        4,
        gt=0,
        allow_inf_nan=False,
        description="seconds within which a request's whole body must arrive",
    )
    max_batch_rows: int = Field(
        1000, ge=1, description="largest number of rows in one batch request"
    )
    max_model_bytes: int = Field(
        256 * MEBIBYTE,
        ge=1024,
        description="largest model file to download, in bytes: a guard, far above MAX_ONNX_MB",
    )
    runtime_dir: Path = Field(
        Path(tempfile.gettempdir()) / "covertype-inference",
        description="folder where the worker processes of one service note what they serve; "
        "two services on one machine need one each",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = Field(
        "INFO", description="least severe log lines to write"
    )


def explain(error: ValidationError) -> str:
    """Say, in one line for each, which environment variables are wrong and why."""
    lines = [
        f"  {'.'.join(str(part) for part in item['loc']).upper()}={item['input']!r}: {item['msg']}"
        for item in error.errors()
    ]
    return "\n".join(["Correct these environment variables and start again:", *lines])

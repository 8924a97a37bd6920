"""The pipeline's settings, read from the environment."""

from typing import Annotated

from pydantic import Field, HttpUrl, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipeline.errors import BadSettings


class Settings(BaseSettings):
    """Where the pipeline's neighbours are, and the limits that it works within."""

    model_config = SettingsConfigDict(frozen=True)

    data_db_url: Annotated[
        str,
        Field(description="SQLAlchemy URL of the data store: sqlite:///... or mysql+pymysql://"),
    ]
    random_data_api_url: Annotated[HttpUrl, Field(description="Base URL of the random-data API")]
    mlflow_tracking_uri: Annotated[HttpUrl, Field(description="Base URL of the MLflow server")]
    serving_url: Annotated[
        HttpUrl,
        Field(description="Base URL of inference; its host name may stand for many replicas"),
    ]
    max_onnx_mb: Annotated[
        float, Field(gt=0, description="Serving budget: largest model file, in megabytes")
    ]
    max_row_us: Annotated[
        float,
        Field(gt=0, description="Serving budget: microseconds for one varied row on one thread"),
    ]
    rollout_timeout_seconds: Annotated[
        float, Field(gt=0, description="How long a rollout waits for every serving process")
    ] = 60
    fetch_timeout_seconds: Annotated[
        float, Field(gt=0, description="Longest silence of the random-data API in one request")
    ] = 30
    fetch_attempts: Annotated[
        int, Field(ge=1, description="Tries for one batch before its task fails")
    ] = 4
    fetch_backoff_seconds: Annotated[
        float, Field(ge=0, description="Pause before the second try; doubles with each further one")
    ] = 0.5


def read_settings() -> Settings:
    """The settings of this process. Raises BadSettings, naming each variable at fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = [f"{fault['loc'][0]}".upper() + f": {fault['msg']}" for fault in error.errors()]
        raise BadSettings(f"correct the environment: {'; '.join(faults)}") from error

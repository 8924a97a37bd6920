"""Settings of the random-data API, read from environment variables of the same names."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

REPO_DATA_DIR: Final = Path(__file__).resolve().parents[2] / "Data"


class DataSource(StrEnum):
    """Where the rows come from."""

    REAL = "real"
    SIMULATED = "simulated"


LevelName = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]


def _in_any_case(value: Any) -> Any:
    known = isinstance(value, str) and value.upper() in get_args(LevelName)
    return value.upper() if known else value


LogLevel = Annotated[LevelName, BeforeValidator(_in_any_case)]


class Settings(BaseSettings):
    """Every value that a person may change. An empty variable means the default."""

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    data_source: DataSource = Field(
        default=DataSource.REAL,
        description="real: the rows of a file in DATA_DIR; simulated: rows drawn by a generator",
    )
    data_seed: int = Field(
        default=42,
        ge=0,
        description="Seed of the permutation that cuts a group into batches, and of the generator",
    )
    min_update_time: float = Field(
        default=300,
        ge=0,
        allow_inf_nan=False,
        description="Seconds after which a group's next request opens its next batch",
    )
    data_dir: Path = Field(
        default=REPO_DATA_DIR,
        description="Folder with covertype.parquet and simulator.json; a covertype.csv there is "
        "used instead of the Parquet file",
    )
    state_file: Path = Field(
        default=Path("out/random-data-api/state.json"),
        description="File that keeps each group's clock over a restart; its folder is made",
    )
    log_level: LogLevel = Field(default="INFO", description="Least severe level that is logged")


def explain(error: ValidationError) -> str:
    """Say in one line a setting which environment variables are wrong, and why."""
    lines = [
        f"  {'.'.join(str(part) for part in item['loc']).upper()}={item['input']!r}: {item['msg']}"
        for item in error.errors()
    ]
    return "\n".join(["Correct these environment variables and start again:", *lines])

"""The values of .env, which the process environment overrides."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from dotenv.parser import parse_stream
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from demo.errors import SettingsError

_SECONDS = {"h": 3600, "m": 60, "s": 1}


class Settings(BaseModel):
    """What the demo itself reads; the other values pass through to the programs.

    A value of the wrong kind is found here, before anything is started.
    """

    model_config = ConfigDict(frozen=True)

    locust_users: Annotated[int, Field(ge=1, description="Users of the load test")]
    locust_spawn_rate: Annotated[float, Field(gt=0, description="Users started each second")]
    locust_max_failure_ratio: Annotated[
        float, Field(ge=0, le=1, description="A larger share of failed requests fails the run")
    ]
    locust_max_p95_ms: Annotated[
        float, Field(gt=0, description="A higher 95th percentile fails the run, in milliseconds")
    ]
    locust_run_time: Annotated[
        str,
        Field(
            pattern=r"^(\d+|(\d+h)?(\d+m)?(\d+s)?)$",
            min_length=1,
            description="Length of the load test, such as 20s or 1m30s",
        ),
    ]
    rollout_timeout_seconds: Annotated[
        float, Field(gt=0, description="How long inference may take to serve a new champion")
    ]

    @field_validator("locust_run_time")
    @classmethod
    def _ends(cls, text: str) -> str:
        if not re.search("[1-9]", text):
            raise ValueError("must be longer than 0 s: for Locust, 0 means without end")
        return text

    @property
    def run_seconds(self) -> int:
        """Length of the load test in seconds."""
        return sum(
            int(number) * _SECONDS[unit or "s"]
            for number, unit in re.findall(r"(\d+)([hms]?)", self.locust_run_time)
        )

    @classmethod
    def of(cls, values: Mapping[str, str]) -> "Settings":
        """Read the settings.

        Raises:
            SettingsError: a value is missing or of the wrong kind.
        """
        wanted = {name: values[name.upper()] for name in cls.model_fields if name.upper() in values}
        try:
            return cls.model_validate(wanted)
        except ValidationError as error:
            faults = [
                f"{str(fault['loc'][0]).upper()}: {fault['msg']}, found {fault['input']!r}"
                if fault["type"] != "missing"
                else f"{str(fault['loc'][0]).upper()}: missing"
                for fault in error.errors()
            ]
            raise SettingsError("correct these settings in .env: " + "; ".join(faults)) from error


def read_values(path: Path, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The keys of an env file, each with the value of ``environment`` where that has one.

    Raises:
        SettingsError: there is no such file, or a line of it is no ``KEY=value``.
    """
    if not path.is_file():
        raise SettingsError(f"{path} is missing: restore it with `git checkout {path.name}`")
    values: dict[str, str] = {}
    with path.open(encoding="utf-8") as lines:
        for binding in parse_stream(lines):
            if binding.error or (binding.key is not None and binding.value is None):
                line, text = binding.original.line, binding.original.string.strip()
                raise SettingsError(f"{path.name}, line {line}: expected KEY=value, found {text!r}")
            if binding.key is not None and binding.value is not None:
                values[binding.key] = environment.get(binding.key, binding.value)
    return values

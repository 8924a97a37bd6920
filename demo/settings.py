"""The values of .env, which the process environment overrides."""

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv.parser import parse_stream
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from demo.errors import SettingsError
from demo.schedule import is_schedule

_SECONDS = {"h": 3600, "m": 60, "s": 1}
_RUN_TIME = re.compile(r"[0-9]+|(?=[0-9])([0-9]+h)?([0-9]+m)?([0-9]+s)?")


def _run_time(text: str) -> str:
    if not _RUN_TIME.fullmatch(text) or not re.search("[1-9]", text):
        raise ValueError("for Locust, 0 means without end")
    return text


def _schedule(text: str) -> str:
    if not is_schedule(text):
        raise ValueError("Airflow cannot read it")
    return text


def _none_if_empty(text: Any) -> Any:
    return None if text == "" else text


# A kind of value; the description is what a message expects of it.
_Count = Annotated[int, Field(ge=1, description="a whole number from 1")]
_Seed = Annotated[int, Field(ge=0, description="a whole number from 0")]
_BodyBytes = Annotated[int, Field(ge=1024, description="a whole number from 1024")]
_Number = Annotated[float, Field(gt=0, allow_inf_nan=False, description="a number above 0")]
_Delay = Annotated[float, Field(ge=0, allow_inf_nan=False, description="a number from 0")]
_Poll = Annotated[float, Field(gt=0, le=5, description="a number above 0, at most 5")]
_Source = Annotated[Literal["real", "simulated"], Field(description="`real` or `simulated`")]
_RunTime = Annotated[
    str,
    AfterValidator(_run_time),
    Field(description="a length above 0 s, such as 20s or 1m30s"),
]
_Schedule = Annotated[
    str,
    AfterValidator(_schedule),
    Field(description="a preset such as @once or @hourly, or a cron expression of 5 fields"),
]
_Share = Annotated[
    Annotated[float, Field(ge=0, le=1)] | None,
    BeforeValidator(_none_if_empty),
    Field(description="a number from 0 to 1, or nothing for no limit"),
]
_Milliseconds = Annotated[
    Annotated[float, Field(gt=0, allow_inf_nan=False)] | None,
    BeforeValidator(_none_if_empty),
    Field(description="a number above 0, or nothing for no limit"),
]


class Settings(BaseModel):
    """The keys of .env, each with its kind of value.

    Each program reads its own values from its environment. They are checked here as well,
    so that a mistake is found before anything is started, and not by the last program.
    """

    model_config = ConfigDict(frozen=True)

    data_source: _Source
    data_seed: _Seed
    min_update_time: _Delay
    ingest_schedule: _Schedule
    max_onnx_mb: _Number
    max_row_us: _Number
    rollout_timeout_seconds: _Number
    model_poll_seconds: _Poll
    max_body_bytes: _BodyBytes
    max_batch_rows: _Count
    locust_users: _Count
    locust_spawn_rate: _Number
    locust_run_time: _RunTime
    locust_max_failure_ratio: _Share
    locust_max_p95_ms: _Milliseconds

    @property
    def run_seconds(self) -> int:
        """Length of the load test in seconds."""
        return sum(
            int(number) * _SECONDS[unit or "s"]
            for number, unit in re.findall(r"([0-9]+)([hms]?)", self.locust_run_time)
        )

    @classmethod
    def of(
        cls, values: Mapping[str, str], environment: Mapping[str, str] = os.environ
    ) -> "Settings":
        """Check the values of `read_values`.

        Raises:
            SettingsError: a key is unknown or missing, or a value of the wrong kind.
        """
        names = {name.upper(): name for name in cls.model_fields}
        faults = [_unknown(key, list(names)) for key in values if key not in names]
        try:
            settings = cls.model_validate(
                {name: values[key] for key, name in names.items() if key in values}
            )
        except ValidationError as error:
            wrong = dict.fromkeys(str(fault["loc"][0]) for fault in error.errors())
            for key in (name.upper() for name in wrong):
                expected = cls.model_fields[key.lower()].description
                if key not in values:
                    faults.append(f".env: {key} is missing: expected {expected}")
                else:
                    origin = "environment variable" if key in environment else ".env:"
                    found = values[key]
                    faults.append(f"{origin} {key}: expected {expected}; found {found!r}")
        if faults:
            raise SettingsError("correct the settings: " + "; ".join(faults))
        return settings


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key.upper(), known, n=1)
    hint = f"did you mean {near[0]}" if near else f"expected one of {', '.join(known)}"
    return f".env: unknown key {key}: {hint}"


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

"""Kinds of values in .env. The description of each is what a message expects of it."""

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic.fields import FieldInfo

from console.schedule import is_schedule

_RUN_TIME = re.compile(r"[0-9]+|(?=[0-9])([0-9]+h)?([0-9]+m)?([0-9]+s)?")
_WAIT = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:-([0-9]+(?:\.[0-9]+)?))?")
_MEMORY = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,3})?)([kmg]?)b?", re.IGNORECASE)
_MEMORY_UNITS = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_LEAST_MEMORY = 100 * 2**20
# HAProxy reads a number without a unit as milliseconds.
_DURATION = re.compile(r"([0-9]{1,12})(us|ms|s|m|h|d|)")
_MICROSECONDS = {"us": 1, "ms": 10**3, "s": 10**6, "m": 60 * 10**6, "h": 3600 * 10**6}
_MICROSECONDS |= {"d": 24 * _MICROSECONDS["h"], "": _MICROSECONDS["ms"]}
_LONGEST_DURATION = 24 * _MICROSECONDS["d"]
# A reference to another key, as Compose reads it.
_REFERENCE = r"\$\{[A-Z][A-Z0-9_]*\}"


def _check(holds: Callable[[str], object], reason: str) -> AfterValidator:
    """Let a text pass for which ``holds`` answers something true."""

    def check(text: str) -> str:
        if not holds(text):
            raise ValueError(reason)
        return text

    return AfterValidator(check)


def _matches(pattern: str) -> AfterValidator:
    return _check(re.compile(pattern).fullmatch, f"does not match {pattern}")


def _is_run_time(text: str) -> bool:
    # For Locust, 0 means without end.
    return bool(_RUN_TIME.fullmatch(text) and re.search("[1-9]", text))


def _is_wait(text: str) -> bool:
    match = _WAIT.fullmatch(text)
    return match is not None and float(match[1]) <= float(match[2] or match[1])


def _is_memory(text: str) -> bool:
    match = _MEMORY.fullmatch(text)
    return match is not None and float(match[1]) * _MEMORY_UNITS[match[2].lower()] >= _LEAST_MEMORY


def _is_duration(text: str) -> bool:
    match = _DURATION.fullmatch(text)
    return match is not None and 0 < int(match[1]) * _MICROSECONDS[match[2]] <= _LONGEST_DURATION


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _is_tagged(text: str) -> bool:
    name, _, tag = text.rpartition(":")
    return bool(
        re.fullmatch(r"[a-z0-9][a-z0-9._/:-]*[a-z0-9]", name)
        and re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", tag)
        and tag != "latest"
    )


def _none_if_empty(text: Any) -> Any:
    return None if text == "" else text


def _plain(text: Any) -> Any:
    """Digits only: Python would read 1_000 as well, but Compose would not."""
    if isinstance(text, str) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise ValueError("no plain number")
    return text


def _url(schemes: str) -> AfterValidator:
    """A URL of one of these schemes; any part of it may be a reference to another key."""
    part = rf"(?:{_REFERENCE}|[^\s/$])+"
    return _matches(rf"(?:{schemes})://{part}(?:/(?:{_REFERENCE}|[^\s$])*)?")


def _says(description: str) -> FieldInfo:
    field: FieldInfo = Field(description=description)
    return field


_DIGITS = BeforeValidator(_plain)
_SAFE = "letters, digits and . _ ~ -"

Count = Annotated[int, _DIGITS, Field(ge=1, description="a whole number from 1")]
Seed = Annotated[int, _DIGITS, Field(ge=0, description="a whole number from 0")]
BodyBytes = Annotated[int, _DIGITS, Field(ge=1024, description="a whole number from 1024")]
Replicas = Annotated[int, _DIGITS, Field(ge=1, le=20, description="a whole number from 1 to 20")]
Port = Annotated[int, _DIGITS, Field(ge=1, le=65535, description="a port from 1 to 65535")]
Cpus = Annotated[float, _DIGITS, Field(ge=0.01, description="a number from 0.01, such as 1.5")]
Number = Annotated[float, Field(gt=0, allow_inf_nan=False, description="a number above 0")]
Delay = Annotated[float, Field(ge=0, allow_inf_nan=False, description="a number from 0")]
Poll = Annotated[float, Field(gt=0, le=5, description="a number above 0, at most 5")]
OptionalCount = Annotated[
    Annotated[int, _DIGITS, Field(ge=1)] | None,
    BeforeValidator(_none_if_empty),
    _says("a whole number from 1, or nothing"),
]
Share = Annotated[
    Annotated[float, Field(ge=0, le=1)] | None,
    BeforeValidator(_none_if_empty),
    _says("a number from 0 to 1, or nothing for no limit"),
]
Milliseconds = Annotated[
    Annotated[float, Field(gt=0, allow_inf_nan=False)] | None,
    BeforeValidator(_none_if_empty),
    _says("a number above 0, or nothing for no limit"),
]

Source = Annotated[Literal["real", "simulated"], _says("`real` or `simulated`")]
TrueOrFalse = Annotated[Literal["true", "false"], _says("`true` or `false`")]
UserClass = Annotated[
    Literal["CovertypeUser", "CovertypeHttpUser"],
    _says("`CovertypeUser` or `CovertypeHttpUser`"),
]

Shape = Annotated[
    Literal["", "constant", "steps", "spike", "soak", "ten-thousand"],
    _says("`steps`, `spike`, `soak`, `ten-thousand`, or nothing"),
]
Wait = Annotated[
    str,
    _check(_is_wait, "Locust cannot read it"),
    _says("seconds at least and at most, such as 1-2.5, or 0"),
]

RunTime = Annotated[
    str,
    _check(_is_run_time, "Locust cannot read it"),
    _says("a length above 0 s, such as 20s or 1m30s"),
]
Schedule = Annotated[
    str,
    _check(is_schedule, "Airflow cannot read it"),
    _says("a preset such as @once or @hourly, or a cron expression of 5 fields"),
]
Memory = Annotated[
    str,
    _check(_is_memory, "Docker cannot read it"),
    _says("a size of at least 100M, such as 1000M or 4G"),
]
Duration = Annotated[
    str,
    _check(_is_duration, "HAProxy cannot read it"),
    _says("a length above 0, such as 250ms or 60s, at most 24d"),
]
Address = Annotated[
    str, _check(_is_address, "no address"), _says("an IPv4 address such as 127.0.0.1")
]
Hosts = Annotated[
    str,
    _matches(r"[A-Za-z0-9._*-]+(:[0-9*]+)?(,[A-Za-z0-9._*-]+(:[0-9*]+)?)*"),
    _says("names of hosts with commas between them, such as mlflow:5000,localhost:*"),
]

Password = Annotated[str, _matches("[A-Za-z0-9._~-]+"), _says(f"a text of {_SAFE}")]
ObjectStoreUser = Annotated[
    str, _matches("[A-Za-z0-9._~-]{3,}"), _says(f"a text of at least 3 {_SAFE}")
]
ObjectStorePassword = Annotated[
    str, _matches("[A-Za-z0-9._~-]{8,}"), _says(f"a text of at least 8 {_SAFE}")
]
FernetKey = Annotated[
    str,
    _matches("[A-Za-z0-9_-]{43}="),
    _says("32 bytes in url-safe base64, as `make secrets` writes them"),
]

HttpUrl = Annotated[str, _url("https?"), _says("a URL that begins with http:// or https://")]
OptionalHttpUrl = Annotated[
    Annotated[str, _url("https?")] | None,
    BeforeValidator(_none_if_empty),
    _says("a URL that begins with http:// or https://, or nothing"),
]
PostgresUrl = Annotated[
    str,
    _url(r"postgresql(\+psycopg2)?"),
    _says("a URL that begins with postgresql:// or postgresql+psycopg2://"),
]
RedisUrl = Annotated[str, _url("rediss?"), _says("a URL that begins with redis:// or rediss://")]
ResultUrl = Annotated[
    str,
    _url(r"db\+postgresql(\+psycopg2)?"),
    _says("a URL that begins with db+postgresql:// or db+postgresql+psycopg2://"),
]
MysqlUrl = Annotated[str, _url(r"mysql\+pymysql"), _says("a URL that begins with mysql+pymysql://")]
Bucket = Annotated[
    str,
    _matches(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"),
    _says("3 to 63 lower-case letters, digits, dots and hyphens"),
]
Image = Annotated[
    str,
    _check(_is_tagged, "no tag, or `latest`"),
    _says("an image with a tag that is not `latest`, such as redis:8.0"),
]

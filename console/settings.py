"""The keys of .env, each with its kind of value: one class a section of the file.

Each program reads its own values from its environment. They are checked here as well, so
that a mistake is found before anything is started, and not by the last program.
"""

import difflib
import os
import re
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, ConfigDict, ValidationError

from console import kinds
from console.errors import SettingsError

_SECONDS = {"h": 3600, "m": 60, "s": 1}


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True)


class RandomData(_Section):
    data_source: kinds.Source
    data_seed: kinds.Seed
    min_update_time: kinds.Delay


class Pipeline(_Section):
    ingest_schedule: kinds.Schedule
    max_onnx_mb: kinds.Number
    max_row_us: kinds.Number
    rollout_timeout_seconds: kinds.Number
    airflow_worker_concurrency: kinds.Count
    airflow_worker_memory: kinds.Memory


class Inference(_Section):
    fastapi_replicas: kinds.Replicas
    fastapi_cpus: kinds.Cpus
    fastapi_memory: kinds.Memory
    fastapi_workers: kinds.OptionalCount
    model_poll_seconds: kinds.Poll
    max_body_bytes: kinds.BodyBytes
    max_batch_rows: kinds.Count


class Gateway(_Section):
    gateway_queue_timeout: kinds.Duration
    gateway_queue_length: kinds.Count


class LoadTest(_Section):
    locust_users: kinds.Count
    locust_spawn_rate: kinds.Number
    locust_run_time: kinds.RunTime
    locust_user_class: kinds.UserClass
    locust_shape: kinds.Shape
    locust_wait: kinds.Wait
    locust_warmup: kinds.Delay
    locust_headless: kinds.TrueOrFalse
    locust_max_failure_ratio: kinds.Share
    locust_max_p95_ms: kinds.Milliseconds
    locust_max_p99_ms: kinds.Milliseconds
    locust_max_refused_ratio: kinds.Share
    locust_min_goodput: kinds.Share
    locust_stop_at_limit: kinds.TrueOrFalse
    locust_balance_url: kinds.OptionalHttpUrl

    @property
    def run_seconds(self) -> int:
        """Length of the load test in seconds."""
        return sum(
            int(number) * _SECONDS[unit or "s"]
            for number, unit in re.findall(r"([0-9]+)([hms]?)", self.locust_run_time)
        )


class Ports(_Section):
    bind_address: kinds.Address
    gateway_port: kinds.Port
    gateway_stats_port: kinds.Port
    airflow_port: kinds.Port
    mlflow_port: kinds.Port
    random_data_port: kinds.Port
    minio_console_port: kinds.Port
    minio_port: kinds.Port
    locust_port: kinds.Port
    locust_master_port: kinds.Port
    flower_port: kinds.Port

    def url(self, port: int) -> str:
        """Where this machine reaches a published port."""
        everywhere = self.bind_address == "0.0.0.0"  # noqa: S104 - compared, not bound
        return f"http://{'127.0.0.1' if everywhere else self.bind_address}:{port}"


class Credentials(_Section):
    airflow_admin_user: kinds.Password
    airflow_admin_password: kinds.Password
    airflow_fernet_key: kinds.FernetKey
    airflow_jwt_secret: kinds.Password
    postgres_password: kinds.Password
    redis_password: kinds.Password
    mysql_root_password: kinds.Password
    pipeline_db_password: kinds.Password
    mlflow_db_password: kinds.Password
    minio_root_user: kinds.ObjectStoreUser
    minio_root_password: kinds.ObjectStorePassword


class Addresses(_Section):
    airflow_db_url: kinds.PostgresUrl
    broker_url: kinds.RedisUrl
    result_backend_url: kinds.ResultUrl
    airflow_api_url: kinds.HttpUrl
    data_db_url: kinds.MysqlUrl
    mlflow_db_url: kinds.MysqlUrl
    mlflow_url: kinds.HttpUrl
    mlflow_allowed_hosts: kinds.Hosts
    s3_url: kinds.HttpUrl
    s3_bucket: kinds.Bucket
    random_data_api_url: kinds.HttpUrl
    serving_url: kinds.HttpUrl
    locust_host: kinds.HttpUrl


class Images(_Section):
    inference_image: kinds.Image
    python_image: kinds.Image
    redis_image: kinds.Image
    postgres_image: kinds.Image
    haproxy_image: kinds.Image
    mysql_image: kinds.Image
    minio_image: kinds.Image
    airflow_image: kinds.Image


class Settings(
    RandomData,
    Pipeline,
    Inference,
    Gateway,
    LoadTest,
    Ports,
    Credentials,
    Addresses,
    Images,
):
    """All keys of .env."""

    @classmethod
    def of(
        cls, values: Mapping[str, str], environment: Mapping[str, str] = os.environ
    ) -> "Settings":
        """Check the values of `console.envfile.read_values`.

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
            wrong = {str(fault["loc"][0]).upper() for fault in error.errors()}
            for key in dict.fromkeys((*values, *names)):
                if key in wrong:
                    expected = cls.model_fields[names[key]].description
                    faults.append(_fault(key, f"expected {expected}", values, environment))
        else:
            faults.extend(_shared_ports(settings, values, environment))
        if faults:
            raise SettingsError("correct the settings: " + "; ".join(faults))
        return settings


def _fault(
    key: str, expected: str, values: Mapping[str, str], environment: Mapping[str, str]
) -> str:
    if key not in values:
        return f".env: {key} is missing: {expected}"
    origin = "environment variable" if key in environment else ".env:"
    return f"{origin} {key}: {expected}; found {_shown(key, values[key])}"


def _shown(key: str, value: str) -> str:
    is_secret = key.lower() in Credentials.model_fields or "@" in value
    return "a text that is not shown here" if is_secret else repr(value)


def _shared_ports(
    settings: Settings, values: Mapping[str, str], environment: Mapping[str, str]
) -> Iterator[str]:
    """A fault for each port that an earlier key has, too."""
    owners: dict[int, str] = {}
    for name in Ports.model_fields:
        if name.endswith("_port"):
            owner = owners.setdefault(getattr(settings, name), name)
            if owner != name:
                expected = f"expected another port than {owner.upper()} has"
                yield _fault(name.upper(), expected, values, environment)


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key.upper(), known, n=1)
    hint = f"did you mean {near[0]}" if near else "README.md lists all keys under Settings"
    return f".env: unknown key {key}: {hint}"

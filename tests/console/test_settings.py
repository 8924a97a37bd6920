"""A wrong setting is named, with what is expected of it, before anything starts."""

from collections.abc import Callable

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from console.envfile import read_values
from console.errors import SettingsError
from console.settings import Addresses, Settings
from inference.settings import Settings as Inference
from pipeline.settings import Settings as Pipeline
from randomdata.settings import Settings as RandomData
from tests.support.servers import REPO

VALID = read_values(REPO / ".env", {})


def test_the_projects_own_file_is_valid() -> None:
    assert Settings.of(VALID, {}).locust_users >= 1
    assert VALID.keys() == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(
    ("text", "seconds"), [("20s", 20), ("45", 45), ("1m30s", 90), ("2h", 7200), ("1h2m3s", 3723)]
)
def test_run_time_in_seconds(text: str, seconds: int) -> None:
    assert Settings.of({**VALID, "LOCUST_RUN_TIME": text}).run_seconds == seconds


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("LOCUST_USERS", "many"),
        ("LOCUST_USERS", "0"),
        ("LOCUST_RUN_TIME", "soon"),
        ("LOCUST_RUN_TIME", ""),
        ("LOCUST_RUN_TIME", "0"),
        ("LOCUST_RUN_TIME", "0m0s"),
        ("LOCUST_SPAWN_RATE", "0"),
        ("LOCUST_MAX_FAILURE_RATIO", "2"),
        ("LOCUST_MAX_P95_MS", "fast"),
        ("ROLLOUT_TIMEOUT_SECONDS", "-1"),
        ("ROLLOUT_TIMEOUT_SECONDS", "inf"),
        ("LOCUST_SPAWN_RATE", "inf"),
        ("LOCUST_MAX_P95_MS", "nan"),
        ("LOCUST_RUN_TIME", "1x"),
        ("DATA_SOURCE", "fake"),
        ("DATA_SEED", "-1"),
        ("MIN_UPDATE_TIME", "nan"),
        ("INGEST_SCHEDULE", "foo"),
        ("MAX_ONNX_MB", "0"),
        ("MAX_ROW_US", "1,5"),
        ("MODEL_POLL_SECONDS", "10"),
        ("MAX_BODY_BYTES", "1000"),
        ("MAX_BATCH_ROWS", ""),
        ("MAX_BATCH_ROWS", "1_000"),
        ("AIRFLOW_WORKER_CONCURRENCY", "0"),
        ("AIRFLOW_WORKER_MEMORY", "99M"),
        ("FASTAPI_MEMORY", "1000"),
        ("FASTAPI_MEMORY", "1000MiB"),
        ("FASTAPI_MEMORY", "1,5G"),
        ("FASTAPI_CPUS", "0"),
        ("FASTAPI_CPUS", "inf"),
        ("FASTAPI_CPUS", "1e1"),
        ("FASTAPI_REPLICAS", "0"),
        ("FASTAPI_REPLICAS", "21"),
        ("FASTAPI_WORKERS", "0"),
        ("GATEWAY_QUEUE_TIMEOUT", "0ms"),
        ("GATEWAY_QUEUE_TIMEOUT", "0.25s"),
        ("GATEWAY_QUEUE_TIMEOUT", "25d"),
        ("GATEWAY_QUEUE_TIMEOUT", "1 s"),
        ("GATEWAY_QUEUE_LENGTH", "-1"),
        ("LOCUST_USER_CLASS", "User"),
        ("LOCUST_HEADLESS", "yes"),
        ("LOCUST_SHAPE", "stairs"),
        ("LOCUST_WAIT", ""),
        ("LOCUST_WAIT", "2.5-1"),
        ("LOCUST_WARMUP", "-1"),
        ("LOCUST_MAX_REFUSED_RATIO", "2"),
        ("LOCUST_BALANCE_URL", "gateway:8404"),
        ("BIND_ADDRESS", "localhost"),
        ("BIND_ADDRESS", "127.0.0.256"),
        ("GATEWAY_PORT", "0"),
        ("GATEWAY_PORT", "65536"),
        ("AIRFLOW_API_URL", "airflow-apiserver:8080"),
        ("DATA_DB_URL", "mysql://x/y"),
        ("BROKER_URL", "redis:/redis"),
        ("S3_URL", "http://${lower}"),
        ("S3_URL", "http://$X"),
        ("MLFLOW_ALLOWED_HOSTS", "a, b"),
        ("S3_BUCKET", "Big"),
        ("REDIS_IMAGE", "redis"),
        ("REDIS_IMAGE", "redis:latest"),
        ("REDIS_IMAGE", "localhost:5000/redis"),
        ("REDIS_IMAGE", "Redis:8"),
    ],
)
def test_a_bad_value_is_named(key: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.of({**VALID, key: value}, {})
    message = str(caught.value)
    assert message.startswith(f"correct the settings: .env: {key}: expected ")
    assert message.endswith(f"; found {value!r}")
    assert message.count(": expected ") == 1  # the other values are right


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("AIRFLOW_WORKER_MEMORY", "1.5g"),
        ("FASTAPI_MEMORY", "104857600"),
        ("FASTAPI_MEMORY", "200mb"),
        ("FASTAPI_CPUS", "0.25"),
        ("FASTAPI_WORKERS", ""),
        ("FASTAPI_WORKERS", "2"),
        ("GATEWAY_QUEUE_TIMEOUT", "60s"),
        ("GATEWAY_QUEUE_TIMEOUT", "250"),
        ("GATEWAY_QUEUE_TIMEOUT", "24d"),
        ("BIND_ADDRESS", "0.0.0.0"),
        ("LOCUST_HEADLESS", "true"),
        ("LOCUST_SHAPE", "ten-thousand"),
        ("LOCUST_WAIT", "0"),
        ("LOCUST_BALANCE_URL", "http://gateway:8404/stats;csv"),
        ("DATA_DB_URL", "mysql+pymysql://${USER_NAME}:${PASSWORD}@db:3306/data?charset=utf8mb4"),
        ("MLFLOW_URL", "https://mlflow.example.org/${PREFIX}/x"),
        ("MLFLOW_ALLOWED_HOSTS", "*"),
        ("INFERENCE_IMAGE", "localhost:5000/user/inference:1.0"),
        ("MINIO_ROOT_PASSWORD", "12345678"),
    ],
)
def test_a_good_value_is_taken(key: str, value: str) -> None:
    Settings.of({**VALID, key: value}, {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("POSTGRES_PASSWORD", ""),
        ("REDIS_PASSWORD", "pass@word"),
        ("MINIO_ROOT_USER", "me"),
        ("MINIO_ROOT_PASSWORD", "1234567"),
        ("AIRFLOW_FERNET_KEY", "c2hvcnQ="),
        ("AIRFLOW_FERNET_KEY", "+" * 43 + "="),
        ("DATA_DB_URL", "mysql://me:secret@db/data"),
    ],
)
def test_a_bad_secret_is_named_but_not_shown(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"\.env: {key}: expected ") as caught:
        Settings.of({**VALID, key: value}, {})
    assert str(caught.value).endswith("; found a text that is not shown here")


def test_two_services_cannot_share_a_port() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.of({**VALID, "MLFLOW_PORT": "8080"}, {"MLFLOW_PORT": "8080"})
    assert str(caught.value) == (
        "correct the settings: environment variable MLFLOW_PORT: "
        "expected another port than AIRFLOW_PORT has; found '8080'"
    )


def test_the_address_that_a_browser_takes() -> None:
    assert Settings.of(VALID, {}).url(8081) == "http://127.0.0.1:8081"
    assert Settings.of({**VALID, "BIND_ADDRESS": "0.0.0.0"}).url(1) == "http://127.0.0.1:1"
    assert Settings.of({**VALID, "BIND_ADDRESS": "10.1.2.3"}).url(1) == "http://10.1.2.3:1"


def test_the_message_uses_words_and_names_all_faults() -> None:
    values = {**VALID, "LOCUST_RUN_TIME": "soon", "MODEL_POLL_SECONDS": "10"}
    with pytest.raises(SettingsError) as caught:
        Settings.of(values, {"MODEL_POLL_SECONDS": "10"})
    assert str(caught.value) == (
        "correct the settings: "
        "environment variable MODEL_POLL_SECONDS: expected a number above 0, at most 5; "
        "found '10'; "
        ".env: LOCUST_RUN_TIME: expected a length above 0 s, such as 20s or 1m30s; found 'soon'"
    )


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"key MAX_ONNX_MBX: did you mean MAX_ONNX_MB$"):
        Settings.of({**VALID, "MAX_ONNX_MBX": "20"}, {})
    with pytest.raises(SettingsError, match=r"unknown key X: README\.md lists all keys"):
        Settings.of({**VALID, "X": "20"}, {})
    with pytest.raises(SettingsError, match="unknown key data_seed: did you mean DATA_SEED"):
        Settings.of({**VALID, "data_seed": "1"}, {})


def test_an_empty_limit_is_no_limit() -> None:
    settings = Settings.of({**VALID, "LOCUST_MAX_P95_MS": "", "LOCUST_MAX_FAILURE_RATIO": ""})
    assert settings.locust_max_p95_ms is settings.locust_max_failure_ratio is None


PROGRAMS: dict[type[BaseSettings], dict[str, str]] = {
    Inference: {},
    Pipeline: {
        "DATA_DB_URL": "sqlite:///data.db",
        "MAX_ONNX_MB": "20",
        "MAX_ROW_US": "60",
        **dict.fromkeys(
            ("RANDOM_DATA_API_URL", "MLFLOW_TRACKING_URI", "SERVING_URL"), "http://127.0.0.1:1"
        ),
    },
    RandomData: {},
}
TRIALS = ("-1", "0", "0.5", "1", "5", "5.1", "1023", "1024", "x", "real", "simulated")


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: str(program.__module__))
def test_what_is_let_through_the_program_accepts_too(
    program: type[BaseSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in program.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for key, value in PROGRAMS[program].items():
        monkeypatch.setenv(key, value)
    shared = program.model_fields.keys() & (Settings.model_fields.keys() - Addresses.model_fields)
    assert shared
    for key in map(str.upper, shared):
        for trial in TRIALS:
            with monkeypatch.context() as context:
                context.setenv(key, trial)
                assert accepts(program) == accepts(lambda: Settings.of({**VALID, key: trial})), (  # noqa: B023
                    f"{key}={trial}"
                )


def accepts(make: Callable[[], object]) -> bool:
    try:
        make()
    except (ValidationError, SettingsError):
        return False
    return True


def test_a_missing_value_is_named() -> None:
    with pytest.raises(SettingsError, match="LOCUST_USERS is missing: expected a whole"):
        Settings.of({key: value for key, value in VALID.items() if key != "LOCUST_USERS"})

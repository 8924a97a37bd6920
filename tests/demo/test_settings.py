"""Values come from .env, and the process environment overrides them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError
from pydantic_settings import BaseSettings

from demo.errors import SettingsError
from demo.schedule import is_schedule
from demo.settings import Settings, read_values
from inference.settings import Settings as Inference
from pipeline.settings import Settings as Pipeline
from randomdata.settings import Settings as RandomData
from tests.demo.conftest import REPO

VALID = {
    "DATA_SOURCE": "real",
    "DATA_SEED": "42",
    "MIN_UPDATE_TIME": "300",
    "INGEST_SCHEDULE": "@once",
    "MAX_ONNX_MB": "20",
    "MAX_ROW_US": "60",
    "MODEL_POLL_SECONDS": "2",
    "MAX_BODY_BYTES": "1048576",
    "MAX_BATCH_ROWS": "1000",
    "LOCUST_USERS": "10",
    "LOCUST_SPAWN_RATE": "5",
    "LOCUST_RUN_TIME": "20s",
    "LOCUST_MAX_FAILURE_RATIO": "0",
    "LOCUST_MAX_P95_MS": "1000",
    "ROLLOUT_TIMEOUT_SECONDS": "60",
}


def test_reads_quotes_comments_and_empty_values(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "# a comment\n\nPLAIN=1\nexport SHELL_STYLE=2\nQUOTED='a # b'\n"
        'DOUBLE="x y" # remark\nEMPTY=\nDOLLAR=$PLAIN\nEQUALS=a=b\n'
    )
    assert read_values(file, {}) == {
        "PLAIN": "1",
        "SHELL_STYLE": "2",
        "QUOTED": "a # b",
        "DOUBLE": "x y",
        "EMPTY": "",
        "DOLLAR": "$PLAIN",
        "EQUALS": "a=b",
    }


def test_the_environment_overrides_and_adds_nothing(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=1\nB=2\n")
    assert read_values(file, {"A": "9", "C": "3"}) == {"A": "9", "B": "2"}


@pytest.mark.parametrize("line", ["JUST_A_NAME", "= value", "A B=1"])
def test_a_bad_line_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"A=1\n{line}\n")
    with pytest.raises(SettingsError, match=r"\.env, line 2: expected KEY=value"):
        read_values(file, {})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is missing"):
        read_values(tmp_path / ".env", {})


def test_the_projects_own_file_is_valid() -> None:
    assert Settings.of(read_values(REPO / ".env", {})).locust_users >= 1


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
    ],
)
def test_a_bad_value_is_named(key: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.of({**VALID, key: value}, {})
    message = str(caught.value)
    assert message.startswith(f"correct the settings: .env: {key}: expected ")
    assert message.endswith(f"; found {value!r}")
    assert message.count(": expected ") == 1  # the other values are right


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
    with pytest.raises(SettingsError, match="unknown key X: expected one of DATA_SOURCE, "):
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
    shared = {name.upper() for name in program.model_fields} & VALID.keys()
    assert shared
    for key in shared:
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


@pytest.mark.parametrize(
    "text",
    [
        *("@once", "@hourly", "* * * * *", "*/5 0-6,22 1,15 jan-mar mon-fri"),
        *("0 0 l * *", "0 12 * * MON#1", "59 23 31 12 7", "5/10 * * * *"),
    ],
)
def test_a_schedule_of_airflow_is_accepted(text: str) -> None:
    assert is_schedule(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "foo", "@never", "@Once", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *"),
        *("* * 0 * *", "* * * 13 *", "* * * * 8", "* * * * someday", "*/0 * * * *", "1- * * * *"),
    ],
)
def test_another_schedule_is_refused(text: str) -> None:
    assert not is_schedule(text)


def test_a_missing_value_is_named() -> None:
    with pytest.raises(SettingsError, match="LOCUST_USERS is missing: expected a whole"):
        Settings.of({key: value for key, value in VALID.items() if key != "LOCUST_USERS"})

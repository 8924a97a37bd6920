"""Values come from .env, and the process environment overrides them."""

from pathlib import Path

import pytest

from demo.errors import SettingsError
from demo.settings import Settings, read_values
from tests.demo.conftest import REPO

VALID = {
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
    ],
)
def test_a_bad_value_is_named(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=key):
        Settings.of({**VALID, key: value})


def test_a_missing_value_is_named() -> None:
    with pytest.raises(SettingsError, match="LOCUST_USERS: missing"):
        Settings.of({key: value for key, value in VALID.items() if key != "LOCUST_USERS"})

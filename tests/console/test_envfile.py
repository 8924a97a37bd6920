"""Values come from .env, and the process environment overrides them."""

from pathlib import Path

import pytest

from console.envfile import read_values
from console.errors import SettingsError


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

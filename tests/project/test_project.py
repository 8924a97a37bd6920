"""The project keeps the promises that no single part can keep."""

import itertools
import re
import subprocess
from pathlib import Path

import pytest

from tests.support.servers import REPO

README = (REPO / "README.md").read_text()
IMAGE_REQUIREMENTS = (
    "airflow/requirements.txt",
    "fastapi/requirements.txt",
    "locust/requirements-locust.txt",
    "mlflow/requirements.txt",
    "random-data-api/requirements.txt",
)


def env_file() -> dict[str, str]:
    lines = (REPO / ".env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def readme_settings() -> dict[str, str]:
    """Key and default of each row of the table under "Settings"."""
    section = README.split("\n## Settings\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([A-Z0-9_]+)` \| (`[^`]+`|) *\|", section, re.MULTILINE)
    return {key: default.strip("`") for key, default in rows}


def test_the_readme_lists_every_setting_with_its_default() -> None:
    assert readme_settings() == env_file()


def test_every_setting_has_a_comment() -> None:
    lines = (REPO / ".env").read_text().splitlines()
    headed = {"LOCUST_USERS", "LOCUST_SPAWN_RATE", "LOCUST_RUN_TIME"}  # their names say it
    for before, line in itertools.pairwise(lines):
        key = line.partition("=")[0]
        if re.fullmatch("[A-Z0-9_]+", key) and key not in headed and not key.endswith("_IMAGE"):
            assert before.startswith("#"), f"{key} has no comment above it"


def test_the_readme_names_only_targets_that_exist() -> None:
    makefile = (REPO / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    assert set(re.findall(r"make ([a-z][a-z-]*)", README)) <= targets


def test_every_target_explains_itself() -> None:
    makefile = (REPO / "Makefile").read_text()
    phony = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE))
    explained = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert phony == explained


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", README):
        assert (REPO / target).exists(), target


def pinned(path: Path) -> set[str]:
    return set(re.findall(r"^([A-Za-z0-9_.-]+(?:\[[^\]]*\])?==[^\s;\\]+)", path.read_text(), re.M))


@pytest.mark.parametrize("requirements", IMAGE_REQUIREMENTS)
def test_an_image_holds_what_the_tests_run(requirements: str) -> None:
    found = pinned(REPO / requirements)
    assert found
    assert found <= pinned(REPO / "requirements.lock")


@pytest.mark.parametrize("folder", ["airflow", "fastapi", "locust", "mlflow", "random-data-api"])
def test_folders_with_library_names_are_no_packages(folder: str) -> None:
    assert not (REPO / folder / "__init__.py").exists()
    assert not list((REPO / folder).rglob("test_*.py"))


def test_nothing_that_is_made_is_committed() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "out", ".venv", "*.db", "*.pyc", "*.log"],  # noqa: S607
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert listed.stdout == ""

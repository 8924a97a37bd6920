"""These tests need a Docker Engine: ``pytest -m docker tests/capacity/services``."""

from pathlib import Path

import pytest


def pytest_ignore_collect(
    collection_path: Path,  # noqa: ARG001  # pytest's name
    config: pytest.Config,
) -> bool | None:
    """Leave them out unless they are asked for."""
    return True if config.getoption("markexpr") in {"", "not docker"} else None

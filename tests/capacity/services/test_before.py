"""What was found is kept, and told from what is there later."""

from pathlib import Path

import pytest

from capacity.errors import BadRun
from capacity.services.before import Before, Look, differences, read, write

LOOK = Look(
    service="fastapi",
    image="sha256:1",
    cpus=1.5,
    memory=1000,
    environment="e",
    mounts="m",
    config_hash="h",
    state="running",
    is_unhealthy=False,
)
BEFORE = Before(
    repo="/project",
    planner=17,
    settings={"FASTAPI_CPUS": "1.5"},
    replicas=2,
    containers={"a-1": LOOK, "a-2": LOOK},
)


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path / "new" / "restore.json", BEFORE)
    assert read(tmp_path / "new" / "restore.json") == BEFORE


def test_damage_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "restore.json").write_text('{"repo": "/pro')
    with pytest.raises(BadRun, match=r"restore\.json cannot be read: `make up` puts"):
        read(tmp_path / "restore.json")


def test_nothing_differs() -> None:
    assert differences(BEFORE, dict(BEFORE.containers)) == []


def test_every_difference_is_named() -> None:
    now = {"a-1": LOOK.model_copy(update={"cpus": 0.5, "state": "paused"}), "a-3": LOOK}
    assert differences(BEFORE, now) == [
        "a-1 has another cpus, another state",
        "a-2 is gone",
        "a-3 is new",
    ]

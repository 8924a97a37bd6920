"""What the tests of the images start, and how they tell whose an image is."""

import pytest

from tests.closed_network.fake_docker import FakeDocker
from tests.images import containers

LABEL = "covertype.test=1"


@pytest.fixture(autouse=True)
def fake(docker: FakeDocker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "DOCKER", str(docker.folder / "docker"))


def test_everything_that_is_started_can_be_found_by_its_label(docker: FakeDocker) -> None:
    with containers.containers_of_a_test() as started:
        started.start("redis:8.0", "redis-server", env={"A": "b"}, options=("--read-only",))
        started.once("redis:8.0", "true")
        started.volume()

    made = [*docker.calls_of("run"), *docker.calls_of("network", "create")]
    made += docker.calls_of("volume", "create")
    assert len(made) == 4
    for call in made:
        assert call[call.index("--label") + 1] == LABEL
        assert "redis:8.0" not in call or call.index("--label") < call.index("redis:8.0")


@pytest.mark.parametrize(
    ("label", "ours"),
    [
        ("python:3.13-slim-trixie 0123", True),
        ("covertype/debian:trixie 0123", False),
        ("python:3.13 0123", False),
        (None, False),
    ],
)
def test_an_image_is_ours_only_under_its_own_name(
    docker: FakeDocker, label: str | None, ours: bool
) -> None:
    docker.has("python:3.13-slim-trixie", label)

    assert containers.built_here("python:3.13-slim-trixie") is ours

"""Base images are pulled; builds know the machine, and leave nothing of it."""

from pathlib import Path

import pytest

from console.errors import ProcessFailed
from stack.context import Stack
from stack.images import build_stack, have_base_images
from tests.stack_commands.fake_docker import FakeDocker, Reply


@pytest.fixture
def ready(docker: FakeDocker) -> FakeDocker:
    docker.answer("image ls", out="0123456789ab\n")
    docker.answer("compose build")
    return docker


def test_a_missing_base_image_is_pulled(stack: Stack, ready: FakeDocker) -> None:
    ready.answer(f"image ls {stack.settings.redis_image}")
    ready.answer("pull")
    have_base_images(stack.docker, stack.settings, stack.progress)
    pulled = [call.arguments for call in ready.calls_with("pull")]
    assert pulled == [["pull", "--quiet", stack.settings.redis_image]]


def test_a_base_image_that_no_registry_gives_is_explained(stack: Stack, ready: FakeDocker) -> None:
    ready.answer("image ls")
    ready.answer("pull", Reply(err="no route to host\n", code=1))
    with pytest.raises(ProcessFailed, match=r"no registry gives it: `make images`") as caught:
        have_base_images(stack.docker, stack.settings, stack.progress)
    assert caught.value.excerpt == "no route to host"
    assert len(ready.calls_with("pull")) == 1


def test_a_build_knows_the_machine_and_leaves_nothing(stack: Stack, ready: FakeDocker) -> None:
    script = stack.repo / "images" / "secrets.sh"
    script.write_text(f'{script.read_text()}touch "$1/mode-$(stat -c %a "$1")"\n')
    build_stack(stack.docker, stack.progress)
    call = ready.calls_with("build")[0]
    assert call.arguments == ["compose", "--progress", "plain", "build"]
    assert call.build_settings == ["ca", "mode-700", "pip"]
    assert not Path(call.environment["BUILD_SETTINGS"]).exists()


def test_a_failed_build_shows_its_log(stack: Stack, ready: FakeDocker) -> None:
    ready.answer("compose build", Reply("#7 RUN pip install\n", "ERROR: no such package\n", 1))
    with pytest.raises(ProcessFailed, match="ended with exit code 1") as caught:
        build_stack(stack.docker, stack.progress)
    assert caught.value.excerpt.endswith("ERROR: no such package")
    assert caught.value.log == stack.repo / "out" / "stack" / "build.log"
    assert not Path(ready.calls_with("build")[0].environment["BUILD_SETTINGS"]).exists()


def test_a_build_leaves_the_settings_of_another_one_alone(stack: Stack, ready: FakeDocker) -> None:
    build_stack(stack.docker, stack.progress)
    folder = Path(ready.calls_with("build")[0].environment["BUILD_SETTINGS"])
    folder.mkdir()
    build_stack(stack.docker, stack.progress)
    assert ready.calls_with("build")[1].environment["BUILD_SETTINGS"] != str(folder)
    assert folder.exists()

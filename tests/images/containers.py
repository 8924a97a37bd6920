"""Containers of one test: started with the docker command line, as a person would.

What a killed run leaves behind carries a label: docs/closed-network.md says how to remove it.
"""

import json
import os
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCKER = shutil.which("docker") or "docker"
COMMAND_SECONDS = 120
READY_SECONDS = 60
RECIPE_LABEL = "covertype.recipe"  # on what `make images` built, and on what was made from it
OF_A_TEST = ("--label", "covertype.test=1")


def image_names() -> dict[str, str]:
    """The images that the stack uses, by their short names: ``{"redis": "redis:8.0", ...}``."""
    lines = (ROOT / ".env").read_text().splitlines()
    pairs = (line.split("=", 1) for line in lines if "_IMAGE=" in line)
    names = {key.removesuffix("_IMAGE").lower(): os.environ.get(key, name) for key, name in pairs}
    del names["inference"]  # made from these
    return names


def docker(*arguments: str, check: bool = True, text: str | None = None) -> str:
    """Run ``docker``; gives both its streams. Raises AssertionError when it fails."""
    done = subprocess.run(
        [DOCKER, *arguments],
        input=text,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    assert done.returncode == 0 or not check, f"docker {' '.join(arguments)}:\n{done.stdout}"
    return done.stdout.strip()


def built_here(image: str) -> bool:
    """Is it an image of `make images`, and not the official one, nor one made from an image?"""
    labels: dict[str, str] = (
        json.loads(docker("image", "inspect", image))[0]["Config"].get("Labels") or {}
    )
    return labels.get(RECIPE_LABEL, "").startswith(f"{image} ")


def wait_until(condition: Callable[[], bool], what: str, seconds: float = READY_SECONDS) -> None:
    """Wait for the condition. Raises AssertionError when it is not met in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        threading.Event().wait(0.2)  # a look is a process, which costs more than the wait


@dataclass(frozen=True, slots=True)
class Container:
    """One running container."""

    name: str

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command in it; gives what the command printed."""
        return docker("exec", self.name, *command, check=check)

    def answers(self, *command: str) -> bool:
        """Does the command succeed in it? False as well when the container has ended."""
        done = subprocess.run(
            [DOCKER, "exec", self.name, *command],
            capture_output=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return done.returncode == 0

    def wait_for(self, *command: str) -> None:
        """Wait until the command succeeds in it."""
        wait_until(lambda: self.answers(*command) or self.ended(), f"{command} in {self.name}")
        assert not self.ended(), self.logs()

    def state(self, field_name: str) -> str:
        return docker("inspect", "--format", f"{{{{.State.{field_name}}}}}", self.name)

    def ended(self) -> bool:
        return self.state("Running") != "true"

    def wait_for_end(self) -> int:
        """The exit code, once it has ended."""
        wait_until(self.ended, f"{self.name} ends")
        return int(self.state("ExitCode"))

    def logs(self) -> str:
        return docker("logs", self.name)

    def port(self, inside: int) -> int:
        """The port of this machine's loopback address behind which the container's port is."""
        return int(docker("port", self.name, str(inside)).splitlines()[0].rsplit(":", 1)[1])

    def users(self) -> set[str]:
        """The user numbers of its processes, as text."""
        rows = docker("top", self.name, "-eo", "uid,pid").splitlines()[1:]
        return {row.split()[0] for row in rows}

    def stop(self, seconds: int = 30) -> int:
        """Stop it as Compose does; gives its exit code (137 when it had to be killed)."""
        docker("stop", "--time", str(seconds), self.name)
        return int(self.state("ExitCode"))

    def kill(self) -> None:
        docker("kill", self.name)
        self.wait_for_end()

    def start(self) -> None:
        docker("start", self.name)


@dataclass(slots=True)
class Containers:
    """Starts containers on a network of their own."""

    network: str
    started: list[Container] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)

    def start(
        self,
        image: str,
        *command: str,
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> Container:
        """Start one in the background; other containers reach it under its name."""
        name = f"{self.network}-{len(self.started)}"
        settings = [
            part for key, value in (env or {}).items() for part in ("--env", f"{key}={value}")
        ]
        container = Container(name)
        self.started.append(container)
        docker(
            *("run", "--detach", *OF_A_TEST, "--name", name, "--network", self.network),
            *(*settings, *options, image, *command),
        )
        return container

    def once(
        self,
        image: str,
        *command: str,
        env: Mapping[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> str:
        """Run one to its end; gives what it printed."""
        settings = [
            part for key, value in (env or {}).items() for part in ("--env", f"{key}={value}")
        ]
        return docker(
            *("run", "--rm", *OF_A_TEST, "--network", self.network),
            *(*settings, *options, image, *command),
        )

    def volume(self) -> str:
        """A named volume, empty and of this test alone."""
        name = f"{self.network}-volume-{len(self.volumes)}"
        docker("volume", "create", *OF_A_TEST, name)
        self.volumes.append(name)
        return name


@contextmanager
def containers_of_a_test() -> Iterator[Containers]:
    """Containers, and nothing of them afterwards."""
    network = f"images-test-{uuid.uuid4().hex[:8]}"
    docker("network", "create", *OF_A_TEST, network)
    containers = Containers(network)
    try:
        yield containers
    finally:
        for container in containers.started:
            docker("rm", "--force", "--volumes", container.name, check=False)
        for volume in containers.volumes:
            docker("volume", "rm", "--force", volume, check=False)
        docker("network", "rm", network, check=False)

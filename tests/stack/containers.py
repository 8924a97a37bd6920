"""The containers of the stack, through the docker command line as a person would use it."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.images.containers import COMMAND_SECONDS, DOCKER, ROOT

# Starts of many containers, one after the other, on a small machine.
COMPOSE_SECONDS = 600

SCRIPTS = Path(__file__).parent / "inside"


def docker(
    *arguments: str,
    text: str | None = None,
    env: Mapping[str, str] | None = None,
    seconds: float = COMMAND_SECONDS,
) -> str:
    """Run ``docker`` in the root of the project; gives its output.

    Raises AssertionError, with all that it wrote, when it fails.
    """
    done = subprocess.run(
        [DOCKER, *arguments],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | (env or {}),
        timeout=seconds,
        check=False,
    )
    wrote = f"docker {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, wrote
    return done.stdout.strip()


def compose(*arguments: str) -> str:
    """Run ``docker compose`` on the stack's file."""
    return docker("compose", *arguments, seconds=COMPOSE_SECONDS)


@dataclass(frozen=True, slots=True)
class Container:
    """One container, as it was when it was looked at."""

    details: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.details["Id"])

    @property
    def name(self) -> str:
        return str(self.details["Name"]).removeprefix("/")

    @property
    def service(self) -> str:
        return str(self.details["Config"]["Labels"]["com.docker.compose.service"])

    @property
    def state(self) -> dict[str, Any]:
        return dict(self.details["State"])

    @property
    def host_config(self) -> dict[str, Any]:
        return dict(self.details["HostConfig"])

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it was started with."""
        return dict(pair.split("=", 1) for pair in self.details["Config"]["Env"])

    @property
    def addresses(self) -> dict[str, str]:
        """Network to address; empty while it does not run."""
        networks = self.details["NetworkSettings"]["Networks"]
        return {name: found["IPAddress"] for name, found in networks.items() if found["IPAddress"]}

    def is_healthy(self) -> bool:
        """It runs and its health check, where it has one, is content."""
        health = self.state.get("Health", {}).get("Status", "healthy")
        return bool(self.state["Running"] and health == "healthy")

    def is_done(self) -> bool:
        """It was a job and has ended well."""
        return (self.state["Status"], self.state["ExitCode"]) == ("exited", 0)

    def users(self) -> set[str]:
        """The user numbers of its processes, as text."""
        rows = docker("top", self.id, "-eo", "uid,pid").splitlines()[1:]
        return {row.split()[0] for row in rows}

    def inside(self, script: str, *arguments: str) -> Any:
        """Run a script of the folder ``inside`` in it; gives the JSON that the script prints."""
        source = (SCRIPTS / f"{script}.py").read_text()
        return json.loads(
            docker("exec", "--interactive", self.id, "python", "-", *arguments, text=source)
        )


def containers(*services: str) -> list[Container]:
    """Containers of these services, or of all; also those that ended."""
    ids = compose("ps", "--all", "--quiet", *services).split()
    return [Container(details) for details in json.loads(docker("inspect", *ids))] if ids else []


def container(service: str) -> Container:
    """The only container of a service."""
    (found,) = containers(service)
    return found


def declared() -> dict[str, dict[str, Any]]:
    """The services that a plain start starts, as docker-compose.yml says."""
    return dict(json.loads(compose("config", "--format", "json"))["services"])

"""The containers of a Compose project: what each is, how it is, and what it uses."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from stack.docker import Docker

_SERVICE_LABEL = "com.docker.compose.service"
_LOG_LINES = 15
_UNITS = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


@dataclass(frozen=True)
class Container:
    """One container. ``cpus`` and ``memory`` (bytes) are its limits; 0 means none.

    A job is a container that nothing starts again when it ends.
    """

    id: str
    name: str
    service: str
    state: str
    health: str
    exit_code: int
    ended_at: str
    restarts: int
    is_job: bool
    cpus: float
    memory: int

    @property
    def is_done(self) -> bool:
        """It runs and is healthy, or it was a job and has ended well."""
        if self.state == "running":
            return self.health in ("", "healthy")
        return self.state == "exited" and self.exit_code == 0

    @property
    def has_failed(self) -> bool:
        """It is a job that has ended with an error: nothing starts it again."""
        return self.is_job and self.state == "exited" and self.exit_code != 0

    @property
    def ending(self) -> tuple[str, str]:
        """Which of its endings this is."""
        return self.id, self.ended_at

    @property
    def condition(self) -> str:
        """Its state and health in words."""
        if self.state == "exited":
            return f"exited, code {self.exit_code}" if self.exit_code else "done"
        return f"{self.state}, {self.health}" if self.health else self.state


@dataclass(frozen=True)
class Usage:
    """What a running container uses: CPU in percent of one core, memory in bytes."""

    cpu: str
    memory: int


def containers(docker: Docker, *options: str) -> list[Container]:
    """All containers of a compose file, those that ended too, by service and name.

    Args:
        options: such as ``--file``; without any, the containers of the stack.
    """
    listed = parse_lines(docker.ask("compose", *options, "ps", "--all", "--format", "json"))
    ids = [entry["ID"] for entry in listed]
    if not ids:
        return []
    found = [_container(details) for details in json.loads(docker.ask("inspect", *ids))]
    return sorted(found, key=lambda container: (container.service, container.name))


def services(docker: Docker) -> list[str]:
    """The services of the compose file that a plain start starts."""
    return docker.ask("compose", "config", "--services").split()


def usage(docker: Docker, running: Iterable[Container]) -> dict[str, Usage]:
    """What each of these containers uses, by name; without those that have just ended."""
    ids = [container.id for container in running]
    if not ids:
        return {}
    rows = parse_lines(docker.ask("stats", "--no-stream", "--format", "{{json .}}", *ids))
    found = {row["Name"]: (row["CPUPerc"], _bytes(row["MemUsage"])) for row in rows}
    return {name: Usage(cpu, memory) for name, (cpu, memory) in found.items() if memory is not None}


def last_log_lines(docker: Docker, container: Container) -> str:
    """The end of what a container wrote."""
    text = docker.ask("logs", "--tail", str(_LOG_LINES), container.id, streams="both")
    return "\n".join(text.splitlines()[-_LOG_LINES:])


def parse_lines(text: str) -> list[dict[str, Any]]:
    """JSON objects, one a line; older versions of Compose answer with one list."""
    if text.lstrip().startswith("["):
        return list(json.loads(text))
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _bytes(use: str) -> int | None:
    """The first size of such as ``1.086GiB / 4GiB``; None of a container that has just ended."""
    found = re.match(r"([0-9.]+)([KMGT]i|)B ", use)
    return round(float(found[1]) * _UNITS[found[2]]) if found else None


def _container(details: dict[str, Any]) -> Container:
    state, host = details["State"], details["HostConfig"]
    return Container(
        id=details["Id"],
        name=details["Name"].removeprefix("/"),
        service=details["Config"]["Labels"].get(_SERVICE_LABEL, ""),
        state=state["Status"],
        health=(state.get("Health") or {}).get("Status", ""),
        exit_code=state["ExitCode"],
        ended_at=state["FinishedAt"],
        restarts=details["RestartCount"],
        is_job=host["RestartPolicy"]["Name"] in ("", "no"),
        cpus=host["NanoCpus"] / 1e9,
        memory=host["Memory"],
    )

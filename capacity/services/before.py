"""What the planner found before it changed anything, kept in a file until it is put back."""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from capacity.errors import BadRun
from capacity.records import Record
from capacity.services.engine_api import Engine
from capacity.services.replicas import inference
from console.envfile import read_values
from console.results import new_file
from stack.context import Stack
from stack.docker import PROJECT

_CHANGED = (
    "FASTAPI_CPUS",
    "FASTAPI_MEMORY",
    "FASTAPI_WORKERS",
    "FASTAPI_REPLICAS",
    "GATEWAY_QUEUE_TIMEOUT",
    "GATEWAY_QUEUE_LENGTH",
)
_HASH_LABEL = "com.docker.compose.config-hash"


class Look(Record):
    """A container's make-up. Its environment holds passwords, so of that there is a digest."""

    service: str
    image: str
    cpus: float
    memory: int
    environment: str
    mounts: str
    config_hash: str
    state: str
    is_unhealthy: bool


class Before(Record):
    """``settings`` are the values of .env that a run changes; ``planner`` is its process id."""

    repo: str
    planner: int
    settings: dict[str, str]
    replicas: int
    containers: dict[str, Look]


def look_at(stack: Stack, engine: Engine) -> Before:
    """The stack as it is now."""
    values = read_values(stack.repo / ".env")
    return Before(
        repo=str(stack.repo),
        planner=os.getpid(),
        settings={key: values[key] for key in _CHANGED},
        replicas=sum(one.state == "running" for one in inference(engine)),
        containers=containers(engine),
    )


def containers(engine: Engine) -> dict[str, Look]:
    """Every container of the stack, by name."""
    listed = engine.listed({PROJECT}, ended=True)
    return {
        one.name: _look(details)
        for one in listed
        if (details := engine.details(one.id)) is not None
    }


def differences(before: Before, now: dict[str, Look]) -> list[str]:
    """A sentence for each container that is not as it was."""
    found = []
    for name in sorted({*before.containers, *now}):
        old, new = before.containers.get(name), now.get(name)
        if old is None or new is None:
            found.append(f"{name} is {'new' if old is None else 'gone'}")
        elif old != new:
            fields = [
                each for each in Look.model_fields if getattr(old, each) != getattr(new, each)
            ]
            found.append(f"{name} has another {', another '.join(fields)}")
    return found


def write(file: Path, before: Before) -> None:
    """Keep it, in one step.

    Raises:
        NotWritable: the file cannot be written.
    """
    fresh = file.with_suffix(".new")
    with new_file(fresh) as sink:
        sink.write(before.model_dump_json(indent=1).encode())
        sink.flush()
        os.fsync(sink.fileno())
    fresh.replace(file)


def read(file: Path) -> Before:
    """What `write` kept.

    Raises:
        BadRun: it is damaged.
    """
    try:
        return Before.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise BadRun(
            f"{file} cannot be read: `make up` puts the containers back to what .env says; then "
            "remove the file"
        ) from error


def _look(details: dict[str, Any]) -> Look:
    host, config = details["HostConfig"], details["Config"]
    mounts = [
        f"{one['Type']} {one.get('Name') or one['Source']} {one['Destination']} {one['RW']}"
        for one in details["Mounts"]
    ]
    labels = config["Labels"]
    return Look(
        service=labels["com.docker.compose.service"],
        image=details["Image"],
        cpus=host["NanoCpus"] / 1e9,
        memory=host["Memory"],
        environment=_digest(config["Env"] or []),
        mounts=_digest(mounts),
        config_hash=labels.get(_HASH_LABEL, ""),
        state=details["State"]["Status"],
        is_unhealthy=(details["State"].get("Health") or {}).get("Status") == "unhealthy",
    )


def _digest(texts: Iterable[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(texts)).encode()).hexdigest()

"""On what a run was measured: machine, versions, images, model, code and settings."""

import os
import platform
import subprocess
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from capacity.configuration import MEBI
from console.envfile import read_values
from console.errors import AnswerError, CommandError
from console.settings import Gateway, Inference
from stack.context import Stack

_LOAD_IMAGE = "covertype/locust:0.1.0"
_GIT_SECONDS = 30.0
# Of a run's own making, whatever .env says; so is all of Locust's but the class of users.
_REPLACED = ("fastapi_replicas", "fastapi_cpus", "fastapi_memory", "fastapi_workers")


def describe(stack: Stack, changes: Mapping[str, str]) -> dict[str, Any]:
    """Everything about the stack that its figures may depend on; no secrets.

    ``changes`` are settings that the run has instead of those of ``.env``.

    What cannot be found out is None.
    """
    values = {**read_values(stack.repo / ".env"), **changes}
    images = [values["INFERENCE_IMAGE"], values["HAPROXY_IMAGE"], _LOAD_IMAGE]
    fields = (*Inference.model_fields, *Gateway.model_fields, "locust_user_class")
    wanted = [name for name in fields if name not in _REPLACED]
    return {
        **machine(),
        **code(stack.repo),
        "docker": _asked(stack, "version", "--format", "{{.Server.Version}}"),
        "compose": _asked(stack, "compose", "version", "--short"),
        "cgroup": _asked(stack, "info", "--format", "{{.CgroupVersion}}"),
        "images": {
            image: _asked(stack, "image", "inspect", "--format", "{{.Id}}", image)
            for image in images
        },
        "model": _model(stack),
        "settings": {name.upper(): values[name.upper()] for name in wanted},
    }


def machine() -> dict[str, Any]:
    """The machine that the planner runs on. Memory in MiB."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_mib": round(psutil.virtual_memory().total / MEBI),
        "kernel": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "python": platform.python_version(),
    }


def code(repo: Path) -> dict[str, Any]:
    """The project's version; its commit, where the folder is a repository."""
    project = tomllib.loads((repo / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    commit = _git(repo, "rev-parse", "HEAD")
    changes = _git(repo, "status", "--porcelain") if commit else None
    return {
        "version": project["version"],
        "commit": commit,
        "has_uncommitted_changes": bool(changes) if changes is not None else None,
    }


def _cpu_model() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"


def _git(repo: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours
            ["git", *arguments],  # noqa: S607 - wherever the user has it
            cwd=repo,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _asked(stack: Stack, *question: str) -> str | None:
    try:
        return stack.docker.ask(*question).strip() or None
    except (FileNotFoundError, CommandError):
        return None


def _model(stack: Stack) -> dict[str, Any] | None:
    """The version that a replica serves, and the digest of its file."""
    try:
        served = stack.web.json("GET", f"{stack.gateway_url}/model")
    except AnswerError:
        return None
    kept = {key: served.get(key) for key in ("model", "version", "sha256")}
    return {**kept, "candidate": served.get("tags", {}).get("candidate")}

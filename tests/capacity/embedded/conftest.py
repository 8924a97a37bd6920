"""A copy of the project whose demo made a small champion, and the service on it."""

import io
import os
from pathlib import Path

import pytest
from rich.console import Console

from capacity.configuration import Configuration
from capacity.services.embedded import EmbeddedService
from console.progress import Progress
from tests.bench.conftest import finished_demo
from tests.inference.models import package
from tests.support.servers import REPO

ONE = Configuration(cpus=1, memory=400, replicas=1)
TWO_WORKERS = ONE.model_copy(update={"workers": 2})

needs_cores = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2,
    reason="needs Linux and two cores, as the service does",
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The code of this project, beside the results of a demo of its own."""
    for name in ("covertype", "fastapi"):
        (tmp_path / name).symlink_to(REPO / name)
    finished_demo(tmp_path, "1", package())
    return tmp_path


def service_of(project: Path) -> EmbeddedService:
    """A service that shows its progress to nobody."""
    return EmbeddedService(project, project / "embedded", Progress(Console(file=io.StringIO())))


@pytest.fixture
def service(project: Path) -> EmbeddedService:
    return service_of(project)

"""A small champion, laid out as a finished demo leaves it, and what the benchmark needs around."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from bench.champion import provide
from bench.targets import Site
from console.progress import Progress
from covertype.schema import MODEL_NAME
from demo.interrupts import Interrupts
from demo.supervisor import Supervisor
from tests.inference.models import Package, package
from tests.support.servers import REPO


def finished_demo(repo: Path, version: str, model: Package) -> Path:
    """Write what `make demo` leaves in out/demo; the folder."""
    demo = repo / "out" / "demo"
    sha256 = model.tags["onnx_sha256"]
    served = demo / "work" / "models" / MODEL_NAME
    logged = demo / "work" / "artifacts" / "1" / "models" / f"m-{sha256[:4]}" / "artifacts"
    for folder in (served / f"{version}-{sha256[:12]}", logged):
        folder.mkdir(parents=True)
        (folder / "model.onnx").write_bytes(model.onnx)
        (folder / "golden_rows.json").write_bytes(model.golden)
    (logged / "MLmodel").write_text("flavors: {}\n")
    note = json.dumps({"version": version, "tags": model.tags})
    (served / "last_good.json").write_text(note)
    (served / f"{version}-{sha256[:12]}" / "verified.json").write_text(note)
    (demo / "summary.json").write_text(json.dumps({"champion": {"version": version}}))
    return demo


@dataclass(frozen=True)
class Output:
    """What a command shows."""

    progress: Progress
    stream: io.StringIO


@pytest.fixture
def output() -> Output:
    stream = io.StringIO()
    return Output(Progress(Console(file=stream, width=200)), stream)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Interrupts() as interrupts, Supervisor(interrupts, grace=1.0) as context:
        yield context


@pytest.fixture
def site(tmp_path: Path, supervisor: Supervisor, output: Output) -> Site:
    finished_demo(tmp_path, "1", package())
    champion = provide(tmp_path, tmp_path / "champion", supervisor, output.progress)
    work = tmp_path / "work"
    work.mkdir()
    return Site(REPO, champion, work, tmp_path / "envs")

"""Load at a fixed rate or over a fixed number of connections, and a watch beside it."""

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from bench import rows
from bench.bodies import OBJECT
from capacity.generators import ceiling
from tests.images.containers import ROOT

RUN_SECONDS = 120
WATCH_SECONDS = 0.2

log = logging.getLogger(__name__)


def write_bodies(folder: Path) -> Path:
    """Different rows of the data set, one a line."""
    return rows.write_bodies(rows.read_rows(ROOT / "Data" / "covertype.parquet"), OBJECT, folder)


def generate(url: str, *options: str) -> dict[str, Any]:
    """One run of the load generator; its figures."""
    done = subprocess.run(
        [sys.executable, "-m", "loadgen", url, "--drain", "3", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    figures: dict[str, Any] = json.loads(done.stdout)
    log.info("%s: %s", " ".join(options), figures)
    return figures


@contextmanager
def constant_server() -> Iterator[str]:
    """A server that costs next to nothing, to find out what the generator reaches."""
    with TemporaryDirectory() as folder, ceiling.constant_server(ROOT, Path(folder)) as url:
        yield url


@dataclass(slots=True)
class Watch:
    """How long health and figures take, asked again and again."""

    slowest_seconds: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


@contextmanager
def watching(urls: list[str]) -> Iterator[Watch]:
    """Ask these addresses for the length of the block."""
    watch, stop = Watch(), threading.Event()

    def ask() -> None:
        with httpx.Client(timeout=5, trust_env=False) as client:
            while not stop.wait(WATCH_SECONDS):
                for url in urls:
                    started = time.monotonic()
                    try:
                        status = client.get(url).status_code
                    except httpx.TransportError as error:
                        watch.faults.append(f"{url}: {error!r}")
                        continue
                    took = time.monotonic() - started
                    watch.slowest_seconds[url] = max(watch.slowest_seconds.get(url, 0.0), took)
                    if status != httpx.codes.OK:
                        watch.faults.append(f"{url}: {status}")

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield watch
    finally:
        stop.set()
        thread.join()

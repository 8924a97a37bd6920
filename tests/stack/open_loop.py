"""Load at a fixed rate or over a fixed number of connections, and a watch beside it."""

import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from covertype.schema import FEATURES
from tests.images.containers import ROOT, wait_until
from tests.support.servers import free_port

BODIES = 10_000
RUN_SECONDS = 120
WATCH_SECONDS = 0.2

log = logging.getLogger(__name__)


def write_bodies(path: Path) -> Path:
    """Different rows, one a line, inside the ranges of the data."""
    with path.open("w") as file:
        for number in range(BODIES):
            share = number / BODIES
            row = {
                feature.name: round(
                    feature.seen.low
                    + (share * (place + 1)) % 1 * (feature.seen.high - feature.seen.low)
                )
                for place, feature in enumerate(FEATURES)
            }
            file.write(json.dumps(row) + "\n")
    return path


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
    port = free_port()
    argv = [sys.executable, "-m", "bench.apps.raw_protocol", str(port)]
    with subprocess.Popen(argv, cwd=ROOT) as server:
        try:
            wait_until(lambda: is_listening(port), "the constant server listens")
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()


def is_listening(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


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

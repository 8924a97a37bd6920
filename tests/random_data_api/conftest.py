"""A small data folder, a clock that the test turns, and apps and servers on them."""

import asyncio
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from covertype import schema
from randomdata.app import create_app
from randomdata.settings import Settings
from tests.support.servers import REPO, environment

SMALL_ROWS = 1_007  # groups of 101 and 100 rows, batches of 11 and 10

Rows = list[list[str]]


class Api:
    """A client of an app in this process."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self._runner = runner
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://api", follow_redirects=False
        )

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.get(path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.post(path, **options))


class FakeClock:
    """A clock in seconds that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def make_row(i: int) -> list[str]:
    """Make a valid row that no other ``i`` below 7,000 gives."""
    numbers = [2000 + i % 1000, i % 361, i % 67, i, i - 100, i, i % 255, i % 255, i % 255, i]
    return [
        *map(str, numbers),
        schema.WILDERNESS_AREA.values[i % 4],
        schema.SOIL_TYPE.values[i % 40],
        str(i % 7 + 1),
    ]


@pytest.fixture(scope="session")
def small_rows() -> Rows:
    return [make_row(i) for i in range(SMALL_ROWS)]


@pytest.fixture(scope="session")
def small_data(small_rows: Rows, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a covertype.csv of ``small_rows``."""
    folder = tmp_path_factory.mktemp("data")
    lines = [",".join(row) for row in small_rows]
    (folder / "covertype.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def make_api(small_data: Path, tmp_path: Path, clock: FakeClock) -> Iterator[Callable[..., Api]]:
    """Make in-process clients; all of a test share the state file and the clock."""
    with asyncio.Runner() as runner:

        def make(**settings: Any) -> Api:
            values = {"data_dir": small_data, "state_file": tmp_path / "s/state.json", **settings}
            return Api(create_app(Settings(**values), clock), runner)

        yield make


@dataclass
class Server:
    """A uvicorn process, and what it wrote so far."""

    process: subprocess.Popen[bytes]
    log: Path

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def client(self, seconds: float = 60) -> httpx.Client:
        """Return a client of the running server; fail when it does not come up in time."""
        deadline = time.monotonic() + seconds
        while not (found := re.search(r"running on (http://127\.0\.0\.1:\d+)", self.text())):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            threading.Event().wait(0.05)
        return httpx.Client(base_url=found[1], timeout=60)


@pytest.fixture
def start_server(small_data: Path, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start real servers, each on a free port; they share a state file unless told otherwise."""
    servers: list[Server] = []

    def start(**settings: str) -> Server:
        own = {"DATA_DIR": str(small_data), "STATE_FILE": str(tmp_path / "server/state.json")}
        log = tmp_path / f"server-{len(servers)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "uvicorn", "--app-dir", "random-data-api"),
                    *("--factory", "main:create_app", "--port", "0"),
                ],
                cwd=REPO,
                env=environment(own | settings),
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        servers.append(Server(process, log))
        return servers[-1]

    yield start
    for server in servers:
        server.process.kill()
        server.process.wait()

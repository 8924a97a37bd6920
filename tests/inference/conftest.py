"""A fake registry, model packages, and the service on a real port in this process."""

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import numpy as np
import pytest
import uvicorn

from inference.app import create_app, create_client, create_manager
from inference.serving import Poll, Serving
from inference.settings import Settings
from inference.wire import WireProtocol
from tests.inference.fake_registry import FakeRegistry
from tests.inference.models import Package, package
from tests.support.servers import wait_until

READY_SECONDS = 30
KEEP_ALIVE_SECONDS = 2
MakeSettings = Callable[..., Settings]
Result = TypeVar("Result")


@pytest.fixture(scope="session")
def packages() -> list[Package]:
    """Three versions that predict differently at low elevations: 2, 3 and 5."""
    return [package(low) for low in (2, 3, 5)]


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    yield fake
    fake.stop()


@pytest.fixture
def make_settings(registry: FakeRegistry, tmp_path: Path) -> MakeSettings:
    def make(**changes: Any) -> Settings:
        values: dict[str, Any] = {
            "mlflow_tracking_uri": registry.url,
            "models_dir": tmp_path / "models",
            "runtime_dir": tmp_path / "runtime",
            "model_poll_seconds": 0.05,
        }
        return Settings(**{**values, **changes})

    return make


class Follower:
    """The state machine without HTTP: polls when told to, on a clock that the test turns."""

    def __init__(self, settings: Settings) -> None:
        self.now = 0.0
        self.failures: list[str] = []
        self.versions: list[str] = []
        self.results: list[str] = []
        self._runner = asyncio.Runner()
        self._client = create_client(settings)
        self.manager = create_manager(settings, self._client, self, lambda: self.now)

    def run(self, task: Coroutine[Any, Any, Result]) -> Result:
        """Run anything on the event loop that the state machine uses."""
        return self._runner.run(task)

    def poll(self, *, nudge: bool = False) -> Poll:
        return self.run(self.manager.poll(nudge=nudge))

    @property
    def version(self) -> str | None:
        return self.manager.serving.version.version if self.manager.serving else None

    def predict(self, row: list[float]) -> int:
        assert self.manager.serving is not None
        labels, _ = self.manager.serving.model.predict(np.array([row], dtype=np.float32))
        return int(labels[0])

    def swapped(self, serving: Serving) -> None:
        self.versions.append(serving.version.version)

    def polled(self, result: str) -> None:
        self.results.append(result)

    def load_failed(self, reason: str) -> None:
        self.failures.append(reason)

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture
def make_follower(make_settings: MakeSettings) -> Iterator[Callable[..., Follower]]:
    """Make state machines; keyword arguments change their settings."""
    followers: list[Follower] = []

    def make(**changes: Any) -> Follower:
        followers.append(Follower(make_settings(**changes)))
        return followers[-1]

    yield make
    for follower in followers:
        follower.close()


class Service:
    """The inference service behind uvicorn in a thread, and a client of it."""

    def __init__(self, settings: Settings) -> None:
        config = uvicorn.Config(
            create_app(settings),
            http=WireProtocol,
            ws="none",
            proxy_headers=False,
            port=0,
            log_config=None,
            timeout_graceful_shutdown=5,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        wait_until(lambda: self._server.started, READY_SECONDS, "uvicorn")
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = ("127.0.0.1", int(port))
        self.url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def wait_ready(self) -> "Service":
        wait_until(
            lambda: self.client.get("/health/ready").is_success, READY_SECONDS, "a loaded model"
        )
        return self

    def wait_for(self, version: str) -> None:
        wait_until(lambda: self.model()["version"] == version, READY_SECONDS, f"version {version}")

    def model(self) -> dict[str, Any]:
        answer: dict[str, Any] = self.client.get("/model").json()
        return answer

    def metric(self, name: str, **labels: str) -> float:
        """Sum over all samples of that name with these labels."""
        lines = self.client.get("/metrics").text.splitlines()
        wanted = [f'{key}="{value}"' for key, value in labels.items()]
        return sum(
            float(line.rpartition(" ")[2])
            for line in lines
            if re.split(r"[{ ]", line, maxsplit=1)[0] == name
            and all(label in line for label in wanted)
        )

    def stop(self) -> None:
        self.client.close()
        self._server.should_exit = True
        self._thread.join(READY_SECONDS)


@pytest.fixture
def start_service(make_settings: MakeSettings) -> Iterator[Callable[..., Service]]:
    """Start services; keyword arguments change their settings."""
    services: list[Service] = []

    def start(**changes: Any) -> Service:
        services.append(Service(make_settings(**changes)))
        return services[-1]

    yield start
    for service in services:
        service.stop()


@pytest.fixture(scope="module")
def ready_service(
    tmp_path_factory: pytest.TempPathFactory, packages: list[Package]
) -> Iterator[Service]:
    """One service with version 1 loaded, for tests that leave it as it is."""
    folder = tmp_path_factory.mktemp("service")
    fake = FakeRegistry()
    fake.register("1", packages[0])
    service = Service(
        Settings(
            mlflow_tracking_uri=fake.url,
            models_dir=folder / "models",
            runtime_dir=folder / "runtime",
            body_timeout_seconds=1,
        )
    )
    yield service.wait_ready()
    service.stop()
    fake.stop()

"""The gateway of a test in its container, its replicas, and clients of it."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.images.containers import ROOT, Container, Containers, wait_until

REPLICA = Path(__file__).with_name("replica.py")
PREDICT = "/predict/"
MAX_BODY_BYTES = 200_000
OVER_A_BUFFER = 100_000
CLIENT_SECONDS = 30
# A connection for each request, but one client: to make one takes as long as many requests.
CLIENT = httpx.Client(
    trust_env=False, timeout=CLIENT_SECONDS, limits=httpx.Limits(max_keepalive_connections=0)
)


@dataclass(frozen=True, slots=True)
class Gateway:
    """A running gateway; ``containers`` holds it and its replicas."""

    containers: Containers
    images: dict[str, str]
    container: Container
    port: int
    figures_port: int

    @classmethod
    def start(
        cls,
        containers: Containers,
        images: dict[str, str],
        *,
        queue_timeout: str = "250ms",
        queue_length: int = 64,
    ) -> "Gateway":
        """Start it as the stack does, on ports of this machine that are free."""
        container = containers.start(
            images["haproxy"],
            env={
                "GATEWAY_QUEUE_TIMEOUT": queue_timeout,
                "GATEWAY_QUEUE_LENGTH": str(queue_length),
                "MAX_BODY_BYTES": str(MAX_BODY_BYTES),
            },
            options=(
                *("--publish", "127.0.0.1::8081", "--publish", "127.0.0.1::8404"),
                *("--read-only", "--cap-drop", "ALL", "--cpus", "1", "--memory", "512m"),
                *("--volume", f"{ROOT}/gateway:/usr/local/etc/haproxy:ro"),
            ),
        )
        gateway = cls(containers, images, container, container.port(8081), container.port(8404))
        wait_until(gateway.lives, "the gateway lives")
        return gateway

    def lives(self) -> bool:
        assert not self.container.ended(), self.container.logs()
        try:
            return self.figures("/live").is_success
        except httpx.TransportError:
            return False

    def replica(self) -> Container:
        """Start one more replica; it need not be found yet."""
        return self.containers.start(
            self.images["python"],
            *("python", "/replica.py"),
            options=("--network-alias", "fastapi", "--volume", f"{REPLICA}:/replica.py:ro"),
        )

    def replicas(self, count: int) -> list[Container]:
        """Start replicas and wait until the gateway uses all that run."""
        started = [self.replica() for _ in range(count)]
        self.wait_for_ready(count)
        return started

    def wait_for_ready(self, count: int, seconds: float = 20) -> None:
        """Wait until exactly so many replicas are ready, for all kinds of requests."""
        backends = ("predictions", "large", "operations")
        wait_until(
            lambda: all(len(self.ready(backend)) == count for backend in backends),
            f"{count} replicas are ready\n{self.container.logs()[-2000:]}",
            seconds,
        )

    def ready(self, backend: str = "predictions") -> list[dict[str, str]]:
        """The rows of the figures about the ready replicas of a backend."""
        return [
            row
            for row in self.rows()
            if row["pxname"] == backend
            and row["svname"].startswith("replica")
            and row["status"].startswith("UP")
        ]

    def rows(self) -> list[dict[str, str]]:
        """The gateway's figures as /stats;csv tells them."""
        names, *rows = self.figures("/stats;csv").text.strip().splitlines()
        keys = names.removeprefix("# ").split(",")
        return [dict(zip(keys, row.split(","), strict=False)) for row in rows]

    def figures(self, path: str) -> httpx.Response:
        return CLIENT.get(f"http://127.0.0.1:{self.figures_port}{path}")

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def predict(self, **wish: Any) -> httpx.Response:
        """Ask for a prediction, and the replica for a fault; see replica.py."""
        return self.request("POST", PREDICT, json=wish)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return CLIENT.request(method, f"http://127.0.0.1:{self.port}{path}", **options)

    @contextmanager
    def connected(self) -> Iterator[socket.socket]:
        """A bare connection, for requests that no library sends."""
        with closing(socket.create_connection(("127.0.0.1", self.port), CLIENT_SECONDS)) as plain:
            yield plain

    def say(self, request: bytes) -> bytes:
        """Send bytes; gives all that comes back until the gateway closes the connection."""
        with self.connected() as plain:
            plain.sendall(request)
            return until_closed(plain)

    @contextmanager
    def load(self, clients: int, **wish: Any) -> Iterator["Load"]:
        """Predictions from many clients at once, for the length of the block."""
        load = Load(self.port, json.dumps(wish))
        threads = [threading.Thread(target=load.run) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: len(load.answers) >= clients or load.failed() > 0, "a first answer")
            yield load
        finally:
            load.end.set()
            for thread in threads:
                thread.join()


def until_closed(plain: socket.socket) -> bytes:
    """All that comes until the other side closes. Raises TimeoutError when it never does."""
    pieces = []
    while piece := plain.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


@dataclass(slots=True)
class Load:
    """What the clients of a load were answered: statuses with seconds, and broken connections."""

    port: int
    body: str
    answers: list[tuple[int, float]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    end: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send one request after another over one connection."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=CLIENT_SECONDS)
        while not self.end.is_set():
            started = time.monotonic()
            try:
                client.request("POST", PREDICT, self.body, {"content-type": "application/json"})
                answer = client.getresponse()
                answer.read()
                self.answers.append((answer.status, time.monotonic() - started))
            except (OSError, http.client.HTTPException) as error:
                self.broken.append(repr(error))
                client.close()
        client.close()

    def failed(self) -> int:
        return len(self.broken) + sum(status != 200 for status, _ in self.answers)

    def failures(self) -> list[str]:
        """What went wrong, in words; empty where nothing did."""
        return [*self.broken, *(str(status) for status, _ in self.answers if status != 200)]

    def slowest(self) -> float:
        return max(seconds for _, seconds in self.answers)

    def wait_for(self, more: int) -> None:
        """Wait for so many more answers."""
        goal = len(self.answers) + more
        wait_until(lambda: len(self.answers) >= goal, f"{more} more answers")

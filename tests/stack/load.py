"""A steady stream of predictions, in which every answer counts.

Locust counts a failure as a share of many; here one wrong byte in one answer is seen.
"""

import http.client
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice

from tests.images.containers import wait_until

CLIENTS = 8
REQUESTS_A_SECOND = 25  # of each client
PATIENCE_SECONDS = 15
SHOWN = 5

Exchange = tuple[bytes, bytes]  # a body and the answer that is expected


@dataclass(slots=True)
class Figures:
    """What came of the requests so far; seconds are from request to whole answer."""

    answers: list[int] = field(default_factory=lambda: [0] * CLIENTS)  # of each client
    slowest_seconds: float = 0.0
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def answered(self) -> int:
        return sum(self.answers)

    def count(self, client: int, seconds: float, failure: str | None) -> None:
        with self.lock:
            self.slowest_seconds = max(self.slowest_seconds, seconds)
            if failure is None:
                self.answers[client] += 1
            else:
                self.failures.append(f"after {seconds:.2f} s: {failure}")

    def wait_until_nobody_is_stuck(self) -> None:
        """Wait until each client has got an answer to a request that it sends from now on."""
        before = list(self.answers)
        # One answer more may be to a request that is under way already.
        wait_until(
            lambda: all(now > then + 1 for now, then in zip(self.answers, before, strict=True)),
            f"every client gets answers, failures: {self.failures[:SHOWN]}",
            2 * PATIENCE_SECONDS,
        )

    def assert_none_failed(self) -> None:
        assert not self.failures, (
            f"{len(self.failures)} of {self.answered + len(self.failures)} requests failed: "
            f"{self.failures[:SHOWN]}"
        )
        assert self.answered > 0


@contextmanager
def under_load(port: int, exchanges: Sequence[Exchange]) -> Iterator[Figures]:
    """Ask the gateway for predictions, about 200 each second, for the length of the block."""
    figures, stop = Figures(), threading.Event()
    clients = [
        threading.Thread(target=_ask, args=(port, exchanges, number, figures, stop))
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    try:
        yield figures
    finally:
        stop.set()
        for client in clients:
            client.join()


def _ask(
    port: int,
    exchanges: Sequence[Exchange],
    number: int,
    figures: Figures,
    stop: threading.Event,
) -> None:
    """One client with a connection of its own, which it opens again after a failure."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    for body, expected in islice(cycle(exchanges), number, None):
        started = time.monotonic()
        failure = None
        try:
            connection.request("POST", "/predict/", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
            if response.status != http.client.OK or answer != expected:
                failure = f"status {response.status}, {answer[:200]!r}"
        except (OSError, http.client.HTTPException) as error:
            failure = f"{type(error).__name__}: {error}"
            connection.close()
        took = time.monotonic() - started
        figures.count(number, took, failure)
        if stop.wait(max(0.0, 1 / REQUESTS_A_SECOND - took)):
            break
    connection.close()

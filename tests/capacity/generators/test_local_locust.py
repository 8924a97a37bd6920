"""Locust as a local process, from the plan's load to the figures."""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from capacity.errors import CannotMeasure
from capacity.generators.both import local_generator
from capacity.plan.load import Closed
from tests.locust.prediction_service import Reply, Service
from tests.support.servers import REPO

LOAD = Closed(users=20, spawn_rate=20, wait=(0.1, 0.3), warmup=1, duration=4)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


def test_users_are_measured_on_their_core(service: Service, tmp_path: Path) -> None:
    service.answer_with(*[Reply()] * 7, Reply(status=503), Reply(status=500), Reply())
    core = min(os.sched_getaffinity(0))
    news: list[str] = []
    cores: set[int] = set()

    def note(text: str) -> None:
        news.append(text)
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):  # it may end while it is looked at
                if process.cmdline()[1:3] == ["-m", "locust"]:
                    cores.update(process.cpu_affinity() or [])

    generator = local_generator(REPO, tmp_path, core)
    figures = generator.closed(f"{service.url}/predict/", LOAD, note)
    assert (figures.kind, figures.users) == ("closed", 20)
    assert 3 < figures.seconds < 6  # the first users come at once, so the ramp is shorter
    assert figures.offered == 100
    # Each user waits 0.2 s and is answered in some milliseconds.
    assert 0.5 * figures.offered < figures.answered / figures.seconds < 1.1 * figures.offered
    assert figures.ok == pytest.approx(0.8 * figures.answered, rel=0.05)
    assert figures.refused == pytest.approx(figures.failed, abs=10)
    assert figures.failures == {"status 500, expected 200": figures.failed}
    # The warm-up is in none of these.
    assert figures.answered < len(service.bodies)
    assert sum(moment.ok for moment in figures.timeline) == pytest.approx(figures.ok, abs=40)
    assert 0 < figures.generator.cpu < 1
    assert any("20 users" in text for text in news)
    assert cores == {core}


def test_a_locust_that_cannot_start_is_explained(service: Service, tmp_path: Path) -> None:
    load = Closed(users=1, spawn_rate=1, wait=(0, 0), warmup=1, duration=1)
    broken = tmp_path / "repo"
    broken.mkdir()
    with pytest.raises(CannotMeasure, match="Locust ended with exit code 1") as caught:
        local_generator(broken, tmp_path / "out").closed(service.url, load, lambda _: None)
    assert "locust" in caught.value.excerpt

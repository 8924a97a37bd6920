"""The limit of a real HTTP service of known capacity, found with the real load generator."""

from pathlib import Path

import pytest

from capacity.analysis.judge import judge
from capacity.configuration import Configuration
from capacity.generators.open_loop import OpenLoop
from capacity.plan.load import Limit
from capacity.plan.model import Objective
from capacity.records import Capacity, Probe
from capacity.runner import probed
from capacity.search.bisection import find_capacity
from capacity.service import OpenLoad
from tests.capacity.fake_service import FakeService, per_cpu

REPO = Path(__file__).parents[3]
SMALL = Configuration(cpus=0.5, memory=250, replicas=1)
LIMIT = Limit(start=100, tolerance=0.05, samples=1, warmup=0.3, duration=1.5, connections=64)
# A request waits this long only in a queue: the service itself needs 5 ms.
OBJECTIVE = Objective(p95_ms=80, failed=0, refused=0)


def found(service: FakeService, configuration: Configuration, folder: Path) -> Capacity:
    """What the search takes for the capacity of a configuration."""
    generator = OpenLoop(REPO, folder)

    def probe(rate: float) -> Probe:
        load = OpenLoad(rate, LIMIT.warmup, LIMIT.duration, LIMIT.connections)
        with service.observed() as seen:
            figures = generator.run(service.url, load)
        # These rates are a hundredth of what the generator reaches. On a machine that is busy with
        # other tests it may still be late by some ms, which is nothing beside the objective.
        calm = figures.generator.model_copy(update={"faults": ()})
        figures = figures.model_copy(update={"generator": calm})
        return probed(rate, figures, seen, judge(figures, OBJECTIVE, seen))

    with service.taken_over():
        service.apply(configuration, lambda _: None)
        return find_capacity(probe, LIMIT, 20_000)


@pytest.mark.parametrize("longest_wait", [None, 0.05], ids=["a growing queue", "refusals"])
def test_the_limit_is_found_within_a_tenth(longest_wait: float | None, tmp_path: Path) -> None:
    service = FakeService(capacity=per_cpu(500.0), longest_wait=longest_wait)
    capacity = found(service, SMALL, tmp_path)
    assert capacity.rate == pytest.approx(250, rel=0.1), capacity
    assert not capacity.is_bound
    assert capacity.limited_by == "service"
    failed = [one for one in capacity.probes if not one.met]
    assert failed
    assert all(one.reasons for one in failed)

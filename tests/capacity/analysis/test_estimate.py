"""Estimates follow the measured points, and say what they rest on."""

import random

import pytest

from capacity.analysis.estimate import estimate, usable_cpus
from capacity.configuration import Configuration
from capacity.records import ConfigurationResult
from tests.capacity.analysis.samples import capacity, configuration, result

BIG = configuration(replicas=3, cpus=1.0)


def test_a_process_uses_one_cpu_at_most() -> None:
    assert usable_cpus(configuration(replicas=3, cpus=0.5)) == 1.5
    assert usable_cpus(configuration(replicas=3, cpus=1.5)) == 3.0
    assert usable_cpus(configuration(cpus=2.0)) == 2.0
    assert usable_cpus(Configuration(cpus=1.5, memory=500, replicas=2, workers=2)) == 3.0
    assert usable_cpus(Configuration(cpus=2, memory=500, replicas=2, workers=1)) == 2.0


def test_points_on_a_line_give_that_line() -> None:
    points = [result(configuration(cpus=cpus), capacity(1000 * cpus)) for cpus in (0.1, 0.2, 0.5)]
    found = estimate(points, BIG)
    assert found is not None
    assert found.rate == pytest.approx(3000)
    assert found.low == pytest.approx(3000)
    assert found.high == pytest.approx(3000)
    assert found.points == 3
    assert found.sentence == (
        "An estimate, not a measurement: about 3,000/s (95 %: 3,000 to 3,000), from 3 "
        "configurations of 0.1 to 0.5 usable CPU whose own limit was found (1,000/s a CPU). It "
        "holds if capacity goes on growing with CPU; the limits of the gateway and of the "
        "machine are not in it."
    )


def test_an_interval_by_hand() -> None:
    """x = 1, 2; y = 110, 190: slope 98, residuals 12 and -6, s2 = 180; at x = 3: s2 (1 + 9/5)."""
    points = [
        result(configuration(cpus=1.0), capacity(110.0)),
        result(configuration(cpus=1.0, replicas=2), capacity(190.0)),
    ]
    found = estimate(points, BIG)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.rate == pytest.approx(294)
    reach = 12.7062 * (180 * 2.8) ** 0.5
    assert found.high == pytest.approx(294 + reach, rel=1e-4)
    assert found.low == pytest.approx(max(0, 294 - reach), rel=1e-4)


def test_the_interval_holds_new_measurements_as_often_as_it_says() -> None:
    held = 0
    for seed in range(400):
        draw = random.Random(seed)
        points = [
            result(configuration(cpus=cpus), capacity(1000 * cpus + draw.gauss(0, 20)))
            for cpus in (0.1, 0.2, 0.3, 0.5, 0.75)
        ]
        found = estimate(points, BIG)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 3000 + draw.gauss(0, 20) <= found.high
    assert 0.91 <= held / 400 <= 0.99


def test_one_point_gives_no_interval_and_says_so() -> None:
    found = estimate([result(configuration(cpus=0.5), capacity(500.0))], BIG)
    assert found is not None
    assert (found.rate, found.low, found.high, found.points) == (3000.0, None, None, 1)
    assert found.sentence == (
        "An estimate, not a measurement: about 3,000/s, in proportion to the one configuration "
        "whose own limit was found (500/s with 0.5 CPU). One point gives no interval: it may be "
        "far off."
    )


@pytest.mark.parametrize(
    "no_point",
    [
        result(configuration(cpus=1.0), capacity(9.0, is_bound=True)),
        result(configuration(cpus=1.0), capacity(0.0)),
        result(configuration(cpus=1.0)),
        result(configuration(cpus=1.0), capacity(9.0), error="it broke"),
    ],
    ids=["a bound", "nothing held", "not measured", "broken"],
)
def test_what_is_no_capacity_is_no_point(no_point: ConfigurationResult) -> None:
    assert estimate([no_point], BIG) is None
    good = result(configuration(cpus=0.5), capacity(500.0))
    assert estimate([no_point, good], BIG) == estimate([good], BIG)

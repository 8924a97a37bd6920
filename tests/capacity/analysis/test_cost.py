"""The price of a configuration is that of its parts."""

import pytest

from capacity.analysis.cost import price_per_hour
from capacity.plan.model import Prices
from tests.capacity.analysis.samples import configuration


def test_a_price_is_the_sum_of_cpu_memory_and_replicas() -> None:
    prices = Prices(cpu_hour=0.04, gib_hour=0.01, replica_hour=0.002)
    three = configuration(replicas=3, cpus=0.5, memory=512)
    assert price_per_hour(three, prices) == pytest.approx(3 * (0.02 + 0.005 + 0.002))


def test_what_is_free_costs_nothing() -> None:
    free = Prices(cpu_hour=0, gib_hour=0)
    assert price_per_hour(configuration(), free) == 0

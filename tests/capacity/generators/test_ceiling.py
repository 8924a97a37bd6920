"""The generator's ceiling: found within a third, and for real."""

from pathlib import Path

import pytest

from capacity.errors import CannotMeasure
from capacity.generators.both import local_generator
from capacity.generators.ceiling import measure_ceiling
from capacity.records import GeneratorUse, LoadFigures
from capacity.service import OpenLoad
from tests.support.servers import REPO


class Keeping:
    """A generator that keeps up with so many requests a second; ``bad`` runs are disturbed."""

    def __init__(self, most: float, *bad: int) -> None:
        self.most = most
        self.bad = bad
        self.rates: list[float] = []

    def __call__(self, _url: str, load: OpenLoad) -> LoadFigures:
        self.rates.append(load.rate)
        is_late = load.rate > self.most or len(self.rates) in self.bad
        ok = round(load.rate * load.duration)
        return LoadFigures(
            kind="open",
            offered=load.rate,
            seconds=load.duration,
            ok=ok,
            refused=0,
            failed=0,
            goodput=ok,
            accepted=None,
            generator=GeneratorUse(
                cpu=min(1.0, load.rate / self.most), faults=("late",) if is_late else ()
            ),
        )


@pytest.mark.parametrize("most", [150, 900, 5000, 8000, 9000, 31_000, 33_000, 70_000, 400_000])
def test_it_is_found_from_below(most: float) -> None:
    keeping = Keeping(most)
    found = measure_ceiling(keeping, "")
    assert most * 0.6 <= found.rate <= most
    assert found.cpu == found.rate / most
    assert len(keeping.rates) <= 16


def test_one_disturbed_run_is_not_believed() -> None:
    assert (
        measure_ceiling(Keeping(70_000, 1, 3), "").rate == measure_ceiling(Keeping(70_000), "").rate
    )


def test_a_machine_that_can_do_nothing_is_told() -> None:
    with pytest.raises(CannotMeasure, match="does not keep up with 62 requests a second"):
        measure_ceiling(Keeping(10), "")


def test_the_real_one_is_measured(tmp_path: Path) -> None:
    found = local_generator(REPO, tmp_path).ceiling()
    assert found.rate >= 100
    assert 0 < found.cpu <= 0.9

"""A run's life: begun, ended, interrupted, gone on with; and the service given back each time."""

import io
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from rich.console import Console

from capacity.errors import CannotMeasure
from capacity.files import RunFolder
from capacity.plan.reading import loaded_plan
from capacity.progress import RunProgress
from capacity.session import Site, session
from demo.errors import Interrupted
from tests.capacity.simulated import Simulated, plan_of
from tests.capacity.test_runner import LARGE, SMALL

PLAN = loaded_plan(plan_of(SMALL, LARGE), "mine.yaml")
OTHER = loaded_plan(plan_of(SMALL), "mine.yaml")


@dataclass
class Desk:
    """Where runs are begun: the folder of all, and what was said."""

    parent: Path
    said: io.StringIO = field(default_factory=io.StringIO)

    def run(
        self,
        parts: Simulated,
        *,
        plan: str = "mine",
        fresh: bool = False,
        least_rate: float = 0.0,
        ends_by: BaseException | None = None,
    ) -> RunFolder:
        """Begin or go on; ``ends_by`` is raised in the middle of the measurements."""
        progress = RunProgress(Console(file=self.said, width=500))
        loaded = PLAN if plan == "mine" else OTHER
        with session(
            Site(parts, parts),
            self.parent,
            progress,
            "run",
            loaded,
            fresh=fresh,
            least_rate=least_rate,
        ) as runner:
            assert parts.is_taken
            assert runner.ceiling == 100_000
            if ends_by is not None:
                raise ends_by
        return runner.folder

    @property
    def begun(self) -> list[RunFolder]:
        """All runs."""
        return [RunFolder(file.parent) for file in sorted(self.parent.glob("*/run.json"))]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_run_that_ends_well_says_so_and_gives_the_service_back(desk: Desk) -> None:
    parts = Simulated()
    run = desk.run(parts).run
    assert not parts.is_taken
    assert run.ended_at is not None
    assert run.environment == {"cores": 2}
    assert run.ceiling is not None
    assert str(desk.begun[0].path) in desk.said.getvalue()


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), Interrupted(2)], ids=["here", "in a child"])
def test_a_run_that_is_stopped_goes_on_with_the_same_command(
    desk: Desk, stop: BaseException
) -> None:
    parts = Simulated()
    with pytest.raises(KeyboardInterrupt):
        desk.run(parts, ends_by=stop)
    assert not parts.is_taken
    assert "the same command goes on from here" in desk.said.getvalue()
    assert desk.begun[0].run.ended_at is None
    again = Simulated()
    assert desk.run(again).run.ended_at is not None
    assert len(desk.begun) == 1
    assert again.ceilings == 0, "the ceiling of the run's beginning counts"


def test_a_run_that_fails_gives_the_service_back_and_goes_on_later(desk: Desk) -> None:
    parts = Simulated()
    with pytest.raises(CannotMeasure):
        desk.run(parts, ends_by=CannotMeasure("no"))
    assert not parts.is_taken
    desk.run(parts)
    assert len(desk.begun) == 1


def test_a_fresh_run_another_plan_and_a_run_that_has_ended_begin_anew(desk: Desk) -> None:
    with suppress(KeyboardInterrupt):
        desk.run(Simulated(), ends_by=KeyboardInterrupt())
    desk.run(Simulated(), fresh=True)
    assert len(desk.begun) == 2
    desk.run(Simulated())
    assert len(desk.begun) == 3
    desk.run(Simulated(), plan="other")
    assert len(desk.begun) == 4


def test_figures_of_two_environments_do_not_come_into_one_run(desk: Desk) -> None:
    with suppress(KeyboardInterrupt):
        desk.run(Simulated(environment={"cores": 2, "commit": "a"}), ends_by=KeyboardInterrupt())
    desk.run(Simulated(environment={"cores": 2, "commit": "b"}))
    assert len(desk.begun) == 2
    assert "commit changed since" in desk.said.getvalue()


def test_a_rate_that_the_generator_must_not_be_asked_for_begins_no_run(desk: Desk) -> None:
    parts = Simulated()
    with pytest.raises(CannotMeasure, match=r"capacity of 50,001 .* asked for 50,000 at most"):
        desk.run(parts, least_rate=50_001)
    assert not parts.is_taken
    assert not desk.begun
    desk.run(parts, least_rate=50_000)
    assert len(desk.begun) == 1

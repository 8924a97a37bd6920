"""A run: every configuration, every step, each kept at once, and none measured twice."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from capacity.configuration import Configuration
from capacity.files import RunFolder
from capacity.plan.load import Closed, Limit, Load, Open
from capacity.plan.model import Plan
from capacity.progress import RunProgress
from capacity.runner import RESTLESS, Runner
from tests.capacity.simulated import RATE_A_CPU, Simulated, plan_of
from tests.capacity.test_files import begun

TINY = Configuration(cpus=0.1, memory=64, replicas=1)
SMALL = Configuration(cpus=0.1, memory=250, replicas=1)
LARGE = Configuration(cpus=0.1, memory=250, replicas=3)
CLOSED = Closed(users=200, spawn_rate=100)


def runner_of(plan: Plan, parts: Simulated, folder: RunFolder, out: io.StringIO) -> Runner:
    progress = RunProgress(Console(file=out, width=200))
    return Runner(plan, parts, parts, folder, progress, 100_000.0, settled=lambda _url: True)


def test_all_steps_of_all_configurations_are_measured_and_kept(tmp_path: Path) -> None:
    load = Load(closed=CLOSED, open=Open(rates=(100.0, 2_000.0)), limit=Limit(samples=2))
    plan = plan_of(SMALL, LARGE, load=load, repeats=2)
    folder, parts, out = begun(tmp_path, plan), Simulated(), io.StringIO()
    results = runner_of(plan, parts, folder, out).run()
    assert results == folder.results()
    assert parts.applied == [SMALL, LARGE]
    for result in results:
        assert result.is_complete
        assert [one.step for one in result.measurements] == [
            *("closed-1", "open-100-1", "open-2000-1"),
            *("closed-2", "open-100-2", "open-2000-2"),
        ]
        assert result.capacity is not None
        truth = RATE_A_CPU * result.configuration.total_cpus
        assert result.capacity.rate == pytest.approx(truth, rel=0.06)
    # 2,000 a second is too much for 0.1 CPU, and not for three times as much.
    held = [[one.judgement.met for one in result.measurements] for result in results]
    assert held == [[True, True, False] * 2, [True, True, True] * 2]
    assert "3 x 0.1 CPU, 250 MB, 200 users: held" in out.getvalue()
    assert "left" in out.getvalue()


def test_a_configuration_that_cannot_be_had_is_reported_and_the_run_goes_on(
    tmp_path: Path,
) -> None:
    plan = plan_of(TINY, SMALL)
    folder, out = begun(tmp_path, plan), io.StringIO()
    broken, fine = runner_of(plan, Simulated(), folder, out).run()
    assert broken.error == "it was killed for memory at 64 MB"
    assert broken.excerpt == "Loading\nKilled"
    assert broken.is_complete
    assert fine.capacity is not None
    assert "killed for memory" in out.getvalue()
    assert "  Killed\n" in out.getvalue()


def test_a_replica_that_is_killed_under_load_is_named(tmp_path: Path) -> None:
    plan = plan_of(SMALL, load=Load(open=Open(rates=(100.0, 900.0))))
    parts = Simulated(killed_above=500.0)
    (result,) = runner_of(plan, parts, begun(tmp_path, plan), io.StringIO()).run()
    calm, killed = (one.judgement for one in result.measurements)
    assert calm.met
    assert not killed.met
    assert any("fastapi-1" in reason and "memory" in reason for reason in killed.reasons)


def test_a_saturated_generator_gives_a_bound_and_never_a_capacity(tmp_path: Path) -> None:
    plan = plan_of(LARGE)
    parts = Simulated(generator_limit=1_000.0)
    (result,) = runner_of(plan, parts, begun(tmp_path, plan), io.StringIO()).run()
    assert result.capacity is not None
    assert result.capacity.is_bound
    assert result.capacity.limited_by == "generator"
    assert result.capacity.rate <= 1_000.0


def test_what_each_verdict_rests_on_is_kept(tmp_path: Path) -> None:
    plan = plan_of(SMALL, load=Load(limit=Limit(samples=1)))
    (result,) = runner_of(plan, Simulated(), begun(tmp_path, plan), io.StringIO()).run()
    assert result.capacity is not None
    for one in result.capacity.probes:
        share = pytest.approx(min(1.0, one.rate / (RATE_A_CPU * SMALL.cpus)))
        assert one.cpu is not None
        assert one.cpu.inference == share
        assert (one.cpu.gateway, one.cpu.generator, one.cpu.machine) == (None, 0.2, 0.0)


def test_a_load_on_a_service_that_is_still_busy_with_the_last_is_doubtful(tmp_path: Path) -> None:
    plan = plan_of(SMALL, load=Load(open=Open(rates=(100.0,))))
    runner = runner_of(plan, Simulated(), begun(tmp_path, plan), io.StringIO())
    (result,) = replace(runner, settled=lambda _url: False).run()
    assert result.measurements[0].judgement.reasons == (RESTLESS,)


@pytest.mark.parametrize("ends_after", [0, 1, 3, 6])
def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, ends_after: int) -> None:
    load = Load(closed=CLOSED, open=Open(rates=(100.0,)), limit=Limit(samples=1))
    plan = plan_of(SMALL, LARGE, load=load)
    folder = begun(tmp_path, plan)
    with pytest.raises(KeyboardInterrupt):
        runner_of(plan, Simulated(ends_after=ends_after), folder, io.StringIO()).run()
    kept = [one.started_at for result in folder.results() for one in result.measurements]
    again = Simulated()
    results = runner_of(plan, again, folder, io.StringIO()).run()
    assert all(result.is_complete for result in results)
    assert [len(result.measurements) for result in results] == [2, 2]
    measured = [one for one in again.loads if one == CLOSED]
    assert len(measured) == 2 - min(2, sum(bool(result) for result in kept[::2]))


def test_a_finished_run_measures_nothing_again(tmp_path: Path) -> None:
    plan = plan_of(SMALL)
    folder = begun(tmp_path, plan)
    first = runner_of(plan, Simulated(), folder, io.StringIO()).run()
    idle = Simulated()
    assert runner_of(plan, idle, folder, io.StringIO()).run() == first
    assert not idle.applied
    assert not idle.loads

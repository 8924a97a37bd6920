"""What the engine's JSON says, in the form of either version of cgroups."""

from typing import Any

import pytest

from capacity.services.engine_api import Event
from capacity.services.sampling import Sample, Series, sample
from capacity.services.watching import busy_share

MIB = 2**20


def stats(memory: dict[str, Any], **throttling: int) -> dict[str, Any]:
    return {
        "read": "2026-01-02T03:04:05.123456789Z",
        "cpu_stats": {
            "cpu_usage": {"total_usage": 2_500_000_000},
            "throttling_data": throttling,
        },
        "memory_stats": memory,
    }


def test_cgroups_1() -> None:
    memory = {
        "usage": 100 * MIB,
        "stats": {"inactive_file": 1 * MIB, "total_inactive_file": 30 * MIB},
    }
    found = sample(stats(memory, periods=50, throttled_periods=20, throttled_time=7))
    assert found == Sample(1767323045.123456, 2.5, 70.0, 50, 20)


def test_cgroups_2() -> None:
    found = sample(stats({"usage": 100 * MIB, "stats": {"inactive_file": 40 * MIB, "anon": 3}}))
    assert found == Sample(1767323045.123456, 2.5, 60.0, 0, 0)


def test_file_pages_that_seem_larger_than_all_of_it_are_left_in() -> None:
    found = sample(stats({"usage": 10 * MIB, "stats": {"inactive_file": 11 * MIB}}))
    assert found is not None
    assert found.memory == 10


def test_a_container_that_has_ended_gives_no_sample() -> None:
    ended = {
        "read": "0001-01-01T00:00:00Z",
        "cpu_stats": {"cpu_usage": {"total_usage": 0}},
        "memory_stats": {},
    }
    assert sample(ended) is None
    assert sample({}) is None


def series(*samples: Sample) -> Series:
    return Series("stack-fastapi-1", "fastapi", 0.5, 400, list(samples))


def event(at: int, kind: str, code: int | None = None) -> Event:
    return Event(at, kind, "id", "stack-fastapi-1", "fastapi", code)


def test_use_is_what_came_between_the_first_look_and_the_last() -> None:
    use = series(
        Sample(100, 10.0, 50, 1000, 500),
        Sample(101, 10.5, 80, 1010, 509),
        Sample(103, 10.8, 60, 1030, 510),
    ).use(99, [], must_run=True)
    assert use.cpu_mean == pytest.approx(0.8 / 3, abs=1e-3)
    assert (use.cpu_max, use.memory_max) == (0.5, 80)
    assert use.throttled == pytest.approx(1 / 3, abs=1e-3)
    looks = [(one.second, one.cpu, one.memory) for one in use.timeline]
    assert looks == [(2, 0.5, 80), (4, 0.15, 60)]
    assert (use.cpu_limit, use.memory_limit, use.oom_kills, use.restarts) == (0.5, 400, 0, 0)


def test_counters_that_begin_anew_are_no_negative_use() -> None:
    use = series(Sample(10, 99.0, 50, 1000, 900), Sample(12, 0.4, 30, 20, 5)).use(
        9, [], must_run=True
    )
    assert (use.cpu_mean, use.throttled) == (0.2, 0.25)


@pytest.mark.parametrize("looks", [[], [Sample(1, 2, 3, 0, 0)]])
def test_too_few_looks_are_no_fault(looks: list[Sample]) -> None:
    use = series(*looks).use(0, [], must_run=True)
    assert (use.cpu_mean, use.cpu_max, use.throttled, use.timeline) == (0, 0, 0, ())


def test_a_killed_worker_counts_although_its_container_goes_on() -> None:
    use = series().use(0, [event(1, "oom"), event(2, "oom")], must_run=True)
    assert (use.oom_kills, use.restarts) == (2, 0)


def test_every_end_of_a_container_that_must_run_counts() -> None:
    events = [event(1, "oom"), event(2, "die", 137), event(3, "start"), event(4, "die", 1)]
    use = series().use(0, events, must_run=True)
    assert (use.oom_kills, use.restarts) == (1, 2)


def test_a_job_that_ends_was_not_started_again() -> None:
    events = [event(1, "start"), event(2, "die", 0)]
    assert series().use(0, events, must_run=False).restarts == 0
    assert series().use(0, [*events, event(3, "start")], must_run=False).restarts == 1


def test_busy_is_what_is_neither_idle_nor_waiting_for_a_disk() -> None:
    before = {"user": 10.0, "system": 5.0, "idle": 100.0, "iowait": 1.0, "guest": 2.0}
    after = {"user": 13.0, "system": 6.0, "idle": 105.0, "iowait": 2.0, "guest": 4.0}
    assert busy_share(before, after) == 0.4
    assert busy_share(before, before) == 0

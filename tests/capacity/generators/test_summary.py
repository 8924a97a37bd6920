"""Locust's summary: figures of a load, faults of the generator, files that cannot be used."""

from pathlib import Path
from typing import Any

import pytest

from capacity.errors import CannotMeasure
from capacity.generators.summary import read_summary, stamp
from capacity.plan.load import Closed
from tests.capacity.generators.conftest import LATENCY, LOAD, summary, written


def faults(tmp_path: Path, load: Closed = LOAD, **changes: Any) -> tuple[str, ...]:
    return read_summary(written(tmp_path / "summary.json", **changes), None, load).generator.faults


def test_it_becomes_figures_of_a_load(tmp_path: Path) -> None:
    path = written(
        tmp_path / "summary.json",
        refused=5,
        failed=2,
        failures={"status 500, expected 200": 2},
        refusals=LATENCY,
    )
    figures = read_summary(path, None, LOAD)
    assert (figures.kind, figures.users, figures.seconds) == ("closed", 100, 10)
    assert (figures.ok, figures.refused, figures.failed) == (655, 5, 2)
    assert figures.offered == pytest.approx(100 / 1.5, abs=0.01)
    assert figures.goodput == 65.5
    assert figures.accepted is not None
    assert figures.accepted.p95_ms == 40
    assert figures.failures == {"status 500, expected 200": 2}
    assert len(figures.timeline) == 10
    assert figures.timeline[3].users == 100
    assert figures.generator.cpu == 0.2
    assert figures.generator.faults == ()


def test_users_who_never_wait_offer_what_is_answered(tmp_path: Path) -> None:
    path = written(tmp_path / "summary.json", wait=[0, 0], ok=45_000)
    assert read_summary(path, None, LOAD).offered == 4500


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"generator": {"cpu": 0.95, "warnings": []}}, "Locust used 95% of a core"),
        ({"generator": {"cpu": 0.95, "warnings": ["worker 2 used 95%"]}}, "worker 2 used 95%"),
        ({"generator": {"cpu": 0.5, "warnings": ["worker 2 was lost"]}}, "worker 2 was lost"),
        ({"users": 80, "ok": 524}, "only 80 of 100 users"),
        ({"ok": 500}, "spent only 77% of their time"),
        ({"stopped_by": "the p95 was too long"}, "ended the run early: the p95 was too long"),
    ],
)
def test_a_locust_that_was_the_limit_itself_is_caught(
    tmp_path: Path, changes: dict[str, Any], fault: str
) -> None:
    found = faults(tmp_path, **changes)
    assert len(found) == 1
    assert fault in found[0]


def test_a_slow_service_is_not_taken_for_a_slow_locust(tmp_path: Path) -> None:
    # 100 users, 1.5 s of waiting and 3.5 s of answering: 20 answers a second.
    slow = dict.fromkeys(LATENCY, 3500.0)
    assert faults(tmp_path, ok=200, accepted=slow) == ()


def test_nor_is_one_that_leaves_requests_without_an_answer(tmp_path: Path) -> None:
    # Each user waits 1.5 s, and then 10 s in vain.
    failures = {"timed out": 87}
    assert faults(tmp_path, ok=0, accepted=None, failed=87, failures=failures) == ()


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotMeasure, match=r"nothing\.json is missing: .* Locust's log"):
        read_summary(tmp_path / "nothing.json", None, LOAD)


def test_the_file_of_an_earlier_run_is_not_used(tmp_path: Path) -> None:
    path = written(tmp_path / "summary.json")
    before = stamp(path)
    with pytest.raises(CannotMeasure, match="is from an earlier run"):
        read_summary(path, before, LOAD)
    new = written(tmp_path / "new.json")
    new.replace(path)
    assert read_summary(path, before, LOAD).ok == 655


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"users": 100', "the file"),
        ("[]", "the file"),
        ('{"users": 100}', "seconds"),
        (None, "accepted.p95_ms"),
    ],
)
def test_a_damaged_file_is_told_with_the_place(
    tmp_path: Path, text: str | None, place: str
) -> None:
    path = written(tmp_path / "summary.json", accepted=LATENCY | {"p95_ms": "much"})
    if text is not None:
        path.write_text(text)
    with pytest.raises(CannotMeasure, match=rf"cannot be read \({place}: .*build Locust's image"):
        read_summary(path, None, LOAD)


def test_a_run_that_ended_in_its_ramp_is_told(tmp_path: Path) -> None:
    generator = {"cpu": 0.1, "warnings": ["the run ended before its warm-up was over"]}
    with pytest.raises(CannotMeasure, match=r"measured nothing \(the run ended before"):
        faults(tmp_path, seconds=0.0, ok=0, accepted=None, timeline=[], generator=generator)


def test_keys_that_the_planner_does_not_need_do_no_harm(tmp_path: Path) -> None:
    assert "balance" in summary()
    assert faults(tmp_path, novelty=1) == ()

"""Two runs are compared where they are alike, and chance is not taken for a change."""

import pytest

from capacity.analysis.compare import Change, Comparison, compare
from capacity.errors import BadRun
from capacity.records import ConfigurationResult
from tests.capacity.analysis.samples import (
    capacity,
    configuration,
    latency,
    load,
    measurement,
    result,
    run,
)

HALF, WHOLE = configuration(cpus=0.5), configuration(cpus=1.0)


def compared(before: ConfigurationResult, after: ConfigurationResult) -> Comparison:
    return compare(run(), [before], run(), [after])


def only(comparison: Comparison, figure: str) -> Change:
    (found,) = [one for one in comparison.changes if one.figure == figure]
    return found


def test_a_clear_change_counts() -> None:
    before = result(HALF, capacity(100, 101, 99), measurement(20, 0.40), measurement(21, 0.41))
    after = result(HALF, capacity(200, 202, 198), measurement(10, 0.40), measurement(10.2, 0.42))
    found = compared(before, after)
    grown = only(found, "capacity")
    assert grown.configuration == HALF
    assert grown.ratio == pytest.approx(2)
    assert grown.is_shown
    assert grown.verdict == "higher"
    cpu = only(found, "CPU")
    assert (cpu.load, cpu.is_shown, cpu.verdict) == ("1,000/s", False, "no difference shown")
    assert cpu.before.mean == pytest.approx(0.405), "the gateway's CPU is not inference's"
    assert found.differences == ()


def test_a_latency_that_fell_is_lower() -> None:
    before = result(HALF, None, *(measurement(p95) for p95 in (20.0, 20.1, 20.2)))
    after = result(HALF, None, *(measurement(p95) for p95 in (10.0, 10.1, 10.2)))
    p95 = only(compared(before, after), "p95")
    assert (p95.is_shown, p95.verdict) == (True, "lower")


def test_a_change_within_the_bounds_is_not_shown() -> None:
    before, after = result(HALF, capacity(90, 110)), result(HALF, capacity(100, 120))
    change = only(compared(before, after), "capacity")
    assert change.ratio == pytest.approx(1.1)
    assert not change.is_shown
    assert change.verdict == "no difference shown"


def test_single_measurements_show_nothing_and_say_why() -> None:
    change = only(compared(result(HALF, capacity(100)), result(HALF, capacity(200))), "capacity")
    assert change.ratio == 2
    assert change.verdict == ("no difference shown: a single measurement has no confidence bounds")


def test_a_bound_can_be_above_but_never_below() -> None:
    found = result(HALF, capacity(100, 101, low=98))
    high_bound = result(HALF, capacity(200, 201, low=190, is_bound=True))
    assert only(compared(found, high_bound), "capacity").verdict == "higher"
    low_bound = result(HALF, capacity(50, 51, low=48, is_bound=True))
    assert not only(compared(found, low_bound), "capacity").is_shown
    assert not only(compared(high_bound, low_bound), "capacity").is_shown


def test_from_nothing_there_is_no_ratio() -> None:
    change = only(compared(result(HALF, capacity(0.0)), result(HALF, capacity(5))), "capacity")
    assert change.ratio is None


def test_figures_that_the_generator_limited_are_left_out() -> None:
    limited = result(HALF, None, measurement(900, by_generator=True))
    assert compared(limited, result(HALF, None, measurement(20))).changes == ()


def test_only_equal_loads_are_compared() -> None:
    other = load(offered=2000.0, goodput=2000.0, accepted=latency(20.0))
    found = compared(
        result(HALF, None, measurement(20)), result(HALF, None, measurement(20, figures=other))
    )
    assert found.changes == ()


def test_a_load_with_nothing_accepted_has_no_latency() -> None:
    nothing = result(HALF, None, measurement(1, figures=load(accepted=None)))
    found = compared(nothing, nothing)
    assert [one.figure for one in found.changes] == ["CPU"]


def test_users_are_named() -> None:
    users = load(kind="closed", users=1200, offered=686.0)
    one = result(HALF, None, measurement(20, figures=users))
    assert {change.load for change in compared(one, one).changes} == {
        "1,200 users who would send 686/s"
    }


def test_differences_of_plan_environment_and_outcome_are_told() -> None:
    before = run(
        plan={"name": "mine", "load": {"closed": {"users": 100}}},
        environment={"cores": 2, "CPU model": "A", "images": {"gateway": "1"}},
    )
    after = run(
        kind="embedded",
        plan={"name": "mine", "load": {"closed": {"users": 200}}, "repeats": 3},
        environment={"cores": 2, "CPU model": "B"},
    )
    found = compare(before, [result(HALF, error="it broke")], after, [result(HALF)])
    assert found.differences == (
        "kind: compose, then embedded",
        "plan load.closed.users: 100, then 200",
        "plan repeats: nothing, then 3",
        "environment CPU model: A, then B",
        "environment images: {'gateway': '1'}, then nothing",
        "1 x 0.5 CPU, 250 MB: error: it broke, then nothing",
    )


def test_what_only_one_run_has_is_named() -> None:
    third = configuration(cpus=2.0)
    found = compare(run(), [result(HALF), result(WHOLE)], run(), [result(WHOLE), result(third)])
    assert (found.only_before, found.only_after) == ((HALF,), (third,))


def test_runs_without_a_common_configuration_are_refused() -> None:
    with pytest.raises(BadRun, match="one and two have no configuration in common"):
        compare(run(), [result(HALF)], run(id="two"), [result(WHOLE)])
    with pytest.raises(BadRun, match="none there, none here"):
        compare(run(), [], run(id="two"), [])

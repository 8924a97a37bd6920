"""The promotion gate, both ways."""

import pytest

from pipeline.budget import Budget, Cost
from pipeline.gate import Contender, decide

BUDGET = Budget(megabytes=20, row_us=60)
CHEAP = Cost(5, 10)


def _contender(version: str, macro_f1: float, cost: Cost = CHEAP) -> Contender:
    # Accuracy says the opposite, so a gate that looked at it would decide the other way.
    return Contender(version, {"macro_f1": macro_f1, "accuracy": 1 - macro_f1}, cost)


@pytest.mark.parametrize(
    ("challenger", "champion", "is_promoted"),
    [(0.81, 0.80, True), (0.80, 0.80, True), (0.7999, 0.80, False), (0.0, 0.0, True)],
)
def test_a_challenger_must_not_be_worse(
    challenger: float, champion: float, is_promoted: bool
) -> None:
    decision = decide("macro_f1", BUDGET, _contender("2", challenger), _contender("1", champion))

    assert decision.promote is is_promoted
    assert "version 1's" in decision.reason
    assert f"{challenger:.4f}" in decision.reason
    assert f"{champion:.4f}" in decision.reason
    assert ("not below" in decision.reason) is is_promoted


def test_the_metric_asked_for_decides() -> None:
    challenger, champion = _contender("2", 0.9), _contender("1", 0.8)

    assert decide("macro_f1", BUDGET, challenger, champion).promote
    assert not decide("accuracy", BUDGET, challenger, champion).promote


def test_the_first_needs_no_score() -> None:
    decision = decide("macro_f1", BUDGET, _contender("1", 0.01), None)

    assert decision.promote
    assert "first champion" in decision.reason


@pytest.mark.parametrize(
    ("cost", "setting"),
    [(Cost(20.5, 10), "MAX_ONNX_MB"), (Cost(5, 61), "MAX_ROW_US")],
)
@pytest.mark.parametrize("champion", [None, _contender("1", 0.1)], ids=["first", "second"])
def test_over_budget_is_never_promoted(
    cost: Cost, setting: str, champion: Contender | None
) -> None:
    decision = decide("macro_f1", BUDGET, _contender("2", 0.99, cost), champion)

    assert not decision.promote
    assert setting in decision.reason


def test_the_champion_s_own_cost_does_not_matter() -> None:
    champion = _contender("1", 0.8, Cost(500, 500))

    assert decide("macro_f1", BUDGET, _contender("2", 0.8), champion).promote
    assert not decide("macro_f1", BUDGET, _contender("2", 0.7), champion).promote


def test_the_champion_is_not_promoted_again() -> None:
    decision = decide("macro_f1", BUDGET, _contender("3", 0.8), _contender("3", 0.8))

    assert not decision.promote
    assert decision.reason == "version 3 is the champion already"

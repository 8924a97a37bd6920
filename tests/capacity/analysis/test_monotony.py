"""More resources that hold less are told of, when that is sure."""

import pytest

from capacity.analysis.monotony import contradictions
from capacity.records import Capacity
from tests.capacity.analysis.samples import capacity, configuration, result

SMALL, LARGE, OTHER = configuration(1), configuration(2), configuration(3, memory=160)


def test_more_resources_that_surely_hold_less_are_told_of() -> None:
    found = [
        result(SMALL, capacity(990.0, 1000.0, 1010.0)),
        result(LARGE, capacity(790.0, 800.0, 810.0)),
    ]
    (sentence,) = contradictions(found)
    assert sentence.startswith(
        f"Against expectation, {LARGE.title} holds 800/s, less than {SMALL.title} with 1,000/s"
    )


@pytest.mark.parametrize(
    "large",
    [
        capacity(1990.0, 2000.0, 2010.0),
        capacity(600.0, 800.0, 1000.0),
        capacity(800.0),
        capacity(790.0, 800.0, 810.0, is_bound=True),
        None,
    ],
    ids=["more", "not surely less", "one sample", "a bound", "not measured"],
)
def test_whatever_else_is_no_contradiction(large: Capacity | None) -> None:
    found = [result(SMALL, capacity(990.0, 1000.0, 1010.0)), result(LARGE, large)]
    assert list(contradictions(found)) == []


def test_nothing_is_expected_of_two_that_each_have_more_of_something() -> None:
    found = [
        result(SMALL, capacity(990.0, 1000.0, 1010.0)),
        result(OTHER, capacity(790.0, 800.0, 810.0)),
    ]
    assert list(contradictions(found)) == []

"""Only points that no other one beats are on the front."""

from hypothesis import given
from hypothesis import strategies as st

from capacity.analysis.pareto import front

POINTS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


def test_a_known_front() -> None:
    points = [(3.0, 30.0, "c"), (1.0, 10.0, "a"), (2.0, 5.0, "worse"), (2.0, 20.0, "b")]
    assert front(points) == ["a", "b", "c"]


def test_the_dearer_of_two_equals_is_off_it() -> None:
    assert front([(2.0, 10.0, "dear"), (1.0, 10.0, "cheap")]) == ["cheap"]


def test_the_weaker_of_two_at_one_price_is_off_it() -> None:
    assert front([(1.0, 10.0, "weak"), (1.0, 20.0, "strong")]) == ["strong"]


def test_twins_are_on_it_together() -> None:
    assert front([(1.0, 10.0, "one"), (1.0, 10.0, "other")]) == ["one", "other"]


@given(POINTS)
def test_it_is_all_points_that_none_beats(pairs: list[tuple[int, int]]) -> None:
    points = [(float(cost), float(capacity), at) for at, (cost, capacity) in enumerate(pairs)]

    def is_beaten(point: tuple[float, float, int]) -> bool:
        return any(
            other[0] <= point[0] and other[1] >= point[1] and other[:2] != point[:2]
            for other in points
        )

    found = front(points)
    assert sorted(found) == [point[2] for point in points if not is_beaten(point)]
    assert [points[at][0] for at in found] == sorted(points[at][0] for at in found)

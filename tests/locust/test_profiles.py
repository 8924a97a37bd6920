"""The number of users over a run, for each shape."""

from loadtest.profiles import PROFILES, Asked, Tick

ASKED = Asked(users=50, spawn_rate=7, seconds=100)


def over_time(shape: str, *parts: float) -> list[Tick]:
    return [PROFILES[shape](ASKED, part) for part in parts]


def test_steps_are_five_and_equal() -> None:
    users = [users for users, _ in over_time("steps", 0, 0.19, 0.2, 0.4, 0.6, 0.8, 0.999)]
    assert users == [10, 10, 20, 30, 40, 50, 50]
    assert PROFILES["steps"](Asked(2, 1, 100), 0) == (1, 1), "a step has at least one user"


def test_a_spike_is_there_at_once_and_gone_at_once() -> None:
    assert over_time("spike", 0, 0.33, 0.34, 0.66, 0.67) == [
        *[(5, 7.0)] * 2,
        *[(50, 50.0)] * 2,
        (5, 50.0),
    ]
    assert PROFILES["spike"](Asked(3, 1, 100), 0) == (1, 1), "a tenth is at least one user"


def test_a_soak_takes_a_tenth_of_its_time_to_get_going() -> None:
    assert over_time("soak", 0, 0.5, 0.99) == [(50, 5.0)] * 3


def test_ten_thousand_users_come_whatever_was_asked_for() -> None:
    assert over_time("ten-thousand", 0, 0.5) == [(10_000, 500.0)] * 2

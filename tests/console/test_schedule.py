"""Schedules that Airflow can read."""

import pytest

from console.schedule import is_schedule


@pytest.mark.parametrize(
    "text",
    [
        *("@once", "@hourly", "* * * * *", "*/5 0-6,22 1,15 jan-mar mon-fri"),
        *("0 0 l * *", "0 12 * * MON#1", "59 23 31 12 7", "5/10 * * * *"),
    ],
)
def test_a_schedule_of_airflow_is_accepted(text: str) -> None:
    assert is_schedule(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "foo", "@never", "@Once", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *"),
        *("* * 0 * *", "* * * 13 *", "* * * * 8", "* * * * someday", "*/0 * * * *", "1- * * * *"),
    ],
)
def test_another_schedule_is_refused(text: str) -> None:
    assert not is_schedule(text)

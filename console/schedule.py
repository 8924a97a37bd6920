"""Can Airflow read this schedule?"""

import re

_PRESETS = frozenset(
    ["@once", "@continuous", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly"]
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
# Of each field: its least and its greatest number, and the words that stand for a number.
_FIELDS: tuple[tuple[int, int, list[str]], ...] = (
    (0, 59, []),
    (0, 23, []),
    (1, 31, ["l"]),
    (1, 12, _MONTHS),
    (0, 7, _DAYS),
)
# A part of a field: *, a value or a range, with a step; of a weekday, which one of the month.
_PART = re.compile(
    r"(?:\*|(?P<first>[0-9]+|[a-z]+)(?:-(?P<last>[0-9]+|[a-z]+))?)"
    r"(?:/[1-9][0-9]*|#[1-5])?"
)


def is_schedule(text: str) -> bool:
    """A preset of Airflow, or a cron expression of 5 fields with numbers in reach."""
    if text.startswith("@"):
        return text in _PRESETS
    fields = text.lower().split()
    return len(fields) == len(_FIELDS) and all(
        _is_part(part, *bounds)
        for field, bounds in zip(fields, _FIELDS, strict=True)
        for part in field.split(",")
    )


def _is_part(text: str, least: int, greatest: int, words: list[str]) -> bool:
    match = _PART.fullmatch(text)
    return match is not None and all(
        value is None or value in words or (value.isdigit() and least <= int(value) <= greatest)
        for value in (match["first"], match["last"])
    )

"""Turns a row as received, a list of strings in schema order, into a typed observation.

A row is rejected only for what is physically impossible or cannot be read. What merely
lies outside the range seen so far is data.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from covertype import schema

# float() also takes "1_000", " 5 " and digits of other scripts, which no sensor sends.
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Reason(StrEnum):
    """Why a row was rejected."""

    NOT_A_LIST = "not_a_list"
    WRONG_WIDTH = "wrong_width"
    WRONG_TYPE = "wrong_type"
    NOT_A_NUMBER = "not_a_number"
    NOT_FINITE = "not_finite"
    IMPOSSIBLE = "impossible"
    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_CLASS = "unknown_class"


@dataclass(frozen=True, slots=True)
class Observation:
    """One clean row: values in the order of ``schema.COLUMNS``."""

    row_index: int
    values: tuple[float | str | int, ...]


@dataclass(frozen=True, slots=True)
class Rejection:
    """One row that cannot be used, and why."""

    row_index: int
    reason: Reason
    detail: str
    row: object


class _Unusable(Exception):
    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def validate_rows(rows: Sequence[object]) -> tuple[list[Observation], list[Rejection]]:
    """Split the rows of a batch; every row ends up in exactly one of the two lists."""
    clean: list[Observation] = []
    rejected: list[Rejection] = []
    for index, row in enumerate(rows):
        try:
            clean.append(Observation(index, _typed(row)))
        except _Unusable as unusable:
            rejected.append(Rejection(index, unusable.reason, str(unusable), row))
    return clean, rejected


def _typed(row: object) -> tuple[float | str | int, ...]:
    if not isinstance(row, list):
        raise _Unusable(Reason.NOT_A_LIST, f"expected a list, got {type(row).__name__}")
    if len(row) != len(schema.COLUMNS):
        raise _Unusable(
            Reason.WRONG_WIDTH, f"expected {len(schema.COLUMNS)} values, got {len(row)}"
        )
    for column, value in zip(schema.COLUMNS, row, strict=True):
        if not isinstance(value, str):
            raise _Unusable(
                Reason.WRONG_TYPE, f"{column}: expected a string, got {type(value).__name__}"
            )
    first_category, target = len(schema.FEATURES), len(schema.COLUMNS) - 1
    return (
        *map(_number, schema.FEATURES, row),
        *map(_category, schema.CATEGORIES, row[first_category:target]),
        _cover_type(row[target]),
    )


def _number(feature: schema.Feature, text: str) -> float:
    if _NUMBER.fullmatch(text):
        value = float(text)
    elif text.strip().lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        value = math.nan
    else:
        raise _Unusable(Reason.NOT_A_NUMBER, f"{feature.name}: {_shown(text)} is not a number")
    if not math.isfinite(value):
        raise _Unusable(Reason.NOT_FINITE, f"{feature.name}: {_shown(text)} is not finite")
    if value not in feature.possible:
        low, high = feature.possible.low, feature.possible.high
        raise _Unusable(
            Reason.IMPOSSIBLE,
            f"{feature.name}: {_shown(text)} {feature.unit} is outside {low:g} to {high:g}",
        )
    return value


def _category(category: schema.Category, text: str) -> str:
    if text not in category.values:
        raise _Unusable(
            Reason.UNKNOWN_CATEGORY, f"{category.name}: {_shown(text)} is not a known value"
        )
    return text


def _cover_type(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text, re.ASCII) or int(text) not in schema.COVER_TYPES:
        raise _Unusable(
            Reason.UNKNOWN_CLASS, f"{schema.TARGET}: {_shown(text)} is not one of 1 to 7"
        )
    return int(text)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}...")

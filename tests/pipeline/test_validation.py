"""Validation: each reason to reject a row, and that no row is lost or let through."""

import json
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covertype import schema
from pipeline.validation import Observation, Reason, Rejection, validate_rows
from tests.pipeline.samples import text_rows, with_value

GOOD = text_rows(1)[0]


class Case(NamedTuple):
    """A row that cannot be used, why, and a word of the explanation."""

    row: object
    reason: Reason
    word: str


CASES = [
    Case(None, Reason.NOT_A_LIST, "NoneType"),
    Case({"Elevation": "1"}, Reason.NOT_A_LIST, "dict"),
    Case(",".join(GOOD), Reason.NOT_A_LIST, "str"),
    Case([], Reason.WRONG_WIDTH, "got 0"),
    Case(GOOD[:-1], Reason.WRONG_WIDTH, "got 12"),
    Case([*GOOD, "1"], Reason.WRONG_WIDTH, "got 14"),
    Case([2596, *GOOD[1:]], Reason.WRONG_TYPE, "Elevation"),
    Case([*GOOD[:-1], None], Reason.WRONG_TYPE, "Cover_Type"),
    Case([*GOOD[:10], ["Rawah"], *GOOD[11:]], Reason.WRONG_TYPE, "Wilderness_Area"),
    Case(with_value("Slope", ""), Reason.NOT_A_NUMBER, "''"),
    Case(with_value("Slope", "steep"), Reason.NOT_A_NUMBER, "'steep'"),
    Case(with_value("Slope", " 5"), Reason.NOT_A_NUMBER, "Slope"),
    Case(with_value("Slope", "5\n"), Reason.NOT_A_NUMBER, "Slope"),
    Case(with_value("Slope", "1_0"), Reason.NOT_A_NUMBER, "1_0"),
    Case(with_value("Slope", "0x10"), Reason.NOT_A_NUMBER, "0x10"),
    Case(with_value("Slope", "1,5"), Reason.NOT_A_NUMBER, "1,5"),
    Case(with_value("Slope", "\u0665"), Reason.NOT_A_NUMBER, "Slope"),  # an Arabic five
    Case(with_value("Slope", "nan"), Reason.NOT_FINITE, "'nan'"),
    Case(with_value("Slope", "-Infinity"), Reason.NOT_FINITE, "not finite"),
    Case(with_value("Slope", "1e999"), Reason.NOT_FINITE, "1e999"),
    Case(with_value("Slope", "9" * 5000), Reason.NOT_FINITE, "Slope"),
    Case(with_value("Slope", "91"), Reason.IMPOSSIBLE, "0 to 90"),
    Case(with_value("Aspect", "-1"), Reason.IMPOSSIBLE, "degree"),
    Case(with_value("Elevation", "8850.5"), Reason.IMPOSSIBLE, "-430 to 8850"),
    Case(with_value("Hillshade_Noon", "256"), Reason.IMPOSSIBLE, "0 to 255"),
    Case(with_value("Wilderness_Area", "rawah"), Reason.UNKNOWN_CATEGORY, "'rawah'"),
    Case(with_value("Soil_Type", "7745"), Reason.UNKNOWN_CATEGORY, "Soil_Type"),
    Case(with_value("Soil_Type", "\ud800"), Reason.UNKNOWN_CATEGORY, "Soil_Type"),
    Case(with_value("Cover_Type", "0"), Reason.UNKNOWN_CLASS, "'0'"),
    Case(with_value("Cover_Type", "8"), Reason.UNKNOWN_CLASS, "1 to 7"),
    Case(with_value("Cover_Type", "1.0"), Reason.UNKNOWN_CLASS, "1.0"),
    Case(with_value("Cover_Type", "-1"), Reason.UNKNOWN_CLASS, "-1"),
    Case(with_value("Cover_Type", "7" * 5000), Reason.UNKNOWN_CLASS, "777..."),
    Case(with_value("Cover_Type", "\u0661"), Reason.UNKNOWN_CLASS, "Cover_Type"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.reason}-{case.word[:12]}")
def test_a_bad_row_is_rejected_with_its_reason(case: Case) -> None:
    clean, rejected = validate_rows([GOOD, case.row])

    assert [row.row_index for row in clean] == [0]
    assert [(row.row_index, row.reason, row.row) for row in rejected] == [
        (1, case.reason, case.row)
    ]
    assert case.word in rejected[0].detail
    assert len(rejected[0].detail) < 200


def test_every_reason_has_a_case() -> None:
    assert {case.reason for case in CASES} == set(Reason)


def test_a_good_row_becomes_typed_values_in_schema_order() -> None:
    row = [
        "2596",
        "51",
        "3",
        "258",
        "-7",
        "510",
        "221",
        "232.5",
        "148",
        "6279",
        "Rawah",
        "C7745",
        "5",
    ]

    clean, rejected = validate_rows([row])

    numbers = (2596.0, 51.0, 3.0, 258.0, -7.0, 510.0, 221.0, 232.5, 148.0, 6279.0)
    assert clean == [Observation(0, (*numbers, "Rawah", "C7745", 5))]
    assert rejected == []


def test_a_value_beyond_the_range_seen_is_data() -> None:
    clean, _ = validate_rows([with_value("Elevation", "1000"), with_value("Slope", "90")])

    assert len(clean) == 2


def test_no_rows_give_no_rows() -> None:
    assert validate_rows([]) == ([], [])


# Text with lone surrogates too: JSON can escape them.
_TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT,
    lambda inner: st.lists(inner, max_size=14) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=20,
)
_NEARLY = st.lists(
    st.sampled_from(GOOD) | st.integers().map(str) | st.floats().map(repr) | _TEXT,
    min_size=len(GOOD),
    max_size=len(GOOD),
)


def _numbers(feature: schema.Feature) -> st.SearchStrategy[str]:
    low, high = feature.possible.low, feature.possible.high
    return st.integers(int(low), int(high)).map(str) | st.floats(low, high).map(repr)


_POSSIBLE = st.tuples(
    *map(_numbers, schema.FEATURES),
    *(st.sampled_from(category.values) for category in schema.CATEGORIES),
    st.sampled_from([str(label) for label in schema.COVER_TYPES]),
).map(list)


@settings(deadline=None)
@given(st.lists(_JSON | _NEARLY | _POSSIBLE, max_size=8))
def test_every_row_ends_up_in_exactly_one_list(rows: list[object]) -> None:
    clean, rejected = validate_rows(rows)

    both: list[Observation | Rejection] = [*clean, *rejected]
    assert sorted(row.row_index for row in both) == list(range(len(rows)))
    assert all(row.row is rows[row.row_index] for row in rejected)
    for row in rejected:
        # As the store writes them: both must be encodable.
        (row.detail + json.dumps(row.row)).encode()


@settings(deadline=None)
@given(st.lists(_POSSIBLE, min_size=1, max_size=5))
def test_every_possible_row_survives_unchanged(rows: list[list[str]]) -> None:
    clean, rejected = validate_rows(rows)

    assert rejected == []
    for observation, row in zip(clean, rows, strict=True):
        assert observation.values[:10] == tuple(map(float, row[:10]))
        assert observation.values[10:12] == tuple(row[10:12])
        assert observation.values[12] == int(row[12])


@settings(deadline=None)
@given(st.lists(_NEARLY, max_size=5))
def test_what_is_let_through_is_possible(rows: list[list[str]]) -> None:
    clean, _ = validate_rows(rows)

    for observation in clean:
        for feature, value in zip(schema.FEATURES, observation.values, strict=False):
            assert isinstance(value, float)
            assert value in feature.possible
        assert observation.values[-1] in schema.COVER_TYPES

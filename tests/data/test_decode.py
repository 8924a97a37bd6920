"""Decoding raw rows, and the message for each way in which they can be wrong."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covertype import schema
from Data import decode
from Data.decode import DatasetError

RawRow = Callable[..., list[object]]
RawWriter = Callable[[Sequence[Sequence[object]]], Path]


def test_decodes_rows_in_file_order(write_raw: RawWriter, raw_row: RawRow) -> None:
    path = write_raw([raw_row(), raw_row(wilderness=3, soil=39, cover_type=7)])
    rows = [list(row.values()) for row in decode.decode_csv(path).to_pylist()]
    features = [2596, 51, 3, 258, 0, 510, 221, 232, 148, 6279]
    assert rows == [
        [*features, "Rawah", "C7745", 5],
        [*features, "Cache", "C8776", 7],
    ]


@settings(deadline=None)  # the machine may be busy
@given(codes=st.lists(st.integers(0, 39), min_size=1))
def test_one_hot_is_undone(codes: list[int]) -> None:
    one_hot = np.eye(40, dtype=np.int16)[codes]
    assert decode.decode_one_hot(one_hot, "Soil_Type", Path("x"), 0).tolist() == codes


def test_reports_progress(write_raw: RawWriter, raw_row: RawRow) -> None:
    seen: list[int] = []
    decode.decode_csv(write_raw([raw_row()] * 3), progress=seen.append)
    assert seen[-1] == 3


@pytest.mark.parametrize("bits", [{10: 0}, {11: 1}, {10: 2}, {10: 2, 11: -1}])
def test_names_the_line_without_exactly_one_area(
    bits: dict[int, int], write_raw: RawWriter, raw_row: RawRow
) -> None:
    broken = raw_row()
    for column, value in bits.items():
        broken[column] = value
    path = write_raw([raw_row(), raw_row(), broken, raw_row()])
    with pytest.raises(DatasetError, match=r"line 4: the Wilderness_Area columns must be one 1"):
        decode.decode_csv(path)


def test_names_a_soil_type_block_without_a_one(write_raw: RawWriter, raw_row: RawRow) -> None:
    with pytest.raises(DatasetError, match="line 2: the Soil_Type columns"):
        decode.decode_csv(write_raw([raw_row(soil=40)]))


@pytest.mark.parametrize("value", ["", "x", "1.5", "99999", "NA"])
def test_refuses_what_is_no_whole_number(value: str, write_raw: RawWriter, raw_row: RawRow) -> None:
    row = raw_row()
    row[3] = value
    with pytest.raises(DatasetError, match="not a readable"):
        decode.decode_csv(write_raw([row]))


def test_refuses_a_short_row(write_raw: RawWriter, raw_row: RawRow) -> None:
    with pytest.raises(DatasetError, match="not a readable"):
        decode.decode_csv(write_raw([raw_row(), raw_row()[:-1]]))


def test_refuses_other_columns(tmp_path: Path) -> None:
    path = tmp_path / "covtype.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="expected 55 from Elevation to Cover_Type, found 2"):
        decode.decode_csv(path)


def test_refuses_other_class_counts(write_raw: RawWriter, raw_row: RawRow) -> None:
    table = decode.decode_csv(write_raw([raw_row(), raw_row(cover_type=2)]))
    with pytest.raises(DatasetError, match=r"found 2 rows with \{2: 1, 5: 1\}"):
        decode.check_table(table)


def test_refuses_ranges_that_the_schema_does_not_name(
    write_raw: RawWriter, raw_row: RawRow
) -> None:
    lows = [int(feature.seen.low) for feature in schema.FEATURES]
    highs = [int(feature.seen.high) for feature in schema.FEATURES]
    whole = decode.decode_csv(write_raw([raw_row(lows), raw_row(highs)]))
    decode.check_table(whole, class_counts={5: 2})

    highs[2] -= 1
    narrower = decode.decode_csv(write_raw([raw_row(lows), raw_row(highs)]))
    with pytest.raises(DatasetError, match="Slope goes from 0 to 65, but"):
        decode.check_table(narrower, class_counts={5: 2})


def test_refuses_a_table_with_other_columns(write_raw: RawWriter, raw_row: RawRow) -> None:
    table = decode.decode_csv(write_raw([raw_row()]))
    with pytest.raises(DatasetError, match="Expected the columns Elevation, "):
        decode.check_table(table.drop_columns(["Slope"]), class_counts={5: 1})


def test_written_file_holds_the_same_table(
    write_raw: RawWriter, raw_row: RawRow, tmp_path: Path
) -> None:
    table = decode.decode_csv(write_raw([raw_row(), raw_row(wilderness=2)]))
    target = tmp_path / "new" / "x.parquet"
    decode.write_parquet(table, target)
    assert pq.read_table(target).equals(table)
    assert [path.name for path in target.parent.iterdir()] == ["x.parquet"]


def test_says_what_to_do_when_the_output_cannot_be_written(
    write_raw: RawWriter, raw_row: RawRow, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    table = decode.decode_csv(write_raw([raw_row()]))
    with pytest.raises(DatasetError, match=r"cannot be written: .* Choose another --output"):
        decode.write_parquet(table, tmp_path / "file" / "x.parquet")

"""A covertype.csv of one's own: taken whole, or refused with the line and the column."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covertype import schema
from randomdata import csv_file
from randomdata.errors import DataFileError
from randomdata.settings import Settings
from randomdata.source import FileSource, open_source

Writer = Callable[[list[list[str]]], Path]
HEADER = list(schema.COLUMNS)


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    def write_rows(rows: list[list[str]]) -> Path:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        path = tmp_path / "covertype.csv"
        path.write_text(text.getvalue(), encoding="utf-8", newline="")
        return path

    return write_rows


@pytest.mark.parametrize("first", [[], [HEADER]], ids=["no header", "header"])
def test_rows_are_read_in_order(
    first: list[list[str]], small_rows: list[list[str]], write: Writer
) -> None:
    rows = csv_file.load(write([*first, *small_rows]))
    assert [list(row) for row in rows.as_strings()] == small_rows


def test_byte_order_mark_and_empty_last_lines_are_fine(
    small_rows: list[list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "covertype.csv"
    text = "\n".join(",".join(row) for row in [HEADER, *small_rows])
    path.write_text(f"\ufeff{text}\n\n\n", encoding="utf-8")
    assert len(csv_file.load(path)) == len(small_rows)


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        (0, "high", "column Elevation: 'high' is not a whole number from -430 to 8850 m."),
        (0, "nan", "column Elevation: 'nan' is not a whole number"),
        (0, "3e9", "column Elevation: '3e9' is not a whole number from -430 to 8850 m."),
        (3, "2.5", "column Horizontal_Distance_To_Hydrology: '2.5' is not a whole number"),
        (3, "", "column Horizontal_Distance_To_Hydrology: '' is not a whole number"),
        (3, "9" * 5000, "column Horizontal_Distance_To_Hydrology: '9999"),
        (2, "91", "column Slope: 91 is outside 0 to 90 degree"),
        (6, "-1", "column Hillshade_9am: -1 is outside 0 to 255"),
        (10, "Nowhere", "column Wilderness_Area: 'Nowhere' is not one of Rawah, Neota,"),
        (11, "7745", "column Soil_Type: '7745' is not one of the 40 codes of the schema"),
        (12, "0", "column Cover_Type: '0' is not one of 1, 2, 3, 4, 5, 6, 7"),
        (12, "1.5", "column Cover_Type: '1.5' is not one of 1, 2, 3, 4, 5, 6, 7"),
    ],
)
@pytest.mark.parametrize("header", [False, True])
def test_a_wrong_value_is_named_with_line_and_column(
    column: int,
    value: str,
    fault: str,
    header: bool,
    small_rows: list[list[str]],
    write: Writer,
) -> None:
    rows = [list(row) for row in small_rows]
    rows[41][column] = value
    path = write([HEADER, *rows] if header else rows)
    with pytest.raises(DataFileError) as raised:
        csv_file.load(path)
    assert f"covertype.csv, line {43 if header else 42}: {fault}" in raised.value.message
    assert "Correct the file, or remove it" in raised.value.message


@pytest.mark.parametrize("width", [12, 14])
def test_another_number_of_values_is_named(
    width: int, small_rows: list[list[str]], write: Writer
) -> None:
    rows = [*small_rows[:4], [*small_rows[4], "extra"][:width], *small_rows[5:]]
    with pytest.raises(DataFileError, match=f"line 5: expected 13 values, found {width}"):
        csv_file.load(write(rows))


def test_an_empty_line_inside_is_named(small_rows: list[list[str]], write: Writer) -> None:
    rows = [*small_rows[:4], [], *small_rows[4:]]
    with pytest.raises(DataFileError, match="line 5: the line is empty"):
        csv_file.load(write(rows))


def test_blanks_around_names_and_values_are_fine(
    small_rows: list[list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "covertype.csv"
    path.write_text("\n".join(" , ".join(row) for row in [HEADER, *small_rows]), encoding="utf-8")
    assert [list(row) for row in csv_file.load(path).as_strings()] == small_rows


def test_whole_numbers_as_pandas_writes_floats_are_fine(
    small_rows: list[list[str]], write: Writer
) -> None:
    written = [
        [text if i in (10, 11) else f"{text}.0" for i, text in enumerate(row)] for row in small_rows
    ]
    rows = csv_file.load(write([HEADER, *written]))
    assert [list(row) for row in rows.as_strings()] == small_rows


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ([name.lower() for name in HEADER], "name 1 is 'elevation', expected 'Elevation'"),
        (["", *HEADER], "name 1 is '', expected 'Elevation'"),
        ([HEADER[1], HEADER[0], *HEADER[2:]], "name 1 is 'Aspect', expected 'Elevation'"),
        ([*HEADER[:2], "Steepness", *HEADER[3:]], "name 3 is 'Steepness', expected 'Slope'"),
        (HEADER[:-1], "name 13 is missing, expected 'Cover_Type'"),
        ([*HEADER, "id"], "name 14 is 'id', expected no further name"),
    ],
)
def test_a_header_with_other_names_is_named(
    header: list[str], fault: str, small_rows: list[list[str]], write: Writer
) -> None:
    with pytest.raises(DataFileError) as raised:
        csv_file.load(write([header, *small_rows]))
    expected = f"line 1: the header line differs from the names of the columns: {fault}"
    assert expected in raised.value.message


@pytest.mark.parametrize("count", [0, 99])
def test_too_few_rows_are_refused(count: int, small_rows: list[list[str]], write: Writer) -> None:
    with pytest.raises(DataFileError, match=f"has {count} rows. At least 100 are needed"):
        csv_file.load(write([HEADER, *small_rows[:count]]))


def test_what_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "covertype.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataFileError, match="Save it as comma-separated UTF-8 text"):
        csv_file.load(path)


@settings(deadline=None)  # the machine may be busy
@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_content_raises_another_error(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("csv") / "covertype.csv"
    path.write_bytes(content)
    with pytest.raises(DataFileError):
        csv_file.load(path)


def test_the_file_takes_the_place_of_the_parquet_file(
    small_data: Path, small_rows: list[list[str]]
) -> None:
    source = open_source(Settings(data_dir=small_data))
    assert isinstance(source, FileSource)
    assert (source.file, source.row_count) == ("covertype.csv", len(small_rows))
    served = [
        list(row)
        for group in range(1, 11)
        for batch in range(1, 11)
        for row in source.batch(group, batch).as_strings()
    ]
    assert sorted(served) == sorted(small_rows)

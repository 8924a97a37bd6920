"""Small raw files in the form of the published covtype.csv."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from Data.decode import RAW_COLUMNS

RawWriter = Callable[[Sequence[Sequence[object]]], Path]


@pytest.fixture
def raw_row() -> Callable[..., list[object]]:
    """Make one raw row: ten features, then one 1 in each one-hot block, then the class."""

    def make(
        features: Sequence[int] = (2596, 51, 3, 258, 0, 510, 221, 232, 148, 6279),
        wilderness: int = 0,
        soil: int = 28,
        cover_type: int = 5,
    ) -> list[object]:
        areas = [int(i == wilderness) for i in range(4)]
        soils = [int(i == soil) for i in range(40)]
        return [*features, *areas, *soils, cover_type]

    return make


@pytest.fixture
def write_raw(tmp_path: Path) -> RawWriter:
    """Write rows with the published header to a file and return its path."""

    def write(rows: Sequence[Sequence[object]]) -> Path:
        path = tmp_path / "covtype.csv"
        lines = [",".join(map(str, row)) for row in [RAW_COLUMNS, *rows]]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write

"""Where a batch's rows come from: a file of rows, or the simulator."""

from typing import Protocol

from randomdata import csv_file, layout, parquet_file
from randomdata.calibration import load_calibration
from randomdata.rows import Rows
from randomdata.settings import DataSource, Settings
from randomdata.simulator import Simulator


class Source(Protocol):
    """Rows by group and batch. The same numbers always give the same rows."""

    @property
    def kind(self) -> DataSource:
        """Real or simulated."""

    @property
    def file(self) -> str | None:
        """The name of the file that holds the rows; None when they are drawn."""

    @property
    def row_count(self) -> int:
        """Rows of all groups together."""

    def batch(self, group: int, batch: int) -> Rows:
        """Return the rows of batch 1..10 of group 1..10."""


class FileSource:
    """Rows of a file that is held in memory, cut by ``layout``."""

    kind = DataSource.REAL

    def __init__(self, file: str, rows: Rows, seed: int) -> None:
        self.file: str | None = file
        self.row_count = len(rows)
        self._rows = rows
        self._seed = seed

    def batch(self, group: int, batch: int) -> Rows:
        """Return the batch's slice of its group's seeded permutation."""
        return self._rows.take(layout.batch_rows(self.row_count, self._seed, group, batch))


def open_source(settings: Settings) -> Source:
    """Load what the settings name. Raises ``DataFileError`` when a file cannot be used."""
    folder, seed = settings.data_dir, settings.data_seed
    if settings.data_source is DataSource.SIMULATED:
        return Simulator(load_calibration(folder / "simulator.json"), seed)
    override = folder / "covertype.csv"
    if override.exists():
        return FileSource(override.name, csv_file.load(override), seed)
    parquet = folder / "covertype.parquet"
    return FileSource(parquet.name, parquet_file.load(parquet), seed)

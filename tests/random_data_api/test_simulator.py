"""Simulated rows: fixed by their numbers, and like the real ones where that is promised."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from covertype import schema
from randomdata import layout, parquet_file
from randomdata.errors import DataFileError
from randomdata.rows import Rows, encode
from randomdata.settings import REPO_DATA_DIR, DataSource, Settings
from randomdata.simulator import Simulator
from randomdata.source import open_source

Matrix = NDArray[np.int64]
CALIBRATION = "simulator.json"
FEATURES = len(schema.FEATURES)


def _simulator(folder: Path, seed: int = 42) -> Simulator:
    settings = Settings(data_source=DataSource.SIMULATED, data_dir=folder, data_seed=seed)
    source = open_source(settings)
    assert isinstance(source, Simulator)
    return source


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Simulator:
    """A simulator in a folder without the Parquet file: it needs none."""
    folder = tmp_path_factory.mktemp("simulated")
    (folder / CALIBRATION).write_bytes((REPO_DATA_DIR / CALIBRATION).read_bytes())
    return _simulator(folder)


def _matrix(rows: Rows) -> Matrix:
    return np.column_stack([column.astype(np.int64) for column in rows.columns])


@pytest.fixture(scope="module")
def simulated(simulator: Simulator) -> Matrix:
    """A fifth of the simulated rows: two batches of each group."""
    return np.concatenate([_matrix(simulator.batch(g, b)) for g in range(1, 11) for b in (1, 7)])


@pytest.fixture(scope="module")
def real() -> Matrix:
    return _matrix(parquet_file.load(REPO_DATA_DIR / "covertype.parquet"))


def test_the_bytes_of_a_batch_are_pinned(simulator: Simulator) -> None:
    """Clients store the sha256 of a body: no release and no processor may change it."""
    body = encode(1, 1, simulator.batch(1, 1))
    assert hashlib.sha256(body).hexdigest() == (
        "6427221d3645dd093155f9a5c50cdf7090aa93f6c2caa028e295705ce3afa5a3"
    )


def test_batches_are_as_long_as_the_real_ones(simulator: Simulator) -> None:
    assert simulator.row_count == 581_012
    for group, batch in [(1, 1), (1, 2), (1, 3), (3, 1), (3, 2), (10, 10)]:
        expected = len(layout.batch_share(581_012, group, batch))
        assert len(simulator.batch(group, batch)) == expected


def test_rows_depend_on_seed_group_and_batch_only(simulator: Simulator) -> None:
    first = _matrix(simulator.batch(4, 5))
    np.testing.assert_array_equal(_matrix(_simulator(REPO_DATA_DIR).batch(4, 5)), first)
    others = [
        simulator.batch(4, 6),
        simulator.batch(6, 5),
        _simulator(REPO_DATA_DIR, seed=43).batch(4, 5),
    ]
    for other in others:
        size = min(len(other), len(first))
        assert (_matrix(other)[:size] == first[:size]).all(axis=1).mean() < 0.001


def test_values_stay_in_the_seen_ranges(simulated: Matrix) -> None:
    for i, feature in enumerate(schema.FEATURES):
        assert simulated[:, i].min() in feature.seen
        assert simulated[:, i].max() in feature.seen
    for i, category in enumerate(schema.CATEGORIES, start=FEATURES):
        assert set(simulated[:, i]) <= set(range(len(category.values)))
    assert set(simulated[:, -1]) == set(schema.COVER_TYPES)


def test_classes_have_the_real_shares(simulated: Matrix, real: Matrix) -> None:
    drawn, true = (np.bincount(rows[:, -1], minlength=8) / len(rows) for rows in (simulated, real))
    np.testing.assert_allclose(drawn, true, atol=0.005)


@pytest.mark.parametrize("label", schema.COVER_TYPES)
def test_each_class_keeps_its_quantiles(label: int, simulated: Matrix, real: Matrix) -> None:
    drawn, true = (rows[rows[:, -1] == label, :FEATURES] for rows in (simulated, real))
    spread = real[:, :FEATURES].std(axis=0)
    for share, near in ((0.1, 0.25), (0.5, 0.1), (0.9, 0.25)):
        difference = np.quantile(drawn, share, axis=0) - np.quantile(true, share, axis=0)
        assert (np.abs(difference) / spread < near).all(), (share, difference / spread)


@pytest.mark.parametrize("label", schema.COVER_TYPES)
def test_each_class_keeps_its_places(label: int, simulated: Matrix, real: Matrix) -> None:
    for column in (FEATURES, FEATURES + 1):
        drawn, true = (
            np.bincount(rows[rows[:, -1] == label, column], minlength=40)
            / (rows[:, -1] == label).sum()
            for rows in (simulated, real)
        )
        np.testing.assert_allclose(drawn, true, atol=0.06)


def test_soil_types_appear_only_where_they_are(simulated: Matrix, real: Matrix) -> None:
    weights = np.array([10_000, 10, 1])  # place, soil type and class as one number
    drawn, true = (np.unique(rows[:, FEATURES:] @ weights) for rows in (simulated, real))
    assert np.isin(drawn, true).all()


def _ranks(values: Matrix) -> NDArray[np.float64]:
    ranks = np.empty(values.shape)
    for i, column in enumerate(values.T):
        _, inverse, counts = np.unique(column, return_inverse=True, return_counts=True)
        ranks[:, i] = (np.cumsum(counts) - counts / 2)[inverse]
    return ranks


@pytest.mark.parametrize("label", [1, 2, 3, 6, 7])
def test_features_move_together_as_in_the_real_rows(
    label: int, simulated: Matrix, real: Matrix
) -> None:
    drawn, true = (
        np.corrcoef(_ranks(rows[rows[:, -1] == label, :FEATURES]), rowvar=False)
        for rows in (simulated, real)
    )
    clear = np.abs(true) > 0.2
    assert (np.sign(drawn) == np.sign(true))[clear].all()
    np.testing.assert_allclose(drawn, true, atol=0.25)


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("sigmas", 0, "sigmas"),
        ("sigmas", None, "sigmas"),
        ("knots_per_sigma", 7, "knots_per_sigma"),
        ("classes", {}, "classes"),
        ("classes", {"9": None}, "classes"),
        (("quantiles", "Slope"), [1, 2], "Slope"),
        (("quantiles", "Slope"), None, "Slope"),
        ("loadings", [[4096]], "loadings"),
        ("soil_types", {}, "soil_types"),
        ("soil_types", {"Nowhere": {"C2702": 1}}, "soil_types"),
        ("soil_types", {"Rawah": {"C1": 1}}, "soil_types"),
        ("soil_types", {"Rawah": {"C2702": 0}}, "soil_types"),
    ],
)
def test_another_calibration_is_refused(
    key: str | tuple[str, str], value: object, fault: str, tmp_path: Path
) -> None:
    calibration = json.loads((REPO_DATA_DIR / CALIBRATION).read_text(encoding="utf-8"))
    first = calibration["classes"]["1"]
    if isinstance(key, tuple):
        first[key[0]][key[1]] = value
    elif key in first:
        first[key] = value
    else:
        calibration[key] = value
    (tmp_path / CALIBRATION).write_text(json.dumps(calibration), encoding="utf-8")
    with pytest.raises(DataFileError, match=fault) as raised:
        _simulator(tmp_path)
    assert "python -m Data.calibrate_simulator" in raised.value.message


def test_a_missing_calibration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match="Check DATA_DIR"):
        _simulator(tmp_path)

"""The committed calibration is the one that the committed rows give."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from covertype import schema
from Data import calibrate_simulator

DATA = Path(calibrate_simulator.__file__).parent


@pytest.fixture(scope="module")
def committed() -> Any:
    return json.loads((DATA / "simulator.json").read_text(encoding="utf-8"))


def test_calibrating_again_gives_the_committed_file(committed: Any, tmp_path: Path) -> None:
    output = tmp_path / "simulator.json"
    assert calibrate_simulator.main(["--output", str(output)]) == 0
    again = json.loads(output.read_text(encoding="utf-8"))
    for label, part in again["classes"].items():
        for row, expected in zip(
            part.pop("loadings"), committed["classes"][label].pop("loadings"), strict=True
        ):
            # The last digit of a Cholesky factor depends on the linear-algebra library.
            np.testing.assert_allclose(row, expected, atol=1)
    assert again == committed


def test_is_small() -> None:
    assert (DATA / "simulator.json").stat().st_size < 200_000


def test_counts_every_row(committed: Any) -> None:
    for label, part in committed["classes"].items():
        cells = sum(sum(soils.values()) for soils in part["soil_types"].values())
        assert cells == part["rows"], schema.COVER_TYPES[int(label)]


def test_quantiles_rise_within_the_seen_range(committed: Any) -> None:
    for part in committed["classes"].values():
        for feature in schema.FEATURES:
            values = part["quantiles"][feature.name]
            assert values == sorted(values)
            assert values[0] in feature.seen
            assert values[-1] in feature.seen


def test_an_unusable_input_is_an_error_message(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "x").write_bytes(b"no parquet")
    for name in ("x", "missing"):
        output = str(tmp_path / "out.json")
        assert calibrate_simulator.main(["--input", str(tmp_path / name), "--output", output]) == 1
    assert caplog.text.count("error: ") == 2

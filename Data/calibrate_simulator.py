"""Measure on the real rows what the simulator draws from, as ``Data/simulator.json``.

Run it from the root of the repository: ``python -m Data.calibrate_simulator``.

For each cover type it keeps the number of rows, the quantiles of each feature, how the
features move together (a Gaussian copula: the Cholesky factor of the correlation of their
normal scores) and how many rows have each soil type in each wilderness area. All of it is
whole numbers, so that the simulator can draw with whole numbers alone and gives the same
rows on every machine.
"""

import argparse
import json
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from covertype import schema
from Data.decode import DatasetError, check_table

DEFAULT_INPUT: Final = Path(__file__).with_name("covertype.parquet")
DEFAULT_OUTPUT: Final = Path(__file__).with_name("simulator.json")

# Quantiles are kept at these many standard deviations on each side of the median, and at
# this many steps for each of them: 4 and 8 make 65 knots.
SIGMAS: Final = 4
KNOTS_PER_SIGMA: Final = 8
LOADING_SCALE: Final = 4096  # a loading of 1.0 is stored as this whole number

NORMAL: Final = NormalDist()

logger = logging.getLogger("calibrate_simulator")


def calibrate(table: pa.Table) -> dict[str, Any]:
    """Return the calibration of ``table``, a table with the columns of the schema."""
    features = np.column_stack([table.column(name).to_numpy() for name in schema.FEATURE_NAMES])
    labels = table.column(schema.TARGET).to_numpy()
    places = [table.column(category.name).to_pylist() for category in schema.CATEGORIES]
    soils: dict[int, dict[str, Counter[str]]] = {label: {} for label in schema.COVER_TYPES}
    for label, wilderness, soil in zip(labels.tolist(), *places, strict=True):
        soils[label].setdefault(wilderness, Counter())[soil] += 1

    classes: dict[str, Any] = {}
    for label, name in schema.COVER_TYPES.items():
        rows = features[labels == label]
        logger.info("  %-17s %9s rows", name, f"{len(rows):,}")
        classes[str(label)] = {
            "rows": len(rows),
            "quantiles": {
                feature: quantiles(rows[:, i]) for i, feature in enumerate(schema.FEATURE_NAMES)
            },
            "loadings": loadings(rows),
            "soil_types": {
                wilderness: {
                    soil: soils[label][wilderness][soil]
                    for soil in schema.SOIL_TYPE.values
                    if soil in soils[label][wilderness]
                }
                for wilderness in schema.WILDERNESS_AREA.values
                if wilderness in soils[label]
            },
        }
    return {
        "sigmas": SIGMAS,
        "knots_per_sigma": KNOTS_PER_SIGMA,
        "loading_scale": LOADING_SCALE,
        "classes": classes,
    }


def quantiles(values: NDArray[np.int16]) -> list[int]:
    """Return the values at the knots; the first is the least value, the last the greatest."""
    ordered = np.sort(values)
    knots = range(-SIGMAS * KNOTS_PER_SIGMA, SIGMAS * KNOTS_PER_SIGMA + 1)
    shares = [0.0, *(NORMAL.cdf(knot / KNOTS_PER_SIGMA) for knot in knots[1:-1]), 1.0]
    return [int(ordered[round(share * (len(ordered) - 1))]) for share in shares]


def loadings(rows: NDArray[np.int16]) -> list[list[int]]:
    """Return the lower triangle of the Cholesky factor of the normal scores' correlation."""
    scores = np.column_stack([_normal_scores(column) for column in rows.T])
    factor = np.linalg.cholesky(np.corrcoef(scores, rowvar=False))
    scaled = np.rint(factor * LOADING_SCALE).astype(int).tolist()
    return [row[: i + 1] for i, row in enumerate(scaled)]


def _normal_scores(values: NDArray[np.int16]) -> NDArray[np.float64]:
    """Replace each value by the normal quantile of its mean rank: equal values stay equal."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(counts) - counts / 2
    scores = np.array([NORMAL.inv_cdf(rank / len(values)) for rank in mean_ranks.tolist()])
    picked: NDArray[np.float64] = scores[inverse]
    return picked


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0, or 1 after a message on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m Data.calibrate_simulator",
        description="Measure the real rows and write what the simulator draws from.",
    )
    parser.add_argument("--input", type=Path, metavar="FILE", default=DEFAULT_INPUT)
    parser.add_argument("--output", type=Path, metavar="FILE", default=DEFAULT_OUTPUT)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logger.info("measuring %s", options.input)
    try:
        table = pq.read_table(options.input)
        check_table(table)
        calibration = calibrate(table)
        # A line for each class: a number a line would make 6,000 lines.
        body = ",\n".join(
            f'  "{label}": {json.dumps(part, separators=(",", ":"))}'
            for label, part in calibration.pop("classes").items()
        )
        head = "".join(f' "{key}": {value},\n' for key, value in calibration.items())
        options.output.write_text(f'{{\n{head} "classes": {{\n{body}\n }}\n}}\n', encoding="utf-8")
    except (DatasetError, OSError, pa.ArrowInvalid) as error:
        logger.error("error: %s", error)
        return 1
    logger.info("wrote %s, %.0f kB", options.output, options.output.stat().st_size / 1000)
    return 0


if __name__ == "__main__":
    sys.exit(main())

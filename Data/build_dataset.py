"""Rebuild ``Data/covertype.parquet`` from the published Forest Covertype file.

Run it from the root of the repository: ``python -m Data.build_dataset``.
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from Data import decode, sdist

DEFAULT_OUTPUT: Final = Path(__file__).with_name("covertype.parquet")
TOTAL_ROWS: Final = sum(decode.CLASS_COUNTS.values())

EPILOG: Final = """\
With neither --csv nor --sdist, the source distribution of scikit-multiflow 0.4.1 is
downloaded with pip into a temporary folder (about half a minute). Every input is checked
against its published sha256. The result is checked too: 581,012 rows, the rows of each cover
type, exactly one wilderness area and one soil type a row, and the ranges that
covertype/schema.py names. The output is replaced only when all of that holds.

examples, from the root of the repository:
  python -m Data.build_dataset
  python -m Data.build_dataset --sdist ~/Downloads/scikit-multiflow-0.4.1.tar.gz
  python -m Data.build_dataset --csv covtype.csv --output ~/covertype.parquet
"""

logger = logging.getLogger("build_dataset")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0, or 1 after a message on stderr."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        build(options.output, csv=options.csv, archive=options.sdist)
    except decode.DatasetError as error:
        logger.error("error: %s", error)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m Data.build_dataset",
        description="Rebuild Data/covertype.parquet: 581,012 rows, the 13 columns of "
        "covertype/schema.py, in the order of the published file.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--csv", type=Path, metavar="FILE", help="convert a covtype.csv that is already extracted"
    )
    source.add_argument(
        "--sdist",
        type=Path,
        metavar="FILE",
        help="take covtype.csv from a scikit-multiflow-0.4.1.tar.gz that is already downloaded",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        default=DEFAULT_OUTPUT,
        help="Parquet file to write (default: covertype.parquet beside this script)",
    )
    return parser


def build(output: Path, *, csv: Path | None, archive: Path | None) -> None:
    """Write ``output`` from ``csv``, or from ``archive``, or from a fresh download.

    Raises ``decode.DatasetError`` when any check fails; ``output`` is then as it was.
    """
    with tempfile.TemporaryDirectory(prefix="covertype-") as name:
        folder = Path(name)
        if csv is None:
            logger.info("1/4 getting the source")
            archive = archive or sdist.download(folder)
            sdist.verify_sha256(archive, sdist.SDIST_SHA256)
            csv = sdist.extract_csv(archive, folder)
        else:
            logger.info("1/4 using %s", csv)
        logger.info("2/4 checking the sha256 of covtype.csv")
        sdist.verify_sha256(csv, sdist.CSV_SHA256)
        logger.info("3/4 decoding %s rows", f"{TOTAL_ROWS:,}")
        table = decode.decode_csv(csv, progress=_percent_lines())
    decode.check_table(table)
    logger.info("4/4 writing %s", output)
    decode.write_parquet(table, output)
    logger.info("done: %s rows, %.1f MB", f"{table.num_rows:,}", output.stat().st_size / 1e6)


def _percent_lines(step: int = 10) -> decode.Progress:
    """Return a callback that logs one line each time another ``step`` percent are reached."""
    shown = 0

    def show(rows: int) -> None:
        nonlocal shown
        percent = 100 * rows // TOTAL_ROWS
        if percent >= shown + step:
            shown = percent - percent % step
            logger.info("  %3d %%  %9s rows", percent, f"{rows:,}")

    return show


if __name__ == "__main__":
    sys.exit(main())

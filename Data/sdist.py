"""Get the published ``covtype.csv`` out of the source distribution that carries it.

The complete, raw file ships inside the source distribution of scikit-multiflow 0.4.1. pip
asks every source distribution for its metadata when it downloads it, and this one needs numpy
and setuptools for that, so the download runs in a virtual environment that is thrown away.
"""

import hashlib
import logging
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from typing import Final

from Data.decode import DatasetError

REQUIREMENT: Final = "scikit-multiflow==0.4.1"
SDIST_SHA256: Final = "ed4f791107cb7f789f0bb0620c50e743a4d397905146a4d06c62eb98607aa101"
CSV_SHA256: Final = "ea35ca6820fcbe0bdc6707e9ed31e11a9de84f07d88da73b511c737383c271a6"
CSV_MEMBER: Final = "scikit-multiflow-0.4.1/src/skmultiflow/data/datasets/covtype.csv"

_BLOCK_BYTES: Final = 1024 * 1024

logger = logging.getLogger(__name__)


def verify_sha256(path: Path, expected: str) -> None:
    """Raise ``DatasetError`` unless the file is there and has this sha256 (hex)."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}. Check the path.") from error
    if found != expected:
        raise DatasetError(
            f"{path} is not the published file: its sha256 is {found}, expected {expected}. "
            "Get it again, or run this script without --csv and --sdist."
        )


def download(folder: Path) -> Path:
    """Download the source distribution into ``folder`` with pip and return its path.

    Raises ``DatasetError`` with pip's last lines when that fails.
    """
    environment = folder / "venv"
    logger.info("  making a virtual environment for the download")
    try:
        venv.create(environment, with_pip=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise DatasetError(
            f"Python could not make a virtual environment: {error}. Install Python's venv and "
            f"ensurepip, or download the source distribution of {REQUIREMENT} yourself and "
            "pass it with --sdist."
        ) from error
    python = environment / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{REQUIREMENT} --hash=sha256:{SDIST_SHA256}\n", encoding="utf-8")

    logger.info("  installing what its metadata step needs: numpy, setuptools, wheel")
    _pip(python, "install", "--upgrade", "numpy", "setuptools", "wheel")
    logger.info("  downloading the source distribution of %s (15 MB)", REQUIREMENT)
    _pip(
        python,
        *("download", "--no-deps", "--no-build-isolation", "--require-hashes"),
        *("--no-binary", "scikit-multiflow"),
        *("--requirement", str(requirements), "--dest", str(folder)),
    )
    return folder / f"{REQUIREMENT.replace('==', '-')}.tar.gz"


def _pip(python: Path, *arguments: str) -> None:
    command = [str(python), "-m", "pip", "--no-input", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        last_lines = "\n".join((done.stdout + done.stderr).strip().splitlines()[-10:])
        raise DatasetError(
            f"pip {arguments[0]} failed with exit code {done.returncode}:\n{last_lines}\n"
            "Check that pip reaches a package index, or download the source distribution of "
            f"{REQUIREMENT} on another machine and pass it with --sdist."
        )


def extract_csv(sdist: Path, folder: Path, member: str = CSV_MEMBER) -> Path:
    """Copy ``covtype.csv`` (75 MB) out of the archive into ``folder`` and return its path."""
    target = folder / Path(member).name
    try:
        with tarfile.open(sdist) as archive:
            source = archive.extractfile(member)
            if source is None:
                raise DatasetError(f"{member} in {sdist} is not a file. Get the archive again.")
            with source, target.open("wb") as out:
                while block := source.read(_BLOCK_BYTES):
                    out.write(block)
    except (KeyError, tarfile.TarError, EOFError, OSError) as error:
        raise DatasetError(
            f"{member} could not be read from {sdist}: {error}. Get the archive again."
        ) from error
    return target

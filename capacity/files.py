"""The files of a run, under ``out/capacity/RUN/``.

    run.json            the plan, the machine, the generator's ceiling
    results/SLUG.json   one a configuration, written anew after each measurement
    report.html ...     what `capacity.report` makes of them

A file is replaced in one step, so that a run that is killed leaves whole files.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from capacity.configuration import Configuration
from capacity.errors import BadRun
from capacity.plan.model import Plan
from capacity.records import ConfigurationResult, Run
from console.results import have_folder, new_file

LATEST = "latest"

_Kept = TypeVar("_Kept", bound=BaseModel)


class RunFolder:
    """One run's files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def run(self) -> Run:
        """What is known about the run as a whole.

        Raises:
            BadRun: the file is missing or damaged.
        """
        return _read(self.path / "run.json", Run)

    @property
    def plan(self) -> Plan:
        """The plan that the run follows, as it was when it began."""
        try:
            return Plan.model_validate(self.run.plan)
        except ValidationError as error:
            raise BadRun(f"{self.path / 'run.json'} holds no plan of this version") from error

    def write_run(self, run: Run) -> None:
        """Keep what is known about the run."""
        _write(self.path / "run.json", run)

    def result(self, configuration: Configuration) -> ConfigurationResult | None:
        """What is known about a configuration, or None if nothing is.

        Raises:
            BadRun: the file is damaged.
        """
        file = self._file(configuration)
        return _read(file, ConfigurationResult) if file.exists() else None

    def write_result(self, result: ConfigurationResult) -> None:
        """Keep what is known about a configuration."""
        _write(self._file(result.configuration), result)

    def results(self) -> list[ConfigurationResult]:
        """All that was measured: in the plan's order, then whatever was measured besides.

        Raises:
            BadRun: a file is damaged.
        """
        order = {one.configuration: place for place, one in enumerate(self.plan.candidates())}
        found = [
            _read(file, ConfigurationResult) for file in sorted(self.path.glob("results/*.json"))
        ]
        return sorted(found, key=lambda one: order.get(one.configuration, len(order)))

    def _file(self, configuration: Configuration) -> Path:
        return self.path / "results" / f"{configuration.slug}.json"


def new_run_folder(parent: Path, plan: Plan) -> RunFolder:
    """A folder for a run that begins now; its name tells when, and of which plan.

    Raises:
        NotWritable: it cannot be made.
    """
    base = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{plan.name}"
    names = (f"{base}-{number}" if number > 1 else base for number in range(1, 100))
    path = next(parent / name for name in names if not (parent / name).exists())
    have_folder(path / "results")
    return RunFolder(path)


def unfinished_run(parent: Path, command: str, plan_digest: str) -> RunFolder | None:
    """The newest run of the same command and plan that did not come to its end."""
    for folder in _runs(parent):
        with suppress(BadRun):
            run = folder.run
            if run.command == command and run.plan_digest == plan_digest:
                return None if run.ended_at else folder
    return None


def open_run(parent: Path, name: str) -> RunFolder:
    """The run of a name, of a path, or ``latest``.

    Raises:
        BadRun: there is none; the message lists those that there are.
    """
    known = list(_runs(parent))
    if name == LATEST and known:
        return known[0]
    for path in (parent / name, Path(name)):
        if name != LATEST and (path / "run.json").is_file():
            return RunFolder(path)
    there = ", ".join(folder.path.name for folder in known[:5]) or "none yet"
    raise BadRun(f"there is no run {name!r}; the newest in {parent} are: {there}")


def _runs(parent: Path) -> Iterator[RunFolder]:
    """All runs, the newest first."""
    for file in sorted(parent.glob("*/run.json"), reverse=True):
        yield RunFolder(file.parent)


def _read(file: Path, kind: type[_Kept]) -> _Kept:
    try:
        return kind.model_validate_json(file.read_bytes())
    except OSError as error:
        raise BadRun(f"{file} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise BadRun(
            f"{file} is damaged or of another version ({place}: {first['msg']}): remove it to "
            "measure that part again"
        ) from error


def _write(file: Path, record: BaseModel) -> None:
    fresh = file.with_suffix(".new")
    with new_file(fresh) as sink:
        text = json.dumps(record.model_dump(mode="json"), indent=1, ensure_ascii=False)
        sink.write(text.encode() + b"\n")
        sink.flush()
        os.fsync(sink.fileno())
    fresh.replace(file)

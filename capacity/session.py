"""Begin a run or go on with one, with its service taken over for as long as it lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from sys import argv
from typing import Any, Literal

from rich.console import Console

from capacity.errors import CannotMeasure
from capacity.files import RunFolder, new_run_folder, unfinished_run
from capacity.generators.both import local_generator, stack_generator
from capacity.plan.model import Plan
from capacity.plan.reading import LoadedPlan
from capacity.progress import RunProgress
from capacity.records import Ceiling, Run
from capacity.runner import Runner, usable
from capacity.service import Generator, Service
from capacity.services.compose import ComposeService
from capacity.services.embedded import EmbeddedService
from console.progress import Progress
from demo.errors import Interrupted
from stack.context import Stack

_CEILING_SECONDS = 12.0
# Parts of the fingerprint. Figures of two different ones do not belong into one table.
_DECISIVE = ("cpu", "cores", "kernel", "commit", "images", "model", "champion", "settings")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a plan is carried out: what is measured, and what loads it."""

    service: Service
    generator: Generator


@contextmanager
def session(
    site: Site,
    parent: Path,
    progress: RunProgress,
    command: Literal["run", "search"],
    loaded: LoadedPlan,
    *,
    fresh: bool,
    least_rate: float = 0.0,
) -> Iterator[Runner]:
    """A runner of the plan. When the block ends well, so has the run.

    A run of the same plan that did not end goes on, unless a fresh one is asked for, or what its
    figures depend on has changed. ``parent`` has the folders of all runs, ``least_rate`` is a
    rate that must be asked for, in requests a second.

    Raises:
        CannotMeasure: the generator does not work, or must not be asked for that rate.
        CommandError: the service cannot be taken over.
    """
    known = None if fresh else unfinished_run(parent, command, loaded.digest)
    with _stoppable(progress), progress.shown(), site.service.taken_over():
        if known is not None and (changed := _changed(known.run, site)):
            progress.line(f"{known.path} is not gone on with: {changed} changed since")
            known = None
        if known is None:
            ceiling = _ceiling(site, progress, least_rate)
            folder, run = _begin(parent, command, loaded, site, progress, ceiling)
        else:
            folder, run = known, known.run
            progress.line(f"Going on with {folder.path}; --fresh begins anew")
        reached = run.ceiling.rate if run.ceiling else 0.0
        yield Runner(loaded.plan, site.service, site.generator, folder, progress, reached)
        folder.write_run(run.model_copy(update={"ended_at": _now()}))


@contextmanager
def _stoppable(progress: RunProgress) -> Iterator[None]:
    """One way to end for each way to be asked to: the generators note signals, others raise."""
    try:
        yield
    except (KeyboardInterrupt, Interrupted) as stop:
        progress.line("Stopped; the same command goes on from here")
        raise KeyboardInterrupt from stop


def _changed(run: Run, site: Site) -> str:
    """What the run's figures depend on and is not the same any more; empty if nothing is."""
    now = site.service.describe()
    names = [name for name in _DECISIVE if run.environment.get(name) != now.get(name)]
    return ", ".join(names)


def runs_of(repo: Path) -> Path:
    """Where the runs are."""
    return repo / "out" / "capacity"


def site_of(repo: Path, console: Console, plan: Plan) -> Site:
    """What a plan measures, and what loads it.

    Raises:
        CommandError: local processes are to be measured, and this machine cannot pin them.
    """
    # One folder for each kind: a run of either may be under way beside one of the other.
    work = runs_of(repo) / "work" / plan.kind
    if plan.kind == "embedded":
        local = EmbeddedService(repo, work, Progress(console))
        return Site(local, local_generator(repo, work, local.generator_core))
    stack = Stack(repo, console)
    return Site(ComposeService(stack, plan.service), stack_generator(stack, work))


def _ceiling(site: Site, progress: RunProgress, least_rate: float) -> Ceiling:
    with progress.working("The load generator's own ceiling", _CEILING_SECONDS):
        ceiling = site.generator.ceiling()
    progress.line(f"The load generator reaches {ceiling.rate:,.0f} requests/s by itself")
    if least_rate > usable(ceiling.rate):
        raise CannotMeasure(
            f"the target needs a capacity of {least_rate:,.0f} requests a second, headroom "
            f"included, and this machine's load generator is asked for {usable(ceiling.rate):,.0f} "
            "at most, half of what it reaches: take a smaller --rate, or a machine with more cores"
        )
    return ceiling


def _begin(
    parent: Path,
    command: Literal["run", "search"],
    loaded: LoadedPlan,
    site: Site,
    progress: RunProgress,
    ceiling: Ceiling,
) -> tuple[RunFolder, Run]:
    folder = new_run_folder(parent, loaded.plan)
    run = Run(
        id=folder.path.name,
        command=command,
        kind=loaded.plan.kind,
        plan=loaded.plan.model_dump(mode="json"),
        plan_source=loaded.source,
        plan_digest=loaded.digest,
        started_at=_now(),
        environment=_plain(site.service.describe()),
        ceiling=ceiling,
        cannot_limit=site.service.cannot_limit,
        arguments=tuple(argv[1:]),
    )
    folder.write_run(run)
    progress.line(f"Results: {folder.path}")
    return folder, run


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")

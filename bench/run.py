"""The whole benchmark: rounds over all targets, each started anew in each round.

Each round takes the targets in another order, so that a slow minute of the machine meets
different ones, and a target's figure is the median over the rounds.
"""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.champion import provide
from bench.environments import Environments
from bench.errors import CannotInstall, Refused
from bench.machine import choose_cores, describe, on_core
from bench.measure import Bench, Load
from bench.plot import draw
from bench.report import show, write_report
from bench.results import Results
from bench.rows import ROWS, read_rows
from bench.targets import CEILING, Site, Target
from console.errors import NotReady, ProcessFailed
from console.progress import Progress
from demo.interrupts import Interrupts
from demo.state import exclusive
from demo.supervisor import Supervisor

_ORDER_SEED: Final = 1
_GRACE_SECONDS: Final = 3.0


@dataclass(frozen=True)
class Plan:
    """What to measure, how long, and into which folder.

    ``mode`` is ``full``, ``quick`` or ``some``.
    """

    mode: str
    targets: Sequence[Target]
    repeats: int
    load: Load
    folder: Path


def run(repo: Path, plan: Plan, console: Console) -> Results:
    """Measure all targets of the plan; results.json is rewritten after each measurement.

    A full run writes docs/benchmarks.md, too. Environments and the champion stay in the folder.

    Raises:
        CommandError: nothing can be measured, or a signal came. All servers have ended.
    """
    folder = plan.folder
    file = folder / "results.json"
    cores = choose_cores()
    machine = describe()
    progress = Progress(console)
    with (
        exclusive(folder / "run.lock", f"another benchmark works in {folder}"),
        Interrupts() as interrupts,
        Supervisor(interrupts, grace=_GRACE_SECONDS) as supervisor,
    ):
        logs, work = folder / "logs", folder / "work"
        for place in (logs, work):
            place.mkdir(parents=True, exist_ok=True)
        champion = provide(repo, folder / "champion", supervisor, progress)
        settings = {
            "repeats": plan.repeats,
            **asdict(plan.load),
            "rows": ROWS,
            "server_core": cores[0],
            "generator_core": cores[1],
        }
        note = {"version": champion.version, "sha256": champion.sha256}
        results = Results(plan.mode, settings, machine, note)
        environments = Environments(folder / "envs", logs, supervisor)
        targets = _installed(plan.targets, environments, results, progress)
        with progress.phase("rows", "Render the requests"):
            site = Site(repo, champion, work, folder / "envs")
            bench = Bench(
                site, cores, read_rows(repo / "Data" / "covertype.parquet"), logs, supervisor
            )
        with on_core(cores[1]):
            _measure(bench, targets, plan, results, progress, file)
        results.complete = True
        results.write(file)
    progress.line(f"The figures are in {file}")
    show(results, console)
    if plan.mode == "full":
        write_report(results, repo / "docs" / "benchmarks.md")
        draw(results, repo / "docs" / "images" / "benchmark.svg")
        progress.line("Written: docs/benchmarks.md and docs/images/benchmark.svg")
    return results


def _installed(
    targets: Sequence[Target], environments: Environments, results: Results, progress: Progress
) -> list[Target]:
    """The targets that can be started here."""
    installed = []
    for target in targets:
        if target.environment is not None:
            try:
                with progress.phase("install", f"Environment of {target.name}"):
                    environments.provide(target.environment)
            except CannotInstall as error:
                results.skipped[target.name] = str(error)
                progress.line(f"SKIPPED {target.name}: {error}; see {error.log}")
                continue
        installed.append(target)
    return installed


def _measure(
    bench: Bench,
    targets: Sequence[Target],
    plan: Plan,
    results: Results,
    progress: Progress,
    file: Path,
) -> None:
    shuffled = random.Random(_ORDER_SEED)
    order = [*targets, CEILING]
    for number in range(1, plan.repeats + 1):
        shuffled.shuffle(order)
        for target in order:
            if target.name in results.refused:
                continue
            title = f"Round {number} of {plan.repeats}, {target.name}"
            try:
                with progress.phase(target.name, title) as phase:
                    figures = bench.measure(target, plan.load)
                    phase.result = (
                        f"{figures.rps:,.0f} requests/s, p99 {figures.p99_ms:.1f} ms, "
                        f"{figures.rss_mb:.0f} MB"
                    )
            except (Refused, NotReady, ProcessFailed) as error:
                results.refuse(target.name, str(error))
                progress.line(f"REFUSED {target.name}: {error}")
            else:
                results.add(target.name, figures)
            results.write(file)

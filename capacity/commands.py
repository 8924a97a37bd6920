"""What the planner's commands do, put together from its parts."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

from rich.console import Console

from capacity.analysis import compare as comparing
from capacity.errors import BadPlan
from capacity.files import RunFolder, open_run
from capacity.plan.model import Target
from capacity.plan.reading import LoadedPlan, loaded_plan, read_plan
from capacity.progress import RunProgress
from capacity.report.compare import comparison_table, write_comparison
from capacity.report.page import write_report
from capacity.report.table import results_table
from capacity.runner import Runner
from capacity.search.bounds import needed
from capacity.searching import found_by, search_cheapest
from capacity.session import runs_of, session, site_of


def run(
    repo: Path,
    console: Console,
    name: str,
    *,
    short: bool,
    scale: float | None,
    fresh: bool,
    embedded: bool,
) -> None:
    """Measure every configuration of a plan, and write the report."""
    loaded = read_plan(name, short=short, scale=scale)
    if embedded and loaded.plan.kind != "embedded":
        raise BadPlan(
            f"the plan {loaded.plan.name} limits containers, which local processes are not: use "
            "the plan `embedded`, or one of your own with `kind: embedded`"
        )
    with _session(repo, console, "run", loaded, fresh=fresh) as runner:
        runner.run()
    _publish(console, runner.folder)


def search(
    repo: Path, console: Console, name: str, *, short: bool, rate: float | None, fresh: bool
) -> None:
    """Find the cheapest configuration for the target, and answer the questions around it."""
    loaded = _with_target(read_plan(name, short=short), rate)
    least = needed(loaded.plan.target) if loaded.plan.target else 0.0
    with _session(repo, console, "search", loaded, fresh=fresh, least_rate=least) as runner:
        search_cheapest(runner)
    _publish(console, runner.folder)


def report(repo: Path, console: Console, name: str, output: Path | None) -> None:
    """Write the report of a run again."""
    _publish(console, open_run(runs_of(repo), name), output)


def compare(repo: Path, console: Console, before: str, after: str, output: Path | None) -> None:
    """Show what changed between two runs, and write it as a page."""
    first, second = (open_run(runs_of(repo), name) for name in (before, after))
    comparison = comparing.compare(first.run, first.results(), second.run, second.results())
    page = write_comparison(first.run, second.run, comparison, output or second.path)
    console.print(comparison_table(comparison))
    _say(console, f"Page: {page}")


def _session(
    repo: Path,
    console: Console,
    command: Literal["run", "search"],
    loaded: LoadedPlan,
    *,
    fresh: bool,
    least_rate: float = 0.0,
) -> AbstractContextManager[Runner]:
    site, progress = site_of(repo, console, loaded.plan), RunProgress(console)
    return session(
        site, runs_of(repo), progress, command, loaded, fresh=fresh, least_rate=least_rate
    )


def _with_target(loaded: LoadedPlan, rate: float | None) -> LoadedPlan:
    plan = loaded.plan
    if rate is not None:
        kept = plan.target.model_dump() if plan.target else {}
        target = Target.model_validate(kept | {"rate": rate})
        loaded = loaded_plan(plan.model_copy(update={"target": target}), loaded.source)
    if loaded.plan.target is None or loaded.plan.load.limit is None:
        raise BadPlan(
            f"the plan {plan.name} cannot be searched: it needs `target` (or --rate) and "
            "`load.limit`, as the plan `search` has"
        )
    most, least = loaded.plan.load.limit.ceiling, needed(loaded.plan.target)
    if most is not None and least > most:
        raise BadPlan(
            f"the target needs a capacity of {least:,.0f} requests a second, headroom included, "
            f"and the plan {plan.name} looks up to {most:,.0f} only: raise load.limit.ceiling"
        )
    return loaded


def _publish(console: Console, folder: RunFolder, output: Path | None = None) -> None:
    """Write the report, and show the main figures."""
    run, results = folder.run, folder.results()
    found = found_by(folder) if run.command == "search" else None
    answers = found.answers if found else ()
    skipped = found.skipped if found else ()
    page = write_report(run, results, answers, output or folder.path, skipped=skipped)
    console.print(results_table(run, results))
    for question, sentence, _ in answers:
        _say(console, f"{question} {sentence}")
    _say(console, f"Report: {page}")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)

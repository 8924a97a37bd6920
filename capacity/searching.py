"""Carry out a search, and find its answers again in the files of a run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from capacity.configuration import Configuration
from capacity.files import RunFolder
from capacity.plan.model import Plan, Target
from capacity.records import ConfigurationResult
from capacity.runner import Runner
from capacity.search.answers import Answer, answer_all
from capacity.search.cheapest import find_cheapest
from capacity.search.follow_up import follow_ups
from capacity.service import News

Measure = Callable[[Configuration], ConfigurationResult]

# Until fewer are known to be enough, for the time left.
_EXPECTED_MEASUREMENTS = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to. ``skipped`` are (configuration, reason)."""

    answers: tuple[Answer, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()


def search_cheapest(runner: Runner) -> None:
    """Measure what the target's answers need, and keep it in the run's files."""
    candidates = _candidates(runner.folder)
    runner.progress.expect(sum(map(runner.seconds, candidates[:_EXPECTED_MEASUREMENTS])))
    _search(runner.plan, candidates, runner.measure, runner.progress.line)


def found_by(folder: RunFolder) -> Found:
    """The answers that a run's files hold; none as long as measurements for them are missing.

    The search is gone through again, with the results that were kept.

    Raises:
        BadRun: the files are missing or damaged.
    """
    kept = {one.configuration: one for one in folder.results() if one.is_complete}
    try:
        return _search(folder.plan, _candidates(folder), kept.__getitem__, lambda _: None)
    except KeyError:
        return Found()


def _candidates(folder: RunFolder) -> list[Configuration]:
    """Those of the plan that this machine has the cores for: others say nothing about smaller."""
    cores = folder.run.environment.get("cores") or inf
    return [one.configuration for one in folder.plan.candidates() if one.cpus <= cores]


def _search(plan: Plan, candidates: Sequence[Configuration], measure: Measure, news: News) -> Found:
    target = _target_of(plan)
    outcome = find_cheapest(candidates, target, plan.prices, measure, news=news)
    results = list(outcome.measured)
    news(outcome.reason)
    while further := follow_ups(outcome.cheapest, candidates, target, results):
        news(f"To explain that: {', '.join(one.title for one in further)}")
        results.extend(map(measure, further))
    measured = {one.configuration for one in results}
    return Found(
        tuple(answer_all(outcome, candidates, results, target, plan.prices)),
        tuple(
            (one.configuration.title, one.reason)
            for one in outcome.skipped
            if one.configuration not in measured
        ),
    )


def _target_of(plan: Plan) -> Target:
    assert plan.target is not None, "the command refuses plans without one"  # noqa: S101
    return plan.target

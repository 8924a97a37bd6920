"""Measure configurations one after the other, and keep what comes of each at once.

What a configuration's file already holds is not measured again, so a run that was interrupted
goes on where it was.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from capacity import words
from capacity.analysis.estimate import estimate
from capacity.analysis.judge import judge
from capacity.analysis.roles import cpu_shares
from capacity.configuration import Configuration
from capacity.errors import NotApplied
from capacity.files import RunFolder
from capacity.plan.load import Closed, Limit
from capacity.plan.model import Plan
from capacity.progress import RunProgress, Work
from capacity.records import (
    Capacity,
    ConfigurationResult,
    Judgement,
    LoadFigures,
    Measurement,
    Probe,
)
from capacity.search.bisection import find_capacity
from capacity.service import Generator, Observation, OpenLoad, Service
from capacity.settling import settle
from capacity.steps import APPLY_SECONDS, Step, limit_seconds, steps

_USABLE_SHARE = 0.5
RESTLESS = "The service had not got over the load before when this one began."


@dataclass(frozen=True, slots=True)
class Runner:
    """Measures configurations of one plan. ``ceiling``: what the generator reaches, a second."""

    plan: Plan
    service: Service
    generator: Generator
    folder: RunFolder
    progress: RunProgress
    ceiling: float
    settled: Callable[[str], bool] = settle

    def run(self) -> list[ConfigurationResult]:
        """Measure all configurations of the plan."""
        candidates = [one.configuration for one in self.plan.candidates()]
        self.progress.expect(sum(map(self.seconds, candidates)))
        return [self.measure(one) for one in candidates]

    def measure(self, configuration: Configuration) -> ConfigurationResult:
        """Measure whatever the plan wants of a configuration and its file does not hold yet."""
        known = self.folder.result(configuration)
        if known is not None and known.is_complete:
            return known
        result = known or ConfigurationResult(configuration=configuration)
        try:
            for measured in self._measured(result):
                result = measured
                self.folder.write_result(result)
        except NotApplied as error:
            self.progress.line(f"{configuration.title}: {error}")
            for line in error.excerpt.splitlines():
                self.progress.line(f"  {line}")
            result = result.model_copy(update={"error": str(error), "excerpt": error.excerpt})
        complete = result.model_copy(update={"is_complete": True})
        self.folder.write_result(complete)
        return complete

    def _measured(self, result: ConfigurationResult) -> Iterator[ConfigurationResult]:
        """The result after each step that it lacks."""
        title = result.configuration.title
        with self.progress.working(f"{title}: start it", APPLY_SECONDS) as work:
            applied = self.service.apply(result.configuration, work.news)
        result = result.model_copy(
            update={"applied": applied.limits, "ready_seconds": applied.ready_seconds}
        )
        yield result
        for step in self._missing(result):
            with self.progress.working(f"{title}, {step.title}", step.seconds) as work:
                measured = self._measurement(step, work)
            self.progress.line(f"{title}, {step.title}: {in_words(measured)}")
            result = result.model_copy(update={"measurements": (*result.measurements, measured)})
            yield result
        limit = self.plan.load.limit
        if limit is not None and result.capacity is None:
            capacity = self._capacity(result.configuration, limit)
            self.progress.line(f"{title}: {words.capacity(capacity)}")
            yield result.model_copy(update={"capacity": capacity})

    def seconds(self, configuration: Configuration) -> float:
        """About how long the configuration will take, after what its file holds already."""
        known = self.folder.result(configuration)
        if known is not None and known.is_complete:
            return 0.0
        todo = APPLY_SECONDS + sum(step.seconds for step in self._missing(known))
        limit = self.plan.load.limit
        is_open = limit is not None and (known is None or known.capacity is None)
        return todo + (limit_seconds(limit) if limit is not None and is_open else 0.0)

    def _missing(self, known: ConfigurationResult | None) -> list[Step]:
        done = {one.step for one in known.measurements} if known else set()
        return [one for one in steps(self.plan.load, self.plan.repeats) if one.name not in done]

    def _measurement(self, step: Step, work: Work) -> Measurement:
        started_at = datetime.now(UTC).isoformat(timespec="seconds")
        figures, seen, judgement = self._loaded(step.load, work)
        return Measurement(
            step=step.name,
            started_at=started_at,
            load=figures,
            containers=seen.containers,
            machine_cpu=seen.machine_cpu,
            balance=seen.balance,
            judgement=judgement,
        )

    def _capacity(self, configuration: Configuration, limit: Limit) -> Capacity:
        title = f"{configuration.title}: its limit"
        with self.progress.working(title, limit_seconds(limit)) as work:

            def probe(rate: float) -> Probe:
                load = OpenLoad(rate, limit.warmup, limit.duration, limit.connections)
                return probed(rate, *self._loaded(load, work))

            known = estimate(self.folder.results(), configuration)
            guess = known.rate if known and known.rate > 0 else None
            return find_capacity(probe, limit, usable(self.ceiling), guess=guess, news=work.news)

    def _loaded(
        self, load: Closed | OpenLoad, work: Work
    ) -> tuple[LoadFigures, Observation, Judgement]:
        """Load the service once, watch it, and judge; it is calm before."""
        is_calm = self.settled(self.service.url)
        with self.service.observed() as seen:
            if isinstance(load, Closed):
                figures = self.generator.closed(self.service.url, load, work.news)
            else:
                figures = self.generator.open(self.service.url, load)
        judgement = judge(figures, self.plan.objective, seen)
        if not is_calm:
            judgement = judgement.model_copy(update={"reasons": (*judgement.reasons, RESTLESS)})
        return figures, seen, judgement


def usable(ceiling: float) -> float:
    """The highest rate to ask for, in requests a second, of a generator that reaches ``ceiling``.

    Beyond half of that, its own delays would be in the figures.
    """
    return ceiling * _USABLE_SHARE


def probed(rate: float, figures: LoadFigures, seen: Observation, judgement: Judgement) -> Probe:
    """What is kept of a look at one rate."""
    accepted = figures.accepted
    return Probe(
        rate=rate,
        met=judgement.met,
        limited_by=judgement.limited_by,
        goodput=figures.goodput,
        p95_ms=accepted.p95_ms if accepted else None,
        p99_ms=accepted.p99_ms if accepted else None,
        cpu=cpu_shares(figures, seen.containers, seen.machine_cpu),
        reasons=judgement.reasons,
    )


def in_words(measured: Measurement) -> str:
    """A measurement in a line."""
    load, judgement = measured.load, measured.judgement
    latency = f"p95 {load.accepted.p95_ms:,.0f} ms" if load.accepted else "nothing accepted"
    text = f"{load.goodput:,.0f}/s, {latency}, {load.failed:,} failed, {load.refused:,} refused"
    if judgement.met and judgement.limited_by == "nothing":
        return f"held: {text}"
    return f"{'held' if judgement.met else 'not held'}, limit: {judgement.limited_by}: {text}"

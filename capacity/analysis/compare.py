"""Two runs beside each other: what changed, and what may be chance."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from capacity.analysis.interval import Interval
from capacity.analysis.roles import INFERENCE, of_service
from capacity.configuration import Configuration
from capacity.errors import BadRun
from capacity.records import ConfigurationResult, LoadFigures, Run

Figure = Literal["capacity", "p95", "CPU"]
UNITS: Mapping[Figure, str] = {"capacity": "/s", "p95": " ms", "CPU": " cores"}


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of one configuration, before and after.

    ``load`` says under which load it was seen, such as ``1,200 users``; empty for a capacity.
    ``ratio`` is None when it was 0 before. ``is_shown``: it changed beyond both 95 % intervals.
    """

    configuration: Configuration
    figure: Figure
    load: str
    before: Interval
    after: Interval

    @property
    def ratio(self) -> float | None:
        """After to before."""
        return self.after.mean / self.before.mean if self.before.mean else None

    @property
    def is_shown(self) -> bool:
        """Is the change more than chance?"""
        return self.before.is_apart_from(self.after)

    @property
    def verdict(self) -> str:
        """The finding in words."""
        if self.is_shown:
            return "higher" if self.after.mean > self.before.mean else "lower"
        if 1 in (self.before.count, self.after.count):
            return "no difference shown: a single measurement has no confidence bounds"
        return "no difference shown"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs. Differences are sentences such as ``plan load.closed.users: 100, then 200``."""

    differences: tuple[str, ...]
    changes: tuple[Change, ...]
    only_before: tuple[Configuration, ...]
    only_after: tuple[Configuration, ...]


def compare(
    before: Run,
    before_results: Sequence[ConfigurationResult],
    after: Run,
    after_results: Sequence[ConfigurationResult],
) -> Comparison:
    """Compare what both runs measured. Figures that the generator limited are left out.

    Raises:
        BadRun: they share no configuration.
    """
    old = {one.configuration: one for one in before_results}
    new = {one.configuration: one for one in after_results}
    shared = [one for one in old if one in new]
    if not shared:
        raise BadRun(
            f"the runs {before.id} and {after.id} have no configuration in common: "
            f"{_titles(old)} there, {_titles(new)} here; compare runs of the same plan"
        )
    return Comparison(
        differences=(
            *_differences("kind", before.kind, after.kind),
            *_differences("plan", before.plan, after.plan),
            *_differences("environment", before.environment, after.environment),
            *(
                difference
                for one in shared
                for difference in _differences(
                    f"{one.title}: error", old[one].error, new[one].error
                )
            ),
        ),
        changes=tuple(change for one in shared for change in _changes(old[one], new[one])),
        only_before=tuple(one for one in old if one not in new),
        only_after=tuple(one for one in new if one not in old),
    )


def _changes(before: ConfigurationResult, after: ConfigurationResult) -> Iterator[Change]:
    configuration = before.configuration
    if before.capacity is not None and after.capacity is not None:
        old, new = (Interval.of_capacity(one) for one in (before.capacity, after.capacity))
        yield Change(configuration, "capacity", "", old, new)
    old_values, new_values = _values(before), _values(after)
    for (figure, load), values in old_values.items():
        if others := new_values.get((figure, load)):
            yield Change(configuration, figure, load, Interval.of(values), Interval.of(others))


def _values(result: ConfigurationResult) -> dict[tuple[Figure, str], list[float]]:
    """The figures of all repeats of each load."""
    found: dict[tuple[Figure, str], list[float]] = {}
    for one in result.measurements:
        if one.judgement.limited_by == "generator":
            continue
        load = _title(one.load)
        if one.load.accepted is not None:
            found.setdefault(("p95", load), []).append(one.load.accepted.p95_ms)
        if inference := of_service(one.containers, INFERENCE):
            cpu = sum(container.cpu_mean for container in inference)
            found.setdefault(("CPU", load), []).append(cpu)
    return found


def _title(load: LoadFigures) -> str:
    """The load itself, so that only equal ones are compared."""
    if load.kind == "closed":
        # Users who wait for longer between two requests are another load.
        return f"{load.users or 0:,} users who would send {load.offered:,.0f}/s"
    return f"{load.offered:,.0f}/s"


def _titles(results: Mapping[Configuration, ConfigurationResult]) -> str:
    return "; ".join(one.title for one in results) or "none"


def _differences(name: str, before: Any, after: Any) -> Iterator[str]:
    """Each value that is not the same, by its path."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in dict.fromkeys((*before, *after)):
            path = f"{name}.{key}" if " " in name else f"{name} {key}"
            yield from _differences(path, before.get(key), after.get(key))
    elif before != after:
        yield f"{name}: {_shown(before)}, then {_shown(after)}"


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)

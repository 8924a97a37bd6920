"""Pictures of latency against load, with the knee marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from capacity.analysis.knee import Knee, find
from capacity.analysis.roles import cpu_shares
from capacity.plan.model import Objective
from capacity.records import ConfigurationResult, CpuShares, LimitedBy
from capacity.report import style
from capacity.report.style import DASH_DOT, DASHED, DOTTED, Line

_COLUMNS: Final = 2
_PANEL: Final = (3.9, 2.5)
_KNEE = Line(style.PURPLE, DASHED)
_CAPACITY = Line(style.GREEN, DASH_DOT)
_LIMIT = Line(style.BLACK, DOTTED, 1.0)
_OUTCOMES: Final = {
    "met": ("o", style.BLUE),
    "not met": ("X", style.VERMILLION),
    "generator's limit": ("s", style.GREY),
}
_FOUND = Line(style.SKY, "-", 1.0)


@dataclass(frozen=True, slots=True)
class Point:
    """One rate that was tried. ``p95_ms`` is None when nothing was accepted."""

    rate: float
    p95_ms: float | None
    met: bool
    limited_by: LimitedBy
    cpu: CpuShares | None
    reasons: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """What it says about the service; nothing where the generator was the limit."""
        if self.limited_by == "generator":
            return "generator's limit"
        return "met" if self.met else "not met"


def points(result: ConfigurationResult) -> list[Point]:
    """Everything known about fixed rates: probes of the search for the limit, and open loads."""
    found = [
        Point(
            one.load.offered,
            one.load.accepted.p95_ms if one.load.accepted else None,
            one.judgement.met,
            one.judgement.limited_by,
            cpu_shares(one.load, one.containers, one.machine_cpu),
            one.judgement.reasons,
        )
        for one in result.measurements
        if one.load.kind == "open"
    ]
    probes = result.capacity.probes if result.capacity else ()
    found += [
        Point(one.rate, one.p95_ms, one.met, one.limited_by, one.cpu, one.reasons) for one in probes
    ]
    return sorted(found, key=lambda one: one.rate)


def knee(result: ConfigurationResult) -> Knee | None:
    """Where latency begins to rise. What the generator limited says nothing about it.

    None where it seems to lie beyond the rates that met the objective.
    """
    own = [
        (one.rate, one.p95_ms)
        for one in points(result)
        if one.p95_ms is not None and one.limited_by != "generator"
    ]
    found = find([rate for rate, _ in own], [latency for _, latency in own])
    best = max((one.rate for one in points(result) if one.met), default=0.0)
    return found if found is not None and found.rate <= best else None


def against_load(result: ConfigurationResult, objective: Objective) -> Figure | None:
    """p95 at each rate. None when no rate has one."""
    if not _drawable(result):
        return None
    figure, axes = style.panel("requests/s", "p95 in ms")
    _draw(axes, result, objective)
    style.legend_above(axes, 3)
    return figure


def all_against_load(results: Sequence[ConfigurationResult], objective: Objective) -> Figure | None:
    """The same for all configurations, side by side."""
    shown = [one for one in results if _drawable(one)]
    if not shown:
        return None
    lines = ceil(len(shown) / _COLUMNS)
    columns = min(len(shown), _COLUMNS)
    figure = Figure(figsize=(_PANEL[0] * columns, _PANEL[1] * lines + 0.4), layout="constrained")
    grid = figure.subplots(lines, columns, squeeze=False)
    cells = list(grid.flat)
    for axes, result in zip(cells, shown, strict=False):
        _draw(axes, result, objective)
        axes.set_title(result.configuration.title, fontsize=9, loc="left", fontweight="bold")
        style.label(axes, "requests/s", "p95 in ms")
    for axes in cells[len(shown) :]:
        axes.set_axis_off()
    handles: dict[str, Artist] = {}
    for axes in cells[: len(shown)]:
        for handle, name in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    figure.legend(
        list(handles.values()), list(handles), loc="outside upper left", ncols=len(handles)
    )
    return figure


def _drawable(result: ConfigurationResult) -> bool:
    return any(one.p95_ms is not None for one in points(result))


def _draw(axes: Axes, result: ConfigurationResult, objective: Objective) -> None:
    found = [(one, one.p95_ms) for one in points(result) if one.p95_ms is not None]
    values = [latency for _, latency in found]
    axes.plot([one.rate for one, _ in found], values, **_FOUND.arguments(), zorder=1)
    for name, (marker, colour) in _OUTCOMES.items():
        some = [(one.rate, latency) for one, latency in found if one.outcome == name]
        if some:
            rates, latencies = zip(*some, strict=True)
            axes.scatter(rates, latencies, marker=marker, color=colour, s=26, label=name)
    if objective.p95_ms is not None and objective.p95_ms <= max(values) * 20:
        axes.axhline(objective.p95_ms, **_LIMIT.arguments(), label="limit of p95")
        values.append(objective.p95_ms)
    bend = knee(result)
    if bend is not None:
        axes.axvline(bend.rate, **_KNEE.arguments(), label="knee")
    capacity = result.capacity
    if capacity is not None and capacity.rate:
        name = "at least" if capacity.is_bound else "capacity"
        axes.axvline(capacity.rate, **_CAPACITY.arguments(), label=name)
    style.latencies(axes, values)
    style.plain_x(axes)
    axes.set_xlim(left=0)

"""Pictures of one measurement, second by second."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from capacity.analysis.roles import GATEWAY, INFERENCE
from capacity.plan.model import Objective
from capacity.records import ContainerUse, Measurement, Moment
from capacity.report import style
from capacity.report.selection import GENERATORS, watched
from capacity.report.style import DASH_DOT, DASHED, DOTTED, SOLID, Line

_SECONDS = "seconds since the warm-up"
_OFFERED = Line(style.GREY, DASH_DOT, 1.0)
_ANSWERS = {
    "ok": Line(style.BLUE, SOLID),
    "refused": Line(style.ORANGE, DASHED),
    "failed": Line(style.VERMILLION, DOTTED, 1.8),
}
_LIMIT = Line(style.BLACK, DOTTED, 1.0)
_PERCENTILES = {
    "p50": Line(style.GREEN, DASHED),
    "p95": Line(style.BLUE, SOLID),
    "p99": Line(style.ORANGE, DASH_DOT),
}
_CONTAINERS = {
    INFERENCE: Line(style.BLUE, SOLID),
    GATEWAY: Line(style.ORANGE, DASHED),
    **dict.fromkeys(GENERATORS, Line(style.PURPLE, DASH_DOT)),
}
_FULL = 100


def throughput(measurement: Measurement) -> Figure | None:
    """Answers a second: offered, ok, refused and failed. None without a timeline."""
    load = measurement.load
    if not load.timeline:
        return None
    figure, axes = style.panel(_SECONDS, "requests/s")
    seconds = [one.second for one in load.timeline]
    axes.axhline(load.offered, label="offered", **_OFFERED.arguments())
    for name, line in _ANSWERS.items():
        values = [getattr(one, name) for one in load.timeline]
        # A line at nothing hides the axis; the text beside the picture says that there were none.
        if name == "ok" or any(values):
            axes.plot(seconds, values, label=name, **line.arguments(), **_marked(seconds))
    style.from_zero(axes)
    style.legend_above(axes, 4)
    return figure


def latency(measurement: Measurement, objective: Objective) -> Figure | None:
    """Percentiles of accepted requests, and what the objective allows. None without any."""
    moments = [one for one in measurement.load.timeline if one.p95_ms is not None]
    if not moments:
        return None
    figure, axes = style.panel(_SECONDS, "latency in ms")
    seconds = [one.second for one in moments]
    seen = []
    for name, line in _PERCENTILES.items():
        values = [_milliseconds(one, name) for one in moments]
        seen += [value for value in values if value == value]  # NaN leaves a gap
        axes.plot(seconds, values, label=name, **line.arguments(), **_marked(seconds))
    limits = [limit for limit in (objective.p95_ms, objective.p99_ms) if limit is not None]
    for limit in sorted(set(limits)):
        if limit <= _far(seen):
            axes.axhline(limit, **_LIMIT.arguments())
            axes.annotate(
                f"limit {limit:,.0f} ms",
                (1, limit),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="bottom",
                fontsize=8,
            )
            seen.append(limit)
    style.latencies(axes, seen)
    style.legend_above(axes, 3)
    return figure


def cpu(measurement: Measurement) -> Figure | None:
    """CPU of each container that carries the load, as a share of its limit."""
    return _use(measurement, "cpu", "CPU, % of the limit")


def memory(measurement: Measurement) -> Figure | None:
    """Memory of each container that carries the load, as a share of its limit."""
    return _use(measurement, "memory", "memory, % of the limit")


def balance(measurement: Measurement) -> Figure | None:
    """Requests that each replica answered. None for a single one."""
    if len(measurement.balance) < 2:
        return None
    names = sorted(measurement.balance)
    values = [measurement.balance[name] for name in names]
    figure, axes = style.panel("requests answered", "")
    bars = axes.barh(names, values, color=style.SKY, edgecolor=style.BLUE, height=0.6)
    total = sum(values) or 1
    axes.bar_label(bars, [f"{value / total:.1%}" for value in values], padding=3, fontsize=8)
    axes.set_xlim(0, max(*values, 1) * 1.2)
    axes.invert_yaxis()
    axes.grid(visible=False)
    style.plain_x(axes)
    return figure


def _use(measurement: Measurement, kind: str, y_label: str) -> Figure | None:
    shown = [
        (one, limit)
        for one in watched(measurement)
        if one.service in _CONTAINERS and one.timeline and (limit := _limit(one, kind))
    ]
    if not shown:
        return None
    figure, axes = style.panel("seconds", y_label)
    named: set[str] = set()
    for one, limit in shown:
        seconds = [look.second for look in one.timeline]
        values = [getattr(look, kind) / limit * _FULL for look in one.timeline]
        name = _group(one)
        axes.plot(
            seconds,
            values,
            label=None if name in named else name,
            **_CONTAINERS[one.service].arguments(),
            **_marked(seconds),
        )
        named.add(name)
    axes.axhline(_FULL, **_LIMIT.arguments())
    style.from_zero(axes)
    style.legend_above(axes, 3)
    return figure


def _limit(one: ContainerUse, kind: str) -> float:
    if kind == "memory":
        return one.memory_limit
    # Nothing limits the generator's CPU; one core is what one of its processes can use.
    return one.cpu_limit or (1.0 if one.service in GENERATORS else 0.0)


def _group(one: ContainerUse) -> str:
    if one.service == INFERENCE:
        return "each replica"
    return "load generator" if one.service in GENERATORS else one.service


def _milliseconds(moment: Moment, name: str) -> float:
    value = getattr(moment, f"{name}_ms")
    return float("nan") if value is None else float(value)


def _far(seen: Sequence[float]) -> float:
    """A limit farther away than this would press the lines together."""
    return max(seen, default=0.0) * 20


def _marked(seconds: Sequence[float]) -> dict[str, Any]:
    """A single point has no line to be seen by."""
    return {"marker": "o"} if len(seconds) == 1 else {}

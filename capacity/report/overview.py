"""Pictures of all configurations together: against the reference, and cost against capacity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from capacity.analysis.cost import price_per_hour
from capacity.analysis.pareto import front
from capacity.plan.model import Plan, Reference
from capacity.records import ConfigurationResult
from capacity.report import style
from capacity.report.rows import estimated
from capacity.report.selection import held

_INCHES: Final = 5.6
_APART: Final = (0.2, 0.05)  # two labels side by side, as shares of the axes


@dataclass(frozen=True, slots=True)
class Mark:
    """A figure of one configuration. A hollow one says ``at least``."""

    name: str
    value: float
    is_hollow: bool = False
    between: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A configuration between what it costs an hour and what it holds."""

    title: str
    cost: float
    capacity: float
    is_bound: bool
    is_on_front: bool


_MARKERS: Final = {
    "reference": ("D", style.GREY),
    "under the users": ("o", style.BLUE),
    "at a fixed rate": ("o", style.BLUE),
    "capacity": ("^", style.GREEN),
    "estimate": ("X", style.PURPLE),
}


def compared(plan: Plan, results: Sequence[ConfigurationResult]) -> Figure | None:
    """Requests a second: the reference, under the plan's load, the capacity, its estimate."""
    references = {one.configuration: one.reference for one in plan.candidates()}
    marks = [
        (place, mark)
        for place, result in enumerate(results)
        for mark in _marks(plan, results, result, references.get(result.configuration))
    ]
    if all(mark.name == "reference" for _, mark in marks):
        return None
    figure = Figure(figsize=(_INCHES, 0.34 * len(results) + 1.1), layout="constrained")
    axes = figure.subplots()
    for place, mark in marks:
        _draw(axes, place, mark)
    named = [name for name in _MARKERS if any(mark.name == name for _, mark in marks)]
    for name in named:
        marker, colour = _MARKERS[name]
        axes.scatter([], [], marker=marker, color=colour, s=34, label=name)
    axes.set_yticks(range(len(results)), [one.configuration.title for one in results])
    axes.set_ylim(len(results) - 0.5, -0.5)
    style.logarithmic_x(axes)
    axes.margins(x=0.08)
    style.label(axes, "requests/s, logarithmic", "")
    figure.legend(loc="outside upper left", ncols=len(named), handletextpad=0.3, columnspacing=1.0)
    return figure


def places(plan: Plan, results: Sequence[ConfigurationResult]) -> list[Place]:
    """Every configuration with a capacity. Where it is a bound, the bound counts."""
    known = [
        (price_per_hour(one.configuration, plan.prices), one.capacity.rate, one)
        for one in results
        if one.capacity is not None and one.capacity.rate and not one.error
    ]
    best = set(front([(cost, rate, one.configuration.slug) for cost, rate, one in known]))
    return [
        Place(
            title=one.configuration.title,
            cost=cost,
            capacity=rate,
            is_bound=one.capacity is not None and one.capacity.is_bound,
            is_on_front=one.configuration.slug in best,
        )
        for cost, rate, one in sorted(known, key=lambda known: known[:2])
    ]


def pareto(plan: Plan, found: Sequence[Place]) -> Figure | None:
    """What an hour costs against capacity; none beats those on the line in both."""
    if not found:
        return None
    figure = Figure(figsize=(_INCHES, 3.6), layout="constrained")
    axes = figure.subplots()
    best = [one for one in found if one.is_on_front]
    axes.plot(
        [one.cost for one in best],
        [one.capacity for one in best],
        drawstyle="steps-post",
        label="front",
        **style.Line(style.BLUE, style.DASHED, 1.0).arguments(),
    )
    for one in found:
        colour = style.BLUE if one.is_on_front else style.GREY
        axes.scatter(
            one.cost,
            one.capacity,
            marker="^" if one.is_bound else "o",
            facecolors="white" if one.is_bound else colour,
            edgecolors=colour,
            s=36,
            zorder=3,
        )
    top, right = max(one.capacity for one in found), max(one.cost for one in found) or 1
    labelled: list[tuple[float, float]] = []
    for one in sorted(found, key=lambda one: not one.is_on_front):
        spot = one.cost / right, one.capacity / top
        if all(abs(spot[0] - x) > _APART[0] or abs(spot[1] - y) > _APART[1] for x, y in labelled):
            labelled.append(spot)
            axes.annotate(
                one.title.partition(",")[0],
                (one.cost, one.capacity),
                xytext=(5, -11),
                textcoords="offset points",
                fontsize=8,
            )
    style.label(axes, f"price an hour in {plan.prices.currency}", "capacity in requests/s")
    style.from_zero(axes)
    axes.set_xlim(0, right * 1.2)
    return figure


def _marks(
    plan: Plan,
    results: Sequence[ConfigurationResult],
    result: ConfigurationResult,
    reference: Reference | None,
) -> Iterator[Mark]:
    if reference is not None and reference.rps:
        yield Mark("reference", reference.rps)
    load = held(plan, result)
    if load is not None and load.shown.load.goodput:
        name = "under the users" if plan.load.closed else "at a fixed rate"
        is_hollow = load.shown.judgement.limited_by == "generator"
        yield Mark(name, load.shown.load.goodput, is_hollow)
    capacity = result.capacity
    if capacity is not None and capacity.rate:
        certain = (min(capacity.low, capacity.rate), capacity.rate)
        yield Mark("capacity", capacity.rate, capacity.is_bound, certain)
    guess = estimated(results, result)
    if guess is not None:
        known = guess.low is not None and guess.high is not None
        between = (guess.low or 0.0, guess.high or 0.0) if known else None
        yield Mark("estimate", guess.rate, between=between)


def _draw(axes: Axes, place: int, mark: Mark) -> None:
    marker, colour = _MARKERS[mark.name]
    axes.scatter(
        mark.value,
        place,
        marker=marker,
        facecolors="white" if mark.is_hollow else colour,
        edgecolors=colour,
        s=34,
        zorder=3,
    )
    if mark.between is not None and mark.between[0] > 0:
        axes.hlines(place, *mark.between, color=colour, linewidth=1.2)

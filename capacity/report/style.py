"""How pictures look: colours that colour-blind readers tell apart, and a dash or a marker each.

The palette is Okabe and Ito's. A picture is legible in black and white by its dashes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

BLACK: Final = "#000000"
ORANGE: Final = "#e69f00"
SKY: Final = "#56b4e9"
GREEN: Final = "#009e73"
BLUE: Final = "#0072b2"
VERMILLION: Final = "#d55e00"
PURPLE: Final = "#cc79a7"
GREY: Final = "#767676"

_PANEL_INCHES: Final = (4.2, 2.7)
_ROOM: Final = 1.1
_LOG_FROM: Final = 8  # times between the largest and the smallest: below, a linear axis tells more
_LOOK: Final[Any] = {
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8,
    "lines.linewidth": 1.4,
    "lines.markersize": 5,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line's colour and dashes."""

    colour: str
    dashes: str | tuple[float, tuple[float, ...]] = "-"
    width: float = 1.4

    def arguments(self) -> dict[str, Any]:
        """For `Axes.plot`."""
        return {"color": self.colour, "linestyle": self.dashes, "linewidth": self.width}


SOLID: Final = "-"
DASHED: Final = (0, (5, 2))
DOTTED: Final = (0, (1, 1.5))
DASH_DOT: Final = (0, (6, 2, 1, 2))


@contextmanager
def look(name: str) -> Iterator[None]:
    """Draw and save in the project's look. The name makes a picture's ids its own."""
    with mpl.rc_context(_LOOK), mpl.rc_context({"svg.hashsalt": name}):
        yield


def panel(x_label: str, y_label: str) -> tuple[Figure, Axes]:
    """One small picture, wide enough for a phone."""
    figure = Figure(figsize=_PANEL_INCHES, layout="constrained")
    axes = figure.subplots()
    label(axes, x_label, y_label)
    return figure, axes


def label(axes: Axes, x_label: str, y_label: str) -> None:
    """Name both axes."""
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)


def from_zero(axes: Axes) -> None:
    """A linear axis upwards from nothing, with room at the top and thousands set apart."""
    axes.set_ylim(0, axes.dataLim.y1 * _ROOM or 1)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(_thousands))


def latencies(axes: Axes, values: list[float]) -> None:
    """A logarithmic axis where the values lie far apart, else one from nothing."""
    least = min((value for value in values if value > 0), default=1.0)
    if max(values, default=1.0) / least < _LOG_FROM:
        from_zero(axes)
        return
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=6))
    axes.yaxis.set_major_formatter(FuncFormatter(_thousands))
    axes.yaxis.set_minor_locator(LogLocator(subs="all", numticks=1))


def logarithmic_x(axes: Axes) -> None:
    """Tens on a logarithmic axis, in full numbers."""
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(_thousands))


def plain_x(axes: Axes) -> None:
    """A linear axis with few ticks, thousands set apart."""
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(_thousands))


def legend_above(axes: Axes, columns: int) -> None:
    """The legend where it hides nothing."""
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        handlelength=2.4,
        columnspacing=1.2,
    )


def _thousands(value: float, _: int) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:g}"

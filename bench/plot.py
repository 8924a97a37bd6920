"""A picture of the requests a second."""

from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.results import Results

_OURS: Final = "#1b7837"
_OTHERS: Final = "#8a8a8a"


def draw(results: Results, file: Path) -> None:
    """Bars on a logarithmic axis; the thin line is the range of the rounds."""
    names = sorted(results.measured(), key=lambda name: results.medians(name)["rps"])
    values = [results.medians(name)["rps"] for name in names]
    rounds = [[figures.rps for figures in results.rounds[name]] for name in names]
    below = [value - min(rates) for value, rates in zip(values, rounds, strict=True)]
    above = [max(rates) - value for value, rates in zip(values, rounds, strict=True)]
    figure = Figure(figsize=(8, 0.45 * len(names) + 1), layout="constrained")
    axes = figure.subplots()
    colours = [_OURS if name.startswith("this") else _OTHERS for name in names]
    bars = axes.barh(names, values, xerr=(below, above), color=colours, error_kw={"lw": 1})
    axes.bar_label(bars, [f" {value:,.0f}" for value in values], label_type="edge", padding=4)
    axes.set_xscale("log")
    axes.set_xlim(min(values) / 2, max(values) * 4)
    axes.set_xlabel("requests a second on one core, logarithmic")
    axes.spines[["top", "right"]].set_visible(False)
    file.parent.mkdir(parents=True, exist_ok=True)
    # The same figures give the same file: no date, no random names, and text that stays text.
    with mpl.rc_context({"svg.hashsalt": "benchmark", "svg.fonttype": "none"}):
        figure.savefig(file, metadata={"Date": None})

"""Two runs beside each other: a page, its Markdown twin, and a table for the terminal."""

from math import isfinite
from pathlib import Path
from typing import Any, Final

from rich import box
from rich.markup import escape
from rich.table import Table

from capacity import words
from capacity.analysis.compare import Change, Comparison
from capacity.analysis.interval import Interval
from capacity.records import Run
from capacity.report.page import render, write

HTML: Final = "compare.html"
MARKDOWN: Final = "compare.md"
HEADINGS: Final = ("Configuration", "Figure", "Before", "After", "Ratio", "Finding")


def write_comparison(before: Run, after: Run, comparison: Comparison, folder: Path) -> Path:
    """Write ``compare.html`` and ``compare.md``; the answer is the path of the HTML file.

    Raises:
        NotWritable: a file cannot be written.
    """
    page: dict[str, Any] = {
        "before": before,
        "after": after,
        "differences": comparison.differences,
        "only": [
            *((one.title, before.id) for one in comparison.only_before),
            *((one.title, after.id) for one in comparison.only_after),
        ],
        "headings": HEADINGS,
        "rows": [_cells(change) for change in comparison.changes],
        "sentence": _sentence(comparison),
    }
    write(folder / MARKDOWN, render("compare.md", page))
    return write(folder / HTML, render("compare.html", page))


def comparison_table(comparison: Comparison) -> Table:
    """A line for each figure that both runs have."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for heading in HEADINGS:
        is_figure = heading in ("Before", "After", "Ratio")
        table.add_column(heading, justify="right" if is_figure else "left")
    for change in comparison.changes:
        style = "bold" if change.is_shown else ""
        table.add_row(*map(escape, _cells(change)), style=style)
    return table


def _sentence(comparison: Comparison) -> str:
    shown = [one for one in comparison.changes if one.is_shown]
    if not comparison.changes:
        return "The runs have no figure in common."
    figures = words.count(len(comparison.changes), "figure")
    if not shown:
        return f"No difference is shown: none of {figures} changed beyond its bounds."
    return f"{len(shown)} of {figures} changed beyond the bounds of both runs."


def _cells(change: Change) -> tuple[str, ...]:
    figure = f"{change.figure} at {change.load}" if change.load else change.figure
    return (
        change.configuration.title,
        figure,
        _value(change, change.before),
        _value(change, change.after),
        words.NONE if change.ratio is None else f"{change.ratio:.2f}",
        change.verdict,
    )


def _value(change: Change, value: Interval) -> str:
    if change.figure == "CPU":
        text = f"{value.mean:.2f} cores"
    else:
        text = words.rate(value.mean) if change.figure == "capacity" else words.latency(value.mean)
    if not isfinite(value.low):
        return f"{text} (once)"
    if not isfinite(value.high):
        return f"{text} or more"
    reach = max(value.high - value.mean, value.mean - value.low)
    share = f" ± {words.share(reach / value.mean)}" if value.mean else ""
    return f"{text}{share}"

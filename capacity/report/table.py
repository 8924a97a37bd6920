"""The figures of a run for the terminal."""

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.markup import escape
from rich.table import Table

from capacity import words
from capacity.records import Capacity, ConfigurationResult, Run
from capacity.report.page import plan_of
from capacity.report.rows import HEADINGS, rows

# What a terminal's width has no room for stands in the report.
_LEFT_OUT: Final = ("Reference", "Refused (503)", "Load limited by", "Price an hour")


def results_table(run: Run, results: Sequence[ConfigurationResult]) -> Table:
    """A line for each configuration.

    Raises:
        BadRun: the run's plan cannot be read.
    """
    table = Table(box=box.SIMPLE, pad_edge=False)
    lines = [list(row.cells) for row in rows(plan_of(run), results)]
    for line, result in zip(lines, results, strict=True):
        line[HEADINGS.index("Capacity")] = _short(result.capacity)
        # Its interval has no room here.
        estimate = HEADINGS.index("Estimate")
        line[estimate] = line[estimate].partition(" (")[0]
    shown = [
        place
        for place, name in enumerate(HEADINGS)
        if name not in _LEFT_OUT and any(line[place] != words.NONE for line in lines)
    ]
    for place in shown:
        table.add_column(HEADINGS[place], justify="right" if place else "left", no_wrap=not place)
    for line in lines:
        table.add_row(*(escape(line[place]) for place in shown))
    return table


def _short(capacity: Capacity | None) -> str:
    if capacity is None:
        return words.NONE
    if not capacity.is_bound:
        return words.rate(capacity.rate)
    return f"over {words.rate(capacity.rate)} ({capacity.limited_by})"

"""The figures of a run for the terminal."""

from collections.abc import Sequence
from typing import Final

from rich import box
from rich.markup import escape
from rich.table import Table

from capacity.records import ConfigurationResult, Run
from capacity.report import words
from capacity.report.page import plan_of
from capacity.report.rows import HEADINGS, rows

# What a terminal's width has no room for stands in the report.
_LEFT_OUT: Final = ("Reference", "Limited by", "Price an hour")


def results_table(run: Run, results: Sequence[ConfigurationResult]) -> Table:
    """A line for each configuration.

    Raises:
        BadRun: the run's plan cannot be read.
    """
    table = Table(box=box.SIMPLE, pad_edge=False)
    lines = rows(plan_of(run), results)
    shown = [
        place
        for place, name in enumerate(HEADINGS)
        if name not in _LEFT_OUT and any(row.cells[place] != words.NONE for row in lines)
    ]
    for place in shown:
        table.add_column(HEADINGS[place], justify="right" if place else "left", no_wrap=not place)
    for row in lines:
        table.add_row(*(escape(row.cells[place]) for place in shown))
    return table

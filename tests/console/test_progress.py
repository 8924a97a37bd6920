"""What the user sees: phases with their seconds, and an explanation of a failure."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from console.errors import CommandError, NotReady, explain
from console.progress import Progress


def console_of(*, terminal: bool = False) -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, force_terminal=terminal, width=100), text


def test_plain_lines_without_a_terminal() -> None:
    console, text = console_of()
    progress = Progress(console)
    with progress.phase("ingest", "Ingest") as phase:
        phase.status("group 1 of 10")  # too soon after the line before it
        phase.result = "10 [rows]"
    lines = text.getvalue().splitlines()
    assert [line.split("] ", 1)[1].split(" in ")[0] for line in lines] == [
        "Ingest ...",
        "Ingest done",
    ]
    assert lines[1].endswith("s: 10 [rows]")
    assert progress.seconds.keys() == {"ingest"}
    assert progress.total_seconds >= progress.seconds["ingest"]


def test_a_terminal_shows_news_in_one_line() -> None:
    console, text = console_of(terminal=True)
    with Progress(console).phase("ingest", "Ingest") as phase:
        for number in range(1, 4):
            phase.status(f"group {number} [of] 10")
            phase.status(f"group {number} [of] 10")
    assert "group 3 [of] 10" in text.getvalue()
    assert "Ingest done" in text.getvalue()


def test_an_error_learns_its_phase() -> None:
    progress = Progress(console_of()[0])
    with pytest.raises(NotReady) as caught, progress.phase("load", "Load test"):
        raise NotReady("too slow")
    assert caught.value.phase == "load"
    assert "load" in progress.seconds


def test_a_failure_is_explained_with_phase_and_log() -> None:
    console, text = console_of()
    error = CommandError("boom", log=Path("/logs/x.log"), excerpt="line 1\n[red]line 2")
    error.phase = "train"
    explain(error, console)
    assert text.getvalue().splitlines() == [
        "Failed in phase train: boom",
        "  | line 1",
        "  | [red]line 2",
        "The whole log: /logs/x.log",
    ]


def test_a_failure_outside_of_phases_is_explained_too() -> None:
    console, text = console_of()
    explain(NotReady("too slow"), console)
    assert text.getvalue() == "Failed: too slow\n"

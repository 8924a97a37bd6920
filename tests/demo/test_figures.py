"""Figures are read from the ledger, and written as a summary."""

import io
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from console.errors import AnswerError
from console.load import Load
from console.registry import Candidate, Champion
from demo.ledger import Rows, count_rows, one_observation
from demo.prediction import Prediction
from demo.serving import Serving
from demo.summary import Summary


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "data.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE batches (group_number INTEGER, batch_number INTEGER, "
            "rows_received INTEGER, rows_clean INTEGER, rows_rejected INTEGER)"
        )
        db.executemany(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?)",
            [(1, 1, 100, 99, 1), (1, 2, 50, 50, 0), (2, 1, 10, 8, 2)],
        )
        db.execute(
            "CREATE TABLE observations (group_number INTEGER, batch_number INTEGER, "
            "row_index INTEGER, Slope REAL, Aspect REAL)"
        )
    return path


def test_counts_the_ledger(database: Path, tmp_path: Path) -> None:
    assert count_rows(database) == Rows(groups=2, received=160, clean=157, rejected=3)
    assert count_rows(tmp_path / "none.db") == Rows()
    assert not (tmp_path / "none.db").exists()


def test_the_first_observation_has_whole_numbers_where_it_can(database: Path) -> None:
    with pytest.raises(AnswerError, match="holds no row"):
        one_observation(database, ("Slope", "Aspect"))
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("INSERT INTO observations VALUES (2, 1, 0, 9, 9), (1, 1, 4, 3.0, 0.5)")
    row = one_observation(database, ("Aspect", "Slope"))
    assert json.dumps(row) == '{"Aspect": 0.5, "Slope": 3}'


@pytest.fixture
def summary() -> Summary:
    return Summary(
        rows=Rows(10, 100, 99, 1),
        candidates=[Candidate("extra_trees", 0.9, 0.8), Candidate("tree", 0.7, 0.6)],
        champion=Champion("extra_trees", "3", "run", 0.92, 0.86),
        serving=Serving(1.9, 126.4),
        prediction=Prediction({"Slope": 3}, {"version": "3", "prediction": 2}, "curl"),
        load=Load(1167, 0, 58.6, 2, 39, 48),
        seconds={"start": 1.5, "total": 2.5},
    )


def test_the_summary_has_every_figure(summary: Summary) -> None:
    content = json.loads(summary.to_text())
    environment = content.pop("environment")
    assert environment.keys() == {"python", "cpus", "platform"}
    assert content == {
        "rows_received": 100,
        "rows_clean": 99,
        "rows_rejected": 1,
        "candidates": [
            {"name": "extra_trees", "accuracy": 0.9, "macro_f1": 0.8},
            {"name": "tree", "accuracy": 0.7, "macro_f1": 0.6},
        ],
        "champion": {"name": "extra_trees", "version": "3", "accuracy": 0.92, "macro_f1": 0.86},
        "serving": {"ready_seconds": 1.9, "resident_mb": 126.4},
        "prediction": {
            "request": {"Slope": 3},
            "answer": {"version": "3", "prediction": 2},
            "sent_by": "curl",
        },
        "load": {
            "requests": 1167,
            "failures": 0,
            "rps": 58.6,
            "p50_ms": 2,
            "p95_ms": 39,
            "p99_ms": 48,
        },
        "seconds": {"start": 1.5, "total": 2.5},
    }


def test_the_tables_show_it(summary: Summary) -> None:
    console = Console(file=io.StringIO(), width=80)
    summary.print_to(console)
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    for text in ("extra_trees (champion)", "1,167", "58.6", "0.7000", "1.9", "126", "total"):
        assert text in shown


def test_a_load_test_without_figures_is_told_apart(summary: Summary) -> None:
    failed = replace(summary, load=None)
    assert failed.to_json()["load"] is None
    console = Console(file=io.StringIO(), width=80)
    failed.print_to(console)
    assert isinstance(console.file, io.StringIO)
    assert "no figures" in console.file.getvalue()

"""Figures are read from the ledger, from MLflow and from Locust, and written as a summary."""

import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from demo.errors import AnswerError
from demo.ledger import Rows, count_rows, one_observation
from demo.load import Load, read_load, read_progress
from demo.prediction import Prediction
from demo.registry import Candidate, Champion, Registry
from demo.serving import Serving
from demo.summary import Summary
from demo.web import Web
from tests.demo.fake_web import FakeWeb

API = "/api/2.0/mlflow"


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


def tag(**pairs: object) -> list[dict[str, object]]:
    return [{"key": key, "value": value} for key, value in pairs.items()]


VERSION = {
    "version": "3",
    "run_id": "parent",
    "tags": tag(candidate="extra_trees", holdout_accuracy="0.92", holdout_macro_f1="0.86"),
}


@pytest.fixture
def mlflow() -> Iterator[FakeWeb]:
    children = [
        {
            "data": {
                "tags": [{"key": "mlflow.runName", "value": name}],
                "metrics": tag(accuracy=accuracy, macro_f1=accuracy / 2, other=1.0),
            }
        }
        for name, accuracy in (("tree", 0.8), ("extra_trees", 0.9))
    ]
    unfinished = {"data": {"tags": [{"key": "mlflow.runName", "value": "slow"}]}}
    answers: dict[str, tuple[int, object]] = {
        f"GET {API}/registered-models/alias": (200, {"model_version": VERSION}),
        f"GET {API}/runs/get": (
            200,
            {"run": {"info": {"experiment_id": "1", "artifact_uri": "mlflow-artifacts:/1/parent"}}},
        ),
        f"POST {API}/runs/search": (200, {"runs": [*children, unfinished]}),
        "GET /api/2.0/mlflow-artifacts/artifacts/1/parent/plots/a.png": (200, "picture"),
    }
    with FakeWeb(answers) as server:
        yield server


def test_reads_the_champion_and_its_rivals(mlflow: FakeWeb, web: Web) -> None:
    registry = Registry(mlflow.url, web)
    champion = registry.champion()
    assert champion == Champion("extra_trees", "3", "parent", 0.92, 0.86)
    assert registry.candidates(champion.run_id) == [
        Candidate("extra_trees", 0.9, 0.45),
        Candidate("tree", 0.8, 0.4),
    ]
    assert json.loads(mlflow.bodies[-1])["filter"] == "tags.`mlflow.parentRunId` = 'parent'"
    assert registry.artifact("parent", "plots/a.png") == b'"picture"'


def test_a_champion_without_scores_is_refused(mlflow: FakeWeb, web: Web) -> None:
    bare = {**VERSION, "tags": []}
    mlflow.answers[f"GET {API}/registered-models/alias"] = (200, {"model_version": bare})
    with pytest.raises(AnswerError, match="lacks the tag 'candidate'"):
        Registry(mlflow.url, web).champion()


def test_no_champion_and_no_server_are_explained(mlflow: FakeWeb, web: Web) -> None:
    mlflow.answers.clear()
    with pytest.raises(AnswerError, match="answered 404"):
        Registry(mlflow.url, web).champion()
    with pytest.raises(AnswerError, match="does not answer"):
        Registry("http://127.0.0.1:1", web).champion()


STATS = """\
Type,Name,Request Count,Failure Count,Median Response Time,Requests/s,50%,95%,99%
POST,/predict/,1167,2,2,58.5959,2,39,48
,Aggregated,1167,2,2,58.5959,2,39,48
"""
HISTORY = """\
Timestamp,User Count,Type,Name,Requests/s
1,50,,Aggregated,10.4
2,100,,Aggregated,58.6
"""


def test_reads_what_locust_wrote(tmp_path: Path) -> None:
    (tmp_path / "run_stats.csv").write_text(STATS)
    assert read_load(tmp_path / "run") == Load(1167, 2, 58.6, 2, 39, 48)
    assert read_progress(tmp_path / "run") == ""
    (tmp_path / "run_stats_history.csv").write_text(HISTORY + "3,10")
    assert read_progress(tmp_path / "run") == "100 users, 59 requests/s"


@pytest.mark.parametrize(
    "text", [None, "", STATS.replace("Aggregated", "x"), STATS.replace("58.5959,2", "58.5959,N/A")]
)
def test_missing_totals_are_explained(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "run_stats.csv").write_text(text)
    with pytest.raises(AnswerError, match="no totals"):
        read_load(tmp_path / "run")


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

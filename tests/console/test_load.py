"""Figures are read from what Locust wrote."""

import json
from pathlib import Path

import pytest

from console.errors import AnswerError
from console.load import Load, read_load, read_notes, read_progress

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


def test_a_summary_says_what_totals_do_not(tmp_path: Path) -> None:
    path = tmp_path / "summary.json"
    assert read_notes(path) == []
    summary: dict[str, object] = {
        "stopped_by": None,
        "refused": 0,
        "balance": {},
        "generator": {"warnings": []},
    }
    path.write_text(json.dumps(summary))
    assert read_notes(path) == []
    summary |= {"stopped_by": "too slow", "refused": 1234}
    summary |= {"balance": {"replica1": 5, "replica2": 6}, "generator": {"warnings": ["busy"]}}
    path.write_text(json.dumps(summary))
    assert read_notes(path) == [
        "Ended early: too slow",
        "Refused with 503: 1,234",
        "Predictions by replica: replica1 5, replica2 6",
        "Doubtful: busy",
    ]
    path.write_text("{}")
    with pytest.raises(AnswerError, match="cannot be understood"):
        read_notes(path)

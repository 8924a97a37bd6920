"""The demo runs DAGs in a process of its own, and explains one that fails."""

import sqlite3
from pathlib import Path

import pytest

from console.errors import DagFailed, NotReady, ProcessFailed
from demo.dags import DagHost, failure_excerpt
from demo.supervisor import Supervisor
from tests.demo.conftest import Script

# Speaks the protocol of demo.dag_host without Airflow.
HOST = """
import json, sys

def reply(**message):
    print(json.dumps(message), flush=True)

reply(event="ready")
for line in sys.stdin:
    question = json.loads(line)
    dag = question["dag"]
    print("2026-01-01T00:00:00.0Z [info     ] fitting trees   [pipeline.training] loc=t.py:1",
          file=sys.stderr, flush=True)
    if dag == "good":
        assert question["conf"] in ({}, {"rollback_to": "3"})
        reply(event="finished", dag=dag, state="success", failed=[])
    elif dag == "bad":
        print("2026-01-01T00:00:00.0Z [error    ] Task failed with exception [task] loc=t.py:1\\n"
              "Traceback:\\nRuntimeError: boom\\n"
              "2026-01-01T00:00:00.1Z [info     ] later   [task] loc=t.py:2",
              file=sys.stderr, flush=True)
        reply(event="finished", dag=dag, state="failed", failed=["ingest[group 3]"])
    elif dag == "ours":
        print("2026-01-01T00:00:00.0Z [error    ] Task failed with exception [task] loc=t.py:1\\n"
              "Traceback:\\npipeline.errors.UnknownVersion: there is no version 9:\\n"
              "  choose one of 1, 2\\n"
              "2026-01-01T00:00:00.1Z [info     ] later   [task] loc=t.py:2",
              file=sys.stderr, flush=True)
        reply(event="finished", dag=dag, state="failed", failed=["rollback_target"])
    elif dag == "unknown":
        reply(event="refused", dag=dag, reason="no such DAG")
    elif dag == "crash":
        sys.exit(9)
"""


@pytest.fixture
def host(script: Script, supervisor: Supervisor, tmp_path: Path) -> DagHost:
    child = supervisor.start(script(HOST, "airflow"), piped=True)
    host = DagHost(child, supervisor, tmp_path / "airflow.db")
    supervisor.wait_until(host.ready, 10, "the host")
    return host


def nothing() -> None:
    pass


def test_dags_run_in_turn_and_tell_news(host: DagHost) -> None:
    assert host.ready()  # asking again is fine
    assert host.news("pipeline") == ""
    host.run("good", 10, nothing)
    host.run("good", 10, nothing, {"rollback_to": "3"})
    assert host.news("pipeline") == "fitting trees"
    assert host.news("pipe") == ""  # a logger, not a prefix of its name


def test_a_failed_run_names_the_task_and_shows_its_error(host: DagHost) -> None:
    with pytest.raises(DagFailed, match=r"failed tasks: ingest\[group 3\]") as caught:
        host.run("bad", 10, nothing)
    assert caught.value.excerpt.endswith("RuntimeError: boom")


def test_the_pipelines_own_error_is_the_headline(host: DagHost) -> None:
    with pytest.raises(DagFailed) as caught:
        host.run("ours", 10, nothing)
    assert str(caught.value) == (
        "there is no version 9: choose one of 1, 2 (failed tasks: rollback_target)"
    )
    assert caught.value.excerpt == ""
    assert caught.value.log is not None
    assert "Traceback" in caught.value.log.read_text()


def test_an_unknown_dag_is_refused_with_the_reason(host: DagHost) -> None:
    with pytest.raises(DagFailed, match="no such DAG"):
        host.run("unknown", 10, nothing)


def test_a_host_that_dies_is_noticed(host: DagHost) -> None:
    with pytest.raises(ProcessFailed, match="exit code 9"):
        host.run("crash", 10, nothing)


def test_a_run_has_a_deadline(host: DagHost) -> None:
    with pytest.raises(NotReady, match="the DAG silent"):
        host.run("silent", 0.3, nothing)


def test_the_excerpt_of_a_log_without_a_failure_is_its_end() -> None:
    assert failure_excerpt([f"line {n}" for n in range(40)]).splitlines()[-1] == "line 39"
    assert failure_excerpt([]) == ""


def test_progress_of_a_mapped_task_counts_the_last_run(host: DagHost, tmp_path: Path) -> None:
    assert host.mapped_progress("d", "train") == (0, 0)  # no database yet
    with sqlite3.connect(tmp_path / "airflow.db") as db:
        db.execute("CREATE TABLE dag_run (id INTEGER, dag_id TEXT, run_id TEXT)")
        db.execute(
            "CREATE TABLE task_instance "
            "(dag_id TEXT, run_id TEXT, task_id TEXT, map_index INTEGER, state TEXT)"
        )
        db.executemany("INSERT INTO dag_run VALUES (?, 'd', ?)", [(1, "old"), (2, "new")])
        rows = [
            ("old", "train", 0, "success"),
            ("new", "train", 0, "success"),
            ("new", "train", 1, "failed"),
            ("new", "train", 2, "running"),
            ("new", "train", 3, None),
            ("new", "select", -1, None),
        ]
        db.executemany("INSERT INTO task_instance VALUES ('d', ?, ?, ?, ?)", rows)
    db.close()
    assert host.mapped_progress("d", "train") == (2, 4)

"""The real host: Airflow migrates its database, runs DAGs, and reports their end."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from console.errors import DagFailed
from demo.dags import DagHost
from demo.environment import Environments, Place, Ports
from demo.process import Child
from demo.services import Commands
from demo.supervisor import Supervisor
from tests.demo.conftest import REPO, wait_for

DAGS = """
import threading
from airflow.sdk import Param, dag, task

@dag(schedule=None, params={{"word": Param("default", type="string")}})
def {name}():
    @task(map_index_template="{{{{ task.op_kwargs['number'] }}}}")
    def work(number, params=None):
        print("the word is", params["word"])
        print("a line on standard output, not a reply")
        if number == {failing}:
            raise RuntimeError("boom")
        if number == {hanging}:
            print("hanging")
            threading.Event().wait()
    work.expand(number=[11, 12])

{name}()
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A repository with toy DAGs."""
    dags = tmp_path / "dags"
    dags.mkdir()
    for name, failing, hanging in (("good", 0, 0), ("bad", 12, 0), ("endless", 0, 12)):
        (dags / f"{name}.py").write_text(DAGS.format(name=name, failing=failing, hanging=hanging))
    (dags / "broken.py").write_text("from airflow.sdk import dag\nimport no_such_module\n")
    place = Place(tmp_path, tmp_path / "work", tmp_path / "logs")
    place.airflow_home.mkdir(parents=True)
    return place


def test_runs_dags_and_ends_in_the_middle_of_one(place: Place, supervisor: Supervisor) -> None:
    # One test for all of it: Airflow takes seconds to start.
    child, host = start(place, supervisor)
    supervisor.wait_until(host.ready, 120, "Airflow's database", child.command)

    host.run("good", 60, lambda: None, {"word": "given"})
    assert "the word is given" in child.command.log.read_text()
    assert host.mapped_progress("good", "work") == (2, 2)

    with pytest.raises(DagFailed, match=r"failed tasks: work\[12\]") as caught:
        host.run("bad", 60, lambda: None)
    assert caught.value.excerpt.endswith("RuntimeError: boom")

    for conf, message in (
        ({"wrod": "given"}, "unknown Param 'wrod': expected one of word"),
        ({"word": 7}, "Param word: .*7 is not of type 'string'"),
    ):
        with pytest.raises(DagFailed, match=message):
            host.run("good", 60, lambda: None, conf)

    with pytest.raises(DagFailed, match="no_such_module"):
        host.run("broken", 60, lambda: None)

    child.stdin.write(b'{"dag": "endless", "conf": {}}\n')
    child.stdin.flush()
    wait_for(lambda: "\nhanging\n" in child.command.log.read_text(), "the endless task")
    supervisor.stop(child)
    assert child.poll() == 128 + 15  # by SIGTERM: it was not necessary to kill it


def start(place: Place, supervisor: Supervisor) -> tuple[Child, DagHost]:
    command = Commands(Environments(place, Ports(1, 2, 3), {})).airflow()
    environment = {**command.env, "PYTHONPATH": str(REPO)}
    if sys.pycache_prefix is None and "PYTHONPYCACHEPREFIX" in environment:
        environment["PYTHONPYCACHEPREFIX"] = str(REPO / "out" / "pycache")
    child = supervisor.start(replace(command, env=environment), piped=True)
    return child, DagHost(child, supervisor, place.airflow_db)

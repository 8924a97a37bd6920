"""A program that runs DAGs in forked children, and kills them where it is told to.

Airflow and the pipeline's libraries are imported once; each run is a fork of that. One
line of JSON on standard input asks for runs, one line on standard output answers:

    {"dag": ID, "conf": {...}, "env": {...}, "runs": 2, "die_in": "register", "die_at": 3}
    [{"state": "success", "events": {"register": 4, ...}}, ...]

An *event* of a task is its start, a request that changes MLflow, or a commit to the
data store. A run with ``die_in`` kills itself with SIGKILL at event ``die_at`` of that
task (0 is its start), or, if the task has fewer, when the next task starts. A killed
run's state is "killed".
"""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any


class Killer:
    """Counts the events of each task, and dies at the one that was asked for."""

    def __init__(self, die_in: str | None, die_at: int) -> None:
        self.events: Counter[str] = Counter()
        self._current = "(no task)"
        self._die_in, self._die_at = die_in, die_at

    def start(self, task: str) -> None:
        was_there = self._current == self._die_in and task != self._die_in
        self._current = task
        if was_there:
            self._die()
        self.event(first=True)

    def event(self, *, first: bool = False) -> None:
        if not first:
            self.events[self._current] += 1
        else:
            self.events[self._current] = 0
        if self._current == self._die_in and self.events[self._current] == self._die_at:
            self._die()

    @staticmethod
    def _die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    from airflow.utils.db import upgradedb

    upgradedb()
    # Imported before the first fork, so that no run pays for them again.
    import matplotlib.pyplot  # noqa: F401
    import mlflow.pyfunc  # noqa: F401

    from pipeline import promotion, rollout, training  # noqa: F401

    asyncio.run(warm_up())
    replies.write("ready\n")
    for line in sys.stdin:
        request = json.loads(line)
        with tempfile.TemporaryDirectory() as folder:
            outcomes = [Path(folder, str(n)) for n in range(request.pop("runs", 1))]
            pids = [fork(outcome, request) for outcome in outcomes]
            for pid in pids:
                os.waitpid(pid, 0)
            states = [
                json.loads(path.read_text()) if path.exists() else {"state": "killed"}
                for path in outcomes
            ]
        replies.write(json.dumps(states) + "\n")


async def warm_up() -> None:
    """Let Airflow's in-process API build its routes, which takes seconds, before the forks."""
    import httpx
    from airflow.sdk.execution_time.supervisor import in_process_api_server

    app = in_process_api_server().app
    transport = httpx.ASGITransport(app=app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://airflow") as client,
    ):
        await client.get("/health")


def fork(outcome: Path, request: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        outcome.write_text(json.dumps(run(**request)))
    finally:
        sys.stderr.flush()
        os._exit(0)


def run(
    dag: str,
    conf: dict[str, Any] | None = None,
    env: dict[str, str] | None = None,
    die_in: str | None = None,
    die_at: int = 0,
) -> dict[str, Any]:
    os.environ.update(env or {})
    from airflow import settings
    from airflow.dag_processing.dagbag import DagBag

    settings.reconfigure_orm(disable_connection_pool=True)
    killer = Killer(die_in, die_at)
    watch(killer)
    bag = DagBag(dag_folder=Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], f"{dag}.py"))
    assert not bag.import_errors, bag.import_errors
    result = bag.dags[dag].test(run_conf=conf)
    tasks = {label(each): str(each.state) for each in result.get_task_instances()}
    return {"state": str(result.state), "tasks": tasks, "events": dict(killer.events)}


def watch(killer: Killer) -> None:
    """Let the killer see starts of tasks, changes to MLflow, and commits to the data store."""
    import requests.adapters
    import sqlalchemy
    from airflow.listeners import hookimpl
    from airflow.sdk.listener import get_listener_manager

    class Starts:
        @hookimpl
        def on_task_instance_running(self, task_instance: Any) -> None:
            killer.start(label(task_instance))

    get_listener_manager().add_listener(Starts())

    send = requests.adapters.HTTPAdapter.send

    def counted_send(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = send(self, request, *args, **kwargs)
        if request.method != "GET" and "/search" not in request.url:
            killer.event()  # the server has done it, and nobody will know
        return response

    requests.adapters.HTTPAdapter.send = counted_send  # type: ignore[method-assign]

    def before_commit(connection: Any) -> None:
        if str(connection.engine.url) == os.environ["DATA_DB_URL"]:
            killer.event()  # all is written, and nothing stays

    sqlalchemy.event.listen(sqlalchemy.Engine, "commit", before_commit)


def label(task_instance: Any) -> str:
    index = task_instance.map_index
    return str(task_instance.task_id) + (f"[{index}]" if index is not None and index >= 0 else "")


if __name__ == "__main__":
    main()

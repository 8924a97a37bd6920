"""The process that runs DAGs: Airflow without its servers.

Run as ``python -m demo.dag_host``. A line of JSON on standard input asks for a run of the
DAG that the file ``<name>.py`` defines, a line of JSON on standard output answers:

    {"event": "ready"}                          once: the metadata database is migrated
    {"dag": "covertype_training", "conf": {}}                               a question
    {"event": "finished", "dag": ..., "state": "success", "failed": []}     its answer
    {"event": "refused", "dag": ..., "reason": ...}                         or this one

One process for both DAGs: an ``airflow`` command of its own for the migration and for each
DAG spends 20 s on imports alone, this one spends them once. The end of standard input ends it.
"""

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Any


def main() -> int:
    """Serve until standard input ends."""
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a task prints belongs into the log, not among the replies

    _end_on_sigterm()
    # Imported late: Airflow sets its logging up on import, on the descriptors of that time.
    from airflow.utils.db import upgradedb

    upgradedb()
    _reply(replies, event="ready")
    for line in sys.stdin:
        _reply(replies, **_run(**json.loads(line)))
    return 0


def _end_on_sigterm() -> None:
    """End at once on SIGTERM, in the middle of a task too.

    Airflow's task runner replaces the handler by one that goes on, because a real worker
    is killed a little later. But Python writes each signal that has a handler to the
    wakeup descriptor as well.
    """
    read, write = os.pipe()
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda _signum, _frame: None)

    def watch() -> None:
        while os.read(read, 1)[0] != signal.SIGTERM:
            pass
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _reply(replies: IO[str], **message: Any) -> None:
    replies.write(json.dumps(message) + "\n")


def _run(dag: str, conf: dict[str, Any]) -> dict[str, Any]:
    """Run one DAG with these Params to its end, all tasks in turn in this process."""
    from airflow.dag_processing.dagbag import DagBag

    file = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], f"{dag}.py")
    bag = DagBag(dag_folder=file)
    found = bag.dags.get(dag)
    if found is None:
        reason = "; ".join(bag.import_errors.values()) or f"{file} defines no such DAG"
        return {"event": "refused", "dag": dag, "reason": reason}
    if fault := _param_fault(found.params, conf):
        return {"event": "refused", "dag": dag, "reason": fault}
    run = found.test(run_conf=conf)
    failed = [
        ti.task_id if ti.map_index < 0 else f"{ti.task_id}[{ti.rendered_map_index or ti.map_index}]"
        for ti in run.get_task_instances()
        if ti.state == "failed"
    ]
    return {"event": "finished", "dag": dag, "state": str(run.state), "failed": sorted(failed)}


def _param_fault(params: Any, conf: dict[str, Any]) -> str | None:
    """What is wrong with these Params, if anything; Airflow ignores a misspelt one."""
    from airflow.sdk.exceptions import ParamValidationError

    for name, value in conf.items():
        if name not in params:
            return f"unknown Param {name!r}: expected one of {', '.join(params)}"
        try:
            params.get_param(name).resolve(value)
        except ParamValidationError as error:
            # The first line is the fault, the others show the whole schema.
            return f"Param {name}: {str(error).splitlines()[0]}"
    return None


if __name__ == "__main__":
    sys.exit(main())

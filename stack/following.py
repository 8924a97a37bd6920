"""Follow DAG runs to their end, and say what happens."""

import time
from collections.abc import Sequence

from console.errors import AnswerError, CommandError, DagFailed, NotReady
from console.progress import Phase
from stack.airflow import Airflow, Run, Task

INGESTION, TRAINING = "covertype_ingest", "covertype_training"

RUN_SECONDS = 3600.0
# How long Airflow may give no answer: a restart of its API server takes a minute.
SILENCE_SECONDS = 180.0

_ENDED = frozenset(["success", "failed", "skipped", "upstream_failed", "removed"])
_UNDER_WAY = frozenset(["running", "restarting"])


class LeftAlone(CommandError):
    """Somebody stopped watching a run with Ctrl-C."""

    exit_code = 130


class Patience:
    """Bears with a service that gives no answer, for a while."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None

    def bear(self, error: AnswerError) -> None:
        """Raise the error unless the next answer may be better."""
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if not error.may_pass or now - self._since >= self._seconds:
            raise error

    def reset(self) -> None:
        """There was an answer."""
        self._since = None


def follow(
    airflow: Airflow, run: Run, phase: Phase, poll: float, silence: float = SILENCE_SECONDS
) -> list[Task]:
    """Wait for the end of a run; its tasks.

    Raises:
        DagFailed: it did not succeed; with the message of the task that failed.
        NotReady: it took longer than an hour.
        AnswerError: Airflow gave no answer for longer than ``silence`` seconds.
        LeftAlone: Ctrl-C; the run goes on.
    """
    deadline = time.monotonic() + RUN_SECONDS
    patience = Patience(silence)
    try:
        while True:
            try:
                now = airflow.run(run.dag, run.id)
                tasks = airflow.tasks(now)
                if not now.is_unfinished:
                    break
                patience.reset()
                phase.status(news(now, tasks))
            except AnswerError as error:
                patience.bear(error)
                phase.status("Airflow gives no answer; asking again")
            if time.monotonic() >= deadline:
                raise NotReady(
                    f"{run.dag} still runs after {RUN_SECONDS / 60:.0f} minutes: look at "
                    f"{airflow.page(run)}"
                )
            time.sleep(poll)
    except KeyboardInterrupt as interrupt:
        raise LeftAlone(
            f"stopped watching; the run of {run.dag} goes on: {airflow.page(run)}"
        ) from interrupt
    if now.state != "success":
        raise failed(airflow, now)
    return tasks


def failed(airflow: Airflow, run: Run) -> DagFailed:
    """The error that explains a failed run."""
    return DagFailed(f"{run.dag}: {airflow.failure(run)}; see {airflow.page(run)}")


def news(run: Run, tasks: Sequence[Task]) -> str:
    """What a run does now, in a line."""
    if run.state == "queued":
        return f"{run.dag} waits for its turn"
    ended = sum(task.state in _ENDED for task in tasks)
    running = [task.name for task in tasks if task.state in _UNDER_WAY]
    again = [task.name for task in tasks if task.state == "up_for_retry"]
    if running:
        doing = f", running {', '.join(running)}"
    else:
        doing = f"; {again[0]} failed and is tried again" if again else ""
    return f"{ended} of {len(tasks)} tasks ended{doing}"

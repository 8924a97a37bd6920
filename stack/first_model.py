"""Wait until the gateway serves a model; meanwhile tell what Airflow does for it."""

import time

from console.errors import AnswerError, NotReady
from console.progress import Phase
from stack.airflow import Airflow, Run
from stack.context import Stack
from stack.following import INGESTION, SILENCE_SECONDS, TRAINING, Patience, failed, news
from stack.waiting import wait_until

SERVED_SECONDS = 900.0
# Airflow reads DAG files, and looks for runs that are due, every few seconds.
IDLE_SECONDS = 120.0


def wait_for_model(stack: Stack, seconds: float = SERVED_SECONDS) -> None:
    """Return once the gateway is ready to predict.

    Raises:
        DagFailed: the run that should have brought the first model failed.
        NotReady: no run is under way, or there is no model in time.
    """
    url = f"{stack.gateway_url}/health/ready"
    with stack.progress.phase("model", "Wait for a served model") as phase:
        if stack.web.is_ok(url):
            return
        first = FirstRun(stack.airflow, phase)

        def served() -> bool:
            first.look()
            return stack.web.is_ok(url)

        what = f"a model at {url}: look at the runs at {stack.airflow.url}, and at `make ps`"
        wait_until(served, seconds, what, stack.poll)


class FirstRun:
    """Watches the DAG runs that bring the first model."""

    def __init__(
        self,
        airflow: Airflow,
        phase: Phase,
        idle: float = IDLE_SECONDS,
        silence: float = SILENCE_SECONDS,
    ) -> None:
        self._airflow = airflow
        self._phase = phase
        self._idle = idle
        self._active_at = time.monotonic()
        self._patience = Patience(silence)

    def look(self) -> None:
        """Tell what is under way.

        Raises:
            DagFailed: the newest run failed and nothing follows it.
            NotReady: nothing has been under way for a while.
            AnswerError: Airflow has not answered for a while.
        """
        try:
            self._look()
            self._patience.reset()
        except AnswerError as error:
            self._patience.bear(error)
            self._active_at = time.monotonic()
            self._phase.status("Airflow gives no answer; asking again")

    def _look(self) -> None:
        newest = [runs[0] for dag in (TRAINING, INGESTION) if (runs := self._airflow.runs(dag))]
        active = [run for run in newest if run.is_unfinished]
        if active:
            self._active_at = time.monotonic()
            run = active[0]
            self._phase.status(f"{run.dag}: {news(run, self._airflow.tasks(run))}")
            return
        failures = [run for run in newest if run.state == "failed"]
        if failures:
            raise failed(self._airflow, failures[0])
        self._phase.status(_between(newest))
        if time.monotonic() - self._active_at >= self._idle:
            raise NotReady(
                "no model is served and Airflow works on none: `make train` trains one, and "
                f"{self._airflow.url} shows the runs there were"
            )


def _between(newest: list[Run]) -> str:
    if not newest:
        return "waiting for Airflow to start covertype_ingest"
    if newest[0].dag == TRAINING:
        return "trained; waiting for the gateway"
    return "waiting for Airflow to start covertype_training"

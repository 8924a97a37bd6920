"""MLflow runs: one parent for a training key, one child for each candidate.

A run is found by its tags before it is made, so a task that is repeated goes on with the
run that it began, and a finished one is not computed again.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunStatus
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

from pipeline.store import Store

log = logging.getLogger(__name__)

EXPERIMENT = "covertype"
KEY_TAG = "version_key"
CANDIDATE_TAG = "candidate"


@dataclass(frozen=True, slots=True)
class TrackedRun:
    """A run that was found or made, with the metrics that it has so far."""

    id: str
    is_finished: bool
    metrics: dict[str, float]


class Tracker:
    """Finds and fills runs. ``store`` lends its lock, so that racing runs make one of each."""

    def __init__(self, client: MlflowClient, store: Store) -> None:
        self.client = client
        self._store = store

    def parent(self, key: str) -> TrackedRun:
        """The parent run of a training key."""
        return self._run(f"training-{key[:8]}", {KEY_TAG: key})

    def child(self, key: str, parent_id: str, candidate: str) -> TrackedRun:
        """The run of one candidate."""
        tags = {KEY_TAG: key, CANDIDATE_TAG: candidate, MLFLOW_PARENT_RUN_ID: parent_id}
        return self._run(candidate, tags)

    def log(self, run_id: str, params: Mapping[str, object], metrics: Mapping[str, float]) -> None:
        """Add parameters and metrics to a run; the same again changes nothing."""
        now = int(time.time() * 1000)
        self.client.log_batch(
            run_id,
            metrics=[Metric(name, value, now, 0) for name, value in metrics.items()],
            params=[Param(name, str(value)) for name, value in params.items()],
        )

    def metrics(self, run_id: str) -> dict[str, float]:
        """What a run has logged so far."""
        return dict(self.client.get_run(run_id).data.metrics)

    @contextmanager
    def failing(self, run_id: str) -> Iterator[None]:
        """Mark the run as failed when the block raises."""
        try:
            yield
        except BaseException:
            try:
                self.client.set_terminated(run_id, RunStatus.to_string(RunStatus.FAILED))
            except MlflowException as error:  # must not hide what happened before
                log.warning("run %s could not be marked as failed: %s", run_id, error)
            raise

    def finish(self, run_id: str) -> None:
        """Mark the run as finished."""
        self.client.set_terminated(run_id)

    def _run(self, name: str, tags: dict[str, str]) -> TrackedRun:
        with self._store.exclusive("tracking"):
            experiment = self._experiment()
            found = self._find(experiment, tags)
            run = found or self.client.create_run(experiment, run_name=name, tags=tags)
        is_finished = run.info.status == RunStatus.to_string(RunStatus.FINISHED)
        if found and not is_finished:
            self.client.update_run(run.info.run_id, RunStatus.to_string(RunStatus.RUNNING))
        return TrackedRun(run.info.run_id, is_finished, dict(run.data.metrics))

    def _experiment(self) -> str:
        known = self.client.get_experiment_by_name(EXPERIMENT)
        return known.experiment_id if known else self.client.create_experiment(EXPERIMENT)

    def _find(self, experiment: str, tags: Mapping[str, str]) -> Run | None:
        wanted = " and ".join(f"tags.`{name}` = '{value}'" for name, value in tags.items())
        for run in self.client.search_runs([experiment], wanted):
            # A filter cannot ask for the absence of a tag, and a child has its parent's tags.
            if run.data.tags.get(CANDIDATE_TAG) == tags.get(CANDIDATE_TAG):
                return run
        return None

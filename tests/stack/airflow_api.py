"""Airflow's REST API, as a client outside the stack uses it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from tests.images.containers import wait_until
from tests.stack.stack import Stack

INGESTION, TRAINING = "covertype_ingest", "covertype_training"
UNFINISHED = {"queued", "running"}
DONE_WELL = {"success", "skipped"}


class AirflowApi:
    """Signed in as the administrator that .env names."""

    def __init__(self, stack: Stack) -> None:
        settings = stack.settings
        self.url = settings.url(settings.airflow_port)
        self._web = stack.web
        answer = self._web.post(
            f"{self.url}/auth/token",
            json={
                "username": settings.airflow_admin_user,
                "password": settings.airflow_admin_password,
            },
        )
        token = answer.raise_for_status().json()["access_token"]
        self._headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **params: str | int) -> Any:
        """The JSON of a successful answer."""
        answer = self._web.get(f"{self.url}/api/v2/{path}", params=params, headers=self._headers)
        return answer.raise_for_status().json()

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """The runs of a DAG, oldest first."""
        return list(self.get(f"dags/{dag}/dagRuns", order_by="id", limit=100)["dag_runs"])

    def tasks(self, run: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The tasks of a run; each instance of a mapped task is one."""
        return list(self.get(f"{_path(run)}/taskInstances", limit=100)["task_instances"])

    def result(self, run: Mapping[str, Any], task: str) -> Any:
        """What a task returned."""
        return self.get(f"{_path(run)}/taskInstances/{task}/xcomEntries/return_value")["value"]

    def events(self, run: Mapping[str, Any]) -> int:
        """How often a run has updated an asset."""
        found = self.get(
            "assets/events", source_dag_id=run["dag_id"], source_run_id=run["dag_run_id"]
        )
        return int(found["total_entries"])

    def run_to_the_end(self, dag: str, seconds: float) -> dict[str, Any]:
        """Trigger a DAG with its defaults, and wait; gives the run as it ended."""
        answer = self._web.post(
            f"{self.url}/api/v2/dags/{dag}/dagRuns",
            json={"logical_date": None},
            headers=self._headers,
        )
        run = answer.raise_for_status().json()
        wait_until(
            lambda: self.get(_path(run))["state"] not in UNFINISHED, f"a run of {dag}", seconds
        )
        return dict(self.get(_path(run)))

    def wait_until_idle(self, dag: str, seconds: float) -> None:
        """Wait until no run of the DAG is under way."""
        wait_until(
            lambda: UNFINISHED.isdisjoint(run["state"] for run in self.runs(dag)),
            f"the runs of {dag} end",
            seconds,
        )


def _path(run: Mapping[str, Any]) -> str:
    return f"dags/{run['dag_id']}/dagRuns/{quote(run['dag_run_id'], safe='')}"

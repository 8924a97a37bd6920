"""Airflow's REST API: start DAG runs, look at them, read why a task failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from console.errors import AnswerError
from console.web import Web

_UNFINISHED = frozenset(["queued", "running"])
_FAILED = frozenset(["failed", "upstream_failed"])
# The first sign-in loads half of Airflow, on a machine that may be training meanwhile.
_ANSWER_SECONDS = 60.0
_MOST_TASKS = 100  # the largest page that Airflow gives


@dataclass(frozen=True)
class Run:
    """A run of a DAG. ``kind`` is how it came about: manual, scheduled, asset_triggered."""

    dag: str
    id: str
    state: str
    kind: str

    @property
    def is_unfinished(self) -> bool:
        return self.state in _UNFINISHED


@dataclass(frozen=True)
class Task:
    """A task of a run, or one instance of a mapped task; ``tries`` counts its attempts."""

    id: str
    map_index: int
    label: str
    state: str
    tries: int

    @property
    def name(self) -> str:
        return f"{self.id}[{self.label}]" if self.map_index >= 0 else self.id


class Airflow:
    """A client that signs in when it must."""

    def __init__(self, url: str, user: str, password: str, web: Web) -> None:
        self.url = url
        self._user = user
        self._password = password
        self._web = web
        self._token = ""

    def check_params(self, dag: str, conf: Mapping[str, Any]) -> None:
        """Airflow itself ignores a misspelt Param.

        Raises:
            AnswerError: the DAG has no Param of such a name.
        """
        if conf:
            known = self._json("GET", f"dags/{dag}/details")["params"] or {}
            for name in conf:
                if name not in known:
                    expected = ", ".join(known)
                    raise AnswerError(f"unknown Param {name!r}: expected one of {expected}")

    def trigger(self, dag: str, conf: Mapping[str, Any]) -> Run:
        """Start a run.

        Raises:
            AnswerError: Airflow refuses it; a wrong value of a Param is a reason.
        """
        # No logical date: the run stands for no interval of time.
        body = {"logical_date": None, "conf": dict(conf)}
        return _run(self._json("POST", f"dags/{dag}/dagRuns", json=body))

    def run(self, dag: str, run_id: str) -> Run:
        """A run as it is now."""
        return _run(self._json("GET", _path(dag, run_id)))

    def runs(self, dag: str) -> list[Run]:
        """The newest runs of a DAG, newest first; none while Airflow does not know it yet."""
        try:
            answer = self._json("GET", f"dags/{dag}/dagRuns", params={"order_by": "-id"})
        except AnswerError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return []
            raise
        return [_run(entry) for entry in answer["dag_runs"]]

    def tasks(self, run: Run) -> list[Task]:
        """The tasks of a run."""
        answer = self._json(
            "GET", f"{_path(run.dag, run.id)}/taskInstances", params={"limit": _MOST_TASKS}
        )
        return [
            Task(
                id=entry["task_id"],
                map_index=entry["map_index"],
                label=entry["rendered_map_index"] or str(entry["map_index"]),
                state=entry["state"] or "",
                tries=entry["try_number"],
            )
            for entry in answer["task_instances"]
        ]

    def result(self, run: Run, task: str) -> Any:
        """What a task returned; None when it returned nothing or did not run."""
        path = f"{_path(run.dag, run.id)}/taskInstances/{task}/xcomEntries/return_value"
        try:
            return self._json("GET", path)["value"]
        except AnswerError as error:
            if error.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def failure(self, run: Run) -> str:
        """Which tasks of a failed run failed, and the message of the first one's error."""
        tasks = [task for task in self.tasks(run) if task.state == "failed"]
        if not tasks:
            return "no task failed; its page tells more"
        names = ", ".join(task.name for task in tasks)
        return f"{self._cause(run, tasks[0])} (failed tasks: {names})"

    def page(self, run: Run) -> str:
        """Where a browser shows a run."""
        return f"{self.url}/dags/{run.dag}/runs/{quote(run.id, safe='')}"

    def _cause(self, run: Run, task: Task) -> str:
        """The error at the end of the log of a task's last try."""
        path = f"{_path(run.dag, run.id)}/taskInstances/{task.id}/logs/{task.tries}"
        try:
            answer = self._json("GET", path, params={"map_index": task.map_index})
        except AnswerError as error:
            return f"the log of {task.name} cannot be read: {error}"
        events = [event for event in answer["content"] if isinstance(event, dict)]
        for event in reversed(events):
            # The first is the error that was raised; the others are what it came from.
            if details := event.get("error_detail"):
                return f"{details[0]['exc_type']}: {details[0]['exc_value']}"
        for event in reversed(events):
            if event.get("level") in ("error", "critical"):
                return str(event["event"])
        return f"the log of {task.name} names no error: was its worker killed?"

    def _json(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """Ask; a token that has expired, or that another server gave, is replaced once."""
        for attempt in ("first", "last"):
            if not self._token:
                self._sign_in()
            try:
                return self._web.json(
                    method,
                    f"{self.url}/api/v2/{path}",
                    headers={"Authorization": f"Bearer {self._token}"},
                    timeout=_ANSWER_SECONDS,
                    **arguments,
                )
            except AnswerError as error:
                self._token = "" if error.status == httpx.codes.UNAUTHORIZED else self._token
                if self._token or attempt == "last":
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _sign_in(self) -> None:
        try:
            answer = self._web.json(
                "POST",
                f"{self.url}/auth/token",
                json={"username": self._user, "password": self._password},
                timeout=_ANSWER_SECONDS,
            )
        except AnswerError as error:
            if error.status == httpx.codes.UNAUTHORIZED:
                raise AnswerError(
                    f"Airflow refuses the password that .env has for {self._user!r}: `make up` "
                    "gives Airflow the one of .env",
                    status=error.status,
                ) from error
            raise
        self._token = answer["access_token"]


def _path(dag: str, run_id: str) -> str:
    return f"dags/{dag}/dagRuns/{quote(run_id, safe='')}"


def _run(entry: Mapping[str, Any]) -> Run:
    return Run(entry["dag_id"], entry["dag_run_id"], entry["state"], entry["run_type"])

"""A small Airflow: the part of its REST API that the commands use, with runs that go by a script.

`test_airflow.py` checks these answers with Airflow's own response models.
"""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from tests.console.fake_web import Answer, FakeWeb, Request

USER, PASSWORD = "admin", "right"
TIME = "2026-01-02T03:04:05Z"
INGESTION, TRAINING = "covertype_ingest", "covertype_training"

NOT_FOUND: Answer = (404, {"detail": "not found"})


@dataclass
class FakeTask:
    """A task: its state, what it returned, and the events of its log."""

    id: str
    state: str | None = "success"
    map_index: int = -1
    label: str | None = None
    result: object = None
    log: list[dict[str, object]] = field(default_factory=list)

    def to_json(self, run: "FakeRun") -> dict[str, object]:
        nothing = (
            *("logical_date", "start_date", "end_date", "duration", "hostname", "unixname"),
            *("queue", "priority_weight", "operator", "operator_name", "queued_when"),
            *("scheduled_when", "pid", "executor", "note", "trigger", "triggerer_job"),
            "dag_version",
        )
        return {
            **dict.fromkeys(nothing),
            "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.id}{self.map_index}")),
            "task_id": self.id,
            "task_display_name": self.id,
            "dag_id": run.dag,
            "dag_display_name": run.dag,
            "dag_run_id": run.id,
            "run_after": TIME,
            "map_index": self.map_index,
            "rendered_map_index": self.label,
            "state": self.state,
            "try_number": 2,
            "max_tries": 1,
            "pool": "default_pool",
            "pool_slots": 1,
            "executor_config": "{}",
            "rendered_fields": {},
        }


@dataclass
class FakeRun:
    """A run. Each look at it takes the next of ``states``; the last one stays."""

    dag: str
    id: str
    states: list[str] = field(default_factory=lambda: ["queued", "running", "success"])
    tasks: list[FakeTask] = field(default_factory=list)
    kind: str = "manual"
    conf: dict[str, object] = field(default_factory=dict)
    at_end: Callable[[], None] = lambda: None

    def step(self) -> None:
        if len(self.states) > 1:
            self.states.pop(0)
            if len(self.states) == 1:
                self.at_end()

    def to_json(self) -> dict[str, object]:
        nothing = (
            *("logical_date", "queued_at", "start_date", "end_date", "duration", "note"),
            *("data_interval_start", "data_interval_end", "last_scheduling_decision"),
            *("triggered_by", "triggering_user_name", "bundle_version", "partition_key"),
            "partition_date",
        )
        return {
            **dict.fromkeys(nothing),
            "dag_run_id": self.id,
            "dag_id": self.dag,
            "dag_display_name": self.dag,
            "run_after": TIME,
            "run_type": self.kind,
            "state": self.states[0],
            "conf": self.conf,
            "dag_versions": [],
        }


class FakeAirflow(FakeWeb):
    """Runs are triggered in the order of ``planned``."""

    def __init__(self) -> None:
        super().__init__({})
        self.planned: list[FakeRun] = []
        self.runs: dict[str, list[FakeRun]] = {INGESTION: [], TRAINING: []}
        self.params: dict[str, list[str]] = {INGESTION: [], TRAINING: ["seed", "rollback_to"]}
        self.refusal = ""
        self.silent_for = 0
        self._tokens = map("token {}".format, itertools.count())
        self._valid: set[str] = set()

    def expire(self) -> None:
        """Every token is refused from now on, as after a restart with another secret."""
        self._valid.clear()

    def answer(self, request: Request) -> Answer:
        if self.silent_for:
            self.silent_for -= 1
            return 503, {"detail": "starting"}
        if request.path == "/api/v2/version":
            return 200, {"version": "3.3.2", "git_version": None}
        if request.path == "/auth/token":
            return self._sign_in(request)
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self._valid:
            return 401, {"detail": "Invalid JWT token"}
        parts = [unquote(part) for part in request.path.removeprefix("/api/v2/dags/").split("/")]
        dag, what = parts[0], parts[1]
        if dag not in self.runs:
            return NOT_FOUND
        if what == "details":
            return 200, {"dag_id": dag, "params": dict.fromkeys(self.params[dag])}
        if len(parts) == 2:
            return self._trigger(request, dag) if request.method == "POST" else self._list(dag)
        run = next((run for run in self.runs[dag] if run.id == parts[2]), None)
        return self._of_run(request, run, parts[3:]) if run else NOT_FOUND

    def _sign_in(self, request: Request) -> Answer:
        if request.json() != {"username": USER, "password": PASSWORD}:
            return 401, {"detail": "Invalid credentials"}
        token = next(self._tokens)
        self._valid.add(token)
        return 201, {"access_token": token}

    def _trigger(self, request: Request, dag: str) -> Answer:
        body = request.json()
        if self.refusal:
            return 400, {"detail": self.refusal}
        run = self.planned.pop(0)
        assert run.dag == dag
        assert body["logical_date"] is None  # Airflow wants the key
        run.conf = body["conf"]
        self.runs[dag].insert(0, run)
        return 200, run.to_json()

    def _list(self, dag: str) -> Answer:
        listed = [run.to_json() for run in self.runs[dag]]
        return 200, {"dag_runs": listed, "total_entries": len(listed)}

    def _of_run(self, request: Request, run: FakeRun, rest: list[str]) -> Answer:
        if not rest:
            answer = run.to_json()
            run.step()
            return 200, answer
        if len(rest) == 1:
            listed = [task.to_json(run) for task in run.tasks]
            return 200, {"task_instances": listed, "total_entries": len(listed)}
        index = int(request.query.get("map_index", ["-1"])[0])
        task = next((t for t in run.tasks if (t.id, t.map_index) == (rest[1], index)), None)
        if task is None:
            return NOT_FOUND
        if rest[2] == "logs":
            return 200, {"content": task.log, "continuation_token": None}
        if task.result is None:
            return NOT_FOUND
        entry = {"task_id": task.id, "dag_id": run.dag, "run_id": run.id, "map_index": index}
        names = {"dag_display_name": run.dag, "task_display_name": task.id, "key": "return_value"}
        times = {"timestamp": TIME, "run_after": TIME, "logical_date": None}
        return 200, entry | names | times | {"value": task.result}


def failure_log(kind: str, message: str) -> list[dict[str, object]]:
    """The events of a task that raised an error."""
    detail = {"is_cause": False, "frames": [], "exc_notes": [], "syntax_error": None}
    return [
        {"event": "::group::Log message source details"},
        {"timestamp": TIME, "level": "info", "event": "working", "logger": "pipeline"},
        {
            "timestamp": TIME,
            "level": "error",
            "event": "Task failed with exception",
            "logger": "task",
            "error_detail": [
                {"exc_type": kind, "exc_value": message, **detail},
                {"exc_type": "KeyError", "exc_value": "'the cause'", **detail, "is_cause": True},
            ],
        },
        {"timestamp": TIME, "level": "info", "event": "Task instance finished"},
    ]


def ingestion(name: str, rows: int) -> FakeRun:
    """An ingestion that adds so many rows."""
    announce = FakeTask("announce", result=rows) if rows else FakeTask("announce", "skipped")
    groups = [FakeTask("ingest", map_index=n, label=f"group {n + 1}") for n in range(2)]
    return FakeRun(INGESTION, name, tasks=[FakeTask("prepare"), *groups, announce])


def training(name: str, version: str, kind: str = "manual") -> FakeRun:
    """A training that registers a version."""
    tasks = [FakeTask("train", map_index=0, label="tree"), FakeTask("register", result=version)]
    return FakeRun(TRAINING, name, tasks=tasks, kind=kind)


# Reads pairs of a model's name and an answer, and holds each against the schema that Airflow
# publishes for it.
VALIDATION = """
import json, sys
import jsonschema
from airflow.api_fastapi.core_api.datamodels import dag_run, log, task_instances, xcom
from airflow.providers.fab.auth_manager.api_fastapi.datamodels import login

models = {}
for module in (dag_run, log, task_instances, xcom, login):
    models.update(vars(module))
for name, answer in json.load(sys.stdin):
    if name == "TriggerDAGRunPostBody":
        models[name].model_validate(answer)
        continue
    schema = models[name].model_json_schema(mode="serialization")
    jsonschema.validate(answer, schema)
    assert answer.keys() <= schema["properties"].keys(), (name, answer.keys())
print("valid")
"""

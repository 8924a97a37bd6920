"""The data store holds what the random-data API sent, to the byte; and who may read it."""

import hashlib
import json
import select
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.images.containers import DOCKER
from tests.stack.containers import SCRIPTS, Container, container
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack

FEATURES = 10
LOCK = "of the tests"
SOON, PATIENCE = 1, 30
ACCESS_DENIED, SCHEMA_DENIED = 1045, 1044


@pytest.fixture(scope="module")
def worker() -> Container:
    return container("airflow-worker")


@pytest.fixture(scope="module")
def ledger(worker: Container) -> dict[str, Any]:
    return dict(worker.inside("ledger"))


def body(stack: Stack, batch: dict[str, Any]) -> bytes:
    """A batch, from the random-data API again."""
    params = {key: batch[key] for key in ("group_number", "batch_number")}
    return stack.web.get(f"{stack.random_data}/data", params=params).raise_for_status().content


def test_every_batch_is_stored_as_it_was_sent(stack: Stack, ledger: dict[str, Any]) -> None:
    assert {batch["group_number"] for batch in ledger["batches"]} == set(range(1, 11))
    for batch in ledger["batches"]:
        sent = body(stack, batch)
        digest = hashlib.sha256(sent).hexdigest()
        assert digest == batch["sha256"] == batch["body_sha256"]
        assert len(json.loads(sent)["data"]) == batch["rows_received"]


def test_no_row_is_lost_and_none_is_there_twice(ledger: dict[str, Any]) -> None:
    for batch in ledger["batches"]:
        assert batch["rows_clean"] + batch["rows_rejected"] == batch["rows_received"]
        assert batch["observations"] == batch["rows_clean"]
        assert batch["rejected"] == batch["rows_rejected"]
    assert ledger["observations"] == sum(batch["rows_clean"] for batch in ledger["batches"]) > 0


def test_every_row_of_a_batch_holds_what_was_sent(
    stack: Stack, worker: Container, ledger: dict[str, Any]
) -> None:
    batch = ledger["batches"][-1]
    stored = worker.inside("batch_rows", str(batch["group_number"]), str(batch["batch_number"]))

    answer = stack.json(
        f"{stack.random_data}/data",
        group_number=batch["group_number"],
        batch_number=batch["batch_number"],
    )
    sent = [
        [index, *map(float, row[:FEATURES]), *row[FEATURES:-1], int(row[-1])]
        for index, row in enumerate(answer["data"])
    ]
    assert batch["rows_rejected"] == 0
    assert stored == sent


def test_a_user_of_the_database_sees_one_schema(stack: Stack, worker: Container) -> None:
    settings = stack.settings

    def login(user: str, password: str, schema: str) -> int | None:
        number: int | None = worker.inside("mysql_login", user, password, schema)
        return number

    assert login("pipeline", settings.pipeline_db_password, "covertype") is None
    assert login("mlflow", settings.mlflow_db_password, "mlflow") is None
    assert login("pipeline", settings.pipeline_db_password, "mlflow") == SCHEMA_DENIED
    assert login("mlflow", settings.mlflow_db_password, "covertype") == SCHEMA_DENIED
    assert login("pipeline", "wrong", "covertype") == ACCESS_DENIED


def test_the_root_of_the_database_cannot_come_over_the_network(
    stack: Stack, worker: Container
) -> None:
    password = stack.settings.mysql_root_password

    assert worker.inside("mysql_login", "root", password, "mysql") == ACCESS_DENIED


@contextmanager
def holder(worker: Container) -> Iterator[str]:
    """A process that holds the lock; gives its id inside the worker's container."""
    with subprocess.Popen(
        [DOCKER, "exec", "--interactive", worker.id, "python", "-", LOCK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write((SCRIPTS / "lock_hold.py").read_bytes())
        process.stdin.close()
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        assert ready, "the lock was not got"
        pid = process.stdout.readline().decode().strip()
        try:
            yield pid
        finally:
            if process.poll() is None:
                worker.inside("kill", pid)


def test_a_lock_excludes_others_until_its_holder_is_killed(worker: Container) -> None:
    with holder(worker) as pid:
        assert worker.inside("lock_try", LOCK, str(SOON)) is False
        assert worker.inside("lock_try", f"not {LOCK}", str(SOON)) is True
        worker.inside("kill", pid)
        assert worker.inside("lock_try", LOCK, str(PATIENCE)) is True

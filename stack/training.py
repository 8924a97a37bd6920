"""``ingest``, ``train`` and ``rollback``: start a DAG run and follow it to its end."""

from collections.abc import Mapping
from typing import Any

import httpx

from console.errors import AnswerError, NotUp
from console.progress import Phase
from console.registry import Champion
from stack.airflow import Run
from stack.context import Stack
from stack.following import INGESTION, SILENCE_SECONDS, TRAINING, Patience, follow
from stack.waiting import wait_until

# Until Airflow's scheduler has made a run of an asset's event; it looks every few seconds,
# but only when no other run of the DAG is under way.
ASSET_RUN_SECONDS = 1800.0
_CHECK_SECONDS = 30.0


def ingest(stack: Stack) -> None:
    """Fetch the batches that are open now.

    Raises:
        NotUp: Airflow gives no answer.
        DagFailed: the run failed.
    """
    _check(stack)
    rows = _ingest(stack)
    if rows:
        stack.say("Airflow trains on them now: the page of covertype_training shows it.")


def train(stack: Stack, params: Mapping[str, Any]) -> None:
    """Ingest what is open, train, and say what came of it.

    New rows start a run without Params by themselves; a run with Params comes after it.

    Raises:
        NotUp: Airflow gives no answer.
        AnswerError: a Param is unknown or has a wrong value.
        DagFailed: a run failed.
    """
    _check(stack)
    stack.airflow.check_params(TRAINING, params)
    before = current_champion(stack)
    known = {run.id for run in stack.airflow.runs(TRAINING)}
    rows = _ingest(stack)
    if rows:
        title = "Train on the new rows, without the Params" if params else "Train"
        with stack.progress.phase("train", title) as phase:
            run = _asset_run(stack, known, phase)
            follow(stack.airflow, run, phase, stack.poll)
            phase.result = _verdict(stack, run, before)
        if not params:
            return
        before = current_champion(stack)
    with stack.progress.phase("train", "Train") as phase:
        run = stack.airflow.trigger(TRAINING, params)
        follow(stack.airflow, run, phase, stack.poll)
        phase.result = _verdict(stack, run, before)


def roll_back(stack: Stack, target: str) -> None:
    """Make an earlier version the champion.

    Args:
        target: a version, or ``previous``.

    Raises:
        NotUp: Airflow gives no answer.
        DagFailed: the run failed; there may be no such version.
    """
    _check(stack)
    before = current_champion(stack)
    goal = "the previous champion" if target == "previous" else f"version {target}"
    with stack.progress.phase("rollback", f"Roll back to {goal}") as phase:
        run = stack.airflow.trigger(TRAINING, {"rollback_to": target})
        follow(stack.airflow, run, phase, stack.poll)
        after = stack.registry.champion()
        if before and before.version == after.version:
            phase.result = f"{described(after)} was the champion already"
        else:
            phase.result = f"{described(after)} is the champion{_instead_of(before)}"


def current_champion(stack: Stack) -> Champion | None:
    """The champion, if there is one.

    Raises:
        AnswerError: MLflow does not answer.
    """
    try:
        return stack.registry.champion()
    except AnswerError as error:
        # MLflow has not this model yet, or the model has not this alias.
        if error.status in (httpx.codes.NOT_FOUND, httpx.codes.BAD_REQUEST):
            return None
        raise


def described(champion: Champion) -> str:
    """A version and its scores, in words."""
    return (
        f"version {champion.version} ({champion.name}, accuracy {champion.accuracy:.3f}, "
        f"macro-F1 {champion.macro_f1:.3f} on the holdout)"
    )


def _check(stack: Stack) -> None:
    for name, url in (
        ("Airflow", f"{stack.airflow.url}/api/v2/version"),
        ("MLflow", f"{stack.mlflow_url}/health"),
    ):
        if not stack.web.is_ok(url, _CHECK_SECONDS):
            raise NotUp(f"{name} gives no answer at {url}: start the stack with `make up`")


def _ingest(stack: Stack) -> int:
    """Run the ingestion; how many rows it added."""
    with stack.progress.phase("ingest", "Ingest") as phase:
        run = stack.airflow.trigger(INGESTION, {})
        tasks = follow(stack.airflow, run, phase, stack.poll)
        announced = any(task.id == "announce" and task.state == "success" for task in tasks)
        rows = int(stack.airflow.result(run, "announce") or 0) if announced else 0
        phase.result = f"{rows:,} new rows" if rows else "no new rows: no batch has opened since"
    return rows


def _asset_run(stack: Stack, known: set[str], phase: Phase) -> Run:
    """The run that the new rows started.

    Raises:
        NotReady: Airflow started none.
    """
    found: list[Run] = []
    patience = Patience(SILENCE_SECONDS)

    def started() -> bool:
        try:
            runs = stack.airflow.runs(TRAINING)
        except AnswerError as error:
            patience.bear(error)
            return False
        patience.reset()
        found.extend(run for run in runs if run.kind == "asset_triggered" and run.id not in known)
        busy = any(run.is_unfinished for run in runs)
        phase.status("waiting for the run before it" if busy else "waiting for Airflow to start it")
        return bool(found)

    what = "Airflow to start covertype_training for the new rows: is it paused in Airflow's page?"
    wait_until(started, ASSET_RUN_SECONDS, what, stack.poll)
    return found[0]


def _verdict(stack: Stack, run: Run, before: Champion | None) -> str:
    """What a training run came to."""
    trained = stack.airflow.result(run, "register")  # None when it rolled back
    after = stack.registry.champion()
    stays = before is not None and before.version == after.version
    if trained not in (None, after.version):
        reason = stack.registry.verdict(str(trained)) or "see the log of the task promote"
        keeps = "stays the champion" if stays else "is the champion"
        return f"the gate refused version {trained}: {reason}. {described(after)} {keeps}"
    if stays:
        return f"{described(after)} stays the champion: the same data, Params and code made it"
    return f"{described(after)} is the champion{_instead_of(before)}"


def _instead_of(before: Champion | None) -> str:
    return f" instead of version {before.version}" if before else ", the first one"

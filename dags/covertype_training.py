"""
### Train candidates, register the best, promote it if it is not worse

Runs when `covertype_ingest` has added rows, and by hand at any time once there are rows.

1. **plan** pins the batches, so that all tasks see the same rows. Rows whose hash says so
   are the *holdout*: no version is ever trained on them.
2. **train** fits each candidate and scores it on a validation slice, through its ONNX file.
3. **select** takes the best one that stays inside the serving budget.
4. **register** fits it again on everything but the holdout, checks its ONNX file against
   scikit-learn, and registers it as `challenger`. **cross_validate** scores it on groups
   that it has not seen.
5. **promote** compares it with today's `champion` on the holdout; not worse is enough.
6. **await_serving** waits until every serving process answers with the champion.

The same data, Params and code give the same version: running it again registers nothing.
With the Param `rollback_to`, nothing is trained: an earlier version becomes the champion.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, Param, dag, get_current_context, task

from pipeline.asset import OBSERVATIONS_NAME, OBSERVATIONS_URI
from pipeline.request import CANDIDATE_NAMES, LARGEST_SEED, SELECTION_METRICS

PARAMS = {
    "sample_size": Param(
        0,
        type="integer",
        minimum=0,
        title="Sample size",
        description="Rows to train on, drawn with the seed; 0 takes all. The holdout stays whole.",
    ),
    "candidates": Param(
        list(CANDIDATE_NAMES),
        type="array",
        minItems=1,
        uniqueItems=True,
        items={"type": "string", "enum": list(CANDIDATE_NAMES)},
        examples=list(CANDIDATE_NAMES),
        title="Candidates",
        description="Which models compete.",
    ),
    "selection_metric": Param(
        SELECTION_METRICS[0],
        type="string",
        enum=list(SELECTION_METRICS),
        title="Selection metric",
        description="Decides between the candidates, and at the gate. More is better.",
    ),
    "seed": Param(
        42,
        type="integer",
        minimum=0,
        maximum=LARGEST_SEED,
        title="Seed",
        description="Of the sample and of every candidate.",
    ),
    "rollback_to": Param(
        None,
        type=["null", "string"],
        pattern="^([1-9][0-9]*|previous)$",
        title="Roll back to",
        description="A version of CovertypeModel, or `previous`. Trains nothing.",
    ),
}


@dag(
    schedule=[Asset(name=OBSERVATIONS_NAME, uri=OBSERVATIONS_URI)],
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,
    params=PARAMS,
    default_args={
        "retries": 1,
        "retry_delay": timedelta(seconds=5),
        "execution_timeout": timedelta(hours=1),
    },
    doc_md=__doc__,
    tags=["covertype"],
)
def covertype_training() -> None:
    @task.branch
    def choose() -> str:
        """Train, or roll back?"""
        return (
            "plan" if get_current_context()["params"]["rollback_to"] is None else "rollback_target"
        )

    @task
    def plan() -> dict[str, Any]:
        """Pin the batches and open the MLflow run."""
        from pipeline.plan import make_plan
        from pipeline.request import Request
        from pipeline.settings import read_settings

        params = get_current_context()["params"]
        names = ("sample_size", "candidates", "selection_metric", "seed")
        request = Request(**{name: params[name] for name in names})
        return make_plan(read_settings(), request).to_json()

    @task
    def candidates(plan: dict[str, Any]) -> list[str]:
        """Name the candidates."""
        return list(plan["request"]["candidates"])

    @task(map_index_template="{{ task.op_kwargs['name'] }}")
    def train(plan: dict[str, Any], name: str) -> dict[str, Any]:
        """Fit and score one candidate."""
        from pipeline.plan import Plan
        from pipeline.settings import read_settings
        from pipeline.training import train_candidate

        return asdict(train_candidate(read_settings(), Plan.from_json(plan), name))

    @task
    def select(plan: dict[str, Any], results: Iterable[dict[str, Any]]) -> str:
        """Choose the best candidate that may be served."""
        from pipeline.plan import Plan
        from pipeline.settings import read_settings
        from pipeline.training import CandidateResult, select_winner

        scored = [CandidateResult(**result) for result in results]
        return select_winner(read_settings(), Plan.from_json(plan), scored).name

    @task
    def cross_validate(plan: dict[str, Any], winner: str) -> dict[str, float]:
        """Score the winner on groups that it has not seen."""
        from pipeline import training
        from pipeline.plan import Plan
        from pipeline.settings import read_settings

        return training.cross_validate(read_settings(), Plan.from_json(plan), winner)

    @task
    def register(plan: dict[str, Any], winner: str) -> str:
        """Fit the winner again and register it as challenger."""
        from pipeline.plan import Plan
        from pipeline.settings import read_settings
        from pipeline.training import register_winner

        return register_winner(read_settings(), Plan.from_json(plan), winner)

    @task
    def promote(plan: dict[str, Any], version: str) -> str:
        """Ask the gate; name the champion."""
        from pipeline import promotion
        from pipeline.plan import Plan
        from pipeline.settings import read_settings

        return promotion.promote(read_settings(), Plan.from_json(plan), version)

    @task
    def rollback_target() -> str:
        """Name the version to go back to."""
        from pipeline import promotion
        from pipeline.settings import read_settings

        wanted = str(get_current_context()["params"]["rollback_to"])
        return promotion.rollback_target(read_settings(), wanted)

    @task
    def roll_back(version: str) -> str:
        """Make an earlier version the champion."""
        from pipeline import promotion
        from pipeline.settings import read_settings

        promotion.roll_back(read_settings(), version)
        return version

    @task(trigger_rule="none_failed_min_one_success")
    def await_serving(promoted: str | None, rolled_back: str | None) -> int:
        """Wait until every serving process answers with the champion."""
        from pipeline import rollout
        from pipeline.settings import read_settings

        settings = read_settings()
        version = promoted or rolled_back
        assert version is not None, "one of the two branches ran"  # noqa: S101
        return rollout.await_serving(
            str(settings.serving_url), version, settings.rollout_timeout_seconds
        )

    planned, target = plan(), rollback_target()
    winner = select(planned, train.partial(plan=planned).expand(name=candidates(planned)))
    promoted = promote(planned, register(planned, winner))
    cross_validate(planned, winner)
    choose() >> [planned, target]
    await_serving(promoted, roll_back(target))


covertype_training()

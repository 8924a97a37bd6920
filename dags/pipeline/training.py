"""Training: each candidate on its own, then the winner on everything but the holdout.

Every step finds out first what an earlier try has finished, so it can be repeated at
any time and after any crash.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from sklearn.pipeline import Pipeline

from pipeline import plots
from pipeline.budget import Budget, Cost, measure
from pipeline.candidates import CANDIDATES
from pipeline.dataset import Rows, Split, load_split
from pipeline.errors import CorruptArtifact, NoEligibleCandidate
from pipeline.export import OnnxModel, export, refuse_disparity
from pipeline.plan import Plan
from pipeline.scores import refuse_diverged, score, score_unseen_groups
from pipeline.settings import Settings
from pipeline.workbench import Workbench, open_workbench

log = logging.getLogger(__name__)

_UNSEEN = "unseen_groups_"


@dataclass(frozen=True, slots=True)
class CandidateResult:
    """A candidate's metrics on the validation rows, and its cost, as logged in its run."""

    name: str
    metrics: dict[str, float]

    def objections(self, budget: Budget) -> list[str]:
        """What keeps it from being served."""
        return budget.objections(Cost(self.metrics["onnx_mb"], self.metrics["row_us"]))


def train_candidate(settings: Settings, plan: Plan, name: str) -> CandidateResult:
    """Fit one candidate and score it, through its ONNX file, on the validation rows.

    Raises DivergedModel or ParityError.
    """
    with open_workbench(settings) as bench:
        run = bench.tracker.child(plan.key, plan.parent_run, name)
        if run.is_finished:
            log.info("%s was trained before with the same key: its scores are used again", name)
            return CandidateResult(name, run.metrics)
        with bench.tracker.failing(run.id), bench.tracker.failing(plan.parent_run):
            split = _load(bench, plan)
            log.info("training %s on %d rows", name, len(split.fit))
            model, seconds = _fit(plan, name, split.fit)
            exported = _export(name, model, split.validation)
            metrics = _score(exported, split.validation)
            cost = measure(exported, split.validation)
            metrics |= {
                "fit_seconds": seconds,
                "onnx_mb": cost.megabytes,
                "row_us": cost.row_us,
            }
            bench.tracker.log(run.id, _params(model), metrics)
            bench.tracker.finish(run.id)
    log.info("trained %s: %s", name, _shown(metrics))
    return CandidateResult(name, metrics)


def select_winner(
    settings: Settings, plan: Plan, results: Sequence[CandidateResult]
) -> CandidateResult:
    """The best candidate of those that may be served.

    Raises NoEligibleCandidate when all of them are over the serving budget.
    """
    metric = plan.request.selection_metric
    with open_workbench(settings) as bench, bench.tracker.failing(plan.parent_run):
        objections = {result.name: result.objections(bench.budget) for result in results}
        for name, found in objections.items():
            if found:
                log.warning("%s cannot be served: %s", name, "; ".join(found))
        eligible = [result for result in results if not objections[result.name]]
        if not eligible:
            raise NoEligibleCandidate(
                "every candidate is over the serving budget: "
                + "; ".join(f"{name} {', '.join(found)}" for name, found in objections.items())
                + ". Raise MAX_ONNX_MB or MAX_ROW_US, or choose other candidates."
            )
    # The name decides a tie, so that the order of the tasks does not.
    winner = max(eligible, key=lambda result: (result.metrics[metric], result.name))
    log.info("the winner is %s with %s %.4f", winner.name, metric, winner.metrics[metric])
    return winner


def cross_validate(settings: Settings, plan: Plan, winner: str) -> dict[str, float]:
    """Score the winner's recipe on groups it has not seen, and log it in the parent run."""
    with open_workbench(settings) as bench:
        known = bench.tracker.metrics(plan.parent_run)
        if metrics := {name: known[name] for name in known if name.startswith(_UNSEEN)}:
            return metrics
        with bench.tracker.failing(plan.parent_run):
            split = _load(bench, plan)
            log.info("cross-validating %s over groups", winner)
            scores = score_unseen_groups(CANDIDATES[winner](plan.request.seed), split.development)
            metrics = {f"{_UNSEEN}{name}": value for name, value in scores.items()}
            bench.tracker.log(plan.parent_run, {}, metrics)
    log.info("on unseen groups: %s", _shown(scores))
    return metrics


def register_winner(settings: Settings, plan: Plan, winner: str) -> str:
    """Fit the winner on everything but the holdout and register it as the challenger.

    Returns the version; the same key gives the same version, also when runs race.
    Raises DivergedModel or ParityError.
    """
    with open_workbench(settings) as bench, bench.tracker.failing(plan.parent_run):
        version = _sound_version(bench, plan)
        if version is None:
            split = _load(bench, plan)
            log.info("fitting %s on %d rows", winner, len(split.development))
            model, seconds = _fit(plan, winner, split.development)
            exported = _export(winner, model, split.holdout)
            version = _register(bench, plan, winner, exported, seconds, split.holdout)
        bench.registry.challenge(version)
    return version


def _sound_version(bench: Workbench, plan: Plan) -> str | None:
    """The version that an earlier run registered, unless its file was damaged since."""
    version = bench.registry.find(plan.key)
    if version is None:
        return None
    try:
        bench.registry.load(version)
    except CorruptArtifact as error:
        log.warning("%s It is registered again.", error)
        bench.registry.disown(version)
        return None
    log.info("this key was registered before, as version %s", version)
    return version


def _register(
    bench: Workbench,
    plan: Plan,
    winner: str,
    exported: OnnxModel,
    fit_seconds: float,
    holdout: Rows,
) -> str:
    cost = measure(exported, holdout)
    metrics = {f"holdout_{name}": value for name, value in _score(exported, holdout).items()}
    metrics |= {"onnx_mb": cost.megabytes, "row_us": cost.row_us, "fit_seconds": fit_seconds}
    with bench.store.exclusive("registration"):
        if version := bench.registry.find(plan.key):  # another run was faster
            return version
        predicted, _ = exported.predict(holdout.features)
        for name, figure in (
            ("confusion_matrix", plots.plot_confusion_matrix(holdout.labels, predicted)),
            ("per_class", plots.plot_per_class(holdout.labels, predicted)),
        ):
            bench.tracker.client.log_figure(plan.parent_run, figure, f"plots/{name}.png")
        bench.tracker.log(plan.parent_run, {"winner": winner}, metrics)
        version = bench.registry.register(
            plan.key,
            plan.parent_run,
            exported,
            holdout,
            {
                "candidate": winner,
                "data_fingerprint": plan.data_fingerprint,
                "data_batches": len(plan.batches),
                "data_rows": plan.rows,
                **{name: f"{value:.6g}" for name, value in metrics.items()},
            },
        )
    log.info("registered %s as version %s: %s", winner, version, _shown(metrics))
    return version


def _load(bench: Workbench, plan: Plan) -> Split:
    return load_split(
        bench.store, plan.batches, sample_size=plan.request.sample_size, seed=plan.request.seed
    )


def _fit(plan: Plan, name: str, rows: Rows) -> tuple[Pipeline, float]:
    model = CANDIDATES[name](plan.request.seed)
    start = time.perf_counter()
    model.fit(rows.features, rows.labels)
    return model, time.perf_counter() - start


def _export(name: str, model: Pipeline, unseen: Rows) -> OnnxModel:
    refuse_diverged(name, model, unseen)
    exported = export(model)
    refuse_disparity(name, model, exported, unseen)
    return exported


def _score(exported: OnnxModel, rows: Rows) -> dict[str, float]:
    _, probabilities = exported.predict(rows.features)
    return score(rows.labels, probabilities, exported.classes)


def _params(model: Pipeline) -> dict[str, object]:
    name, classifier = model.steps[-1]
    steps = ",".join(step for step, _ in model.steps)
    chosen = {key: value for key, value in classifier.get_params().items() if value is not None}
    return {"steps": steps, **{f"{name}__{key}": value for key, value in chosen.items()}}


def _shown(metrics: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())

"""Moves the alias `champion`: forward through the gate, or back by hand."""

import logging

from pipeline.budget import measure
from pipeline.dataset import Rows, load_split
from pipeline.errors import CorruptArtifact, NoEligibleCandidate, UnknownVersion
from pipeline.gate import Contender, decide
from pipeline.plan import Plan
from pipeline.registry import CHAMPION, GOLDEN_TAG, ONNX_TAG, Registry
from pipeline.scores import score
from pipeline.settings import Settings
from pipeline.workbench import open_workbench

log = logging.getLogger(__name__)

PREVIOUS = "previous"
_LOCK = "promotion"


def promote(settings: Settings, plan: Plan, version: str) -> str:
    """Let the gate decide on a challenger; returns the champion of now.

    Champion and challenger are scored on the same holdout, through their ONNX files.
    Raises CorruptArtifact when the challenger's file is damaged, NoEligibleCandidate
    when the gate refuses it and there is no champion to keep.
    """
    request = plan.request
    with open_workbench(settings) as bench, bench.tracker.failing(plan.parent_run):
        split = load_split(bench.store, plan.batches, request.sample_size, request.seed)
        challenger = _contender(bench.registry, version, split.holdout)
        # Held until the alias has moved: a run that promotes at the same time must meet
        # the champion that this one leaves.
        with bench.store.exclusive(_LOCK):
            champion = _champion(bench.registry, split.holdout)
            decision = decide(request.selection_metric, bench.budget, challenger, champion)
            if decision.promote:
                bench.registry.crown(version)
        log.info("gate: version %s: %s", version, decision.reason)
        bench.tracker.client.set_tag(plan.parent_run, "gate", decision.reason)
        if decision.promote:
            serving = version
        elif champion is not None:
            serving = champion.version
        else:
            raise NoEligibleCandidate(
                f"version {version} was refused and there is no champion: {decision.reason}"
            )
        bench.tracker.finish(plan.parent_run)
    return serving


def rollback_target(settings: Settings, wanted: str) -> str:
    """The version that is meant: itself, or ``previous`` for the champion before today's.

    A step of its own: after rolling back, ``previous`` means another version, so a
    repeated roll_back must not ask again. Raises UnknownVersion.
    """
    if wanted != PREVIOUS:
        return wanted
    with open_workbench(settings) as bench:
        return bench.registry.previous_champion()


def roll_back(settings: Settings, version: str) -> None:
    """Make an earlier version the champion again; the same again changes nothing.

    Raises UnknownVersion for a version that is not there or was not made by this
    pipeline, and CorruptArtifact for one whose file is damaged.
    """
    with open_workbench(settings) as bench, bench.store.exclusive(_LOCK):
        registry = bench.registry
        missing = {ONNX_TAG, GOLDEN_TAG} - registry.get(version).tags.keys()
        if missing:
            raise UnknownVersion(
                f"version {version} cannot be served: it has no tag {', '.join(sorted(missing))}"
            )
        registry.load(version)
        before = registry.version_of(CHAMPION)
        registry.fall_back(version)
    log.info("rolled back from version %s to version %s", before, version)


def _contender(registry: Registry, version: str, holdout: Rows) -> Contender:
    model = registry.load(version)
    _, probabilities = model.predict(holdout.features)
    return Contender(
        version,
        score(holdout.labels, probabilities, model.classes),
        measure(model, holdout),
        registry.is_rolled_back(version),
    )


def _champion(registry: Registry, holdout: Rows) -> Contender | None:
    version = registry.version_of(CHAMPION)
    if version is None:
        return None
    try:
        return _contender(registry, version, holdout)
    except CorruptArtifact as error:
        # No serving process would load it again, so it must not block its successor.
        log.warning("the champion cannot defend itself: %s", error)
        return None

"""The promotion gate: may this challenger replace the champion?"""

from dataclasses import dataclass

from pipeline.budget import Budget, Cost


@dataclass(frozen=True, slots=True)
class Contender:
    """A registered version, scored on the holdout through its ONNX file."""

    version: str
    scores: dict[str, float]
    cost: Cost
    is_rolled_back: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What the gate says, and why, in a sentence for people."""

    promote: bool
    reason: str


def decide(
    metric: str, budget: Budget, challenger: Contender, champion: Contender | None
) -> Decision:
    """Promote a challenger that is inside the budget and not worse than the champion.

    Both must have been scored on the same rows. A version that a person went back from
    stays out until a person names it. Equal is enough: with equal scores the
    newer version has seen the newer data.
    """
    if champion is not None and champion.version == challenger.version:
        return Decision(False, f"version {challenger.version} is the champion already")
    if challenger.is_rolled_back:
        return Decision(
            False,
            f"version {challenger.version} was rolled back by hand; the Param rollback_to "
            "brings it back",
        )
    if objections := budget.objections(challenger.cost):
        return Decision(False, f"over the serving budget: {'; '.join(objections)}")
    score = challenger.scores[metric]
    if champion is None:
        return Decision(True, f"first champion, with {metric} {score:.4f} on the holdout")
    bar = champion.scores[metric]
    if score >= bar:
        return Decision(
            True, f"{metric} {score:.4f} is not below version {champion.version}'s {bar:.4f}"
        )
    return Decision(False, f"{metric} {score:.4f} is below version {champion.version}'s {bar:.4f}")

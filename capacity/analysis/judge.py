"""Did a load meet the objective, and what kept it from more?"""

from collections.abc import Iterator, Sequence
from typing import Final

from capacity import words
from capacity.analysis.backlog import find_backlog
from capacity.analysis.roles import GATEWAY, INFERENCE, of_service, used_share
from capacity.plan.model import Objective
from capacity.records import ContainerUse, Judgement, LimitedBy, LoadFigures
from capacity.service import Observation
from loadgen.results import SATURATED_CPU

# From this share of its CPU on, something is at its limit. A look of a second at a load of a few
# seconds is never whole, and one thread that is always busy is not all of a container.
FULL_SHARE: Final = 0.85
# From this one on, inference that falls behind had no CPU to give.
SPENT_SHARE: Final = 0.95
THROTTLED_SHARE: Final = 0.2
_FAILURES_NAMED: Final = 3


def judge(load: LoadFigures, objective: Objective, observation: Observation) -> Judgement:
    """Hold a load against the objective.

    Besides the clauses of the objective, a load is not met when a container of inference was
    killed for memory or restarted, or when an open load left it further behind each second.
    """
    containers = observation.containers
    unmet = [
        *_latency_reasons(load, objective),
        *_share_reasons(load, objective),
        *_backlog_reasons(load),
        *_accidents(of_service(containers, INFERENCE)),
    ]
    limited_by, why = _limit(load, observation, is_met=not unmet)
    others = [one for one in containers if one.service != INFERENCE]
    doubts = [f"{reason} The measurement is doubtful." for reason in _accidents(others)]
    return Judgement(met=not unmet, limited_by=limited_by, reasons=(*unmet, *why, *doubts))


def _latency_reasons(load: LoadFigures, objective: Objective) -> Iterator[str]:
    limits = {"p95": objective.p95_ms, "p99": objective.p99_ms}
    given = {name: limit for name, limit in limits.items() if limit is not None}
    if load.accepted is None:
        named = " and ".join(
            f"{name} at most {words.latency(limit)}" for name, limit in given.items()
        )
        yield f"No request was accepted, so no latency can keep the objective ({named})."
        return
    seen = {"p95": load.accepted.p95_ms, "p99": load.accepted.p99_ms}
    for name, limit in given.items():
        if seen[name] > limit:
            yield (
                f"The {name} of the accepted requests was {words.latency(seen[name])}; "
                f"the objective allows {words.latency(limit)}."
            )


def _share_reasons(load: LoadFigures, objective: Objective) -> Iterator[str]:
    due = load.answered
    counts = (
        ("failed", load.failed, objective.failed, _most_frequent(load.failures)),
        ("were refused (503)", load.refused, objective.refused, ""),
    )
    for what, count, limit, detail in counts:
        if count > limit * due:
            yield (
                f"{count:,} of {due:,} requests {what}, {words.exact_share(count / due)}; "
                f"the objective allows {words.exact_share(limit)}{detail}."
            )
    if objective.goodput is not None and load.goodput < objective.goodput * load.offered:
        yield (
            f"Of {load.offered:,.0f} requests/s, {load.goodput:,.0f}/s were answered with a "
            f"prediction, {words.exact_share(load.goodput / load.offered)}; the objective wants "
            f"{words.exact_share(objective.goodput)}."
        )


def _backlog_reasons(load: LoadFigures) -> Iterator[str]:
    """Only arrivals that do not wait for answers can pile up."""
    if load.kind == "open" and (backlog := find_backlog(load.timeline)) is not None:
        yield (
            f"The service fell behind by {backlog.lag * 1000:,.0f} ms each second: half of the "
            f"answers took {words.latency(backlog.first_ms)} at first and "
            f"{words.latency(backlog.last_ms)} at the end."
        )


def _accidents(containers: Sequence[ContainerUse]) -> Iterator[str]:
    for one in containers:
        if one.oom_kills:
            limit = f" of {one.memory_limit:,.0f} MB" if one.memory_limit else ""
            yield f"{one.name} was killed for memory {_times(one.oom_kills)}, at its limit{limit}."
        if one.restarts:
            yield f"{one.name} restarted {_times(one.restarts)}."


def _limit(
    load: LoadFigures, observation: Observation, *, is_met: bool
) -> tuple[LimitedBy, Sequence[str]]:
    """What the limit was, and the sentences that say why."""
    # Requests at a fixed rate that were answered in time were so, however late they left.
    if is_met and load.kind == "open":
        return "nothing", ()
    replicas = of_service(observation.containers, INFERENCE)
    inference = used_share(replicas)
    if load.generator.faults and _outran_inference(load, replicas):
        verdict = (
            f"Inference used {words.exact_share(inference or 0.0)} of its CPU and fell behind all "
            "the same: it was the limit, not that some requests left late."
        )
        return "service", (*map(_sentence, load.generator.faults), verdict)
    if load.generator.faults:
        verdict = "The generator was the limit: these figures say nothing about the service's."
        return "generator", (*map(_sentence, load.generator.faults), verdict)
    if is_met:
        return "nothing", ()
    if not any(_accidents(replicas)) and (inference is None or inference < FULL_SHARE):
        used = "" if inference is None else f", inference {words.exact_share(inference)} of its CPU"
        for one in of_service(observation.containers, GATEWAY):
            if _is_full(one):
                return "gateway", [f"{_use_of(one)}{used}: the gateway was the limit."]
        if observation.machine_cpu >= FULL_SHARE:
            machine = words.exact_share(observation.machine_cpu)
            return "machine", [f"{machine} of the machine's CPU was in use{used}."]
    return "service", ()


def _outran_inference(load: LoadFigures, replicas: Sequence[ContainerUse]) -> bool:
    """Did inference fall behind with no CPU left, while the generator had some?

    Where all cores are busy, the generator wakes late at times, too. A few late requests are in
    the highest percentiles; they make no median grow from second to second. Nor does CPU alone
    tell: a small replica uses all of its share long before its limit.
    """
    generator = load.generator
    return (
        load.kind == "open"
        and find_backlog(load.timeline) is not None
        and (used_share(replicas, of_limit=True) or 0.0) >= SPENT_SHARE
        and generator.cpu + generator.queued <= SATURATED_CPU
        and not generator.dropped
    )


def _is_full(one: ContainerUse) -> bool:
    share = used_share([one])
    return share is not None and (share >= FULL_SHARE or one.throttled > THROTTLED_SHARE)


def _use_of(one: ContainerUse) -> str:
    return (
        f"{one.name} used {words.exact_share(used_share([one]) or 0.0)} of its "
        f"{one.cpu_limit:g} CPU and was throttled in {words.exact_share(one.throttled)} of the "
        "periods"
    )


def _most_frequent(failures: dict[str, int]) -> str:
    ordered = sorted(failures.items(), key=lambda item: -item[1])
    named = ", ".join(f"{count:,} x {what}" for what, count in ordered[:_FAILURES_NAMED])
    more = ", ..." if len(ordered) > _FAILURES_NAMED else ""
    return f" ({named}{more})" if named else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _times(amount: int) -> str:
    return "once" if amount == 1 else f"{amount:,} times"

"""A load is held against its objective, and whatever limited it is named."""

from typing import Any

import pytest

from capacity.analysis.judge import judge
from capacity.plan.model import Objective
from capacity.records import ContainerUse, GeneratorUse, LimitedBy, LoadFigures, Moment
from capacity.service import Observation
from tests.capacity.analysis.samples import OBJECTIVE, container, latency, load, moments

IDLE = Observation(
    containers=(container("fastapi-1", used=0.3, limit=0.5), container("gateway-1", used=0.2)),
    machine_cpu=0.4,
)


def observed(*containers: ContainerUse, machine: float = 0.4) -> Observation:
    return Observation(containers=containers, machine_cpu=machine)


def test_a_load_within_its_objective_is_met() -> None:
    judgement = judge(load(), OBJECTIVE, IDLE)
    assert judgement.met
    assert judgement.limited_by == "nothing"
    assert judgement.reasons == ()


def test_limits_themselves_are_allowed() -> None:
    figures = load(ok=9_900, failed=60, refused=40, goodput=990.0, accepted=latency(100.0, 200.0))
    objective = Objective(p95_ms=100, p99_ms=200, failed=0.006, refused=0.004, goodput=0.99)
    assert judge(figures, objective, IDLE).met


@pytest.mark.parametrize(
    ("figures", "objective", "reason"),
    [
        (
            load(accepted=latency(1234.5, 1234.5)),
            Objective(p95_ms=1000.0),
            "The p95 of the accepted requests was 1,234 ms; the objective allows 1,000 ms.",
        ),
        (
            load(accepted=latency(5.0, 9.96)),
            Objective(p99_ms=9.5),
            "The p99 of the accepted requests was 10.0 ms; the objective allows 9.5 ms.",
        ),
        (
            load(ok=9_997, failed=3, failures={"no answer": 2, "status 500": 1}),
            OBJECTIVE,
            "3 of 10,000 requests failed, 0.03 %; the objective allows 0 % (2 x no answer, "
            "1 x status 500).",
        ),
        (
            load(ok=9_500, refused=500, goodput=950.0),
            Objective(p95_ms=100, refused=0.01),
            "500 of 10,000 requests were refused (503), 5 %; the objective allows 1 %.",
        ),
        (
            load(goodput=900.0),
            Objective(p95_ms=100, goodput=0.95),
            "Of 1,000 requests/s, 900/s were answered with a prediction, 90 %; the objective "
            "wants 95 %.",
        ),
    ],
)
def test_each_clause_that_is_not_met_has_its_sentence(
    figures: LoadFigures, objective: Objective, reason: str
) -> None:
    judgement = judge(figures, objective, IDLE)
    assert not judgement.met
    assert judgement.limited_by == "service"
    assert judgement.reasons == (reason,)


def test_without_an_accepted_request_nothing_is_met() -> None:
    nothing = load(ok=0, refused=10_000, goodput=0.0, accepted=None)
    judgement = judge(nothing, Objective(p95_ms=100, p99_ms=200, refused=1), IDLE)
    assert not judgement.met
    assert judgement.reasons == (
        "No request was accepted, so no latency can keep the objective "
        "(p95 at most 100 ms and p99 at most 200 ms).",
    )


def test_a_load_without_any_request_is_not_met() -> None:
    nothing = load(ok=0, goodput=0.0, accepted=None)
    assert not judge(nothing, OBJECTIVE, IDLE).met


@pytest.mark.parametrize(
    ("accident", "reason"),
    [
        ({"oom_kills": 1}, "fastapi-2 was killed for memory once, at its limit of 250 MB."),
        ({"oom_kills": 3}, "fastapi-2 was killed for memory 3 times, at its limit of 250 MB."),
        ({"restarts": 2}, "fastapi-2 restarted 2 times."),
    ],
)
def test_an_accident_of_inference_is_never_met(accident: dict[str, Any], reason: str) -> None:
    hurt = container("fastapi-2", used=0.1, **accident)
    judgement = judge(load(), OBJECTIVE, observed(container("fastapi-1", used=0.1), hurt))
    assert not judgement.met
    assert judgement.limited_by == "service"
    assert judgement.reasons == (reason,)


def test_an_accident_elsewhere_makes_a_measurement_doubtful() -> None:
    judgement = judge(load(), OBJECTIVE, observed(container("mlflow-1", used=0.1, restarts=1)))
    assert judgement.met
    assert judgement.reasons == ("mlflow-1 restarted once. The measurement is doubtful.",)


SLOW = load(accepted=latency(500.0))
FULL_GATEWAY = container("gateway-1", used=0.9)
THROTTLED_GATEWAY = container("gateway-1", used=0.8, throttled=0.3)
CALM_GATEWAY = container("gateway-1", used=0.75, throttled=0.1)
FULL = container("fastapi-1", used=0.47, limit=0.5)
HALF = container("fastapi-1", used=0.25, limit=0.5)
SPENT = container("fastapi-1", used=0.498, limit=0.5)
UNLIMITED = container("fastapi-1", used=0.9, limit=0.0)


@pytest.mark.parametrize(
    ("seen", "limited_by"),
    [
        (observed(HALF, FULL_GATEWAY), "gateway"),
        (observed(HALF, THROTTLED_GATEWAY), "gateway"),
        (observed(FULL, FULL_GATEWAY, machine=1.0), "service"),
        (observed(HALF, CALM_GATEWAY), "service"),
        (observed(HALF, CALM_GATEWAY, machine=0.96), "machine"),
        (observed(FULL, CALM_GATEWAY, machine=0.96), "service"),
        (observed(HALF, FULL_GATEWAY, machine=1.0), "gateway"),
        (observed(UNLIMITED, machine=1.0), "machine"),
        (observed(UNLIMITED), "service"),
        (observed(), "service"),
        # Replicas count together: one that is busy while others rest is the service's own doing.
        (observed(FULL, container("fastapi-2", used=0.1, limit=0.5), machine=1.0), "machine"),
    ],
)
def test_what_limited_a_load_that_was_not_met(seen: Observation, limited_by: LimitedBy) -> None:
    judgement = judge(SLOW, OBJECTIVE, seen)
    assert not judgement.met
    assert judgement.limited_by == limited_by


def test_the_limit_is_explained_with_figures() -> None:
    gateway = judge(SLOW, OBJECTIVE, observed(HALF, FULL_GATEWAY))
    assert gateway.reasons[-1] == (
        "gateway-1 used 90 % of its 1 CPU and was throttled in 0 % of the periods, inference "
        "50 % of its CPU: the gateway was the limit."
    )
    machine = judge(SLOW, OBJECTIVE, observed(HALF, machine=0.97))
    assert machine.reasons[-1] == (
        "97 % of the machine's CPU was in use, inference 50 % of its CPU."
    )


def test_what_a_late_generator_had_answered_in_time_is_met() -> None:
    use = GeneratorUse(cpu=0.99, faults=("the load generator used 99% of its core",))
    judgement = judge(load().model_copy(update={"generator": use}), OBJECTIVE, IDLE)
    assert judgement.met
    assert judgement.limited_by == "nothing"
    users = load(kind="closed").model_copy(update={"generator": use})
    assert judge(users, OBJECTIVE, IDLE).limited_by == "generator"


@pytest.mark.parametrize("figures", [load(kind="closed"), SLOW], ids=["met", "not met"])
def test_a_generator_at_its_limit_is_the_limit_whatever_else_is(figures: LoadFigures) -> None:
    use = GeneratorUse(cpu=0.99, faults=("the load generator used 99% of its core",))
    busy = observed(FULL, FULL_GATEWAY, machine=1.0)
    judgement = judge(figures.model_copy(update={"generator": use}), OBJECTIVE, busy)
    assert judgement.limited_by == "generator"
    assert judgement.reasons[-2:] == (
        "The load generator used 99% of its core.",
        "The generator was the limit: these figures say nothing about the service's.",
    )


LATE = GeneratorUse(cpu=0.4, late=90, faults=("the load generator itself was late",))


GROWING, FLAT = moments(10.0, 110.0, 210.0, 310.0), moments(10.0, 12.0, 11.0, 10.0)
TWO_WORKERS = container("fastapi-1", used=1.0, limit=1.5)


@pytest.mark.parametrize(
    ("use", "container", "timeline", "limited_by"),
    [
        (LATE, SPENT, GROWING, "service"),
        (LATE, SPENT, FLAT, "generator"),
        (LATE, HALF, GROWING, "generator"),
        (LATE, FULL, GROWING, "generator"),
        (LATE, TWO_WORKERS, GROWING, "generator"),
        (LATE.model_copy(update={"dropped": 1}), SPENT, GROWING, "generator"),
        (LATE.model_copy(update={"cpu": 0.95}), SPENT, GROWING, "generator"),
        (LATE.model_copy(update={"queued": 0.55}), SPENT, GROWING, "generator"),
    ],
    ids=[
        *("no CPU left", "no queue", "half of it left", "a little left", "a third left"),
        *("not all sent", "generator's end", "generator kept from running"),
    ],
)
def test_a_few_late_requests_do_not_hide_that_inference_fell_behind_with_no_cpu_left(
    use: GeneratorUse,
    container: ContainerUse,
    timeline: tuple[Moment, ...],
    limited_by: LimitedBy,
) -> None:
    slow = SLOW.model_copy(update={"generator": use, "timeline": timeline})
    judgement = judge(slow, OBJECTIVE, observed(container, machine=0.8))
    assert not judgement.met
    assert judgement.limited_by == limited_by
    assert "The load generator itself was late." in judgement.reasons
    users = slow.model_copy(update={"kind": "closed"})
    assert judge(users, OBJECTIVE, observed(container)).limited_by == "generator"


def test_a_queue_that_grows_is_not_met_before_it_passes_the_objective() -> None:
    growing = load(accepted=latency(90.0), timeline=moments(10.0, 70.0, 130.0, 190.0))
    judgement = judge(growing, Objective(p95_ms=1000.0), IDLE)
    assert not judgement.met
    assert judgement.reasons == (
        "The service fell behind by 60 ms each second: half of the answers took 10 ms at first "
        "and 190 ms at the end.",
    )


def test_users_who_wait_for_their_answers_leave_no_growing_queue() -> None:
    ramp = load(kind="closed", timeline=moments(10.0, 70.0, 130.0, 190.0))
    assert judge(ramp, Objective(p95_ms=1000.0), IDLE).met

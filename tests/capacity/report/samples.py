"""A made-up run of the seven configurations of `seed`, made of made-up loads."""

from capacity.plan.model import Plan
from capacity.plan.reading import read_plan
from capacity.records import AppliedLimits, Ceiling, ConfigurationResult, Run
from tests.capacity.report.loads import capacity_of, measured

ENVIRONMENT = {
    "cpu": "A processor with two cores",
    "cores": 2,
    "git": {"commit": "8d15dd3", "dirty": False},
    "docker": {"engine": "29.1.0", "compose": "2.40.3"},
    "model": {"version": "3", "sha256": "c0ffee"},
    "settings": {"GATEWAY_QUEUE_TIMEOUT": "30s", "FASTAPI_WORKERS": None},
}
BROKEN = 6
EXCERPT = "MemoryError: <no room for the model>"
BROKE = "fastapi-1 did not become ready in 120 s: it has 1000 MB and 0.5 CPU; see `make logs`."


def seed_plan() -> Plan:
    """The shipped plan, with the seven configurations of the reference alone."""
    plan = read_plan("seed").plan
    return plan.model_copy(update={"configurations": plan.configurations[:7]})


def sample_run(plan: Plan, *, ended: bool = True) -> Run:
    """run.json of a run of this plan."""
    return Run(
        id="20261123-190000-seed",
        command="run",
        kind="compose",
        plan=plan.model_dump(mode="json"),
        plan_source="seed",
        plan_digest="5eed" * 16,
        started_at="2026-11-23T19:00:00+00:00",
        ended_at="2026-11-23T19:21:40+00:00" if ended else None,
        environment=ENVIRONMENT,
        ceiling=Ceiling(rate=24_000, cpu=0.98),
        arguments=("run", "seed"),
    )


def sample_results(plan: Plan) -> list[ConfigurationResult]:
    """Seven results: small ones find their limit, big ones the generator's; one breaks."""
    found = []
    for place, candidate in enumerate(plan.candidates()):
        configuration = candidate.configuration
        if place == BROKEN:
            found.append(
                ConfigurationResult(
                    configuration=configuration, error=BROKE, excerpt=EXCERPT, is_complete=True
                )
            )
            continue
        found.append(
            ConfigurationResult(
                configuration=configuration,
                applied=tuple(
                    AppliedLimits(
                        name=f"fastapi-{number}",
                        cpus=configuration.cpus,
                        memory=configuration.memory,
                        workers=max(1, int(configuration.cpus)),
                    )
                    for number in range(1, configuration.replicas + 1)
                ),
                ready_seconds=4.2 / configuration.cpus,
                measurements=tuple(
                    measured(configuration, repeat, place) for repeat in range(1, plan.repeats + 1)
                ),
                capacity=capacity_of(configuration),
                is_complete=True,
            )
        )
    return found


ANSWERS = [
    (
        "What are the least resources for the load?",
        "1 x 0.2 CPU, 250 MB holds 1,500/s with 20 % left over, for 0.0077 USD an hour.",
        False,
    ),
    ("More replicas, or bigger ones?", "No difference was shown beyond the bounds.", False),
    ("What is left when one of three fails?", "About 1,140/s, so the load is not held.", True),
]
SKIPPED = [("1 x 0.05 CPU, 160 MB", "0.1 CPU holds 860/s, so half of that cannot hold 1,875/s")]

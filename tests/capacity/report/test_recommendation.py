"""The sentence at the top rests on figures of the service, never on the generator's."""

from capacity.configuration import Configuration
from capacity.plan.load import Limit, Load
from capacity.plan.model import Objective, Plan, Target
from capacity.records import Capacity, ConfigurationResult, Judgement
from capacity.report.recommendation import recommend
from capacity.report.rows import rows
from tests.capacity.report.loads import BOUND, OOM
from tests.capacity.report.samples import sample_results, seed_plan


def _all_judged(judgement: Judgement) -> list[ConfigurationResult]:
    return [
        one.model_copy(
            update={
                "measurements": tuple(
                    measurement.model_copy(update={"judgement": judgement})
                    for measurement in one.measurements
                )
            }
        )
        for one in sample_results(seed_plan())
    ]


def test_the_cheapest_that_held_the_load() -> None:
    plan = seed_plan()
    found = recommend(plan, sample_results(plan), [])
    assert found.sentence.startswith("Take 1 x 0.5 CPU, 2000 MB: the cheapest measured one")
    assert "1,200 users (12 % of the 10,000 in the plan)" in found.sentence
    assert "0.0254 USD an hour" in found.sentence
    assert any("4,300/s" in sentence for sentence in found.evidence)


def test_a_figure_of_the_generator_recommends_nothing() -> None:
    plan = seed_plan()
    results = sample_results(plan)
    found = recommend(plan, [results[BOUND]], [])
    assert found.sentence.startswith("No recommendation: the load generator was the limit")
    assert rows(plan, [results[BOUND]])[0].verdict == "not judged"


def test_all_limited_by_the_generator() -> None:
    results = _all_judged(Judgement(met=True, limited_by="generator"))
    assert "No recommendation" in recommend(seed_plan(), results, []).sentence


def test_none_held_names_the_nearest() -> None:
    results = _all_judged(Judgement(met=False, limited_by="service", reasons=("too slow",)))
    found = recommend(seed_plan(), results, [])
    assert found.sentence.startswith("None of the measured configurations held 1,200 users")
    assert "3 x 1.5 CPU, 1000 MB came nearest" in found.sentence
    assert found.evidence == ("too slow",)


def test_failures_count_more_than_latency_for_the_nearest() -> None:
    plan = seed_plan()
    results = _all_judged(Judgement(met=False, limited_by="service"))
    found = recommend(plan, [results[OOM], results[0]], [])
    assert "1 x 0.5 CPU, 2000 MB came nearest" in found.sentence


def test_a_missing_repeat_is_not_held() -> None:
    plan = seed_plan()
    first = sample_results(plan)[0]
    cut = first.model_copy(update={"measurements": first.measurements[:1], "is_complete": False})
    assert rows(plan, [cut])[0].verdict == "not finished"
    assert "No recommendation" in recommend(plan, [cut], []).sentence


def test_answers_come_first_and_estimates_are_called_so() -> None:
    plan = seed_plan()
    answers = [("Which?", "Take the small one.", False)]
    assert recommend(plan, [], answers).sentence == "Take the small one."
    answers = [("Which?", "Perhaps the small one.", True)]
    assert recommend(plan, [], answers).sentence == "Estimate: Perhaps the small one."


def test_by_capacity_alone() -> None:
    plan = Plan.model_validate(
        {
            "name": "limits",
            "grid": {"cpus": [0.1, 0.2], "memory": ["250M"], "replicas": [1]},
            "load": Load(limit=Limit()),
            "objective": Objective(p95_ms=1000),
            "target": Target(rate=1000, headroom=0.2),
        }
    )
    results = [_capacity(0.1, 1_300, 1_240), _capacity(0.2, 2_600, 2_500)]
    unfinished = recommend(plan, results, []).sentence
    assert unfinished.startswith("No recommendation yet: the search")
    best = recommend(plan.model_copy(update={"target": None}), results, []).sentence
    assert "1 x 0.1 CPU" in best or "1 x 0.2 CPU" in best


def _capacity(cpus: float, rate: float, low: float) -> ConfigurationResult:
    return ConfigurationResult(
        configuration=Configuration(cpus=cpus, memory=250, replicas=1),
        capacity=Capacity(
            rate=rate, low=low, is_bound=False, limited_by="service", samples=(rate,), probes=()
        ),
        is_complete=True,
    )

"""A search from its first measurement to its answers, on a service of known capacity."""

import io
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from capacity.configuration import Configuration
from capacity.files import RunFolder
from capacity.plan.load import Limit, Load
from capacity.plan.model import Grid, Objective, Plan, Target
from capacity.progress import RunProgress
from capacity.runner import Runner
from capacity.searching import Found, found_by, search_cheapest
from tests.capacity.simulated import Simulated
from tests.capacity.test_files import begun

# 10,000/s a CPU: 2,000/s with a fifth to spare need 0.25 CPU in all.
PLAN = Plan(
    name="simulated",
    grid=Grid(cpus=(0.05, 0.1, 0.2, 0.3), memory=(64, 250), replicas=(1, 2, 3)),
    load=Load(limit=Limit(samples=2)),
    objective=Objective(p95_ms=1000.0),
    target=Target(rate=2_000.0, headroom=0.2),
)


def searched(folder: RunFolder, parts: Simulated) -> None:
    progress = RunProgress(Console(file=io.StringIO()))
    search_cheapest(
        Runner(PLAN, parts, parts, folder, progress, 100_000.0, settled=lambda _url: True)
    )


def test_a_search_measures_few_and_its_files_hold_the_answers(tmp_path: Path) -> None:
    folder, parts = begun(tmp_path, PLAN), Simulated()
    searched(folder, parts)
    found = found_by(folder)
    assert len(parts.applied) < len(PLAN.candidates()) / 2
    least, *others = found.answers
    assert "1 x 0.3 CPU, 250 MB" in least.sentence
    assert len(others) >= 4
    measured = {one.configuration.title for one in folder.results()}
    skipped = {title for title, _ in found.skipped}
    everything = {one.configuration.title for one in PLAN.candidates()}
    assert not measured & skipped
    assert everything <= measured | skipped


def test_a_search_that_was_interrupted_has_no_answers_and_goes_on(tmp_path: Path) -> None:
    folder = begun(tmp_path, PLAN)
    with suppress(KeyboardInterrupt):
        searched(folder, Simulated(ends_after=20))
    assert found_by(folder) == Found()
    kept = {one.configuration for one in folder.results() if one.is_complete}
    again = Simulated()
    searched(folder, again)
    assert found_by(folder).answers
    assert kept
    assert not kept & set(again.applied)


def test_too_little_memory_is_an_answer_too(tmp_path: Path) -> None:
    folder = begun(tmp_path, PLAN)
    searched(folder, Simulated())
    text = " ".join(one.sentence for one in found_by(folder).answers)
    tiny = Configuration(cpus=0.3, memory=64, replicas=1).title
    assert f"Take {tiny}" not in text

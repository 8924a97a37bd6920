"""One report of the whole sample run, made once."""

from pathlib import Path

import pytest

from capacity.report.page import write_report
from tests.capacity.report.samples import (
    ANSWERS,
    SKIPPED,
    sample_results,
    sample_run,
    seed_plan,
)


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """report.html of a run with answers, skipped configurations, and everything else."""
    plan = seed_plan()
    folder = tmp_path_factory.mktemp("report")
    run = sample_run(plan)
    return write_report(run, sample_results(plan), ANSWERS, folder, skipped=SKIPPED)

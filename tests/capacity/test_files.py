"""A run's folder: whole files, found again by name, and clear words where they are damaged."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from capacity.configuration import Configuration
from capacity.errors import BadRun
from capacity.files import RunFolder, new_run_folder, open_run, unfinished_run
from capacity.plan.model import Plan
from capacity.records import ConfigurationResult, Run
from tests.capacity.simulated import plan_of

SMALL = Configuration(cpus=0.1, memory=250, replicas=1)
LARGE = Configuration(cpus=0.2, memory=250, replicas=1)


@pytest.fixture
def plan() -> Plan:
    return plan_of(LARGE, SMALL)


def begun(parent: Path, plan: Plan, *, ended: bool = False, digest: str = "d1") -> RunFolder:
    folder = new_run_folder(parent, plan)
    now = datetime.now(UTC).isoformat()
    folder.write_run(
        Run(
            id=folder.path.name,
            command="run",
            kind="compose",
            plan=plan.model_dump(mode="json"),
            plan_source="a test",
            plan_digest=digest,
            started_at=now,
            ended_at=now if ended else None,
            environment={},
        )
    )
    return folder


def test_what_is_written_is_read_again(tmp_path: Path, plan: Plan) -> None:
    folder = begun(tmp_path, plan)
    result = ConfigurationResult(configuration=SMALL, error="it broke", is_complete=True)
    folder.write_result(result)
    again = open_run(tmp_path, folder.path.name)
    assert again.result(SMALL) == result
    assert again.result(LARGE) is None
    assert again.plan == plan


def test_results_come_in_the_plans_order_and_others_after(tmp_path: Path, plan: Plan) -> None:
    folder = begun(tmp_path, plan)
    extra = Configuration(cpus=0.05, memory=250, replicas=1)
    for one in (extra, SMALL, LARGE):
        folder.write_result(ConfigurationResult(configuration=one))
    assert [one.configuration for one in folder.results()] == [LARGE, SMALL, extra]


def test_two_runs_that_begin_in_the_same_second_have_folders_of_their_own(
    tmp_path: Path, plan: Plan
) -> None:
    assert begun(tmp_path, plan).path != begun(tmp_path, plan).path


def test_the_newest_run_of_the_plan_goes_on_only_if_it_did_not_end(
    tmp_path: Path, plan: Plan
) -> None:
    assert unfinished_run(tmp_path, "run", "d1") is None
    first = begun(tmp_path, plan)
    begun(tmp_path, plan, digest="another")
    found = unfinished_run(tmp_path, "run", "d1")
    assert found is not None
    assert found.path == first.path
    assert unfinished_run(tmp_path, "search", "d1") is None
    begun(tmp_path, plan, ended=True)
    assert unfinished_run(tmp_path, "run", "d1") is None


def test_a_run_is_found_by_name_by_path_and_as_the_latest(tmp_path: Path, plan: Plan) -> None:
    begun(tmp_path, plan)
    newest = begun(tmp_path, plan)
    for name in (newest.path.name, str(newest.path), "latest"):
        assert open_run(tmp_path, name).path == newest.path


@pytest.mark.parametrize("name", ["20200101-000000-seed", "latest"])
def test_a_run_that_is_not_there_is_said_to_be_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadRun, match="none yet"):
        open_run(tmp_path, name)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"configuration": {"cpus": "many"}}', "{}"])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, plan: Plan, text: str) -> None:
    folder = begun(tmp_path, plan)
    folder.write_result(ConfigurationResult(configuration=SMALL))
    (file,) = folder.path.glob("results/*.json")
    file.write_text(text)
    with pytest.raises(BadRun, match=rf"{file.name} is damaged.*remove it"):
        folder.results()


def test_nothing_half_written_is_left(tmp_path: Path, plan: Plan) -> None:
    folder = begun(tmp_path, plan)
    folder.write_result(ConfigurationResult(configuration=SMALL))
    assert not list(folder.path.rglob("*.new"))

"""Plans are read from shipped names and from files; short forms and scales change them."""

import json
import os
from pathlib import Path

import pytest

from capacity.errors import BadPlan
from capacity.plan.model import Plan
from capacity.plan.reading import loaded_plan, read_plan, shipped
from capacity.plan.units import cpus_for
from tests.capacity.plan.texts import GOOD, changed

SHORT = """\
short:
  load:
    closed: {users: 10}
    limit: null
  configurations: [{cpus: 1, memory: 1G}]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    return path


def test_a_file_becomes_a_plan_with_units_read(file: Path) -> None:
    loaded = read_plan(str(file))
    assert loaded.source == str(file)
    assert loaded.plan.configurations[0].memory == 400
    assert loaded.plan.load.closed is not None
    assert loaded.plan.load.closed.users == 1000
    assert loaded.plan.load.closed.duration == 30.0


def test_a_file_in_the_working_directory_is_a_path(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    assert read_plan("mine.yaml").plan == read_plan(str(file)).plan


def test_a_byte_order_mark_is_no_fault(file: Path) -> None:
    expected = read_plan(str(file)).plan
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert read_plan(str(file)).plan == expected


def test_short_is_merged_over_the_plan(file: Path) -> None:
    file.write_text(GOOD + SHORT)
    whole, short = read_plan(str(file)).plan, read_plan(str(file), short=True).plan
    assert whole.load.closed is not None
    assert short.load.closed is not None
    assert (whole.load.closed.users, short.load.closed.users) == (1000, 10)
    assert short.load.closed.spawn_rate == 50, "what short does not name stays"
    assert whole.load.limit is not None
    assert short.load.limit is None, "null leaves out"
    assert [one.cpus for one in short.configurations] == [1.0], "lists are replaced"


def test_a_plan_without_short_form_is_the_same_in_short(file: Path) -> None:
    assert read_plan(str(file), short=True) == read_plan(str(file))


def test_scale_takes_the_place_of_the_plans(file: Path) -> None:
    closed = read_plan(str(file), scale=0.25).plan.load.closed
    assert closed is not None
    assert closed.scaled_users == 250


@pytest.mark.parametrize("scale", [0.0, -1.0, 1.5, float("nan"), float("inf")])
def test_a_scale_that_is_no_share_is_refused(file: Path, scale: float) -> None:
    with pytest.raises(BadPlan, match=r"^scale: expected a number above 0 and up to 1, found "):
        read_plan(str(file), scale=scale)


def test_without_users_there_is_nothing_to_scale(file: Path) -> None:
    file.write_text(changed("  closed:\n    users: 1000\n    spawn_rate: 50\n", ""))
    with pytest.raises(BadPlan, match="no closed load"):
        read_plan(str(file), scale=0.5)


def test_the_digest_is_of_what_the_plan_says(file: Path) -> None:
    digest = read_plan(str(file)).digest
    file.write_text("# a comment\n" + changed("400M", "400 # MiB\n   "))
    assert read_plan(str(file)).digest == digest
    assert read_plan(str(file), scale=0.5).digest != digest
    file.write_text(GOOD + SHORT)
    assert read_plan(str(file)).digest == digest
    assert read_plan(str(file), short=True).digest != digest


def test_a_plan_that_is_changed_afterwards_has_another_digest(file: Path) -> None:
    loaded = read_plan(str(file))
    assert loaded_plan(loaded.plan, loaded.source) == loaded
    changed_plan = loaded.plan.model_copy(update={"repeats": 2})
    assert loaded_plan(changed_plan, loaded.source).digest != loaded.digest


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("name", ["embedded", "search", "seed", "smoke", "ten-thousand"])
def test_every_shipped_plan_loads(name: str, *, short: bool) -> None:
    loaded = read_plan(name, short=short)
    assert loaded.plan.name == name
    assert loaded.source == name
    assert loaded.plan.candidates()
    kept = json.loads(loaded.plan.model_dump_json())
    assert Plan.model_validate(kept) == loaded.plan, "a run's file gives the same plan back"


def test_all_shipped_plans_are_listed_with_their_descriptions() -> None:
    listed = shipped()
    assert [name for name, _ in listed] == ["embedded", "search", "seed", "smoke", "ten-thousand"]
    assert all(description for _, description in listed)


def test_each_shipped_plan_begins_with_the_question_that_it_answers() -> None:
    for file in Path("capacity/plans").glob("*.yaml"):
        comment = file.read_text().partition("name:")[0]
        assert comment.startswith("# "), file
        assert "?" in comment, file


def test_the_seed_plan_has_the_seven_configurations_and_their_references() -> None:
    plan = read_plan("seed").plan
    assert [(one.replicas, one.cpus, one.memory) for one in plan.configurations] == [
        (1, 0.5, 2000),
        (1, 0.75, 1000),
        (1, 1.5, 1000),
        (1, 2.0, 1000),
        (3, 1.5, 1000),
        (3, 0.5, 400),
        (3, 0.5, 1000),
        (1, 0.1, 1000),
        (1, 0.25, 1000),
    ]
    references = [one.reference for one in plan.configurations]
    assert [one.rps if one else None for one in references] == [
        *(18, 25, 40, 40, 60),
        *(None, None, None, None),
    ]
    assert plan.load.closed is not None
    assert (plan.load.closed.users, plan.load.closed.spawn_rate) == (10_000, 500)


def test_auto_are_cpus_that_suit_the_machine(file: Path) -> None:
    grid = "grid: {cpus: auto, memory: [400M], replicas: [1, 3]}"
    file.write_text(changed("configurations:\n  - {cpus: 0.5, memory: 400M}", grid))
    plan = read_plan(str(file)).plan
    assert plan.grid is not None
    assert plan.grid.cpus == cpus_for(len(os.sched_getaffinity(0)))
    assert len(plan.candidates()) == 2 * len(plan.grid.cpus)
    file.write_text(file.read_text().replace("auto", "automatic"))
    with pytest.raises(BadPlan, match=r"line 2, grid\.cpus: expected a list of numbers.* or auto"):
        read_plan(str(file))


@pytest.mark.parametrize(("cores", "largest"), [(1, 0.2), (2, 0.5), (4, 1), (16, 4), (256, 16)])
def test_auto_leaves_cores_for_the_generator(cores: int, largest: float) -> None:
    assert (cpus_for(cores)[0], cpus_for(cores)[-1]) == (0.05, largest)


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("name", ["seed", "ten-thousand"])
def test_no_user_of_a_shipped_plan_can_be_refused(name: str, *, short: bool) -> None:
    plan = read_plan(name, short=short).plan
    assert plan.load.closed is not None
    assert plan.service.gateway.queue_length is not None
    assert plan.service.gateway.queue_length >= plan.load.closed.users

"""``up`` and ``down`` find again what runs, cope with what does not, and harm nobody else."""

import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from console.errors import NotUp
from console.progress import Progress
from demo.beside import ingest, rollback, train
from demo.environment import Ports
from demo.errors import AlreadyRunning, StateError
from demo.groups import WORK_VARIABLE, end_groups
from demo.process import Child
from demo.state import Service, State, exclusive, read_state, write_state
from demo.updown import Home, down, up
from tests.demo import programs
from tests.demo.conftest import Script, wait_for

PORTS = Ports(1, 2, 3)


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


Starter = Callable[[Home, Progress], State]


@pytest.fixture
def starter(script: Script) -> Iterator[Starter]:
    """Starts two sleeping programs and lets them go, as the main job does with its services."""
    started: list[Child] = []

    def start(home: Home, _progress: Progress) -> State:
        services = []
        for name in ("registry", "inference"):
            child = Child(script(programs.SLEEPER, name))
            started.append(child)
            wait_for(child.group.members, f"{name} to run")
            child.release()
            services.append(
                Service(
                    name=name,
                    group=child.group.id,
                    token=child.group.token,
                    url=f"http://{name}",
                    log=child.command.log,
                )
            )
        state = State(started_at="2026-01-02T03:04:05+00:00", ports=PORTS, services=tuple(services))
        write_state(home.state, state)
        return state

    yield start
    end_groups(started)
    for child in started:
        child.reap()


def must_not_start(_home: Home, _progress: Progress) -> State:
    pytest.fail("a second start")


def any_alive(state: State) -> bool:
    return any(service.is_alive() for service in state.services)


def test_up_twice_then_down_twice(tmp_path: Path, console: Console, starter: Starter) -> None:
    up(tmp_path, console, starter)
    state = read_state(Home(tmp_path).state)
    assert state is not None
    assert all(service.is_alive() for service in state.services)
    assert "http://inference" in shown(console)

    up(tmp_path, console, must_not_start)
    assert "Already up since 2026-01-02" in shown(console)

    down(tmp_path, console)
    assert "Stopped: registry, inference" in shown(console)
    assert not any_alive(state)
    assert not Home(tmp_path).state.exists()

    down(tmp_path, console)
    assert "Nothing is up" in shown(console)


def test_up_again_after_a_service_died(tmp_path: Path, console: Console, starter: Starter) -> None:
    up(tmp_path, console, starter)
    before = read_state(Home(tmp_path).state)
    assert before is not None
    end_groups([before.services[1].process_group()])

    up(tmp_path, console, starter)
    assert "No longer running: inference." in shown(console)
    assert not any_alive(before)  # the one that was left has ended too
    after = read_state(Home(tmp_path).state)
    assert after is not None
    assert all(service.is_alive() for service in after.services)


def test_down_after_all_have_ended(tmp_path: Path, console: Console, starter: Starter) -> None:
    up(tmp_path, console, starter)
    state = read_state(Home(tmp_path).state)
    assert state is not None
    end_groups([service.process_group() for service in state.services])
    down(tmp_path, console)
    assert "nothing, all had ended before" in shown(console)


def test_down_spares_a_process_with_a_recycled_id(tmp_path: Path, console: Console) -> None:
    sleeper = [sys.executable, "-c", programs.SLEEPER]
    with subprocess.Popen(sleeper, start_new_session=True) as other:
        token, log = "of the group that had this id before", tmp_path / "x.log"
        service = Service(name="inference", group=other.pid, token=token, url="http://x", log=log)
        write_state(
            Home(tmp_path).state, State(started_at="2026", ports=PORTS, services=(service,))
        )
        down(tmp_path, console)
        assert other.poll() is None
        other.kill()


def test_a_failed_start_leaves_no_state(tmp_path: Path, console: Console) -> None:
    def fail(_home: Home, _progress: Progress) -> State:
        raise AlreadyRunning("any failure")

    with pytest.raises(AlreadyRunning):
        up(tmp_path, console, fail)
    assert read_state(Home(tmp_path).state) is None


def test_a_damaged_state_file_says_what_to_do(tmp_path: Path, console: Console) -> None:
    damage(Home(tmp_path))
    with pytest.raises(StateError, match="make demo-down"):
        up(tmp_path, console, must_not_start)


def test_down_finds_its_programs_without_the_state_file(
    tmp_path: Path, console: Console, script: Script
) -> None:
    home, other = Home(tmp_path), Home(tmp_path / "another-clone")
    children = [
        Child(replace(command, env={**command.env, WORK_VARIABLE: str(owner.place.work)}))
        for owner, command in (
            (home, script(programs.FAMILY, "mine")),
            (other, script(programs.SLEEPER, "of-another-clone")),
        )
    ]
    for child in children:
        wait_for(child.command.log.read_text, "the first line")
        child.release()
    damage(home)
    try:
        down(tmp_path, console)
        assert not children[0].members()
        assert children[1].members()
        assert "Stopped the programs" in shown(console)
        assert "(1 found)" in shown(console)
        assert not home.state.exists()
    finally:
        end_groups(children)
        for child in children:
            child.reap()


def damage(home: Home) -> None:
    home.state.parent.mkdir(parents=True)
    home.state.write_text('{"services": [{"name"')


def test_two_commands_at_once_are_refused(tmp_path: Path, console: Console) -> None:
    with (
        exclusive(Home(tmp_path).lock, "busy"),
        pytest.raises(AlreadyRunning, match="wait until it ends"),
    ):
        down(tmp_path, console)
    down(tmp_path, console)  # the lock is free again


@pytest.mark.parametrize(
    "command",
    [
        ingest,
        lambda repo, console: train(repo, console, {}),
        lambda repo, console: rollback(repo, console, "previous"),
    ],
)
def test_a_dag_run_needs_running_services(
    tmp_path: Path,
    console: Console,
    starter: Starter,
    command: Callable[[Path, Console], None],
) -> None:
    with pytest.raises(NotUp, match="make demo-up"):
        command(tmp_path, console)
    up(tmp_path, console, starter)
    state = read_state(Home(tmp_path).state)
    assert state is not None
    assert state.ports == PORTS
    end_groups([state.services[0].process_group()])
    with pytest.raises(NotUp):
        command(tmp_path, console)

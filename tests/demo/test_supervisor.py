"""Programs are started, watched and stopped; none outlives the supervisor."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from console.errors import NotReady, ProcessFailed
from console.web import Web
from demo.errors import Interrupted
from demo.groups import Group, end_groups
from demo.interrupts import Interrupts
from demo.ports import LOOPBACK, free_port
from demo.supervisor import Supervisor
from tests.demo import programs
from tests.demo.conftest import REPO, Script, wait_for


def test_waits_until_a_server_answers(script: Script, supervisor: Supervisor, web: Web) -> None:
    url = f"http://{LOOPBACK}:{(port := free_port())}"
    assert not web.is_ok(url)
    child = supervisor.start(script(programs.WEB_SERVER, "server", str(port)))
    supervisor.wait_until(lambda: web.is_ok(url), 10, "the server", child.command)
    assert child.poll() is None


def test_a_program_that_ends_is_reported_with_its_log(
    script: Script, supervisor: Supervisor
) -> None:
    supervisor.start(script(programs.SLEEPER, "lasting"))
    command = script("import sys; print('no such table'); sys.exit(3)", "failing")
    supervisor.start(command)
    with pytest.raises(ProcessFailed, match="failing ended unexpectedly") as caught:
        supervisor.wait_until(lambda: False, 10, "never")
    assert "exit code 3" in str(caught.value)
    assert caught.value.log == command.log
    assert caught.value.excerpt == "no such table"


def test_a_killed_program_is_reported_with_its_signal(
    script: Script, supervisor: Supervisor
) -> None:
    supervisor.start(script("import os; os.kill(os.getpid(), 9)"))
    with pytest.raises(ProcessFailed, match=f"exit code {128 + signal.SIGKILL}"):
        supervisor.wait_until(lambda: False, 10, "never")


def test_a_deadline_names_what_was_waited_for(script: Script, supervisor: Supervisor) -> None:
    child = supervisor.start(script(programs.SLEEPER))
    wait_for(child.command.log.read_text, "the first line")
    with pytest.raises(NotReady, match="waited 0 s for the moon") as caught:
        supervisor.wait_until(lambda: False, 0.2, "the moon", child.command)
    assert caught.value.excerpt == "up"


def test_run_answers_the_exit_code_and_polls(script: Script, supervisor: Supervisor) -> None:
    polls: list[int] = []
    assert supervisor.run(script("import sys; sys.exit(7)"), 10, lambda: polls.append(1)) == 7
    assert polls
    supervisor.check()  # its end is no failure, also afterwards


def test_run_notices_the_end_of_another_program(script: Script, supervisor: Supervisor) -> None:
    supervisor.start(script("", "service"))
    with pytest.raises(ProcessFailed, match="service ended"):
        supervisor.run(script(programs.SLEEPER, "lasting"), 10)


def test_a_program_that_cannot_be_started_fails(
    script: Script, supervisor: Supervisor, tmp_path: Path
) -> None:
    command = script("")
    missing = type(command)("ghost", command.argv, command.env, tmp_path / "none", command.log)
    with pytest.raises(ProcessFailed, match="ghost cannot be started"):
        supervisor.start(missing)


def test_stop_kills_what_ignores_sigterm(script: Script, supervisor: Supervisor) -> None:
    child = supervisor.start(script(programs.STUBBORN_FAMILY))
    wait_for(lambda: child.command.log.read_text().count("up") == 2, "parent and child")
    assert len(child.group.members()) == 3  # the guard is the third
    supervisor.stop(child)
    assert child.group.members() == []


def test_stop_ends_children_whose_parent_has_ended(script: Script, supervisor: Supervisor) -> None:
    child = supervisor.start(script(programs.ABANDONED_CHILD))
    wait_for(lambda: child.poll() == 0, "the parent to end")
    wait_for(child.command.log.read_text, "the child to run")
    assert len(child.group.members()) == 1
    supervisor.stop(child)
    assert child.group.members() == []


def test_released_programs_stay(script: Script, interrupts: Interrupts) -> None:
    with Supervisor(interrupts, grace=0.5) as supervisor:
        child = supervisor.start(script(programs.FAMILY))
        wait_for(lambda: child.command.log.read_text().count("up") == 2, "parent and child")
        supervisor.release()
    assert len(child.group.members()) == 3
    end_groups([child.group])
    assert child.group.members() == []
    child.reap()
    assert child.poll() is not None


def test_a_signal_ends_a_wait_and_handlers_come_back(script: Script) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts() as interrupts, Supervisor(interrupts, grace=0.5) as supervisor:
        child = supervisor.start(script(programs.SLEEPER))
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted) as caught:
            supervisor.wait_until(lambda: False, 10, "never")
        assert caught.value.exit_code == 128 + signal.SIGTERM
        with pytest.raises(Interrupted):  # nothing new is started after it
            supervisor.start(script(programs.SLEEPER))
    assert child.group.members() == []
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("signum", "exit_code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)],
)
@pytest.mark.parametrize("program", [programs.FAMILY, programs.STUBBORN_FAMILY])
def test_no_process_outlives_a_supervisor_that_gets_a_signal(
    script: Script, tmp_path: Path, signum: signal.Signals, exit_code: int, program: str
) -> None:
    supervised = script(program, "program")
    main = tmp_path / "supervising.py"
    main.write_text(programs.SUPERVISING)
    with subprocess.Popen(
        [sys.executable, str(main), str(supervised.log), *supervised.argv],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(REPO)},
    ) as process:
        assert process.stdout is not None
        group = Group(*json.loads(process.stdout.readline()))
        wait_for(lambda: supervised.log.read_text().count("up") == 2, "parent and child")
        assert len(group.members()) == 3
        process.send_signal(signum)
        assert process.wait(20) == exit_code
    wait_for(lambda: not group.members(), "the end of the group")

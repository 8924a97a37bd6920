"""A process group is ended only while it is the one that was started."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from demo.groups import Group, end_groups
from tests.demo import programs


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process group of somebody else."""
    sleeper = [sys.executable, "-c", programs.SLEEPER]
    with subprocess.Popen(sleeper, start_new_session=True) as other:
        yield other
        other.kill()


def test_a_recycled_id_is_left_alone(stranger: subprocess.Popen[bytes]) -> None:
    group = Group(stranger.pid, "the token of the group that had this id before")
    assert group.members() == []
    end_groups([group])
    assert stranger.poll() is None


def test_an_id_that_nobody_has_is_fine() -> None:
    group = Group(2**22 + 1, "token")  # above the largest process id of Linux
    assert group.members() == []
    end_groups([group])

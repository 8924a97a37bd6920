"""Which processes still run."""

import subprocess
import sys

import psutil

from console.processes import lives
from tests.support.servers import wait_until


def test_a_process_lives_until_it_has_ended_and_not_until_its_exit_code_is_taken() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        known = psutil.Process(child.pid)
        assert lives(known)
        assert lives(child.pid)
        child.kill()
        wait_until(lambda: known.status() == psutil.STATUS_ZOMBIE, 10, "its end")
        assert not lives(known)
        assert not lives(child.pid)
    finally:
        child.kill()
        child.communicate()
    assert not lives(known)
    assert not lives(child.pid)

"""However the planner ends, nothing that it started is left."""

import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from console.processes import lives
from tests.capacity.embedded.conftest import needs_cores
from tests.support.servers import REPO, environment, wait_until

pytestmark = needs_cores

STARTING = "wait for 2 workers to have a model"
READY = "ready"


@pytest.mark.parametrize(
    ("line", "signum", "code"),
    [
        (STARTING, signal.SIGINT, 130),
        (READY, signal.SIGINT, 130),
        (READY, signal.SIGTERM, 130),
        (READY, signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_nothing_is_left(project: Path, line: str, signum: signal.Signals, code: int) -> None:
    argv = [sys.executable, "-m", "tests.capacity.embedded.planner", str(project)]
    env = environment({}, is_covered=False)
    with subprocess.Popen(argv, cwd=REPO, env=env, stdout=subprocess.PIPE, text=True) as planner:
        assert planner.stdout
        for said in planner.stdout:
            if said.strip() == line:
                break
        started = psutil.Process(planner.pid).children(recursive=True)
        planner.send_signal(signum)
        assert planner.wait(60) == code
    assert len(started) >= 2  # a guard and the server at least
    wait_until(lambda: not any(map(lives, started)), 30, "the end of all processes")

"""Whose fault a late request is: the server's, or the generator's own."""

import asyncio
import os
import subprocess
import sys
import time

import uvloop

from loadgen.loops import Timing, open_loop
from loadgen.requests import Address, render
from loadgen.results import Recorder, Result
from tests.loadgen.conftest import BODIES, opened
from tests.loadgen.scripted_server import ScriptedServer, after
from tests.support.busy import busy_core
from tests.support.servers import REPO, environment


def test_waiting_for_a_slow_server_is_not_the_generators_fault() -> None:
    with ScriptedServer(after(0.05)) as server:
        result = opened(server.url, seconds=1.5, connections=1, rate=40)
    assert result.late_sends > 40
    assert result.overslept < 10  # whatever else this machine does meanwhile


def test_a_generator_that_was_kept_busy_says_so() -> None:
    async def run() -> Result:
        # The event loop can send nothing while this holds it.
        asyncio.get_running_loop().call_later(0.3, time.sleep, 0.4)
        address = Address.of(server.url)
        requests = render(address, BODIES)
        return await open_loop(address, requests, 8, 200, Timing(0, 1, 5), Recorder())

    with ScriptedServer() as server:
        result = uvloop.run(run())
    assert result.ok == 200
    assert result.overslept >= 70
    assert result.late_sends >= result.overslept


def test_time_that_other_programs_take_is_measured() -> None:
    core = min(os.sched_getaffinity(0))
    code = (
        "import time; from loadgen.queueing import queued_seconds\n"
        "before, end = queued_seconds(), time.monotonic() + 1\n"
        "while time.monotonic() < end: pass\n"
        "print(queued_seconds() - before)"
    )
    with busy_core(core, programs=2):
        ran = subprocess.run(
            [sys.executable, "-c", f"import os; os.sched_setaffinity(0, {{{core}}})\n{code}"],
            cwd=REPO,
            env=environment({}),
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert 0.3 < float(ran.stdout) < 1.1

"""One measurement: a server on one core, the load generator on the other."""

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import psutil

from bench.apps.onnx_model import OnnxModel
from bench.bodies import FORMS
from bench.errors import Refused
from bench.rows import write_bodies
from bench.server import Server, post, running
from bench.targets import Site, Target
from console.errors import ProcessFailed
from console.logs import last_lines
from demo.process import Command
from demo.supervisor import Supervisor

_SAMPLE: Final = 50
_EXTRA_SECONDS: Final = 60.0  # for the generator's start, and for the last answers


@dataclass(frozen=True)
class Load:
    """Seconds of warm-up and of measuring, and connections, each with one request at a time."""

    warmup: float
    seconds: float
    connections: int


@dataclass(frozen=True)
class Figures:
    """What one measurement of one target came to.

    ``rss_mb`` is the peak under load, ``start_mb`` the peak before it.
    ``server_cpu`` and ``generator_cpu`` are the shares of their cores that the server and the
    load generator used, ``others_cpu`` what went to other programs on the server's core.
    """

    requests: int
    rps: float
    p50_ms: float
    p99_ms: float
    p999_ms: float
    cpu_s_per_1000: float
    rss_mb: float
    start_mb: float
    server_cpu: float
    generator_cpu: float
    others_cpu: float


class Bench:
    """Measures targets, all with the same rows."""

    def __init__(
        self,
        site: Site,
        cores: tuple[int, int],
        rows: list[list[int]],
        logs: Path,
        supervisor: Supervisor,
    ) -> None:
        self._site = site
        self._server_core, self._generator_core = cores
        self._logs = logs
        self._supervisor = supervisor
        self._rows = rows[:_SAMPLE]
        model = OnnxModel(site.champion.onnx)
        self._labels = [model.predict([float(value) for value in row])[0] for row in self._rows]
        self._bodies = {form: write_bodies(rows, form, site.work) for form in FORMS}

    def measure(self, target: Target, load: Load) -> Figures:
        """Start the target, check its answers, load it, stop it.

        Raises:
            Refused: it answers wrongly, or failed a request under load.
            NotReady, ProcessFailed: it did not come up.
        """
        first = target.form.body(self._rows[0])
        core, logs = self._server_core, self._logs
        with running(target, self._site, (core,), logs, first, self._supervisor) as server:
            self._check(server)
            if load.warmup > 0:
                self._load(server, load.warmup, load.connections)
            before, busy, start = server.usage(), _busy_seconds(core), time.monotonic()
            server.forget_peak()
            result = self._load(server, load.seconds, load.connections)
            elapsed = time.monotonic() - start
            busy = _busy_seconds(core) - busy
            after = server.usage()
        cpu = after.cpu_seconds - before.cpu_seconds
        latency = result["accepted"]
        return Figures(
            requests=result["requests"],
            rps=result["rps"],
            p50_ms=latency["p50_ms"],
            p99_ms=latency["p99_ms"],
            p999_ms=latency["p999_ms"],
            cpu_s_per_1000=round(cpu / result["requests"] * 1000, 5),
            rss_mb=round(after.peak_mb, 1),
            start_mb=round(before.peak_mb, 1),
            server_cpu=round(cpu / result["seconds"], 3),
            generator_cpu=result["generator_cpu"],
            others_cpu=round(max(0.0, busy - cpu) / elapsed, 3),
        )

    def _check(self, server: Server) -> None:
        """Compare a sample of answers with ONNX Runtime's, or with the constant."""
        target = server.target
        with httpx.Client(timeout=30, trust_env=False) as client:
            for row, label in zip(self._rows, self._labels, strict=True):
                expected = label if target.constant is None else target.constant
                answer = post(client, server.url, target.form.body(row))
                found = target.form.label(answer.content)
                if answer.status_code != httpx.codes.OK or found != expected:
                    raise Refused(
                        f"{target.name} answers class {found} with status {answer.status_code} "
                        f"where {expected} is right: {answer.text[:200]}"
                    )

    def _load(self, server: Server, seconds: float, connections: int) -> Mapping[str, Any]:
        """Run the load generator; its figures."""
        target = server.target
        argv = (
            *(sys.executable, "-m", "loadgen", server.url),
            *("--bodies", str(self._bodies[target.form]), "--core", str(self._generator_core)),
            *("--connections", str(connections), "--seconds", str(seconds), "--warmup", "0"),
        )
        log = self._logs / "loadgen.log"
        environment = {"PYTHONPATH": str(self._site.repo)}
        command = Command("the load generator", argv, environment, self._site.repo, log)
        child = self._supervisor.start(command, piped=True)
        self._supervisor.wait_until(
            lambda: child.poll() is not None,
            seconds + _EXTRA_SECONDS,
            "the load generator to end",
            command,
            besides=child,
        )
        code, printed = child.poll(), child.stdout.read()
        self._supervisor.stop(child)
        if code != 0:
            raise ProcessFailed(
                f"the load generator ended with exit code {code}", log=log, excerpt=last_lines(log)
            )
        result: dict[str, Any] = json.loads(printed)
        if result["ok"] != result["requests"] or result["ok"] == 0:
            raise Refused(f"{target.name} failed requests under load: {result['statuses']}")
        return result


def _busy_seconds(core: int) -> float:
    """Seconds that a core has spent in programs since the machine was started."""
    times = psutil.cpu_times(percpu=True)[core]
    return float(times.user + times.nice + times.system)

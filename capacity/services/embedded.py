"""Inference as local processes, pinned to processor cores: a service where no engine runs.

It serves the champion of `make demo`, or makes one with the demo's steps.
"""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal

import psutil

from bench.champion import provide
from bench.machine import choose_cores, describe, on_core
from bench.server import Server, running
from bench.targets import Site, Target, inference
from capacity.analysis.roles import INFERENCE
from capacity.configuration import Configuration
from capacity.errors import NotApplied
from capacity.records import AppliedLimits
from capacity.service import Applied, News, Observation
from capacity.services.embedded_limits import Cores, cannot_limit
from capacity.services.embedded_use import ProcessWatch, memory_measure
from console.errors import AnswerError, NotReady, ProcessFailed
from console.progress import Progress
from console.web import Web
from demo.errors import Interrupted
from demo.interrupts import Interrupts
from demo.ports import LOOPBACK, free_port
from demo.state import exclusive
from demo.supervisor import Supervisor
from stack.predict import ROW

_NAME: Final = f"{INFERENCE}-1"
_PREDICT: Final = "/predict/"
_GRACE_SECONDS: Final = 3.0
_READY_SECONDS: Final = 60.0


class EmbeddedService:
    """One replica without a gateway. ``folder`` takes its champion, logs and other files.

    ``generator_core`` is the core that is kept free of it.

    Raises:
        CommandError: this machine has a single core, or cannot pin processes.
    """

    kind: Literal["compose", "embedded"] = "embedded"

    def __init__(self, repo: Path, folder: Path, progress: Progress) -> None:
        _, self.generator_core = choose_cores("the planner")
        self._cores = Cores.besides(self.generator_core)
        self._repo, self._folder, self._progress = repo, folder, progress
        self._machine = describe(peers=())
        self._memory_measure = memory_measure()
        self.cannot_limit: tuple[str, ...] = cannot_limit(self._cores, self._memory_measure)
        self._port = free_port()
        self.url = f"http://{LOOPBACK}:{self._port}{_PREDICT}"
        self._site: Site | None = None
        self._running: tuple[Server, Configuration] | None = None
        self._open = ExitStack()

    def describe(self) -> dict[str, Any]:
        """The fingerprint: machine, versions, cores; the champion, once it was found."""
        champion = self._site.champion if self._site else None
        return {
            **self._machine,
            "server_cores": list(self._cores.free),
            "generator_core": self.generator_core,
            "memory_measure": self._memory_measure,
            "champion": champion and {"version": champion.version, "sha256": champion.sha256},
        }

    @contextmanager
    def taken_over(self) -> Iterator[None]:
        """Find or make the champion; end all processes at the end.

        Raises:
            CommandError: there is no champion, and none could be made; or another planner works
                in the same folder.
        """
        with exclusive(self._folder / "run.lock", f"another planner works in {self._folder}"):
            work = self._folder / "work"
            work.mkdir(parents=True, exist_ok=True)
            with _supervisor() as supervisor, supervisor:
                champion = provide(
                    self._repo, self._folder / "champion", supervisor, self._progress
                )
            self._site = Site(self._repo, champion, work, self._folder)
            try:
                yield
            finally:
                self._stop()

    def apply(self, configuration: Configuration, news: News) -> Applied:
        """Start the service anew on as many cores as there are ``cpus``, and prove it.

        Raises:
            NotApplied: processes cannot have these limits, or did not become ready.
        """
        self._cores.check(configuration)
        self._stop()
        cores = self._cores.of(configuration)
        workers = configuration.workers or len(cores)
        began = time.monotonic()
        try:
            server = self._start(cores, workers, news)
            ready_seconds = round(time.monotonic() - began, 2)
            limits = AppliedLimits(
                name=_NAME, cpus=len(self._proven(server, cores)), memory=0, workers=workers
            )
        except BaseException:
            self._stop()
            raise
        self._running = server, configuration
        return Applied((limits,), ready_seconds)

    @contextmanager
    def observed(self) -> Iterator[Observation]:
        """Watch the service's processes and the machine, a look a second.

        The planner itself keeps off the service's cores meanwhile. A service that ended as a
        whole is started again at the end, as Docker would do, and counted as a restart.

        Raises:
            NotApplied: it could not be started again.
        """
        assert self._running, "apply a configuration first"  # noqa: S101
        server, configuration = self._running
        observation = Observation()
        watch = ProcessWatch(server.processes, self._memory_measure)
        with on_core(self.generator_core), ThreadPoolExecutor(1) as pool:
            watching = pool.submit(watch.run)
            try:
                yield observation
            finally:
                watch.end()
            watching.result()
        observation.machine_cpu = watch.machine_cpu
        observation.containers = (watch.use(_NAME, INFERENCE, configuration.cpus),)
        if watch.all_died:
            self.apply(configuration, lambda _: None)

    def _start(self, cores: tuple[int, ...], workers: int, news: News) -> Server:
        """Start it, and wait until every worker has a model."""
        assert self._site, "take the service over first"  # noqa: S101
        target = Target(INFERENCE, "Inference", _PREDICT, inference("inference", workers))
        logs, body = self._folder / "logs", json.dumps(ROW).encode()
        what = f"{workers} worker{'s' if workers > 1 else ''} to have a model"
        try:
            with _supervisor() as supervisor, closing(Web()) as web:
                news("wait for its first prediction")
                server = self._open.enter_context(
                    running(target, self._site, cores, logs, body, supervisor, self._port)
                )
                news(f"wait for {what}")
                status = f"{server.url.removesuffix(_PREDICT)}/model"

                def all_have_models() -> bool:
                    return _workers_with_model(web, status) == workers

                supervisor.wait_until(all_have_models, _READY_SECONDS, what)
        except (NotReady, ProcessFailed) as error:
            raise NotApplied(str(error), log=error.log, excerpt=error.excerpt) from error
        self.url = server.url
        return server

    def _proven(self, server: Server, cores: tuple[int, ...]) -> set[int]:
        """The cores on which the service's processes may really run."""
        wanted, found = set(cores), set[int]()
        for process in server.processes():
            with suppress(psutil.NoSuchProcess):
                found.update(process.cpu_affinity())
        if found != wanted:
            raise NotApplied(
                f"the service's processes may run on the cores {sorted(found)} instead of "
                f"{sorted(wanted)}: let nothing on this machine change their affinity"
            )
        return found

    def _stop(self) -> None:
        self._running = None
        self._open.close()


@contextmanager
def _supervisor() -> Iterator[Supervisor]:
    """A supervisor whose waits a signal ends; to the planner, each signal is a Ctrl-C."""
    try:
        with Interrupts() as interrupts:
            yield Supervisor(interrupts, grace=_GRACE_SECONDS)
            interrupts.check()
    except Interrupted as error:
        raise KeyboardInterrupt from error


def _workers_with_model(web: Web, status: str) -> int:
    try:
        processes = web.json("GET", status)["processes"]
    except AnswerError:
        return 0
    return sum(version is not None for version in processes.values())

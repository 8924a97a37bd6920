"""Counts a run's requests in every process, and adds them up in the master.

The measurement begins with the run, or anew when the warm-up is over. Each beginning has a
number; what a worker counted under an earlier one is thrown away, and Locust's figures of
the same report with it. The workers learn the number, and how long ago it was, by a message.
"""

import time
from typing import Any, Final

import gevent  # type: ignore[import-untyped]
from locust.env import Environment
from locust.event import Events
from locust.exception import CatchResponseError
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner
from locust.stats import RequestStats, StatsError

from loadtest.answers import SHED_ROW
from loadtest.histogram import bucket
from loadtest.tally import Tally

_BEGIN: Final = "measurement begins"
_DRAIN: Final = "finish your requests"
_DRAINED: Final = "requests are finished"
# Beyond the time that requests under way get, for the messages.
_DRAIN_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.02
_MESSAGE_CHARACTERS: Final = 200
# A shorter look at the processor time says nothing about a run: a burst of work fills it.
_LEAST_SPAN_SECONDS: Final = 1.0


class CpuMeter:
    """The share of a core that this process used since the last look; 0 if that was just now."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def share(self) -> float:
        wall, cpu = time.monotonic(), time.process_time()
        if wall - self._wall < _LEAST_SPAN_SECONDS:
            return 0.0
        share = (cpu - self._cpu) / (wall - self._wall)
        self._wall, self._cpu = wall, cpu
        return share


class Recorder:
    """One in each process. ``cpu`` has the highest share of a core of each process."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.cpu: dict[str, float] = {}
        self.ended: float | None = None
        self._number = 0
        self._began = time.monotonic()
        self._drained: set[str] = set()
        self._meter = CpuMeter()

    def install(self, events: Events) -> None:
        """Listen. It must be done before Locust makes its runner: see `_on_worker_report`."""
        for hook, listener in (
            (events.init, self._on_init),
            (events.request, self._on_request),
            (events.report_to_master, self._on_report_to_master),
            (events.worker_report, self._on_worker_report),
        ):
            hook.add_listener(listener)  # type: ignore[no-untyped-call]  # Locust has no types here

    @property
    def seconds(self) -> float:
        """How long has been measured."""
        return (self.ended or time.monotonic()) - self._began

    def begin(self) -> None:
        """Measure from now on, and forget what was before; not for workers."""
        self._restart(self._number + 1, elapsed=0.0)
        if isinstance(self._runner, MasterRunner):
            self._runner.send_message(_BEGIN, self._beginning())

    def finish(self) -> None:
        """Get the last figures of all workers, those of requests under way included.

        Locust itself waits half a second for them at the end of a run without its page.
        """
        self.ended = time.monotonic()
        runner = self._runner
        if not isinstance(runner, MasterRunner):
            return
        self._drained.clear()
        runner.send_message(_DRAIN)
        patience = runner.environment.stop_timeout + _DRAIN_SECONDS
        with gevent.Timeout(patience, False):
            while any(
                name not in self._drained and worker.state != STATE_MISSING
                for name, worker in runner.clients.items()
            ):
                gevent.sleep(_POLL_SECONDS)

    def _restart(self, number: int, elapsed: float) -> None:
        self._number = number
        self.tally, self.cpu, self.ended = Tally(), {}, None
        self._began = time.monotonic() - elapsed
        self._meter = CpuMeter()

    def _beginning(self) -> dict[str, float]:
        return {"number": self._number, "elapsed": time.monotonic() - self._began}

    def _on_init(self, environment: Environment, **_: Any) -> None:
        assert environment.runner is not None, "Locust makes it first"  # noqa: S101
        self._runner = runner = environment.runner
        if isinstance(runner, WorkerRunner):
            runner.register_message(_BEGIN, self._on_begin)
            runner.register_message(_DRAIN, self._on_drain)
        elif isinstance(runner, MasterRunner):
            runner.register_message(_DRAINED, self._on_drained)

    def _on_request(
        self, name: str, response_time: float, exception: Exception | None = None, **_: Any
    ) -> None:
        row = self.tally.row(int(time.monotonic() - self._began))
        # A worker's sum is the master's business.
        rows = (row,) if isinstance(self._runner, WorkerRunner) else (row, self.tally.total)
        for counted in rows:
            if name == SHED_ROW:
                counted.refused[bucket(response_time)] += 1
            elif exception is None:
                counted.accepted[bucket(response_time)] += 1
            else:
                counted.failed[bucket(response_time)] += 1
                counted.messages[_message(exception)] += 1

    # --- In a worker -----------------------------------------------------------------------

    def _on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        data["loadtest"] = [self._number, self._meter.share(), self.tally.take()]

    def _on_begin(self, environment: Environment, msg: Any, **_: Any) -> None:
        if msg.data["number"] != self._number:
            environment.stats.reset_all()
            self._restart(msg.data["number"], msg.data["elapsed"])

    def _on_drain(self, environment: Environment, **_: Any) -> None:
        runner = environment.runner
        assert isinstance(runner, WorkerRunner)  # noqa: S101
        runner.stop()
        runner._send_stats()  # as Locust does when it is told to quit
        runner.send_message(_DRAINED)

    # --- In the master ---------------------------------------------------------------------

    def _on_worker_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        """Runs before Locust's own listener, which adds up what is left in ``data``."""
        number, cpu, rows = data["loadtest"]
        if number == self._number:
            self.tally.merge(rows)
            self.saw_cpu(f"worker {client_id}", cpu)
            return
        nothing = RequestStats(use_response_times_cache=False)
        data |= {"stats": [], "errors": {}, "stats_total": nothing.total.serialize()}
        self._runner.send_message(_BEGIN, self._beginning(), client_id)

    def _on_drained(self, msg: Any, **_: Any) -> None:
        self._drained.add(msg.node_id)

    def saw_cpu(self, process: str, share: float) -> None:
        """Keep the highest share of a core that a process used."""
        self.cpu[process] = max(share, self.cpu.get(process, 0.0))

    def see_own_cpu(self) -> None:
        """Look at the process itself, every few seconds."""
        self.saw_cpu("the master", self._meter.share())


def _message(exception: Exception) -> str:
    if isinstance(exception, CatchResponseError):
        return str(exception)[:_MESSAGE_CHARACTERS]
    return StatsError.parse_error(exception)[:_MESSAGE_CHARACTERS]

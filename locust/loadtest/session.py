"""A run from its start to its summary, in the process that leads it: the master, or the only one.

start, ramp, warm-up | measurement, with a look twice a second | last answers, summary
"""

import logging
from pathlib import Path
from typing import Any, Final

import gevent  # type: ignore[import-untyped]
from gevent.lock import Semaphore  # type: ignore[import-untyped]
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner, WorkerRunner

from loadtest import balance, summary
from loadtest.limits import NO_LIMITS, Figures, Limits, passed_for_good
from loadtest.options import Settings
from loadtest.recorder import Recorder
from loadtest.tally import Row, whole_seconds

_log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 0.5
_LOOKS_FOR_CPU: Final = 6
# A limit is passed for good when each of so many spans in a row passes it.
_SPANS: Final = 5
_SPAN_SECONDS: Final = 2
# A worker's figures of a second are all here by then.
_REPORT_SECONDS: Final = 4

_NO_SETTINGS: Final = Settings(limits=NO_LIMITS, warmup=0.0, wait=(0.0, 0.0), stop_at_limit=False)


class Session:
    """The run under way, or else the last one."""

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.stopped_by: str | None = None
        self.balance: dict[str, int] = {}
        self.lost_workers: set[str] = set()
        self.is_measuring = False
        self._settings = _NO_SETTINGS
        self._runs = 0
        self._is_running = False
        self._end_of_warmup: Any = None
        self._ending = Semaphore()
        self._first_look = balance.Look()

    def install(self, events: Events) -> None:
        """Listen to Locust's events."""
        for hook, listener in (
            (events.init, self._on_init),
            (events.test_start, self._on_start),
            (events.spawning_complete, self._on_spawned),
            (events.reset_stats, self._on_reset),
            (events.test_stopping, self._on_stopping),
            (events.test_stop, self._on_stop),
        ):
            hook.add_listener(listener)  # type: ignore[no-untyped-call]  # Locust has no types here

    @property
    def limits(self) -> Limits:
        """Those of this run."""
        return self._settings.limits

    @property
    def figures(self) -> Figures:
        """What was measured so far: nothing before the end of the warm-up."""
        if not self.is_measuring:
            return self._figures(Row(), 0.0, 0)
        recorder, seconds = self.recorder, self._known_seconds()
        ok, users = recorder.tally.ok_within(seconds), recorder.tally.mean_users(0, seconds)
        return self._figures(recorder.tally.total, users, seconds, ok)

    def _known_seconds(self) -> int:
        """Whole seconds of the measurement of which all figures are here."""
        seconds = whole_seconds(self.recorder.seconds)
        is_late = isinstance(self._runner, MasterRunner) and self.recorder.ended is None
        return max(0, seconds - (_REPORT_SECONDS if is_late else 0))

    def _figures(self, row: Row, users: float, seconds: int, ok: int | None = None) -> Figures:
        wait = sum(self._settings.wait) / 2
        return row.figures(
            refused_apart=self.limits.refused_ratio is not None,
            ok=ok if wait else None,
            # Users who never wait would ask a service that answers at once without end.
            wanted=users * seconds / wait if wait else None,
        )

    def _span(self, first: int, end: int) -> Figures:
        tally = self.recorder.tally
        return self._figures(tally.between(first, end), tally.mean_users(first, end), end - first)

    def _on_init(self, environment: Environment, **_: Any) -> None:
        assert environment.runner is not None, "Locust makes it first"  # noqa: S101
        self._environment, self._runner = environment, environment.runner

    def _leads(self) -> bool:
        return not isinstance(self._runner, WorkerRunner)

    def _on_start(self, **_: Any) -> None:
        if not self._leads():
            return
        options = self._environment.parsed_options
        assert options is not None, "Locust was started by its command line"  # noqa: S101
        self._settings = Settings.of(options)
        self.stopped_by, self._end_of_warmup, self.lost_workers = None, None, set()
        self.is_measuring = self._settings.warmup == 0
        self._runs, self._is_running = self._runs + 1, True
        self._begin()
        gevent.spawn(self._watch, self._runs)

    def _on_spawned(self, **_: Any) -> None:
        if self._is_running and not self.is_measuring and self._end_of_warmup is None:
            self._end_of_warmup = gevent.spawn_later(self._settings.warmup, self._warm_up_is_over)

    def _warm_up_is_over(self) -> None:
        _log.info("The warm-up is over: what counts begins now")
        self._environment.stats.reset_all()
        self.is_measuring = True
        self._begin()

    def _on_reset(self, **_: Any) -> None:
        if self._is_running and self._leads():
            self._begin()

    def _begin(self) -> None:
        self.recorder.begin()
        self.balance = {}
        self._first_look = balance.look(self._gateway())

    def _gateway(self) -> str | None:
        options = self._environment.parsed_options
        return balance.figures_url(self._environment.host, options.balance_url if options else "")

    def _weigh(self) -> None:
        if self._first_look.answers:
            self.balance = balance.spread(self._first_look, balance.look(self._gateway()))

    def _watch(self, run: int) -> None:
        """Look at the run until it ends; end it when it passed a limit for good."""
        looks = 0
        while self._is_running and run == self._runs:
            gevent.sleep(_LOOK_SECONDS)
            looks += 1
            recorder, second = self.recorder, int(self.recorder.seconds)
            if recorder.ended is None:
                self._count_users()
            recorder.tally.close_old(second)
            if looks % _LOOKS_FOR_CPU == 0:
                recorder.see_own_cpu()
                if self._environment.web_ui is not None:
                    self._weigh()
            if isinstance(self._runner, MasterRunner):
                self.lost_workers |= {worker.id for worker in self._runner.clients.missing}
            if self._settings.stop_at_limit and self.is_measuring and recorder.ended is None:
                self._stop_at_limit(second)

    def _count_users(self) -> None:
        self.recorder.tally.users[int(self.recorder.seconds)] = self._runner.user_count

    def _stop_at_limit(self, second: int) -> None:
        end = second - (_REPORT_SECONDS if isinstance(self._runner, MasterRunner) else 0)
        first = end - _SPANS * _SPAN_SECONDS
        spans = [
            self._span(start, start + _SPAN_SECONDS)
            for start in range(first, end, _SPAN_SECONDS)
            if first >= 0  # what was before the measurement tells nothing
        ]
        self.stopped_by = passed_for_good(self.figures, spans, self.limits)
        if self.stopped_by is None:
            return
        _log.error("The run ends early, it passed a limit for good: %s", self.stopped_by)
        options = self._environment.parsed_options
        if options and options.headless:
            self._runner.quit()
        else:
            self._runner.stop()

    def _on_stopping(self, **_: Any) -> None:
        # The run time may be over while the run is being ended for another reason.
        with self._ending:
            if not self._is_running or self.recorder.ended is not None:
                return
            if self._end_of_warmup is not None:
                self._end_of_warmup.kill(block=False)
            self._count_users()
            self.recorder.finish()

    def _on_stop(self, **_: Any) -> None:
        if not self._is_running:
            return
        self._is_running = False
        self.recorder.see_own_cpu()
        self._weigh()
        for line in balance.table(self.balance):
            _log.info("%(replica)s answered %(requests)s requests, %(share)s", line)
        options = self._environment.parsed_options
        if options and options.summary:
            summary.write(Path(options.summary), summary.of(self, options))

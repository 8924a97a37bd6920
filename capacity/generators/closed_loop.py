"""Users who wait for their answers, by Locust: in its containers, or as a local process."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from rich.console import Console

from bench import pinned
from capacity.errors import CannotMeasure
from capacity.generators.children import run_to_its_end
from capacity.generators.summary import read_summary, stamp
from capacity.generators.users import run_seconds, settings_of
from capacity.plan.load import Closed
from capacity.records import LoadFigures
from capacity.service import News
from console.load import read_progress
from console.progress import Progress
from console.results import have_folder
from demo.environment import Environments, Place, Ports
from demo.services import Commands
from stack.context import Stack
from stack.images import build_load
from stack.load import await_end, failure, start_load
from stack.updown import stop_load

# The gateway's address on the network that Locust's containers are on.
_GATEWAY: Final = "http://gateway:8081"
_EXTRA_SECONDS: Final = 120.0  # for a local Locust to start, and to wait for the last answers


class ComposeLocust:
    """Locust over its compose file; it asks the stack's gateway by its name there."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._is_built = False

    def run(self, _url: str, load: Closed, news: News, /) -> LoadFigures:
        """Run these users to the end; a load test that runs already is stopped.

        Raises:
            CannotMeasure: Locust failed, or left no figures.
            NotReady, ProcessFailed: its containers cannot be built, started or ended.
            NotWritable: ``out/`` belongs to somebody else.
        """
        docker = self._stack.docker
        stop_load(docker)
        reports = self._stack.repo / "out" / "locust"
        have_folder(reports)
        self._have_image(news)
        summary = reports / "summary.json"
        before = stamp(summary)
        environment = {**settings_of(load), "LOCUST_HOST": _GATEWAY}
        try:
            start_load(docker, load.workers, headless=True, environment=environment)
            ended = await_end(
                docker, run_seconds(load), self._stack.poll, _telling(reports / "stats", news)
            )
            if ended.exit_code != 0:
                error = failure(docker, ended)
                raise CannotMeasure(str(error), log=error.log, excerpt=error.excerpt)
        finally:
            stop_load(docker)
        return read_summary(summary, before, load)

    def _have_image(self, news: News) -> None:
        if self._is_built:
            return
        news("build Locust's image")
        # Its own progress would come in between the planner's.
        build_load(self._stack.docker, Progress(Console(quiet=True, force_terminal=False)))
        self._is_built = True


class LocalLocust:
    """The same Locust as one process here, on ``core`` if that is given.

    Its reports go to ``folder``.
    """

    def __init__(self, repo: Path, folder: Path, core: int | None = None) -> None:
        self._repo = repo
        self._folder = folder
        self._core = core

    def run(self, url: str, load: Closed, news: News, /) -> LoadFigures:
        """Run these users against a local service to the end.

        Raises:
            CannotMeasure: Locust failed, or left no figures.
            Interrupted: a signal came.
            NotWritable: the folder cannot be written.
        """
        place = Place(self._repo, self._folder, self._folder)
        ports = Ports(random_data=0, mlflow=0, inference=urlsplit(url).port or 80)
        commands = Commands(Environments(place, ports, settings_of(load)))
        have_folder(self._folder)
        stats, summary = self._folder / "stats", self._folder / "summary.json"
        command = commands.locust(self._folder / "report.html", stats)
        argv = command.argv
        if self._core is not None:
            argv = (sys.executable, "-I", "-S", str(pinned.__file__), str(self._core), *argv)
        environment = {**command.env, **settings_of(load), "LOCUST_SUMMARY": str(summary)}
        command = replace(command, argv=argv, env=environment)
        before = stamp(summary)
        run_to_its_end(command, run_seconds(load) + _EXTRA_SECONDS, _telling(stats, news))
        return read_summary(summary, before, load)


def _telling(stats: Path, news: News) -> Callable[[], None]:
    """Tells how many users there are, and how much they ask, each time it is called."""
    return partial(_tell, stats, news)


def _tell(stats: Path, news: News) -> None:
    news(read_progress(stats))

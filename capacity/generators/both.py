"""Open and closed loop together: what the planner loads a service with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from capacity.generators.ceiling import constant_server, measure_ceiling
from capacity.generators.closed_loop import ComposeLocust, LocalLocust
from capacity.generators.open_loop import OpenLoop
from capacity.plan.load import Closed
from capacity.records import Ceiling, LoadFigures
from capacity.service import News, OpenLoad
from stack.context import Stack


class Locust(Protocol):
    """Locust, wherever it runs."""

    def run(self, url: str, load: Closed, news: News, /) -> LoadFigures:
        """Run these users to the end."""


@dataclass(frozen=True, slots=True)
class LoadGenerator:
    """Both kinds of load, one run at a time. Main thread only: a signal ends a run."""

    open_loop: OpenLoop
    locust: Locust

    def open(self, url: str, load: OpenLoad) -> LoadFigures:
        """Requests at a fixed rate. Raises as `OpenLoop.run` does."""
        return self.open_loop.run(url, load)

    def closed(self, url: str, load: Closed, news: News) -> LoadFigures:
        """Users who wait for their answers. Raises as ``run`` of this Locust does."""
        return self.locust.run(url, load, news)

    def ceiling(self) -> Ceiling:
        """What the open loop reaches at most, measured in some ten seconds.

        Raises:
            CannotMeasure: next to nothing.
        """
        with constant_server(self.open_loop.repo, self.open_loop.folder) as url:
            return measure_ceiling(self.open, url)


def stack_generator(stack: Stack, folder: Path) -> LoadGenerator:
    """Locust in its containers, the open loop as a process here; its files go to ``folder``."""
    return LoadGenerator(OpenLoop(stack.repo, folder), ComposeLocust(stack))


def local_generator(repo: Path, folder: Path, core: int | None = None) -> LoadGenerator:
    """Both as processes here, on ``core`` if that is given; their files go to ``folder``."""
    return LoadGenerator(OpenLoop(repo, folder, core), LocalLocust(repo, folder, core))

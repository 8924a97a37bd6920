"""``ingest``, ``train`` and ``rollback``: run a DAG beside the services that ``up`` left."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from console.envfile import read_values
from console.errors import NotUp
from console.progress import Progress
from console.web import Web
from demo.interrupts import Interrupts
from demo.journey import Journey
from demo.state import exclusive, read_state
from demo.supervisor import Supervisor
from demo.updown import BUSY, Home


def ingest(repo: Path, console: Console) -> None:
    """Fetch the batches that are open now. Raises as `_beside` does."""

    def work(journey: Journey) -> None:
        journey.ingest()

    _beside(repo, console, work)


def train(repo: Path, console: Console, params: Mapping[str, Any]) -> None:
    """Train on the rows that are there, with these Params. Raises as `_beside` does."""

    def work(journey: Journey) -> None:
        journey.train(params)

    _beside(repo, console, work)


def rollback(repo: Path, console: Console, target: str) -> None:
    """Make a version, or ``previous``, the champion. Raises as `_beside` does."""

    def work(journey: Journey) -> None:
        journey.roll_back(target)

    _beside(repo, console, work)


def _beside(repo: Path, console: Console, work: Callable[[Journey], None]) -> None:
    """Start Airflow, work, and end Airflow.

    Raises:
        NotUp: the services do not run.
        CommandError: a phase failed.
    """
    home, progress, web = Home(repo), Progress(console), Web()
    with exclusive(home.lock, BUSY):
        state = read_state(home.state)
        if state is None or state.gone():
            raise NotUp("the services are not up: start them with `make demo-up`")
        values = read_values(repo / ".env")
        with Interrupts() as interrupts, Supervisor(interrupts) as supervisor:
            journey = Journey(home.place, state.ports, values, supervisor, progress, web)
            journey.start_airflow()
            work(journey)
        web.close()

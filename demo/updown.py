"""``up`` and ``down``: the same services, left running in the background."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from console.envfile import read_values
from console.progress import Progress
from console.web import Web
from demo import services
from demo.environment import Place, Ports
from demo.errors import StateError
from demo.groups import end_groups, groups_of
from demo.interrupts import Interrupts
from demo.journey import Journey
from demo.ports import free_port
from demo.process import Child
from demo.state import Service, State, exclusive, read_state, write_state
from demo.supervisor import Supervisor

# Where the stack publishes the same services.
_RANDOM_DATA_PORT, _MLFLOW_PORT, _INFERENCE_PORT = 8001, 5001, 8081

BUSY = "another command works on the services of `up`"


class Home:
    """The files of ``up``: they stay over ``down``, so the data is not collected twice."""

    def __init__(self, repo: Path) -> None:
        folder = repo / "out" / "demo"
        self.place = Place(repo, folder / "up" / "work", folder / "up" / "logs")
        self.state = folder / "state.json"
        self.lock = folder / "up.lock"


def start_services(home: Home, progress: Progress) -> State:
    """Run the main job up to a served champion and let go of its services."""
    values = read_values(home.place.repo / ".env")
    ports = Ports(free_port(_RANDOM_DATA_PORT), free_port(_MLFLOW_PORT), free_port(_INFERENCE_PORT))
    web = Web()
    with Interrupts() as interrupts, Supervisor(interrupts) as supervisor:
        journey = Journey(home.place, ports, values, supervisor, progress, web)
        journey.to_served_champion()
        web.close()
        # The state first: what is released without it, `down` could never find.
        state = _describe(supervisor.children, ports)
        write_state(home.state, state)
        supervisor.release()
    return state


Starter = Callable[[Home, Progress], State]


def up(repo: Path, console: Console, start: Starter = start_services) -> None:
    """Start the services in the background, with a served champion.

    Args:
        start: what runs the main job and lets go of its services.

    Raises:
        CommandError: a phase failed; nothing is left running.
    """
    home, progress = Home(repo), Progress(console)
    with exclusive(home.lock, BUSY):
        state = read_state(home.state)
        if state and not state.gone():
            progress.line(f"Already up since {state.started_at}")
            _show(state, console)
            return
        if state:
            gone = ", ".join(state.gone())
            progress.line(f"No longer running: {gone}. Starting again; the data are kept.")
            _end(state, home)
        state = start(home, progress)
        _show(state, console)


def down(repo: Path, console: Console) -> None:
    """Stop what ``up`` left running; nothing to stop is fine too."""
    home, progress = Home(repo), Progress(console)
    with exclusive(home.lock, BUSY):
        try:
            state = read_state(home.state)
        except StateError:
            _end_unlisted(home, progress)
            return
        if state is None:
            progress.line("Nothing is up")
            return
        gone = state.gone()
        alive = [service.name for service in state.services if service.name not in gone]
        _end(state, home)
        progress.line(f"Stopped: {', '.join(alive) or 'nothing, all had ended before'}")


def _describe(children: list[Child], ports: Ports) -> State:
    urls = {
        services.RANDOM_DATA: f"{ports.random_data_url}/docs",
        services.MLFLOW: ports.mlflow_url,
        services.INFERENCE: f"{ports.inference_url}/docs",
    }
    return State(
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        ports=ports,
        services=tuple(
            Service(
                name=child.command.name,
                group=child.group.id,
                token=child.group.token,
                url=urls[child.command.name],
                log=child.command.log,
            )
            for child in children
        ),
    )


def _end(state: State, home: Home) -> None:
    end_groups([service.process_group() for service in state.services])
    home.state.unlink()


def _end_unlisted(home: Home, progress: Progress) -> None:
    """End what works for the folder of ``up``, whatever the damaged state file lists."""
    left = groups_of(home.place.work)
    end_groups(left)
    home.state.unlink()
    progress.line(
        f"{home.state} was damaged. Stopped the programs that work in {home.place.work} "
        f"({len(left)} found), and removed the file"
    )


def _show(state: State, console: Console) -> None:
    for service in state.services:
        text = f"  {service.name:<16} {service.url}   log {service.log}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    console.print("  Stop them with `make demo-down`.", markup=False, highlight=False)

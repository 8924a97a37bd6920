"""What every command works with."""

from pathlib import Path

from rich.console import Console

from console.envfile import read_values
from console.progress import Progress
from console.registry import Registry
from console.settings import Settings
from console.web import Web
from stack.airflow import Airflow
from stack.docker import Docker

POLL_SECONDS = 1.0


class Stack:
    """The stack as seen from this machine."""

    def __init__(self, repo: Path, console: Console, poll: float = POLL_SECONDS) -> None:
        """Read the settings. ``poll``: seconds between two looks at whatever is waited for.

        Raises:
            SettingsError: one of them is wrong.
        """
        self.repo = repo
        self.console = console
        self.settings = Settings.of(read_values(repo / ".env"))
        self.progress = Progress(console)
        self.web = Web()
        self.poll = poll
        self.docker = Docker(repo, repo / "out" / "stack", poll)
        settings = self.settings
        self.gateway_url = settings.url(settings.gateway_port)
        self.stats_url = settings.url(settings.gateway_stats_port)
        self.mlflow_url = settings.url(settings.mlflow_port)
        self.registry = Registry(self.mlflow_url, self.web)
        self.airflow = Airflow(
            settings.url(settings.airflow_port),
            settings.airflow_admin_user,
            settings.airflow_admin_password,
            self.web,
        )

    def say(self, text: str) -> None:
        """Print a line that is no progress."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

"""The programs of the demo: the same ones that the containers run."""

import sys
from pathlib import Path

from demo.environment import Environments
from demo.ports import LOOPBACK
from demo.process import Command

RANDOM_DATA = "random-data API"
MLFLOW = "MLflow"
INFERENCE = "inference"
AIRFLOW = "Airflow"
LOCUST = "Locust"


class Commands:
    """The command line of each program."""

    def __init__(self, environments: Environments) -> None:
        self._env = environments
        self._place = environments.place
        self._ports = environments.ports

    def random_data(self) -> Command:
        argv = self._uvicorn("random-data-api", self._ports.random_data)
        return self._command(RANDOM_DATA, argv, self._env.random_data())

    def mlflow(self) -> Command:
        argv = (
            *(sys.executable, "-m", "mlflow", "server"),
            *("--host", LOOPBACK, "--port", str(self._ports.mlflow), "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{self._place.mlflow_db}"),
            *("--artifacts-destination", str(self._place.artifacts)),
        )
        return self._command(MLFLOW, argv, self._env.mlflow())

    def inference(self) -> Command:
        argv = self._uvicorn("fastapi", self._ports.inference)
        return self._command(INFERENCE, argv, self._env.inference())

    def second_inference(self, port: int) -> Command:
        """Another process that shares the folder of models with the first one."""
        argv = self._uvicorn("fastapi", port)
        return self._command(f"second {INFERENCE}", argv, self._env.second_inference())

    def airflow(self) -> Command:
        argv = (sys.executable, "-m", "demo.dag_host")
        return self._command(AIRFLOW, argv, self._env.pipeline())

    def locust(self, html: Path, csv_prefix: Path) -> Command:
        argv = (
            *(sys.executable, "-m", "locust", "-f", "locust/locustfile.py", "--headless"),
            *("--html", str(html), "--csv", str(csv_prefix), "--only-summary"),
        )
        return self._command(LOCUST, argv, self._env.locust())

    def curl(self, *arguments: str) -> Command:
        return self._command("curl", ("curl", *arguments), self._env.plain())

    def _uvicorn(self, folder: str, port: int) -> tuple[str, ...]:
        return (
            *(sys.executable, "-m", "uvicorn", "--app-dir", folder, "--factory"),
            *("main:create_app", "--host", LOOPBACK, "--port", str(port), "--no-access-log"),
        )

    def _command(self, name: str, argv: tuple[str, ...], env: dict[str, str]) -> Command:
        log = self._place.logs / f"{name.lower().replace(' ', '-')}.log"
        return Command(name, argv, env, self._place.repo, log)

"""The main job, step by step: services, ingestion, training, a served champion."""

from collections.abc import Mapping
from typing import Any

from console.errors import AnswerError
from console.progress import Phase, Progress
from console.registry import Champion, Registry
from console.settings import Settings
from console.web import Web
from covertype.schema import GROUPS
from demo.dags import DagHost
from demo.environment import Environments, Place, Ports
from demo.ledger import Rows, count_rows
from demo.process import Command
from demo.services import Commands
from demo.supervisor import Supervisor

INGESTION, TRAINING = "covertype_ingest", "covertype_training"

START_SECONDS = 180.0
INGEST_SECONDS = 600.0
TRAIN_SECONDS = 1800.0


class Journey:
    """Takes a fresh set of ports and folders to a served champion."""

    def __init__(
        self,
        place: Place,
        ports: Ports,
        values: dict[str, str],
        supervisor: Supervisor,
        progress: Progress,
        web: Web,
    ) -> None:
        self.ports = ports
        self.place = place
        self.settings = Settings.of(values)
        self.commands = Commands(Environments(place, ports, values))
        self.registry = Registry(ports.mlflow_url, web)
        self._supervisor = supervisor
        self._progress = progress
        self._web = web
        self._airflow: DagHost

    def to_served_champion(self) -> tuple[Rows, Champion]:
        """All steps in turn. Airflow has ended when this returns; the services run."""
        self.start()
        rows = self.ingest()
        champion = self.train()
        self._supervisor.stop(self._airflow.child)
        return rows, champion

    def roll_back(self, target: str) -> Champion:
        """Make an earlier version the champion.

        Args:
            target: a version, or ``previous``.
        """
        goal = "the previous champion" if target == "previous" else f"version {target}"
        with self._progress.phase("rollback", f"Roll back to {goal}") as phase:
            self._airflow.run(
                TRAINING,
                TRAIN_SECONDS,
                lambda: phase.status(self._airflow.news("pipeline")),
                {"rollback_to": target},
            )
            return self._await_champion(phase)

    def start_airflow(self) -> None:
        """Start Airflow only, beside services that run already."""
        with self._progress.phase("start", "Start Airflow"):
            self._make_airflow()
            self._await_airflow()

    def start(self) -> None:
        """Start everything at once; go on when ingestion has what it needs.

        MLflow needs the longest and is not needed before the training.
        """
        for folder in (self.place.work, self.place.airflow_home, self.place.artifacts):
            folder.mkdir(parents=True, exist_ok=True)
        with self._progress.phase("start", "Start services and Airflow") as phase:
            random_data = self.commands.random_data()
            for command in (random_data, self.commands.mlflow(), self.commands.inference()):
                self._supervisor.start(command)
            self._make_airflow()
            phase.status("waiting for the random-data API")
            self._await_answer(random_data, f"{self.ports.random_data_url}/health")
            phase.status("waiting for Airflow's database")
            self._await_airflow()
            phase.result = f"random-data API {self.ports.random_data_url}"

    def ingest(self) -> Rows:
        """Run the DAG covertype_ingest."""
        before = count_rows(self.place.data_db)
        with self._progress.phase("ingest", "Ingest") as phase:

            def news() -> None:
                rows = count_rows(self.place.data_db)
                if rows.groups:
                    phase.status(f"group {rows.groups} of {len(GROUPS)}, {rows.received:,} rows")

            self._airflow.run(INGESTION, INGEST_SECONDS, news)
            rows = count_rows(self.place.data_db)
            phase.result = (
                f"{rows.received:,} rows received, {rows.clean:,} clean, {rows.rejected:,} rejected"
            )
            if before.received:
                phase.result += f"; {rows.received - before.received:,} of them are new"
            if rows.clean == 0:
                raise AnswerError("the ingestion ended well but the data store holds no row")
        return rows

    def train(self, params: Mapping[str, Any] | None = None) -> Champion:
        """Run the DAG covertype_training, which ends when inference serves the champion.

        Args:
            params: Params other than the DAG's defaults.
        """
        with self._progress.phase("train", "Train") as phase:
            phase.status("waiting for MLflow and inference")
            self._await_answer(self.commands.mlflow(), f"{self.ports.mlflow_url}/health")
            self._await_answer(self.commands.inference(), f"{self.ports.inference_url}/health/live")

            def news() -> None:
                text = self._airflow.news("pipeline")
                ended, total = self._airflow.mapped_progress(TRAINING, "train")
                if text.startswith("training ") and ended < total:
                    text = f"{text} ({ended + 1} of {total})"
                phase.status(text)

            self._airflow.run(TRAINING, TRAIN_SECONDS, news, params)
            return self._await_champion(phase)

    def _await_champion(self, phase: Phase) -> Champion:
        """Wait until inference says that it serves the champion.

        The DAG has waited for that itself, so this takes no time; it makes sure.
        """
        champion = self.registry.champion()
        phase.status(f"waiting for version {champion.version}")
        url = self.ports.inference_url

        def served() -> bool:
            return (
                self._web.is_ok(f"{url}/health/ready")
                and self._web.json("GET", f"{url}/model").get("version") == champion.version
            )

        seconds = self.settings.rollout_timeout_seconds
        what = f"inference to serve version {champion.version}"
        self._supervisor.wait_until(served, seconds, what, self.commands.inference())
        phase.result = (
            f"{champion.name}, version {champion.version}, accuracy {champion.accuracy:.3f}, "
            f"macro-F1 {champion.macro_f1:.3f} on the holdout"
        )
        return champion

    def _make_airflow(self) -> None:
        airflow = self._supervisor.start(self.commands.airflow(), piped=True)
        self._airflow = DagHost(airflow, self._supervisor, self.place.airflow_db)

    def _await_answer(self, command: Command, url: str) -> None:
        self._supervisor.wait_until(
            lambda: self._web.is_ok(url), START_SECONDS, f"{command.name} at {url}", command
        )

    def _await_airflow(self) -> None:
        airflow = self._airflow
        self._supervisor.wait_until(
            airflow.ready, START_SECONDS, "Airflow's database", airflow.child.command
        )

"""The environment of each program: named one by one, so that the caller's shell adds nothing."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.groups import WORK_VARIABLE
from demo.ports import LOOPBACK

# What programs need to find their files, their user and their language.
_INHERITED = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "TMPDIR", "TZ", "USER")

_RANDOM_DATA = ("DATA_SOURCE", "DATA_SEED", "MIN_UPDATE_TIME")
_PIPELINE = ("MAX_ONNX_MB", "MAX_ROW_US", "ROLLOUT_TIMEOUT_SECONDS", "INGEST_SCHEDULE")
_INFERENCE = ("MODEL_POLL_SECONDS", "MAX_BODY_BYTES", "MAX_BATCH_ROWS")
_LOCUST = (
    "LOCUST_USERS",
    "LOCUST_SPAWN_RATE",
    "LOCUST_RUN_TIME",
    "LOCUST_MAX_FAILURE_RATIO",
    "LOCUST_MAX_P95_MS",
)


@dataclass(frozen=True)
class Ports:
    """Where each service listens on the loopback interface."""

    random_data: int
    mlflow: int
    inference: int

    @property
    def random_data_url(self) -> str:
        return f"http://{LOOPBACK}:{self.random_data}"

    @property
    def mlflow_url(self) -> str:
        return f"http://{LOOPBACK}:{self.mlflow}"

    @property
    def inference_url(self) -> str:
        return f"http://{LOOPBACK}:{self.inference}"


@dataclass(frozen=True)
class Place:
    """Where the demo finds the project, and where its programs keep their files."""

    repo: Path
    work: Path
    logs: Path

    @property
    def data_db(self) -> Path:
        return self.work / "data.db"

    @property
    def airflow_home(self) -> Path:
        return self.work / "airflow"

    @property
    def airflow_db(self) -> Path:
        return self.airflow_home / "airflow.db"

    @property
    def mlflow_db(self) -> Path:
        return self.work / "mlflow.db"

    @property
    def artifacts(self) -> Path:
        return self.work / "artifacts"


@dataclass(frozen=True)
class Environments:
    """Builds the environment of each program from the values of .env, places and ports."""

    place: Place
    ports: Ports
    values: Mapping[str, str]

    def random_data(self) -> dict[str, str]:
        state = self.place.work / "random-data-api" / "state.json"
        return self._base(*_RANDOM_DATA) | {"STATE_FILE": str(state)}

    def mlflow(self) -> dict[str, str]:
        # Without job execution (it serves GenAI features) the server is 2 processes, not 10.
        return self._base() | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}

    def inference(self) -> dict[str, str]:
        return self._base(*_INFERENCE) | {
            "MLFLOW_TRACKING_URI": self.ports.mlflow_url,
            "MODELS_DIR": str(self.place.work / "models"),
            "RUNTIME_DIR": str(self.place.work / "inference"),
        }

    def second_inference(self) -> dict[str, str]:
        return self.inference() | {"RUNTIME_DIR": str(self.place.work / "second-inference")}

    def pipeline(self) -> dict[str, str]:
        dags = self.place.repo / "dags"
        return self._base(*_PIPELINE) | {
            "PYTHONPATH": f"{self.place.repo}{os.pathsep}{dags}",
            "DATA_DB_URL": f"sqlite:///{self.place.data_db}",
            "RANDOM_DATA_API_URL": self.ports.random_data_url,
            "MLFLOW_TRACKING_URI": self.ports.mlflow_url,
            "SERVING_URL": self.ports.inference_url,
            "AIRFLOW_HOME": str(self.place.airflow_home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.place.airflow_db}",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            # OpenMP threads spin while they wait for each other: on a machine that does other
            # work too, boosting with 2 threads took 24 s instead of the 3 s that 1 takes.
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "Agg",
            "MPLCONFIGDIR": str(self.place.work / "matplotlib"),
        }

    def locust(self) -> dict[str, str]:
        return self._base(*_LOCUST) | {"LOCUST_HOST": self.ports.inference_url}

    def plain(self) -> dict[str, str]:
        return self._base()

    def _base(self, *keys: str) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        chosen = {key: self.values[key] for key in keys if key in self.values}
        return {
            **inherited,
            **chosen,
            **self._bytecode(),
            WORK_VARIABLE: str(self.place.work),
            "PYTHONPATH": str(self.place.repo),
            "PYTHONUNBUFFERED": "1",  # a log shows a line when it is written
            "DO_NOT_TRACK": "true",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "NO_COLOR": "1",
        }

    def _bytecode(self) -> dict[str, str]:
        """Compiled modules are kept: compiling Airflow again takes 4 s in each process.

        Somebody who asked Python not to write them next to the sources gets a folder of
        their own for them.
        """
        if not os.environ.get("PYTHONDONTWRITEBYTECODE"):
            return {}
        return {"PYTHONPYCACHEPREFIX": str(self.place.repo / "out" / "pycache")}

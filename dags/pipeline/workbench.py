"""What a training step works with: the data store, MLflow, and the limits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import mlflow
from mlflow import MlflowClient

from pipeline.budget import Budget
from pipeline.errors import RegistryUnreachable
from pipeline.registry import Registry
from pipeline.settings import Settings
from pipeline.store import Store
from pipeline.tracking import Tracker

_HEALTH_TIMEOUT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Workbench:
    """Open connections of one step."""

    store: Store
    tracker: Tracker
    registry: Registry
    budget: Budget


@contextmanager
def open_workbench(settings: Settings) -> Iterator[Workbench]:
    """Connect to the data store and to MLflow; the store is closed at the end.

    Raises RegistryUnreachable when MLflow does not answer.
    """
    uri = str(settings.mlflow_tracking_uri).rstrip("/")
    _refuse_unreachable(uri)
    # Logging a model goes through MLflow's module-level functions, which read these.
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    client = MlflowClient(uri, uri)
    with Store(settings.data_db_url) as store:
        yield Workbench(
            store=store,
            tracker=Tracker(client, store),
            registry=Registry(client),
            budget=Budget(megabytes=settings.max_onnx_mb, row_us=settings.max_row_us),
        )


def _refuse_unreachable(uri: str) -> None:
    # MLflow's client would try for minutes, and then show only the last connection error.
    try:
        answer = httpx.get(f"{uri}/health", timeout=_HEALTH_TIMEOUT_SECONDS, trust_env=False)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise RegistryUnreachable(
            f"MLflow at {uri} does not answer ({type(error).__name__}: {error}); "
            "check that it runs, and run this task again"
        ) from error

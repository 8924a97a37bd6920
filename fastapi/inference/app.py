"""Wires the service together; nothing is read or opened before the server starts."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import httpx
from fastapi import FastAPI

from .bodies import BodyReader
from .direct import DirectRoute, InferenceApp, ShortWay
from .docs_page import serve_docs
from .endpoints import Endpoint, Predictions
from .errors import RuntimeFolderError
from .health import Health
from .manager import ModelManager
from .memory import spare_the_collector, use_one_arena
from .metrics import Metrics
from .operation_routes import health_router, operation_router
from .prediction_routes import prediction_router
from .processes import ProcessNotes
from .registry import MlflowRegistry
from .schemas import Observation
from .serving import Observer, Serving
from .settings import Settings
from .store import ModelStore
from .turn import Turn
from .unmatched import answer_unmatched

logger = logging.getLogger(__name__)


class LoadObserver:
    """Tells the metrics and the process's note about every load."""

    def __init__(self, metrics: Metrics, notes: ProcessNotes) -> None:
        self._metrics = metrics
        self._notes = notes
        self.polled = metrics.polled
        self.load_failed = metrics.load_failed

    def swapped(self, serving: Serving) -> None:
        """Show the version that has just begun to serve."""
        self._metrics.swapped(serving)
        try:
            self._notes.write(serving.version.version)
        except RuntimeFolderError as error:
            logger.error("%s", error)


def create_client(settings: Settings) -> httpx.AsyncClient:
    """The client that talks to MLflow."""
    return httpx.AsyncClient(
        base_url=str(settings.mlflow_tracking_uri),
        timeout=settings.registry_timeout_seconds,
        trust_env=False,  # the registry is a neighbour, never behind a proxy
    )


def create_manager(
    settings: Settings,
    client: httpx.AsyncClient,
    observer: Observer,
    clock: Callable[[], float] = time.monotonic,
) -> ModelManager:
    """The state machine over the registry and the models folder that the settings name."""
    registry = MlflowRegistry(
        client,
        settings.model_name,
        settings.registry_timeout_seconds,
        settings.download_timeout_seconds,
    )
    return ModelManager(
        registry,
        ModelStore(settings.models_dir, settings.model_name, settings.models_kept),
        observer,
        alias=settings.model_alias,
        poll_seconds=settings.model_poll_seconds,
        max_model_bytes=settings.max_model_bytes,
        clock=clock,
    )


def create_app(settings: Settings) -> InferenceApp:
    """Build the service; it starts to follow the registry when the server starts it."""
    metrics = Metrics()
    notes = ProcessNotes(settings.runtime_dir)
    client = create_client(settings)
    manager = create_manager(settings, client, LoadObserver(metrics, notes))
    reader = BodyReader(settings.max_body_bytes, settings.body_timeout_seconds)
    predictions = Predictions(manager, metrics, reader, settings.max_batch_rows)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        use_one_arena()
        spare_the_collector()
        await asyncio.to_thread(notes.write, None)
        tasks = [asyncio.create_task(manager.run()), asyncio.create_task(reader.sweep())]
        for task in tasks:
            task.add_done_callback(_report_failure)
        yield
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await client.aclose()
        await asyncio.to_thread(notes.remove)

    health = Health(manager)
    one_row_paths = frozenset(("/predict/", "/predict"))
    turn = Turn(predictions.each, partial(metrics.request, "/predict/"))
    app = InferenceApp(
        short_way=ShortWay(turn, one_row_paths, settings.max_body_bytes),
        direct={
            **_direct("POST", predictions.one, "/predict/", "/predict"),
            **_direct("POST", predictions.batch, "/predict/batch", "/predict/batch/"),
            **_direct("POST", predictions.invocation, "/invocations"),
            **_direct("GET", health.live, "/health/live"),
            **_direct("GET", health.ready, "/health/ready"),
        },
        metrics=metrics,
        bodies=[Observation, predictions.parse_batch.model],
        title="Forest cover inference",
        description="Predicts the cover type of a place from 10 numbers about its terrain.",
        version="1.0.0",
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    serve_docs(app)
    answer_unmatched(app)
    app.include_router(prediction_router(predictions, settings.max_batch_rows))
    app.include_router(health_router(manager, health))
    app.include_router(
        operation_router(manager, notes, metrics, settings.model_name, settings.model_alias)
    )
    return app


def _direct(method: str, endpoint: Endpoint, *paths: str) -> dict[tuple[str, str], DirectRoute]:
    """One endpoint under several paths, counted under the first of them."""
    return dict.fromkeys(((method, path) for path in paths), DirectRoute(paths[0], endpoint))


def _report_failure(task: asyncio.Task[None]) -> None:
    """A background task ends only when the server stops; anything else is a fault to see."""
    if not task.cancelled():
        logger.critical("A background task ended", exc_info=task.exception())

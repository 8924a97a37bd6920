"""Routes that show how the service is and nudge it: health, model, metrics, reload."""

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from .health import NO_MODEL, Health, unavailable
from .manager import ModelManager
from .metrics import Metrics
from .prediction_routes import response_of
from .processes import ProcessNotes
from .schemas import ModelStatus, ReloadAnswer, ReloadFailure, Status

_NOT_READY: dict[int | str, dict[str, Any]] = {
    503: {"model": Status, "description": "No verified model is loaded"}
}
_FAILED: dict[int | str, dict[str, Any]] = {
    503: {"model": ReloadFailure, "description": "The version that served serves on"}
}


def health_router(manager: ModelManager, health: Health) -> APIRouter:
    """Whether the process works, and whether it can predict."""
    router = APIRouter(tags=["health"])

    # Load balancers and curl -I ask with HEAD.
    @router.head("/health/live", include_in_schema=False)
    @router.get("/health/live", response_model=Status, responses=_NOT_READY)
    async def live(request: Request) -> Response:
        """200 while the process follows the registry, with or without a model."""
        return response_of(await health.live(request.scope, request.receive))

    @router.head("/health/ready", include_in_schema=False)
    @router.get("/health/ready", response_model=Status, responses=_NOT_READY)
    async def ready(request: Request) -> Response:
        """200 once a verified model is loaded."""
        return response_of(await health.ready(request.scope, request.receive))

    @router.head("/ping", include_in_schema=False)
    @router.get(
        "/ping",
        response_class=PlainTextResponse,
        responses={503: {"description": "No verified model is loaded"}},
    )
    async def ping() -> Response:
        """MLflow's health check: as ready, with nothing but a line end for a body."""
        return PlainTextResponse("\n", status_code=200 if manager.serving is not None else 503)

    @router.get("/version", response_class=PlainTextResponse, responses=_NOT_READY)
    async def version() -> Response:
        """Version of the MLflow library that logged the model."""
        serving = manager.serving
        if serving is None:
            return response_of(unavailable(NO_MODEL))
        return PlainTextResponse(serving.version.mlflow_version or "unknown")

    return router


def operation_router(
    manager: ModelManager, notes: ProcessNotes, metrics: Metrics, name: str, alias: str
) -> APIRouter:
    """What is served, what was counted, and a way to make the process look now."""
    router = APIRouter(tags=["operation"])

    @router.get("/model")
    def model() -> ModelStatus:
        """What this process serves and what its siblings serve."""
        serving = manager.serving
        version = serving.version if serving else None
        return ModelStatus(
            model=name,
            alias=alias,
            version=version.version if version else None,
            sha256=version.onnx_sha256 if version else None,
            tags=dict(version.tags) if version else {},
            source=serving.source if serving else None,
            loaded_at=serving.loaded_at.isoformat() if serving else None,
            registry_seen_at=(
                manager.registry_seen_at.isoformat() if manager.registry_seen_at else None
            ),
            last_error=manager.last_error,
            processes=notes.read(),
        )

    @router.get("/metrics", response_class=PlainTextResponse)
    def prometheus() -> Response:
        """Prometheus metrics of this process; sum over the label pid."""
        return Response(metrics.exposition(), media_type=metrics.media_type)

    @router.post("/reload_models", include_in_schema=False)
    @router.post("/reload_models/", response_model=ReloadAnswer, responses=_FAILED)
    async def reload_models() -> Response:
        """Look at the registry now. It reaches this one process; the others poll."""
        poll = await manager.poll(nudge=True)
        version = manager.serving.version.version if manager.serving else None
        if poll.failure is None:
            answer = ReloadAnswer(model=name, version=version, changed=poll.changed)
            return JSONResponse(answer.model_dump())
        failure = ReloadFailure(
            detail=poll.failure.detail, reason=poll.failure.reason, version=version
        )
        return JSONResponse(failure.model_dump(), status_code=503)

    return router

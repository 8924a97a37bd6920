"""Wiring: settings to a FastAPI app."""

import logging
import time
from collections.abc import Callable
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException

from randomdata.errors import RandomDataError
from randomdata.models import ErrorBody, ErrorDetail
from randomdata.routes import router
from randomdata.service import BatchService
from randomdata.settings import Settings
from randomdata.source import open_source
from randomdata.state import StateFile

logger = logging.getLogger(__name__)


def create_app(settings: Settings, clock: Callable[[], float] = time.time) -> FastAPI:
    """Load the rows, check the state file and build the app.

    ``clock`` gives the seconds since the epoch: the state outlives the process, so it has to
    mean the same after a restart. Raises ``RandomDataError`` when the service cannot start.
    """
    state = StateFile(settings.state_file)
    opened = state.prepare()
    source = open_source(settings)
    logger.info(
        "%s rows from %s; %d groups were opened before, by %s",
        f"{source.row_count:,}",
        source.file or source.kind,
        len(opened),
        settings.state_file,
    )
    app = FastAPIOffline(
        redoc_url=None,
        title="Random-data API",
        summary="Forest-cover rows, a batch at a time",
        description="Ten groups with ten batches each. See `GET /data`.",
        version="1.0.0",
    )
    app.state.service = BatchService(source, state, clock, settings.min_update_time)
    app.include_router(router)
    app.exception_handler(RandomDataError)(_on_own_error)
    app.exception_handler(RequestValidationError)(_on_invalid_parameter)
    app.exception_handler(HTTPException)(_on_http_error)
    return app


def _answer(status: int, code: str, message: str) -> JSONResponse:
    body = ErrorBody(detail=ErrorDetail(code=code, message=message))
    return JSONResponse(body.model_dump(), status, headers={"Cache-Control": "no-store"})


def _on_own_error(_request: Request, error: RandomDataError) -> JSONResponse:
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s", error.message)
    return _answer(error.status, error.code, error.message)


def _on_invalid_parameter(_request: Request, error: RequestValidationError) -> JSONResponse:
    names = ", ".join(dict.fromkeys(str(item["loc"][-1]) for item in error.errors()))
    return _answer(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid_parameter",
        f"Missing or not a whole number: {names}. Send for example ?group_number=1.",
    )


def _on_http_error(_request: Request, error: HTTPException) -> JSONResponse:
    phrase = HTTPStatus(error.status_code)
    answer = _answer(
        phrase,
        phrase.name.lower(),
        f"{error.detail}. The addresses are /data, /restart_data_generation, /health and /docs; "
        "all are read with GET.",
    )
    answer.headers.update(error.headers or {})
    return answer

"""Entry point of the random-data API.

From the root of the repository, which has to be on the path for the package ``covertype``:

    PYTHONPATH=. uvicorn --app-dir random-data-api --factory main:create_app --port 8001
"""

import logging

from fastapi import FastAPI
from pydantic import ValidationError

from randomdata import app
from randomdata.errors import RandomDataError
from randomdata.settings import Settings, explain


def create_app() -> FastAPI:
    """Build the app from the environment; on a mistake there, exit with a plain message."""
    try:
        settings = Settings()
    except ValidationError as error:
        raise SystemExit(explain(error)) from error
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    try:
        return app.create_app(settings)
    except RandomDataError as error:
        raise SystemExit(f"The random-data API cannot start: {error.message}") from error

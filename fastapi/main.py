"""Entry point of the inference service.

Run from the repository's root, with the root on PYTHONPATH:
``uvicorn --app-dir fastapi --factory main:create_app --port 8081``
"""

import logging

from pydantic import ValidationError

from inference import app
from inference.direct import InferenceApp
from inference.settings import Settings, explain


def create_app() -> InferenceApp:
    """Build the service from the environment; on a mistake there, exit with a plain message."""
    try:
        settings = Settings()
    except ValidationError as error:
        raise SystemExit(explain(error)) from error
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # One line for each poll and request of the HTTP client would drown everything else.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return app.create_app(settings)

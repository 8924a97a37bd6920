"""Entry point of the inference service.

Run from the repository's root, with the root on PYTHONPATH:
``uvicorn --app-dir fastapi --factory main:create_app --port 8081``
"""

import logging

from inference import app
from inference.direct import InferenceApp
from inference.settings import Settings


def create_app() -> InferenceApp:
    """Read the settings from the environment and wire the service.

    Raises pydantic's ValidationError, which names the variable, when one is wrong.
    """
    settings = Settings()
    logging.basicConfig(
        level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # One line for each poll and request of the HTTP client would drown everything else.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return app.create_app(settings)

"""Whether the process works, and whether it can predict: asked several times a second."""

import json
from typing import Final

from starlette.types import Receive, Scope

from .answers import JSON, Answer
from .manager import ModelManager

_LIVE: Final = Answer(200, b'{"status":"live"}')
_READY: Final = Answer(200, b'{"status":"ready"}')
_ENDED: Final = "The loop that follows the registry has ended: restart the service"
NO_MODEL: Final = "No verified model is loaded yet"


class Health:
    """The two questions as endpoints that need no FastAPI."""

    def __init__(self, manager: ModelManager) -> None:
        self._manager = manager

    async def live(self, _scope: Scope, _receive: Receive) -> Answer:
        """200 while the process follows the registry, with or without a model."""
        return _LIVE if self._manager.running else unavailable(_ENDED)

    async def ready(self, _scope: Scope, _receive: Receive) -> Answer:
        """200 once a verified model is loaded."""
        if self._manager.serving is not None:
            return _READY
        return unavailable(self._manager.last_error or NO_MODEL)


def unavailable(detail: str) -> Answer:
    """Not now, and why."""
    body = json.dumps({"status": "unavailable", "detail": detail}, separators=(",", ":"))
    return Answer(503, body.encode(), JSON)

"""The endpoints that carry the load: from ASGI's messages to an answer, and nothing else.

They know no FastAPI, so that a request can reach them without it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from starlette.types import Receive, Scope

from .answers import Answer, error_answer
from .bodies import BodyReader
from .encoding import scoring_answer, unknown_class
from .errors import InferenceError, ModelOutputError, NoModelError
from .manager import ModelManager
from .metrics import Metrics
from .ranges import few_to_float32, rows_to_float32
from .scoring_protocol import InvocationParser
from .serving import Serving
from .validation import BatchParser, parse_row

logger = logging.getLogger(__name__)

# One row takes 10 us, a hand-over to a thread and back about 100 us: up to here it is
# cheaper to compute on the event loop.
_ROWS_ON_LOOP: Final = 64

Endpoint = Callable[[Scope, Receive], Awaitable[Answer]]


class Predictions:
    """Predicts with whatever version ``manager`` serves at that moment.

    Each method raises an InferenceError when it cannot; ``respond`` turns that into an answer.
    """

    def __init__(
        self, manager: ModelManager, metrics: Metrics, reader: BodyReader, max_rows: int
    ) -> None:
        self._manager = manager
        self._metrics = metrics
        self._read = reader.read
        self.parse_batch = BatchParser(max_rows)
        self._parse_invocation = InvocationParser(max_rows)

    async def one(self, scope: Scope, receive: Receive) -> Answer:
        """One row: POST /predict/."""
        return self.each([parse_row(await self._read(scope, receive))])[0]

    def each(self, rows: list[list[float]]) -> list[Answer]:
        """An answer for each of a few rows, all from the same version."""
        serving = self._serving()
        labels, probabilities = serving.model.predict(few_to_float32(rows, self._metrics.outside))
        found = labels.tolist()
        bodies = serving.answers.each(found, probabilities)
        for label in found:
            self._metrics.predicted(label)
        return [Answer(200, body) for body in bodies]

    async def batch(self, scope: Scope, receive: Receive) -> Answer:
        """Many rows: POST /predict/batch."""
        rows, with_probabilities = self.parse_batch(await self._read(scope, receive))
        serving = self._serving()
        labels, probabilities = await self._many(serving, rows)
        return Answer(
            200, serving.answers.many(labels, probabilities if with_probabilities else None)
        )

    async def invocation(self, scope: Scope, receive: Receive) -> Answer:
        """MLflow's scoring protocol: POST /invocations."""
        rows = self._parse_invocation(await self._read(scope, receive))
        labels, _ = await self._many(self._serving(), rows)
        return Answer(200, scoring_answer(labels))

    def _serving(self) -> Serving:
        serving = self._manager.serving
        if serving is None:
            raise NoModelError
        return serving

    async def _many(
        self, serving: Serving, rows: list[list[float]]
    ) -> tuple[list[int], NDArray[Any]]:
        features = rows_to_float32(rows, self._metrics.outside)
        if len(rows) <= _ROWS_ON_LOOP:
            labels, probabilities = serving.model.predict(features)
        else:
            labels, probabilities = await asyncio.to_thread(serving.model.predict, features)
        for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
            if int(label) not in serving.model.classes:
                raise unknown_class(int(label))
            self._metrics.predicted(int(label), int(count))
        return labels.tolist(), probabilities


async def respond(endpoint: Endpoint, scope: Scope, receive: Receive) -> Answer:
    """Run an endpoint; an error becomes its answer."""
    try:
        return await endpoint(scope, receive)
    except Exception as error:  # noqa: BLE001 - whoever asks gets an answer, whatever happened
        return failure_answer(error)


def failure_answer(error: Exception) -> Answer:
    """What the client is told; the log gets what is no fault of the request."""
    if isinstance(error, InferenceError):
        if isinstance(error, ModelOutputError):
            logger.error("%s", error)
        return error_answer(error)
    logger.error("A request failed", exc_info=error)
    return error_answer(InferenceError("The service failed: its log says why"))

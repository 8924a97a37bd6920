"""Predictions for all that arrived in one turn of the event loop.

A row alone takes 10 us, in a batch of 32 it takes 3. Requests that wait in their sockets are
read in the same turn anyway, so predicting for them together keeps nobody waiting.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Final, NamedTuple, Protocol

from .answers import CLIENT_GONE, Answer
from .endpoints import failure_answer
from .validation import parse_row

# More at once gain nothing, and would keep the first ones waiting.
MOST_ROWS: Final = 64


class Asker(Protocol):
    """Whoever waits for an answer; each has one request under way at most."""

    def answered(self, answer: Answer) -> bool:
        """Take the answer; False when nobody is left to read it."""


class _Waiting(NamedTuple):
    asker: Asker
    row: list[float]
    since: float


class Turn:
    """Collects rows until the event loop has read every socket that had something to read."""

    def __init__(
        self,
        predict: Callable[[list[list[float]]], list[Answer]],
        count: Callable[[int, float], None],
    ) -> None:
        """``predict`` answers rows, one each, and may raise for all of them together;
        ``count`` is told the status and the seconds of each request."""
        self._predict = predict
        self._count = count
        self._waiting: list[_Waiting] = []

    def add(self, asker: Asker, body: bytes, since: float) -> None:
        """Answer a body later in this turn; one that is no row is answered at once."""
        try:
            row = parse_row(body)
        except Exception as error:  # noqa: BLE001 - whoever asks gets an answer
            self._reply(asker, failure_answer(error), since)
            return
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self.finish)
        self._waiting.append(_Waiting(asker, row, since))

    def finish(self) -> None:
        """Answer all who wait."""
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), MOST_ROWS):
            some = waiting[start : start + MOST_ROWS]
            answers = self._answers([one.row for one in some])
            for one, answer in zip(some, answers, strict=True):
                self._reply(one.asker, answer, one.since)

    def _answers(self, rows: list[list[float]]) -> list[Answer]:
        try:
            return self._predict(rows)
        except Exception as error:  # noqa: BLE001 - whoever asks gets an answer
            if len(rows) == 1:
                return [failure_answer(error)]
        # One row may be at fault: the others must not suffer for it.
        return [answer for row in rows for answer in self._answers([row])]

    def _reply(self, asker: Asker, answer: Answer, since: float) -> None:
        try:
            status = answer.status if asker.answered(answer) else CLIENT_GONE
        except Exception as error:  # noqa: BLE001 - the others of this turn still wait
            status = failure_answer(error).status
        self._count(status, perf_counter() - since)

"""What the API does, without HTTP: answer a group's open batch, read one again, start over."""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from covertype import schema
from randomdata.clock import Opening, advance
from randomdata.errors import (
    AllCollectedError,
    BatchNotOpenedError,
    UnknownBatchError,
    UnknownGroupError,
)
from randomdata.rows import encode
from randomdata.source import Source
from randomdata.state import StateFile

# Bodies kept in memory, about 0.5 MB each: every group's open batch, and some read again.
BODIES_KEPT: Final = 2 * len(schema.GROUPS)

logger = logging.getLogger(__name__)


class BatchService:
    """Batches of a source, opened by a clock for each group.

    ``clock`` gives the seconds since the epoch; ``interval`` is MIN_UPDATE_TIME in seconds.
    """

    def __init__(
        self, source: Source, state: StateFile, clock: Callable[[], float], interval: float
    ) -> None:
        self.source = source
        self._state = state
        self._clock = clock
        self._interval = interval
        self._body = lru_cache(maxsize=BODIES_KEPT)(self._encode)

    def open_batch(self, group: int) -> bytes:
        """Return the body of the batch that is open now, opening the next when it is due.

        Raises ``UnknownGroupError``, and ``AllCollectedError`` once the last batch is over.
        """
        _check_group(group)
        opening = self._state.update(group, self._advance)
        if opening is None:
            raise AllCollectedError(group)
        return self._body(group, opening.batch)

    def batch_again(self, group: int, batch: int) -> bytes:
        """Return the body of a batch that was opened before; the clock stays as it is.

        Raises ``UnknownGroupError``, ``UnknownBatchError`` and ``BatchNotOpenedError``.
        """
        _check_group(group)
        if not 1 <= batch <= schema.BATCHES_PER_GROUP:
            raise UnknownBatchError(batch)
        last = self._state.openings().get(group)
        opened = last.batch if last else 0
        if batch > opened:
            raise BatchNotOpenedError(group, batch, opened)
        return self._body(group, batch)

    def restart(self, group: int) -> None:
        """Close all batches of a group: its next request opens batch 1, with the same rows."""
        _check_group(group)
        self._state.forget(group)
        logger.info("group %d starts again from batch 1", group)

    def opened(self) -> dict[int, int]:
        """Return the last batch that was opened, for each group that has one."""
        return {group: opening.batch for group, opening in sorted(self._state.openings().items())}

    def _advance(self, last: Opening | None) -> Opening | None:
        # Called with the lock held: a time read before it could lie before another
        # request's opening.
        return advance(last, self._clock(), self._interval)

    def _encode(self, group: int, batch: int) -> bytes:
        return encode(group, batch, self.source.batch(group, batch))


def _check_group(group: int) -> None:
    if group not in schema.GROUPS:
        raise UnknownGroupError(group)

"""Which batch of a group is open: a pure function of the last opening and the time."""

from dataclasses import dataclass

from covertype import schema


@dataclass(frozen=True, slots=True)
class Opening:
    """The batch that was opened last, and when (seconds since the epoch)."""

    batch: int
    at: float


def advance(last: Opening | None, now: float, interval: float) -> Opening | None:
    """Return the opening that a request at ``now`` finds or makes; None when all are over.

    The first request opens batch 1. A request at least ``interval`` seconds after the last
    opening opens the next batch, one at a time however long nobody asked. The last batch is
    open for ``interval`` seconds too.

    A clock that was set back would keep the batch open until it catches up, for hours or for
    years; the opening then counts from the new time instead.
    """
    if last is None:
        return Opening(1, now)
    if now < last.at:
        return Opening(last.batch, now)
    if now - last.at < interval:
        return last
    if last.batch < schema.BATCHES_PER_GROUP:
        return Opening(last.batch + 1, now)
    return None

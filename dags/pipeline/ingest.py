"""Ingestion of one group: what is open now, and what earlier runs missed."""

import logging
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass, field

from covertype import schema
from pipeline.settings import Settings
from pipeline.source import BatchSource, ReceivedBatch
from pipeline.store import BatchId, Store
from pipeline.validation import validate_rows

log = logging.getLogger(__name__)


@dataclass(slots=True)
class GroupResult:
    """What one run did for one group; rows are those of the batches that it loaded."""

    group: int
    all_collected: bool = False
    batches_loaded: list[int] = field(default_factory=list)
    rows_clean: int = 0
    rows_rejected: int = 0


def ingest_group(settings: Settings, group: int) -> dict[str, object]:
    """Load a group's open batch and any earlier one that the ledger lacks.

    Repeating it changes nothing. Returns a GroupResult as a dict. Raises SourceError or
    BatchConflict; batches loaded before the error stay, each is a transaction of its own.
    """
    store = Store(settings.data_db_url)
    source = BatchSource(
        str(settings.random_data_api_url),
        timeout_seconds=settings.fetch_timeout_seconds,
        attempts=settings.fetch_attempts,
        backoff_seconds=settings.fetch_backoff_seconds,
    )
    with store, source:
        opened = source.open_batch(group)
        result = GroupResult(group, all_collected=opened is None)
        for batch in _arriving(source, group, opened, store.ledger(group)):
            _load(store, batch, result)
    if result.all_collected:
        log.info("group %d: all its data was collected", group)
    return asdict(result)


def _arriving(
    source: BatchSource, group: int, opened: ReceivedBatch | None, known: Container[BatchId]
) -> Iterator[ReceivedBatch]:
    """The missed batches, oldest first, then the open one.

    Batches are missed because anyone's request opens the next one: some come and go
    between two runs.
    """
    past = schema.BATCHES_PER_GROUP + 1 if opened is None else opened.batch
    for number in range(1, past):
        if BatchId(group, number) not in known:
            yield source.batch(group, number)
    if opened is not None:
        yield opened


def _load(store: Store, batch: ReceivedBatch, result: GroupResult) -> None:
    clean, rejected = validate_rows(batch.rows)
    is_new = store.load(batch, clean, rejected)
    log.info(
        "group %d batch %d: %s, %d rows received, %d clean, %d rejected",
        batch.group,
        batch.batch,
        "loaded" if is_new else "known already",
        len(batch.rows),
        len(clean),
        len(rejected),
    )
    for rejection in rejected[:5]:
        log.warning("rejected row %d: %s", rejection.row_index, rejection.detail)
    if is_new:
        result.batches_loaded.append(batch.batch)
        result.rows_clean += len(clean)
        result.rows_rejected += len(rejected)

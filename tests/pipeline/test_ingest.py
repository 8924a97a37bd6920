"""Ingestion of a group from a scripted source: what is open, and what was missed."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from covertype import schema
from pipeline.errors import BatchConflict, RequestRefused, SourceFailed, SourceUnreachable
from pipeline.ingest import ingest_group
from pipeline.settings import Settings
from pipeline.store import BatchId, Store
from tests.pipeline.fault_server import FaultServer, Reply, Request
from tests.pipeline.samples import NOTHING, body, counts, dump, text_rows, with_value

ROWS = 6
MakeSettings = Callable[[str], Settings]


def _rows(batch: int, seed: int) -> list[object]:
    return [*text_rows(ROWS, seed=1000 * seed + batch)]


@dataclass
class FakeSource:
    """One group: its open batch (None: all were collected), and faults by batch number."""

    opened: int | None
    seed: int = 0
    faults: dict[int, list[Reply]] = field(default_factory=dict)
    rows: Callable[[int, int], list[object]] = _rows

    def __call__(self, request: Request) -> Reply:
        group = int(request.query["group_number"])
        wanted = request.query.get("batch_number")
        batch = int(wanted) if wanted else self.opened
        if batch is None:
            return Reply.json({"detail": {"code": "all_collected", "message": "done"}}, 400)
        if faults := self.faults.get(batch):
            return faults.pop(0)
        return Reply(body(group, batch, self.rows(batch, self.seed)))


@pytest.fixture
def make_settings(url: str) -> MakeSettings:
    def make(source_url: str) -> Settings:
        return Settings(
            data_db_url=url,
            random_data_api_url=source_url,
            mlflow_tracking_uri="http://127.0.0.1:1",
            serving_url="http://127.0.0.1:1",
            max_onnx_mb=20,
            max_row_us=60,
            fetch_timeout_seconds=5,
            fetch_attempts=2,
            fetch_backoff_seconds=0,
        )

    return make


@pytest.fixture
def settings(server: FaultServer, make_settings: MakeSettings) -> Settings:
    return make_settings(server.url)


def _asked(server: FaultServer) -> list[str]:
    return [request.query.get("batch_number", "open") for request in server.requests]


def test_the_open_batch_is_loaded(server: FaultServer, settings: Settings, store: Store) -> None:
    server.answer = FakeSource(opened=1)

    result = ingest_group(settings, 3)

    assert result == {
        "group": 3,
        "all_collected": False,
        "batches_loaded": [1],
        "rows_clean": ROWS,
        "rows_rejected": 0,
    }
    assert list(store.ledger()) == [(3, 1)]
    assert _asked(server) == ["open"]


def test_again_changes_nothing(server: FaultServer, settings: Settings, store: Store) -> None:
    server.answer = FakeSource(opened=2)
    ingest_group(settings, 3)
    before = dump(store)

    result = ingest_group(settings, 3)

    assert (result["batches_loaded"], result["rows_clean"]) == ([], 0)
    assert dump(store) == before
    assert _asked(server) == ["open", "1", "open"]


def test_missed_batches_are_loaded_oldest_first(
    server: FaultServer, settings: Settings, store: Store
) -> None:
    server.answer = FakeSource(opened=2)
    ingest_group(settings, 1)
    server.requests.clear()
    server.answer = FakeSource(opened=6)

    result = ingest_group(settings, 1)

    assert result["batches_loaded"] == [3, 4, 5, 6]
    assert result["rows_clean"] == 4 * ROWS
    assert _asked(server) == ["open", "3", "4", "5"]
    assert list(store.ledger()) == [(1, number) for number in range(1, 7)]


def test_when_all_was_collected_the_missed_batches_still_come(
    server: FaultServer, settings: Settings, store: Store
) -> None:
    server.answer = FakeSource(opened=8)
    ingest_group(settings, 1)
    server.answer = FakeSource(opened=None)

    result = ingest_group(settings, 1)
    again = ingest_group(settings, 1)

    assert (result["all_collected"], result["batches_loaded"]) == (True, [9, 10])
    assert (again["all_collected"], again["batches_loaded"]) == (True, [])
    assert len(store.ledger()) == schema.BATCHES_PER_GROUP


def test_the_batches_of_other_groups_do_not_count(
    server: FaultServer, settings: Settings, store: Store
) -> None:
    server.answer = FakeSource(opened=2)
    ingest_group(settings, 1)

    assert ingest_group(settings, 2)["batches_loaded"] == [1, 2]
    assert list(store.ledger(2)) == [(2, 1), (2, 2)]


def test_rejected_rows_are_counted_and_kept(
    server: FaultServer, settings: Settings, store: Store
) -> None:
    bad: list[object] = [None, with_value("Slope", "91"), with_value("Cover_Type", "8")]
    server.answer = FakeSource(opened=1, rows=lambda _batch, _seed: [*text_rows(4), *bad])

    result = ingest_group(settings, 1)

    assert (result["rows_clean"], result["rows_rejected"]) == (4, 3)
    assert [row[2:4] for row in dump(store)["rejected_rows"]] == [
        (4, "not_a_list"),
        (5, "impossible"),
        (6, "unknown_class"),
    ]


def test_another_content_is_refused_and_the_message_says_what_to_do(
    server: FaultServer, settings: Settings, store: Store
) -> None:
    server.answer = FakeSource(opened=2)
    ingest_group(settings, 1)
    before = dump(store)
    server.answer = FakeSource(opened=2, seed=1)

    with pytest.raises(BatchConflict, match="batch 2 of group 1") as raised:
        ingest_group(settings, 1)

    assert "Nothing was changed" in str(raised.value)
    assert "DATA_SEED or DATA_SOURCE" in str(raised.value)
    assert dump(store) == before


def test_batches_before_an_error_stay_and_the_next_run_goes_on(
    server: FaultServer, settings: Settings, store: Store
) -> None:
    failed = Reply(status=500)
    server.answer = FakeSource(opened=4, faults={2: [failed, failed]})

    with pytest.raises(SourceFailed, match="batch 2 of group 1"):
        ingest_group(settings, 1)

    assert list(store.ledger()) == [(1, 1)]
    assert ingest_group(settings, 1)["batches_loaded"] == [2, 3, 4]


def test_a_fault_that_passes_is_not_seen_in_the_store(
    server: FaultServer, settings: Settings, store: Store
) -> None:
    server.answer = FakeSource(
        opened=2,
        faults={1: [Reply(b"<html>", content_type="text/html")], 2: [Reply(missing=9)]},
    )

    assert ingest_group(settings, 1)["batches_loaded"] == [1, 2]
    assert counts(store)["observations"] == 2 * ROWS


def test_a_refusal_is_no_normal_end(server: FaultServer, settings: Settings, store: Store) -> None:
    refusal = Reply.json({"detail": {"code": "unknown_group", "message": "no such group"}}, 400)
    server.script(refusal)

    with pytest.raises(RequestRefused, match="no such group"):
        ingest_group(settings, 1)

    assert counts(store) == NOTHING


def test_a_source_that_is_away_leaves_the_store_alone(
    make_settings: MakeSettings, store: Store
) -> None:
    with pytest.raises(SourceUnreachable, match="check that it runs"):
        ingest_group(make_settings("http://127.0.0.1:1"), 1)

    assert counts(store) == NOTHING


def test_the_ledger_says_what_came(server: FaultServer, settings: Settings, store: Store) -> None:
    server.answer = FakeSource(opened=1)

    ingest_group(settings, 5)

    entry = store.ledger()[BatchId(5, 1)]
    assert (entry.rows_received, entry.rows_clean, entry.rows_rejected) == (ROWS, ROWS, 0)
    assert dump(store)["raw_batches"] == [(5, 1, body(5, 1, _rows(1, 0)))]

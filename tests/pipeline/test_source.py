"""The client of the random-data API, against a server that fails in every way."""

import hashlib
import socket
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from pipeline.errors import (
    EmptyBatch,
    NotJson,
    RequestRefused,
    SourceError,
    SourceFailed,
    SourceUnreachable,
    TransientSourceError,
    TruncatedBody,
    UnexpectedShape,
)
from pipeline.source import BatchSource
from tests.pipeline.fault_server import FaultServer, Reply
from tests.pipeline.samples import body, text_rows

ATTEMPTS = 3
ROWS = text_rows(5)
GOOD = Reply(body(1, 4, ROWS))


class Fault(NamedTuple):
    """A reply, the error that it becomes, and words of its message."""

    reply: Reply
    error: type[SourceError]
    words: str


TRANSIENT = {
    "html": Fault(
        Reply(b"<html>Bad gateway</html>", content_type="text/html"), NotJson, "(text/html)"
    ),
    "json_but_no_object": Fault(Reply(b"[1, 2]"), NotJson, "not a JSON object"),
    "nothing": Fault(Reply(b""), NotJson, "not a JSON object"),
    "cut_off": Fault(Reply(GOOD.body[:-40]), TruncatedBody, "cut off or damaged"),
    "not_utf8": Fault(Reply(GOOD.body[:-2] + b"\xff]}"), TruncatedBody, "cut off or damaged"),
    "closed_early": Fault(Reply(GOOD.body, missing=50), TruncatedBody, "closed early"),
    "hung_up": Fault(Reply(hangs_up=True), TruncatedBody, "closed early"),
    "no_rows": Fault(Reply(body(1, 4, [])), EmptyBatch, "has no rows"),
    "failed": Fault(Reply(b"oops", status=500), SourceFailed, "answered 500"),
    "busy": Fault(Reply.json({"detail": "later"}, 503), SourceFailed, "answered 503"),
    "silent": Fault(Reply(silent=True), SourceUnreachable, "ReadTimeout"),
}
LASTING = {
    "other_object": Fault(Reply.json({"detail": "hi"}), UnexpectedShape, "no key 'group_number'"),
    "no_batch": Fault(
        Reply.json({"group_number": 1, "data": ROWS}), UnexpectedShape, "no key 'batch_number'"
    ),
    "no_data": Fault(
        Reply.json({"group_number": 1, "batch_number": 4}), UnexpectedShape, "no key 'data'"
    ),
    "data_is_an_object": Fault(
        Reply.json({"group_number": 1, "batch_number": 4, "data": {"0": ROWS}}),
        UnexpectedShape,
        "data is dict",
    ),
    "other_group": Fault(Reply(body(2, 4, ROWS)), UnexpectedShape, "for group 2, batch 4"),
    "batch_is_text": Fault(
        Reply.json({"group_number": 1, "batch_number": "4", "data": ROWS}),
        UnexpectedShape,
        "batch '4'",
    ),
    "batch_is_true": Fault(
        Reply.json({"group_number": 1, "batch_number": True, "data": ROWS}),
        UnexpectedShape,
        "batch True",
    ),
    "unknown_group": Fault(
        Reply.json({"detail": {"code": "unknown_group", "message": "no group 1"}}, 400),
        RequestRefused,
        "refused with 400: no group 1",
    ),
    "not_found": Fault(Reply(b"no such page", status=404), RequestRefused, "404: no such page"),
    "invalid": Fault(
        Reply.json({"detail": [{"msg": "too large"}]}, 422), RequestRefused, "too large"
    ),
}


@pytest.fixture
def source(server: FaultServer) -> Iterator[BatchSource]:
    with BatchSource(
        server.url, timeout_seconds=0.2, attempts=ATTEMPTS, backoff_seconds=0
    ) as opened:
        yield opened


def test_a_batch_arrives_with_the_body_that_brought_it(
    server: FaultServer, source: BatchSource
) -> None:
    server.script(GOOD)

    batch = source.open_batch(1)

    assert batch is not None
    assert (batch.group, batch.batch, batch.rows) == (1, 4, ROWS)
    assert batch.body == GOOD.body
    assert batch.sha256 == hashlib.sha256(GOOD.body).hexdigest()
    assert batch.received_at.tzinfo is not None
    assert [(r.path, r.query) for r in server.requests] == [("/data", {"group_number": "1"})]


def test_an_earlier_batch_is_asked_for_by_number(server: FaultServer, source: BatchSource) -> None:
    server.script(GOOD)

    assert source.batch(1, 4).batch == 4
    assert server.requests[0].query == {"group_number": "1", "batch_number": "4"}


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_a_fault_that_may_pass_is_tried_again_then_named(
    server: FaultServer, source: BatchSource, fault: Fault
) -> None:
    server.script(fault.reply)

    with pytest.raises(SourceError) as raised:
        source.open_batch(1)

    assert type(raised.value) is fault.error
    assert issubclass(fault.error, TransientSourceError)
    assert "batch (open) of group 1" in str(raised.value)
    assert fault.words in str(raised.value)
    assert len(server.requests) == ATTEMPTS


@pytest.mark.parametrize("fault", TRANSIENT.values(), ids=TRANSIENT)
def test_a_fault_that_passes_costs_only_another_try(
    server: FaultServer, source: BatchSource, fault: Fault
) -> None:
    server.script(fault.reply, GOOD)

    batch = source.batch(1, 4)

    assert batch.body == GOOD.body
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING)
def test_a_fault_that_stays_is_not_tried_again(
    server: FaultServer, source: BatchSource, fault: Fault
) -> None:
    server.script(fault.reply)

    with pytest.raises(SourceError) as raised:
        source.open_batch(1)

    assert type(raised.value) is fault.error
    assert fault.words in str(raised.value)
    assert len(server.requests) == 1


def test_another_batch_than_the_one_asked_for_is_refused(
    server: FaultServer, source: BatchSource
) -> None:
    server.script(GOOD)

    with pytest.raises(UnexpectedShape, match=r"batch 3 of group 1: .* for group 1, batch 4"):
        source.batch(1, 3)


def test_all_collected_is_a_normal_end(server: FaultServer, source: BatchSource) -> None:
    server.script(Reply.json({"detail": {"code": "all_collected", "message": "done"}}, 400))

    assert source.open_batch(1) is None
    assert len(server.requests) == 1


def test_all_collected_is_no_answer_to_an_earlier_batch(
    server: FaultServer, source: BatchSource
) -> None:
    server.script(Reply.json({"detail": {"code": "all_collected", "message": "done"}}, 400))

    with pytest.raises(RequestRefused) as raised:
        source.batch(1, 4)

    assert raised.value.code == "all_collected"


def test_a_refusal_keeps_its_code(server: FaultServer, source: BatchSource) -> None:
    server.script(Reply.json({"detail": {"code": "batch_not_opened", "message": "wait"}}, 400))

    with pytest.raises(RequestRefused, match="wait") as raised:
        source.batch(1, 4)

    assert raised.value.code == "batch_not_opened"


def test_where_nothing_listens_the_message_names_the_address() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but it does not listen
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        source = BatchSource(address, timeout_seconds=1, attempts=2, backoff_seconds=0)
        with source, pytest.raises(SourceUnreachable, match="check that it runs") as raised:
            source.open_batch(1)

    assert address in str(raised.value)
    assert "ConnectError" in str(raised.value)


def test_every_error_of_the_source_has_a_case() -> None:
    faults = [*TRANSIENT.values(), *LASTING.values()]

    assert {fault.error for fault in faults} == {
        *(NotJson, TruncatedBody, EmptyBatch, SourceFailed, SourceUnreachable),
        *(UnexpectedShape, RequestRefused),
    }

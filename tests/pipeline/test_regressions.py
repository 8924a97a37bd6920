"""Faults that were found once and must not come back."""

import json
import warnings

import numpy as np
import pytest

from pipeline.dataset import Rows
from pipeline.errors import (
    NotJson,
    ParityError,
    PipelineError,
    RolloutTimeout,
    SourceError,
    UnexpectedShape,
)
from pipeline.export import golden_rows, refuse_disparity
from pipeline.request import Request
from pipeline.rollout import await_serving
from pipeline.source import BatchSource
from pipeline.store import Store
from tests.pipeline.conftest import CONVERTER_WARNS, Trained
from tests.pipeline.fault_server import FaultServer, Reply
from tests.pipeline.samples import body, text_rows
from tests.pipeline.test_export import ONE_ROW, _answering, _constant
from tests.pipeline.test_tables import _ddl

pytestmark = CONVERTER_WARNS


def test_the_client_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        BatchSource("http://x", timeout_seconds=1, attempts=1, backoff_seconds=0.5)


def source(server: FaultServer) -> BatchSource:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BatchSource(server.url, timeout_seconds=2, attempts=1, backoff_seconds=0)


@pytest.mark.parametrize("batch", [0, 11, -3, 99_999])
def test_a_batch_number_that_no_group_has_is_refused(server: FaultServer, batch: int) -> None:
    server.script(Reply(body(1, batch, text_rows(2))))
    with source(server) as s, pytest.raises(UnexpectedShape):
        s.open_batch(1)


# A proxy that labels a plain body as gzip, or a damaged gzip body
@pytest.mark.parametrize("which", ["source", "rollout"])
def test_a_body_that_cannot_be_decompressed(server: FaultServer, which: str) -> None:
    server.script(Reply(b"{}", content_type="application/json\r\nContent-Encoding: gzip"))
    if which == "source":
        with source(server) as s, pytest.raises(SourceError):
            s.open_batch(1)
    else:
        with pytest.raises(RolloutTimeout, match="does not answer like the inference service"):
            await_serving(server.url, "1", 0.01)


DEEP = b'{"a":' + b"[" * 100_000


@pytest.mark.parametrize("status", [200, 400])
def test_json_that_is_too_deep(server: FaultServer, status: int) -> None:
    server.script(Reply(DEEP, status))
    with source(server) as s, pytest.raises(SourceError):
        s.open_batch(1)


def test_json_that_is_too_deep_in_a_rollout(server: FaultServer) -> None:
    server.script(Reply(DEEP))
    with pytest.raises(RolloutTimeout, match="does not answer like the inference service"):
        await_serving(server.url, "1", 0.01)


def test_a_file_that_answers_nan_is_no_match() -> None:
    with pytest.raises(ParityError):
        refuse_disparity("m", _constant([1, 1, 1, 2]), _answering([1], [[np.nan, np.nan]]), ONE_ROW)


# The class shares of the real data; class 4 (0.47 %) falls between two of the 64 places
def test_every_class_of_the_rows_is_golden(trained: Trained) -> None:
    counts = np.array([211_840, 283_301, 35_754, 2_747, 9_493, 17_367, 20_510]) // 100
    labels = np.repeat(np.arange(1, 8), counts)
    features = np.zeros((len(labels), 10), np.float32)
    features[:, 0] = np.arange(len(labels))
    golden = json.loads(golden_rows(trained.exported, Rows(features, labels, labels)))
    assert {int(labels[int(row[0])]) for row in golden["rows"]} == set(range(1, 8))


def test_a_long_row_can_be_rejected_on_mysql_too() -> None:
    ddl = _ddl("rejected_rows")
    assert "row_as_received TEXT NOT NULL" not in ddl  # ends at 65,535 bytes


@pytest.mark.parametrize("url", ["", "covertype.db", "nodb://x/y"])
def test_a_url_that_is_none_says_what_to_do(url: str) -> None:
    with pytest.raises(PipelineError):
        Store(url)


@pytest.mark.parametrize(
    "change", [{"candidates": ["extra_trees"] * 2}, {"seed": -1}, {"seed": 2**32}]
)
def test_what_the_params_refuse_is_refused(change: dict[str, object]) -> None:
    good = {
        "sample_size": 0,
        "candidates": ["extra_trees"],
        "selection_metric": "macro_f1",
        "seed": 1,
    }
    with pytest.raises(ValueError, match=r"candidates|seed"):
        Request(**good | change)  # type: ignore[arg-type]


def test_status_204_is_not_called_200(server: FaultServer) -> None:
    server.script(Reply(status=204))
    with source(server) as s, pytest.raises(NotJson) as raised:
        s.open_batch(1)
    assert "status 200" not in str(raised.value)

"""Stores, servers, real rows and fitted models for the tests of the pipeline."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from covertype import schema
from pipeline.candidates import CANDIDATES
from pipeline.dataset import Rows
from pipeline.export import OnnxModel, export
from pipeline.request import CANDIDATE_NAMES
from pipeline.store import Store
from tests.pipeline.fault_server import FaultServer, serving
from tests.pipeline.processes import ROOT

SAMPLE_ROWS = 2_400

# skl2onnx hands booleans to protobuf when it converts boosting; the locked protobuf takes them.
CONVERTER_WARNS = pytest.mark.filterwarnings("ignore:.*Expected an int, got a boolean")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The URL of a data store that is not there yet."""
    return f"sqlite:///{tmp_path}/covertype.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty data store."""
    with Store(url) as opened:
        opened.create_tables()
        yield opened


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving(FaultServer()) as running:
        yield running


@pytest.fixture(scope="session")
def real_rows() -> Rows:
    """Real rows, evenly spread over the file; a group is a tenth of it."""
    columns = [*schema.FEATURE_NAMES, schema.TARGET]
    table = pq.read_table(ROOT / "Data" / "covertype.parquet", columns=columns)
    total = len(table)
    places = np.linspace(0, total - 1, SAMPLE_ROWS).astype(np.int64)
    values = np.stack([table[name].to_numpy()[places] for name in columns], axis=1)
    return Rows(
        features=values[:, :-1].astype(np.float32),
        labels=values[:, -1].astype(np.int64),
        groups=places * len(schema.GROUPS) // total + 1,
    )


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """Small fits are done sooner by one thread than by two that wait for each other."""
    with threadpool_limits(1):
        yield


@dataclass(frozen=True)
class Trained:
    """A candidate, fitted on some rows and exported; ``unseen`` are others."""

    name: str
    model: Pipeline
    exported: OnnxModel
    unseen: Rows


@pytest.fixture(scope="session", params=CANDIDATE_NAMES)
def trained(request: pytest.FixtureRequest, real_rows: Rows) -> Trained:
    """Each candidate in turn."""
    is_unseen = np.arange(len(real_rows)) % 3 == 0
    seen = real_rows.take(~is_unseen)
    with threadpool_limits(1):
        model = CANDIDATES[request.param](42).fit(seen.features, seen.labels)
    return Trained(request.param, model, export(model), real_rows.take(is_unseen))

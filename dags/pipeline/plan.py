"""The plan of a training run: made once, first, and followed by every later step."""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from pipeline.code_version import code_version
from pipeline.dataset import fingerprint
from pipeline.errors import NoData
from pipeline.request import Request
from pipeline.settings import Settings
from pipeline.store import BatchId
from pipeline.workbench import open_workbench

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """Pins the batches, so that every step sees the same rows while new ones arrive.

    ``key`` is a digest of all that shapes the model: equal keys mean the same model.
    """

    key: str
    parent_run: str
    data_fingerprint: str
    batches: list[BatchId]
    rows: int
    request: Request

    def to_json(self) -> dict[str, Any]:
        """As plain values, to hand from one task to the next."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of ``to_json``."""
        return cls(
            **{
                **values,
                "batches": [BatchId(*each) for each in values["batches"]],
                "request": Request(**values["request"]),
            }
        )


def make_plan(settings: Settings, request: Request) -> Plan:
    """Pin today's batches and open the parent run.

    Raises NoData when nothing was ingested yet.
    """
    with open_workbench(settings) as bench:
        bench.store.create_tables()
        entries = bench.store.ledger()
        rows = sum(entry.rows_clean for entry in entries.values())
        if rows == 0:
            raise NoData("there is nothing to train on: run the DAG covertype_ingest first")
        data = fingerprint(entries)
        key = _key(settings, request, data)
        parent = bench.tracker.parent(key)
        if not parent.is_finished:
            params = asdict(request) | {
                "candidates": ",".join(sorted(request.candidates)),
                "data_fingerprint": data,
                "data_batches": len(entries),
                "data_rows": rows,
                "code_version": code_version(),
            }
            bench.tracker.log(parent.id, params, {})
            bench.tracker.client.log_dict(
                parent.id,
                {"fingerprint": data, "batches": [entry._asdict() for entry in entries.values()]},
                "data.json",
            )
        log.info("training key %s: %d rows in %d batches", key[:12], rows, len(entries))
        return Plan(key, parent.id, data, list(entries), rows, request)


def _key(settings: Settings, request: Request, data_fingerprint: str) -> str:
    parts = asdict(request) | {
        "candidates": sorted(request.candidates),
        "data": data_fingerprint,
        "code": code_version(),
        "budget": [settings.max_onnx_mb, settings.max_row_us],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

"""The figures of a run: summary.json and the tables that the user sees."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from console.load import Load
from console.registry import Candidate, Champion
from demo.ledger import Rows
from demo.prediction import Prediction
from demo.serving import Serving


@dataclass(frozen=True)
class Summary:
    """Everything that a run found out. ``load`` is None when Locust left no figures."""

    rows: Rows
    candidates: Sequence[Candidate]
    champion: Champion
    serving: Serving
    prediction: Prediction
    load: Load | None
    seconds: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        """The content of summary.json."""
        champion = asdict(self.champion)
        del champion["run_id"]
        return {
            "rows_received": self.rows.received,
            "rows_clean": self.rows.clean,
            "rows_rejected": self.rows.rejected,
            "candidates": [asdict(candidate) for candidate in self.candidates],
            "champion": champion,
            "serving": asdict(self.serving),
            "prediction": {
                "request": self.prediction.request,
                "answer": self.prediction.answer,
                "sent_by": self.prediction.sent_by,
            },
            "load": asdict(self.load) if self.load else None,
            "seconds": dict(self.seconds),
            "environment": {
                "python": platform.python_version(),
                "cpus": os.cpu_count(),
                "platform": platform.platform(),
            },
        }

    def to_text(self) -> str:
        """summary.json as text."""
        return json.dumps(self.to_json(), indent=2) + "\n"

    def print_to(self, console: Console) -> None:
        """Show the tables."""
        for table in (self._candidates(), self._serving(), self._load(), self._seconds()):
            console.print(table)

    def _candidates(self) -> Table:
        table = _table("Candidates, on the validation slice", "candidate", "accuracy", "macro-F1")
        table.columns[0].justify = "left"
        for candidate in self.candidates:
            served = " (champion)" if candidate.name == self.champion.name else ""
            table.add_row(
                f"{candidate.name}{served}",
                f"{candidate.accuracy:.4f}",
                f"{candidate.macro_f1:.4f}",
            )
        return table

    def _serving(self) -> Table:
        table = _table("A serving process", "ready after s", "resident MB")
        serving = self.serving
        table.add_row(f"{serving.ready_seconds:.1f}", f"{serving.resident_mb:.0f}")
        return table

    def _load(self) -> Table:
        title = "Load test"
        if self.load is None:
            return _table(title, "no figures: Locust left none, its log tells why")
        load = self.load
        table = _table(title, "requests", "failed", "requests/s", "p50 ms", "p95 ms", "p99 ms")
        table.add_row(
            f"{load.requests:,}",
            f"{load.failures:,}",
            f"{load.rps:.1f}",
            *(f"{value:.0f}" for value in (load.p50_ms, load.p95_ms, load.p99_ms)),
        )
        return table

    def _seconds(self) -> Table:
        table = _table("Seconds", *self.seconds)
        table.add_row(*(f"{value:.1f}" for value in self.seconds.values()))
        return table


def _table(title: str, *columns: str) -> Table:
    """A table of figures; a column of names is made left-justified by its caller."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right")
    return table

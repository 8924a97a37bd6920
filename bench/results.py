"""out/bench/results.json: medians over the rounds, every ratio, and each round's figures."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench.measure import Figures
from bench.targets import CEILING
from loadgen.results import SATURATED_CPU

#: What is reported of each target.
METRICS: Final = ("rps", "p50_ms", "p99_ms", "p999_ms", "cpu_s_per_1000", "rss_mb")
_MORE: Final = ("requests", "start_mb", "server_cpu", "generator_cpu", "others_cpu")
_DIGITS: Final = 4


@dataclass
class Results:
    """Grows while the benchmark runs."""

    mode: str
    settings: Mapping[str, Any]
    machine: Mapping[str, Any]
    champion: Mapping[str, Any]
    rounds: dict[str, list[Figures]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    complete: bool = False

    def add(self, target: str, figures: Figures) -> None:
        """Note what one round found."""
        self.rounds.setdefault(target, []).append(figures)

    def refuse(self, target: str, reason: str) -> None:
        """Give up a target, with the figures that it has so far."""
        self.refused[target] = reason
        self.rounds.pop(target, None)

    def medians(self, target: str) -> dict[str, float]:
        """The median of each figure over the rounds."""
        return {name: self._median(target, name) for name in (*METRICS, *_MORE)}

    def _median(self, target: str, name: str) -> float:
        values: list[float] = [getattr(figures, name) for figures in self.rounds[target]]
        return round(median(values), 5)

    def measured(self) -> list[str]:
        """The targets that have figures; the generator's ceiling is none."""
        return [name for name in self.rounds if name != CEILING.name]

    def ratios(self) -> dict[str, dict[str, dict[str, float]]]:
        """For each metric, each target divided by each other one."""
        medians = {name: self.medians(name) for name in self.measured()}
        return {
            metric: {
                over: {
                    under: round(medians[over][metric] / medians[under][metric], _DIGITS)
                    for under in medians
                    if under != over and medians[under][metric] > 0
                }
                for over in medians
            }
            for metric in METRICS
        }

    def generator(self) -> dict[str, Any]:
        """How far the load generator was from its limit."""
        shares = {name: self.medians(name)["generator_cpu"] for name in self.measured()}
        found: dict[str, Any] = {
            "cpu": shares,
            "limited": [name for name, share in shares.items() if share > SATURATED_CPU],
        }
        if CEILING.name in self.rounds:
            ceiling = self.medians(CEILING.name)
            found["ceiling_rps"] = ceiling["rps"]
            found["ceiling_cpu"] = ceiling["generator_cpu"]
        return found

    def to_json(self) -> dict[str, Any]:
        """The content of results.json."""
        targets = {
            name: self.medians(name)
            | {
                "rps_low": min(figures.rps for figures in self.rounds[name]),
                "rps_high": max(figures.rps for figures in self.rounds[name]),
                "generator_limited": name in self.generator()["limited"],
            }
            for name in self.measured()
        }
        return {
            "mode": self.mode,
            "complete": self.complete,
            "settings": dict(self.settings),
            "machine": dict(self.machine),
            "champion": dict(self.champion),
            "targets": targets,
            "ratios": self.ratios(),
            "generator": self.generator(),
            "skipped": self.skipped,
            "refused": self.refused,
            "rounds": {
                name: [asdict(figures) for figures in rounds]
                for name, rounds in self.rounds.items()
            },
        }

    def write(self, file: Path) -> None:
        """Replace the file in one step, so that no reader sees half of it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(self.to_json(), indent=2) + "\n", encoding="utf-8")
        partial.replace(file)

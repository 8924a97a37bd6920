"""What the service counts, in Prometheus's text format.

Each worker process has counters of its own, and a scrape reaches one of them. Every sample
therefore carries the label ``pid``: without it, values from different processes would look
like one counter that keeps jumping back. Sum over ``pid`` to see the whole container.
"""

import os
from collections.abc import Iterable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from covertype.schema import FEATURE_NAMES

from .errors import LOAD_REASONS
from .serving import Serving
from .tally import Tally


class Metrics:
    """Counters of one process. Label children are looked up once: a lookup costs a lock."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # noise: nothing reads them
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        tally = Tally()
        self._registry.register(tally)
        self.request = tally.request
        self.predicted = tally.predicted
        outside = Counter(
            "inference_values_outside_training_range",
            "Values below or above everything in the training data, by feature",
            ("feature",),
            registry=self._registry,
        )
        self._model = Gauge(
            "inference_model_info",
            "1 for the version that serves",
            ("model", "version", "sha256"),
            registry=self._registry,
        )
        self._loaded = Gauge(
            "inference_model_loaded_timestamp_seconds",
            "When the version that serves was loaded, in seconds since 1970; 0 when none is",
            registry=self._registry,
        )
        polls = Counter(
            "inference_registry_polls",
            "Looks at the registry by result",
            ("result",),
            registry=self._registry,
        )
        failures = Counter(
            "inference_load_failures",
            "Versions that could not be found or loaded, by reason",
            ("reason",),
            registry=self._registry,
        )
        self.outside = tuple(outside.labels(name) for name in FEATURE_NAMES)
        self._polls = {
            result: polls.labels(result) for result in ("swapped", "unchanged", "paused", "failed")
        }
        self._failures = {reason: failures.labels(reason) for reason in LOAD_REASONS}

    def swapped(self, serving: Serving) -> None:
        """Show another version as the one that serves."""
        version = serving.version
        self._model.clear()
        self._model.labels(version.name, version.version, version.onnx_sha256).set(1)
        self._loaded.set(serving.loaded_at.timestamp())

    def polled(self, result: str) -> None:
        """Count one look at the registry."""
        self._polls[result].inc()

    def load_failed(self, reason: str) -> None:
        """Count one failure to find or load a version."""
        self._failures[reason].inc()

    media_type = CONTENT_TYPE_LATEST

    def exposition(self) -> bytes:
        """Every metric of this process as text."""
        return generate_latest(_WithPid(self._registry))


class _WithPid(CollectorRegistry):
    """The samples of another collector, each labelled with this process's id."""

    def __init__(self, inner: Collector) -> None:
        super().__init__()
        self._inner = inner
        self._pid = str(os.getpid())

    def collect(self) -> Iterable[Metric]:
        for metric in self._inner.collect():
            metric.samples = [
                sample._replace(labels={**sample.labels, "pid": self._pid})
                for sample in metric.samples
            ]
            yield metric

"""Which forest to serve: accuracy against time and memory, on the rows that `make demo` ingested.

``python -m bench.front`` writes docs/forests.md. Every forest is fitted on all rows but the
holdout, exported as the pipeline does it, and compared with scikit-learn row by row.
"""

import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from pipeline.candidates import CANDIDATES
from pipeline.dataset import Rows, load_split
from pipeline.export import OnnxModel, export, refuse_disparity
from pipeline.features import DerivedFeatures
from pipeline.scores import score
from pipeline.store import Store

REPO: Final = Path(__file__).resolve().parents[1]
DATA_STORE: Final = REPO / "out" / "demo" / "work" / "data.db"
RESULTS: Final = REPO / "out" / "bench" / "forests.json"
PAGE: Final = REPO / "docs" / "forests.md"
BATCHES: Final = (1, 32, 256)
_SEED: Final = 42
_PASSES: Final = 15
_ROWS_A_PASS: Final = 1024

_PAGE: Final = """\
<!-- Written by `make bench-forests` from bench/front.py: change the text there. -->
# Which forest to serve

Accuracy and macro-F1 on the holdout, the ONNX file, the memory that ONNX Runtime takes for it, and
processor time for a row on one thread, alone and in batches, rows varied. {rows:,} rows were
fitted.

```sh
make demo bench-forests
```

{table}

The pipeline's candidate `extra_trees` is the row "{chosen}". Fewer trees are faster and
worse, more are slower and hardly better. The derived features are worth five points of accuracy.
Looking at every feature at each split makes trees that are smaller and better than a
random forest's. Trees whose leaves hold one class and that take the derived features are exported
compactly (docs/decisions.md); the two forests on raw features go through the general converter,
so their size and memory compare exporters as well.

A row costs less in a batch, because the trees' nodes are read once for many rows: the service
predicts in one batch for all that arrived together.
"""


@dataclass(frozen=True)
class Forest:
    """What a forest is worth and what it costs; ``row_us`` by the size of the batch."""

    name: str
    accuracy: float
    macro_f1: float
    megabytes: float
    resident_mb: float
    row_us: dict[int, float]


def recipes() -> Iterator[tuple[str, Pipeline]]:
    """The forests to compare, unfitted."""

    def extra(trees: int, features: Any, **options: Any) -> Pipeline:
        options = {"criterion": "entropy", "max_features": None, **options}
        classifier = ExtraTreesClassifier(trees, n_jobs=1, random_state=_SEED, **options)
        return make_pipeline(features, classifier)

    for trees in (5, 10, 20, 40):
        yield f"{trees} extra trees, derived features", extra(trees, DerivedFeatures())
    yield "20 extra trees, raw features", extra(20, FunctionTransformer())
    yield (
        "20 extra trees, derived features, 8,000 leaves",
        extra(20, DerivedFeatures(), max_leaf_nodes=8000),
    )
    yield (
        "20 extra trees, derived features, some at a split",
        extra(20, DerivedFeatures(), max_features="sqrt"),
    )
    forest = RandomForestClassifier(100, n_jobs=1, random_state=_SEED)
    yield "random forest of 100, raw features", make_pipeline(FunctionTransformer(), forest)
    yield "boosting, derived features", CANDIDATES["hist_gradient_boosting"](_SEED)


def measure(name: str, recipe: Pipeline, fit: Rows, holdout: Rows) -> Forest:
    """Fit, export, compare with scikit-learn, and measure."""
    model = recipe.fit(fit.features, fit.labels)
    exported = export(model)
    refuse_disparity(name, model, exported, holdout)
    _, probabilities = exported.predict(holdout.features)
    scores = score(holdout.labels, probabilities, exported.classes)
    return Forest(
        name=name,
        accuracy=round(scores["accuracy"], 3),
        macro_f1=round(scores["macro_f1"], 3),
        megabytes=round(exported.megabytes, 1),
        resident_mb=round(resident(exported.content), 0),
        row_us={size: round(row_us(exported, holdout.features, size), 1) for size in BATCHES},
    )


def row_us(model: OnnxModel, features: NDArray[np.float32], size: int) -> float:
    """Microseconds of processor time for a row in batches of ``size``; the fastest pass."""
    fastest = float("inf")
    for number in range(_PASSES):
        start = number * _ROWS_A_PASS % max(1, len(features) - _ROWS_A_PASS)
        batches = [
            features[place : place + size] for place in range(start, start + _ROWS_A_PASS, size)
        ]
        began = time.thread_time()
        for batch in batches:
            model.predict(batch)
        fastest = min(fastest, time.thread_time() - began)
    return fastest / _ROWS_A_PASS * 1e6


def resident(content: bytes) -> float:
    """Megabytes that a fresh process keeps for a model; its copy of the file is not counted."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_resident, (content,))


def _resident(content: bytes) -> float:
    from inference.memory import release_unused, use_one_arena

    use_one_arena()
    release_unused()
    before = psutil.Process().memory_info().rss
    model = OnnxModel.load(content)
    model.predict(np.zeros((1, 10), dtype=np.float32))
    release_unused()
    return float(psutil.Process().memory_info().rss - before) / 1e6


def page(forests: list[Forest], rows: int) -> str:
    """The page with these figures."""
    sizes = " | ".join(f"us a row, {size}" for size in BATCHES)
    lines = [
        f"| Forest | accuracy | macro-F1 | ONNX, MB | memory, MB | {sizes} |",
        "|---" + "|--:" * (4 + len(BATCHES)) + "|",
    ]
    for forest in forests:
        times = " | ".join(f"{forest.row_us[size]:.1f}" for size in BATCHES)
        lines.append(
            f"| {forest.name} | {forest.accuracy:.3f} | {forest.macro_f1:.3f} | "
            f"{forest.megabytes:.1f} | {forest.resident_mb:.0f} | {times} |"
        )
    chosen = "20 extra trees, derived features"
    return _PAGE.format(rows=rows, table="\n".join(lines), chosen=chosen)


def main() -> int:
    """Measure all forests; the exit code."""
    if not DATA_STORE.is_file():
        sys.stderr.write(f"{DATA_STORE} is missing: run `make demo` first\n")
        return 1
    with Store(f"sqlite:///{DATA_STORE}") as store:
        split = load_split(store, list(store.ledger()), 0, _SEED)
    forests = []
    for name, recipe in recipes():
        sys.stdout.write(f"{name} ...\n")
        sys.stdout.flush()
        forests.append(measure(name, recipe, split.development, split.holdout))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps([asdict(forest) for forest in forests], indent=2))
    PAGE.write_text(page(forests, len(split.development)))
    sys.stdout.write(f"Written: {PAGE}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

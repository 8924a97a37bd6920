"""A forest of the pipeline's own making, as large as its budget allows."""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.pipeline import Pipeline

from covertype.schema import COVER_TYPES, FEATURES
from pipeline.export import export
from pipeline.features import DerivedFeatures

_TREES = 20  # as many as the pipeline's candidates have


def forest(rows: int) -> bytes:
    """An exported forest, grown in seconds: random rows make about one leaf for each row."""
    random = np.random.default_rng(7)
    low = [feature.seen.low for feature in FEATURES]
    high = [feature.seen.high for feature in FEATURES]
    features = np.round(random.uniform(low, high, (rows, len(low)))).astype(np.float32)
    labels = random.choice(list(COVER_TYPES), rows)
    # One feature a split: the best of all takes longer to find, and random rows have none.
    trees = ExtraTreesClassifier(_TREES, max_features=1, n_jobs=1, random_state=7)
    model = Pipeline([("derived", DerivedFeatures()), ("forest", trees)])
    return export(model.fit(features, labels)).content

"""The rows that the load test sends stay inside the data's ranges, and vary."""

import json
from itertools import islice
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from covertype.schema import FEATURE_NAMES, FEATURES
from loadtest.payloads import payloads, random_payload


@settings(deadline=None)  # a busy machine is no fault
@given(st.integers())
def test_every_payload_is_a_whole_row_inside_the_seen_ranges(seed: int) -> None:
    for payload in islice(payloads(seed), 20):
        assert tuple(payload) == FEATURE_NAMES
        for feature in FEATURES:
            assert type(payload[feature.name]) is int
            assert payload[feature.name] in feature.seen
        assert json.loads(json.dumps(payload)) == payload


@settings(deadline=None)  # a busy machine is no fault
@given(st.integers())
def test_a_seed_gives_the_same_rows_again(seed: int) -> None:
    first = list(islice(payloads(seed), 5))
    assert first == list(islice(payloads(seed), 5))
    rng = Random(seed)
    assert first == [random_payload(rng) for _ in range(5)]


def test_rows_differ_within_a_stream_and_between_streams() -> None:
    rows = [*islice(payloads(), 50), *islice(payloads(), 50), *islice(payloads(1), 50)]
    assert len({tuple(row.values()) for row in rows}) == len(rows)


def test_the_draw_reaches_both_ends_of_a_range_and_is_even() -> None:
    slope = next(feature.seen for feature in FEATURES if feature.name == "Slope")
    draws = [row["Slope"] for row in islice(payloads(7), 6700)]
    counts = [draws.count(value) for value in range(int(slope.low), int(slope.high) + 1)]
    assert sum(counts) == len(draws)
    assert 50 < min(counts) <= max(counts) < 160  # 100 expected, 10 the standard deviation

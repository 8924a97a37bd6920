"""results.json and the page: medians, every ratio, and what a reader must be told."""

import json
from pathlib import Path

import pytest

from bench.measure import Figures
from bench.plot import draw
from bench.report import write_report
from bench.results import METRICS, Results
from bench.targets import CEILING, NAMES, TARGETS
from tests.support.servers import REPO

MACHINE = {
    "date": "2026-01-02",
    "cpu": "A processor",
    "cores": 2,
    "memory_gb": 24.1,
    "kernel": "Linux 6",
    "python": "3.11.7",
    "versions": {"fastapi": "0.1"},
    "load_before": 0.1,
}
SETTINGS = {"repeats": 3, "connections": 32, "seconds": 5.0, "warmup": 1.0, "rows": 20_000}


def figures(rps: float, generator_cpu: float = 0.2, others_cpu: float = 0.0) -> Figures:
    return Figures(
        requests=int(rps * 5),
        rps=rps,
        p50_ms=16_000 / rps,
        p99_ms=32_000 / rps,
        p999_ms=64_000 / rps,
        cpu_s_per_1000=1000 / rps,
        rss_mb=120.0,
        start_mb=100.0,
        server_cpu=0.98,
        generator_cpu=generator_cpu,
        others_cpu=others_cpu,
    )


@pytest.fixture
def results() -> Results:
    found = Results("full", SETTINGS, MACHINE, {"version": "1", "sha256": "ab" * 32})
    for rps in (9_000, 10_000, 20_000):
        found.add("this", figures(rps))
    for rps in (2_000, 1_900, 2_600):
        found.add("fastapi-onnx", figures(rps, others_cpu=0.2))
    found.add("bare-asgi", figures(40_000, generator_cpu=0.95))
    found.add(CEILING.name, figures(80_000, generator_cpu=0.99))
    return found


def test_a_targets_figure_is_the_median_of_its_rounds(results: Results) -> None:
    targets = results.to_json()["targets"]
    assert set(targets) == {"this", "fastapi-onnx", "bare-asgi"}
    assert set(METRICS) <= set(targets["this"])
    assert targets["this"]["rps"] == 10_000
    assert targets["this"]["p50_ms"] == 1.6
    assert (targets["this"]["rps_low"], targets["this"]["rps_high"]) == (9_000, 20_000)


def test_every_ratio_is_there(results: Results) -> None:
    ratios = results.to_json()["ratios"]
    assert set(ratios) == set(METRICS)
    assert ratios["rps"]["this"] == {"fastapi-onnx": 5.0, "bare-asgi": 0.25}
    assert ratios["p99_ms"]["fastapi-onnx"]["this"] == pytest.approx(5.0)


def test_a_busy_generator_is_marked(results: Results) -> None:
    found = results.to_json()
    assert found["generator"]["limited"] == ["bare-asgi"]
    assert found["generator"]["ceiling_rps"] == 80_000
    assert found["targets"]["bare-asgi"]["generator_limited"] is True
    assert found["targets"]["this"]["generator_limited"] is False


def test_a_refused_target_has_no_figures(results: Results) -> None:
    results.refuse("bare-asgi", "it answers class 3")
    found = results.to_json()
    assert "bare-asgi" not in found["targets"]
    assert found["refused"] == {"bare-asgi": "it answers class 3"}


def test_the_file_is_whole_after_each_measurement(results: Results, tmp_path: Path) -> None:
    file = tmp_path / "bench" / "results.json"
    results.write(file)
    assert json.loads(file.read_bytes())["complete"] is False
    results.complete = True
    results.write(file)
    assert json.loads(file.read_bytes())["complete"] is True
    assert list(file.parent.iterdir()) == [file]


def test_the_page_tells_what_was_found(results: Results, tmp_path: Path) -> None:
    results.skipped["bentoml"] = "bentoml 1.0 cannot be installed here"
    results.refused["litserve"] = "it answers class 3"
    page = tmp_path / "docs" / "benchmarks.md"
    write_report(results, page)
    text = page.read_text()
    assert "$" not in text
    table = text.split("## Ratios")[0]
    names = [line.split("`")[1] for line in table.splitlines() if line.startswith("| `")]
    assert names == ["bare-asgi", "this", "fastapi-onnx"]  # the fastest first
    assert "| 10,000 | 9,000-20,000 |" in table
    assert len({line.count("|") for line in table.splitlines() if line.startswith("|")}) == 1
    assert "| `fastapi-onnx` | 5 |" in text
    assert "A processor, 2 cores, 24.1 GB memory" in text
    assert "Skipped: `bentoml`: bentoml 1.0 cannot be installed here" in text
    assert "No figures: `litserve`: it answers class 3" in text
    assert "Other programs used the server's core meanwhile: `fastapi-onnx` (20%)." in text
    assert "80,000 requests/s, with 99% of its core" in text
    assert "| `bare-asgi` | 98% | 95% | 50% |" in text
    assert "may be what limits the rate: `bare-asgi`" in text


def test_the_same_figures_give_the_same_picture(results: Results, tmp_path: Path) -> None:
    for name in ("one.svg", "two.svg"):
        draw(results, tmp_path / name)
    picture = (tmp_path / "one.svg").read_text()
    assert picture == (tmp_path / "two.svg").read_text()
    assert all(name in picture for name in results.measured())
    assert CEILING.name not in picture


def test_the_committed_page_has_every_target() -> None:
    page = (REPO / "docs" / "benchmarks.md").read_text()
    rows = {line.split("`")[1] for line in page.splitlines() if line.startswith("| `")}
    skipped = {name for name in NAMES if f"Skipped: `{name}`" in page}
    assert rows | skipped == {target.name for target in TARGETS}
    assert (REPO / "docs" / "images" / "benchmark.svg").is_file()

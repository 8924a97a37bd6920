"""Two runs beside each other, and the tables for the terminal."""

from pathlib import Path

from rich.console import Console

from capacity.analysis.compare import compare
from capacity.records import ConfigurationResult
from capacity.report.compare import comparison_table, write_comparison
from capacity.report.table import results_table
from tests.capacity.report.browser import browser
from tests.capacity.report.samples import sample_results, sample_run, seed_plan


def _printed(table: object) -> str:
    console = Console(width=200)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def _faster(result: ConfigurationResult) -> ConfigurationResult:
    capacity = result.capacity
    if capacity is None or capacity.is_bound:
        return result
    better = capacity.model_copy(
        update={
            "rate": capacity.rate * 1.5,
            "low": capacity.low * 1.5,
            "samples": tuple(one * 1.5 for one in capacity.samples),
        }
    )
    return result.model_copy(update={"capacity": better})


def test_a_change_and_none(tmp_path: Path) -> None:
    plan = seed_plan()
    before = sample_run(plan)
    after = before.model_copy(
        update={"id": "later", "environment": {**before.environment, "cores": 4}}
    )
    old = sample_results(plan)
    new = [_faster(one) for one in old[:-1]]
    comparison = compare(before, old, after, new)
    page = write_comparison(before, after, comparison, tmp_path)
    html, markdown = (
        (tmp_path / name).read_text(encoding="utf-8") for name in ("compare.html", "compare.md")
    )
    assert page == tmp_path / "compare.html"
    for text in (html, markdown):
        assert "environment cores: 2, then 4" in text
        assert "changed beyond the bounds of both runs" in text
        assert "1.50" in text
        assert "higher" in text
        assert "no difference shown" in text
        assert "3 x 0.5 CPU, 1000 MB" in text  # only before
    assert html.index("What was different") < html.index("What changed")
    printed = _printed(comparison_table(comparison))
    assert "1.50" in printed
    assert "no difference shown" in printed
    with browser(tmp_path / "profile") as tab:
        tab.open(page.as_uri(), 390)
        assert tab.value("document.documentElement.scrollWidth") <= 390
        assert not tab.complaints()


def test_the_same_run_twice_shows_no_difference(tmp_path: Path) -> None:
    plan = seed_plan()
    run, results = sample_run(plan), sample_results(plan)
    page = write_comparison(run, run, compare(run, results, run, results), tmp_path)
    text = page.read_text(encoding="utf-8")
    assert "No difference is shown" in text
    assert "Plan and environment are the same." in text


def test_results_for_the_terminal() -> None:
    plan = seed_plan()
    printed = _printed(results_table(sample_run(plan), sample_results(plan)))
    assert "1 x 0.5 CPU, 2000 MB" in printed
    assert "broke" in printed
    assert "(generator)" in printed

"""The files of a report: whole, self-contained, the same each time, and never a crash."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from capacity.configuration import Configuration
from capacity.errors import BadRun
from capacity.plan.load import Limit, Load, Open
from capacity.plan.model import Candidate, Objective, Plan
from capacity.records import Capacity, ConfigurationResult, LoadFigures, Run
from capacity.report.page import commands, write_report
from console.errors import NotWritable
from tests.capacity.report.loads import measured, probe
from tests.capacity.report.samples import (
    BROKE,
    sample_results,
    sample_run,
    seed_plan,
)

SMALL = Configuration(cpus=0.5, memory=400, replicas=1)


def test_both_texts_say_what_happened(report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    markdown = (report.parent / "summary.md").read_text(encoding="utf-8")
    for text in (html, markdown):
        assert "18/s, answers after 500 s" in text  # the reference
        assert "the generator was the limit" in text
        assert "not judged" in text
        assert "636" in text  # refused, counted apart from the 117 that failed
        assert "117" in text
        assert "git checkout 8d15dd3" in text
        assert ".venv/bin/python -m capacity run seed" in text
    assert BROKE in html
    assert "MemoryError: &lt;no room for the model&gt;" in html
    assert "fastapi-2 was killed for memory once" in html
    assert "1 OOM kill, 1 restart" in html
    assert "An estimate, not a measurement" in html


def test_an_estimate_is_called_one(report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    assert "<em>Estimate:</em> About 1,140/s, so the load is not held." in html
    assert "<em>Estimate:</em> No difference" not in html


def test_the_page_is_one_file(report: Path) -> None:
    html = report.read_text(encoding="utf-8")
    outside = re.findall(r"""(?:src|href|xlink:href)=["']?(?!["']?(?:#|data:))[^\s>]+""", html)
    assert outside == []
    assert "<script" not in html
    assert "url(http" not in html
    assert "@import" not in html


def test_every_picture_is_a_file_twice_and_the_summary_shows_some(report: Path) -> None:
    folder = report.parent / "pictures"
    drawn = {file.stem for file in folder.glob("*.svg")}
    assert drawn == {file.stem for file in folder.glob("*.png")}
    markdown = (report.parent / "summary.md").read_text(encoding="utf-8")
    shown = re.findall(r"!\[[^\]]+\]\((pictures/[^)]+)\)", markdown)
    assert len(shown) == 3
    assert all((report.parent / one).stat().st_size > 5_000 for one in shown)


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    plan = _plan(Load(limit=Limit()))
    results = [_with_capacity(100.0)]
    first, second = (
        write_report(sample_run(plan), results, [], tmp_path / name).parent for name in "ab"
    )
    files = sorted(file.relative_to(first) for file in first.rglob("*") if file.is_file())
    assert len(files) >= 6
    assert all((first / one).read_bytes() == (second / one).read_bytes() for one in files)


def test_what_comes_from_outside_is_escaped(tmp_path: Path) -> None:
    plan = _plan(Load(limit=Limit()))
    broken = ConfigurationResult(configuration=SMALL, error="<script>alert(1)</script> & more")
    html = write_report(sample_run(plan), [broken], [], tmp_path).read_text(encoding="utf-8")
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html


def _empty(_: Plan) -> list[ConfigurationResult]:
    return []


def _started(_: Plan) -> list[ConfigurationResult]:
    return [ConfigurationResult(configuration=SMALL)]


def _nothing_held(_: Plan) -> list[ConfigurationResult]:
    none = Capacity(
        rate=0, low=0, is_bound=False, limited_by="service", samples=(0.0,), probes=(probe(9, 3),)
    )
    return [ConfigurationResult(configuration=SMALL, capacity=none, is_complete=True)]


def _nothing_accepted(_: Plan) -> list[ConfigurationResult]:
    one = measured(SMALL, 1, 0)
    load: LoadFigures = one.load.model_copy(
        update={"accepted": None, "ok": 0, "goodput": 0.0, "timeline": ()}
    )
    silent = one.model_copy(update={"load": load, "containers": (), "balance": {}})
    return [ConfigurationResult(configuration=SMALL, measurements=(silent,))]


def _one_second(_: Plan) -> list[ConfigurationResult]:
    one = measured(SMALL, 1, 0)
    load = one.load.model_copy(update={"timeline": one.load.timeline[:1]})
    return [
        ConfigurationResult(
            configuration=SMALL, measurements=(one.model_copy(update={"load": load}),)
        )
    ]


@pytest.mark.parametrize(
    "results", [_empty, _started, _nothing_held, _nothing_accepted, _one_second]
)
@pytest.mark.parametrize("load", [Load(limit=Limit()), Load(open=Open(rates=(5.0,)))])
def test_missing_figures_make_a_readable_report(
    tmp_path: Path, load: Load, results: Callable[[Plan], list[ConfigurationResult]]
) -> None:
    plan = _plan(load)
    run = sample_run(plan, ended=False).model_copy(update={"environment": {}, "ceiling": None})
    html = write_report(run, results(plan), [], tmp_path).read_text(encoding="utf-8")
    assert "This run is not finished: 0 of 1 configuration" in html or "1 of 1" in html
    assert not re.search(r"\b(nan|inf|None)\b", _text(html))


def test_an_interrupted_run_says_how_far_it_came(tmp_path: Path) -> None:
    plan = seed_plan()
    html = write_report(
        sample_run(plan, ended=False), sample_results(plan)[:1], [], tmp_path
    ).read_text(encoding="utf-8")
    assert "This run is not finished: 1 of 7 configurations measured so far." in html


def test_a_plan_of_another_version_is_refused(tmp_path: Path) -> None:
    run = sample_run(seed_plan()).model_copy(update={"plan": {"name": "old"}})
    with pytest.raises(BadRun, match="no plan of this version"):
        write_report(run, [], [], tmp_path)


def test_a_folder_that_cannot_be_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    plan = _plan(Load(limit=Limit()))
    with pytest.raises(NotWritable, match="cannot be written"):
        write_report(sample_run(plan), [], [], tmp_path / "file")


def test_commands_are_quoted_for_the_shell() -> None:
    run: Run = sample_run(seed_plan()).model_copy(
        update={"arguments": ("run", "my plans/a.yaml", "--short")}
    )
    assert ".venv/bin/python -m capacity run 'my plans/a.yaml' --short" in commands(run)


def _plan(load: Load) -> Plan:
    return Plan(
        name="small",
        configurations=(Candidate(cpus=0.5, memory=400),),
        load=load,
        objective=Objective(p95_ms=1000),
    )


def _with_capacity(rate: float) -> ConfigurationResult:
    return ConfigurationResult(
        configuration=SMALL,
        is_complete=True,
        capacity=Capacity(
            rate=rate,
            low=rate * 0.9,
            is_bound=False,
            limited_by="service",
            samples=(rate,),
            probes=tuple(probe(rate * share, share) for share in (0.2, 0.6, 0.9, 1.1)),
        ),
    )


def _text(html: str) -> str:
    """What a reader sees: no drawings, styles or tags."""
    bare = re.sub(r"<(svg|style|pre)\b.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", bare)

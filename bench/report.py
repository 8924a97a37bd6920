"""docs/benchmarks.md: the figures of a run, put into the text of bench/report.md."""

from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table

from bench.results import METRICS, Results
from bench.targets import TARGETS, Target

_TEMPLATE: Final = Path(__file__).with_name("report.md")
_HEADINGS: Final = ("requests/s", "p50 ms", "p99 ms", "p99.9 ms", "CPU s per 1,000", "peak MB")
_OTHERS_LIMIT: Final = 0.05
_LOAD_LIMIT: Final = 0.5


def write_report(results: Results, file: Path) -> None:
    """Write the page."""
    file.parent.mkdir(parents=True, exist_ok=True)
    settings, machine = results.settings, results.machine
    file.write_text(
        Template(_TEMPLATE.read_text(encoding="utf-8")).substitute(
            date=machine["date"],
            command="make bench",
            table=_table(results),
            ratios=_ratios(results),
            machine=_machine(machine, results.champion),
            notes="\n".join(_notes(results)),
            generator=_generator(results),
            repeats=settings["repeats"],
            connections=settings["connections"],
            seconds=f"{settings['seconds']:g}",
            warmup=f"{settings['warmup']:g}",
            rows=f"{settings['rows']:,}",
        ),
        encoding="utf-8",
    )


def show(results: Results, console: Console) -> None:
    """Print the figures."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column("target")
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for target in _fastest_first(results):
        table.add_row(target.name, *_cells(results.medians(target.name)))
    console.print(table)


def _fastest_first(results: Results) -> list[Target]:
    measured = results.measured()
    found = [target for target in TARGETS if target.name in measured]
    return sorted(found, key=lambda target: -results.medians(target.name)["rps"])


def _cells(values: Mapping[str, float]) -> list[str]:
    rps, p50, p99, p999, cpu, memory = (values[metric] for metric in METRICS)
    return [f"{rps:,.0f}", f"{p50:.1f}", f"{p99:.1f}", f"{p999:.1f}", f"{cpu:.3f}", f"{memory:.0f}"]


def _table(results: Results) -> str:
    headings = ("", _HEADINGS[0], "range", *_HEADINGS[1:], "MB to start")
    lines = [_row("Target", *headings), "|---|---" + "|--:" * (len(headings) - 1) + "|"]
    for target in _fastest_first(results):
        rates = [figures.rps for figures in results.rounds[target.name]]
        medians = results.medians(target.name)
        rps, *others = _cells(medians)
        others.append(f"{medians['start_mb']:.0f}")
        span = f"{min(rates):,.0f}-{max(rates):,.0f}"
        lines.append(_row(f"`{target.name}`", target.title, rps, span, *others))
    return "\n".join(lines)


def _ratios(results: Results) -> str:
    if "this" not in results.measured():
        return "This service was not measured."
    ratios = results.ratios()
    lines = [_row("This service to", *_HEADINGS), "|---" + "|--:" * len(_HEADINGS) + "|"]
    for target in _fastest_first(results):
        if target.name != "this":
            cells = (f"{ratios[metric]['this'].get(target.name, 0):.3g}" for metric in METRICS)
            lines.append(_row(f"`{target.name}`", *cells))
    return "\n".join(lines)


def _machine(machine: Mapping[str, Any], champion: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in sorted(machine["versions"].items()))
    return "\n".join(
        (
            f"- {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']:g} GB memory",
            f"- {machine['kernel']}, Python {machine['python']}",
            f"- {versions}",
            f"- champion: version {champion['version']}, sha256 `{champion['sha256']}`",
        )
    )


def _notes(results: Results) -> list[str]:
    """What a reader should know about this run in particular."""
    notes = [f"- Skipped: `{name}`: {reason}" for name, reason in results.skipped.items()]
    notes += [f"- No figures: `{name}`: {reason}" for name, reason in results.refused.items()]
    load = results.machine["load_before"]
    if load > _LOAD_LIMIT:
        notes.append(
            f"- The machine did other work, too: its load average was {load} at the start."
        )
    disturbed = [
        f"`{name}` ({share:.0%})"
        for name in results.measured()
        if (share := results.medians(name)["others_cpu"]) > _OTHERS_LIMIT
    ]
    if disturbed:
        notes.append(f"- Other programs used the server's core meanwhile: {', '.join(disturbed)}.")
    return notes


def _generator(results: Results) -> str:
    found = results.generator()
    lines = []
    if "ceiling_rps" in found:
        lines.append(
            "Against an event loop that answers without any HTTP server the generator sent "
            f"{found['ceiling_rps']:,.0f} requests/s, with {found['ceiling_cpu']:.0%} of its core."
        )
    headings = ("server's share of its core", "generator's share of its core", "of that ceiling")
    lines += ["", _row("Target", *headings), "|---" + "|--:" * len(headings) + "|"]
    ceiling = found.get("ceiling_rps")
    for target in _fastest_first(results):
        medians = results.medians(target.name)
        shares = (f"{medians[name]:.0%}" for name in ("server_cpu", "generator_cpu"))
        of_ceiling = f"{medians['rps'] / ceiling:.0%}" if ceiling else ""
        lines.append(_row(f"`{target.name}`", *shares, of_ceiling))
    limited = ", ".join(f"`{name}`" for name in found["limited"])
    if limited:
        lines += ["", f"Here the generator may be what limits the rate: {limited}."]
    return "\n".join(lines)


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"

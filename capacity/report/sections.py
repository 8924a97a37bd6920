"""What the page tells about one configuration."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from capacity import words
from capacity.analysis.roles import GATEWAY, INFERENCE
from capacity.plan.model import Plan
from capacity.records import ConfigurationResult, ContainerUse, CpuShares, Measurement
from capacity.report import over_time
from capacity.report.against_load import against_load, knee, points
from capacity.report.pictures import Picture, publish
from capacity.report.rows import Row, estimated
from capacity.report.selection import events, held, watched

MEASUREMENT_HEADINGS = ("Load", "Offered", "ok", "Refused", "Failed", "p50", "p95", "p99", "Met")
USE_HEADINGS = ("Container", "CPU mean, most", "CPU limit", "Memory most", "Limit", "Throttled")
RATE_HEADINGS = (
    *("Requests/s", "p95", "Met", "Limited by"),
    *("CPU of inference", "Gateway", "Generator", "Machine", "Why"),
)


@dataclass(frozen=True, slots=True)
class Section:
    """Tables are rows of texts; ``remarks`` are sentences, accidents first."""

    slug: str
    title: str
    verdict: str
    error: str | None
    excerpt: str
    applied: str
    capacity: str
    remarks: tuple[str, ...]
    measurements: tuple[tuple[str, ...], ...]
    shown: str
    use: tuple[tuple[str, ...], ...]
    rates: tuple[tuple[str, ...], ...]
    pictures: tuple[Picture, ...]


def section(
    plan: Plan,
    results: Sequence[ConfigurationResult],
    result: ConfigurationResult,
    row: Row,
    folder: Path,
) -> Section:
    """All about one configuration; its pictures are written into the folder."""
    load = held(plan, result)
    shown = load.shown if load else (result.measurements[0] if result.measurements else None)
    return Section(
        slug=result.configuration.slug,
        title=result.configuration.title,
        verdict=row.verdict,
        error=result.error,
        excerpt=result.excerpt,
        applied=_applied(result),
        capacity=words.capacity(result.capacity),
        remarks=tuple(dict.fromkeys(_remarks(results, result))),
        measurements=tuple(_measured(one) for one in result.measurements),
        shown=shown.step if shown else "",
        use=tuple(_used(one) for one in watched(shown)) if shown else (),
        rates=tuple(
            (
                words.rate(one.rate),
                words.latency(one.p95_ms),
                "yes" if one.met else "no",
                words.LIMITED_BY[one.limited_by],
                *_cpu(one.cpu),
                " ".join(one.reasons),
            )
            for one in points(result)
        ),
        pictures=tuple(_pictures(plan, result, shown, folder)),
    )


def _remarks(results: Sequence[ConfigurationResult], result: ConfigurationResult) -> Iterator[str]:
    for measurement in result.measurements:
        yield from events(measurement)
    for measurement in result.measurements:
        for reason in measurement.judgement.reasons:
            yield f"{measurement.step}: {reason}"
        for fault in measurement.load.generator.faults:
            if fault not in measurement.judgement.reasons:
                yield f"{measurement.step}, the load generator: {fault}"
    guess = estimated(results, result)
    if guess is not None:
        yield guess.sentence
    bend = knee(result)
    if bend is not None:
        yield f"Knee: {bend.why}"


def _applied(result: ConfigurationResult) -> str:
    if not result.applied:
        return "No limits were proven."
    limits = "; ".join(
        f"{one.name}: {one.cpus:g} CPU, {one.memory:,.0f} MB"
        + (f", {words.count(one.workers, 'worker')}" if one.workers else "")
        for one in result.applied
    )
    ready = f" Ready after {result.ready_seconds:.1f} s." if result.ready_seconds else ""
    return f"Limits, asked of what runs: {limits}.{ready}"


def _measured(one: Measurement) -> tuple[str, ...]:
    load, accepted = one.load, one.load.accepted
    name = f"{one.step}: {load.users:,} users" if load.users else one.step
    percentiles = (accepted.p50_ms, accepted.p95_ms, accepted.p99_ms) if accepted else (None,) * 3
    judgement = one.judgement
    limit = words.LIMITED_BY[judgement.limited_by]
    met = "yes" if judgement.met else "no"
    return (
        name,
        words.rate(load.offered),
        words.rate(load.goodput),
        f"{load.refused:,}",
        f"{load.failed:,}",
        *map(words.latency, percentiles),
        met if judgement.limited_by == "nothing" else f"{met}; limited by {limit}",
    )


def _used(one: ContainerUse) -> tuple[str, ...]:
    accidents = [
        words.count(amount, what)
        for amount, what in ((one.oom_kills, "OOM kill"), (one.restarts, "restart"))
        if amount
    ]
    return (
        one.name + (f" ({', '.join(accidents)})" if accidents else ""),
        f"{one.cpu_mean:.2f}, {one.cpu_max:.2f}",
        f"{one.cpu_limit:g}" if one.cpu_limit else "none",
        f"{one.memory_max:,.0f} MB",
        f"{one.memory_limit:,.0f} MB" if one.memory_limit else "none",
        words.share(one.throttled),
    )


def _cpu(shares: CpuShares | None) -> tuple[str, ...]:
    """Of what each may use; a run of an earlier version kept none."""
    used = (shares.inference, shares.gateway, shares.generator, shares.machine) if shares else ()
    return tuple(map(words.optional_share, used)) or (words.NONE,) * 4


def _pictures(
    plan: Plan, result: ConfigurationResult, shown: Measurement | None, folder: Path
) -> Iterator[Picture]:
    slug, title = result.configuration.slug, result.configuration.title
    if shown is not None:
        load, limits = shown.load, "against the limits"
        figures = (
            f"{words.rate(load.goodput)} ok of {words.rate(load.offered)} offered; "
            f"{load.refused:,} refused, {load.failed:,} failed."
        )
        accepted = load.accepted
        latencies = (
            f"p50 {words.latency(accepted.p50_ms)}, p95 {words.latency(accepted.p95_ms)}, "
            f"p99 {words.latency(accepted.p99_ms)} in all."
            if accepted
            else "Nothing was accepted."
        )
        drawn = (
            ("throughput", "Throughput over time", over_time.throughput(shown), figures),
            ("latency", "Latency over time", over_time.latency(shown, plan.objective), latencies),
            ("cpu", f"CPU {limits}", over_time.cpu(shown), _most(shown, "cpu")),
            (
                "memory",
                f"Memory {limits}",
                over_time.memory(shown),
                _most(shown, "memory"),
            ),
            ("balance", "Balance between the replicas", over_time.balance(shown), _shares(shown)),
        )
        for kind, name, figure, text in drawn:
            yield from publish(figure, f"{slug}-{kind}", f"{name}: {title}", text, folder)
    bend = knee(result)
    text = f"The knee is at {words.rate(bend.rate)}. " if bend else ""
    text += f"Capacity: {words.capacity(result.capacity)}."
    figure = against_load(result, plan.objective)
    yield from publish(figure, f"{slug}-load", f"Latency against load: {title}", text, folder)


def _most(shown: Measurement, kind: str) -> str:
    """The fullest container of inference, the gateway, and the generator's own use."""
    parts = []
    for service in (INFERENCE, GATEWAY):
        shares = [
            used / limit
            for one in shown.containers
            if one.service == service
            for used, limit in [
                (one.cpu_mean, one.cpu_limit)
                if kind == "cpu"
                else (one.memory_max, one.memory_limit)
            ]
            if limit
        ]
        if shares:
            name = "the busiest replica" if service == INFERENCE else "the gateway"
            parts.append(f"{name} {words.share(max(shares))}")
    what = "On average" if kind == "cpu" else "At most"
    text = f"{what}: {words.joined(parts)} of its limit." if parts else ""
    if kind == "cpu":
        text += (
            f" The generator's busiest process used {words.share(shown.load.generator.cpu)} of a "
            f"core, the machine {words.share(shown.machine_cpu)} of its processors."
        )
    return text.strip()


def _shares(shown: Measurement) -> str:
    total = sum(shown.balance.values()) or 1
    shares = [
        f"{name} {words.share(value / total)}" for name, value in sorted(shown.balance.items())
    ]
    return f"Answered by {words.joined(shares)}."

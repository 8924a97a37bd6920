"""Figures and findings in words, the same wherever they are shown."""

from datetime import UTC, datetime
from typing import Final

from capacity.records import Capacity, LimitedBy

NONE: Final = "-"
NOT_MEASURED: Final = "not measured"
LIMITED_BY: Final[dict[LimitedBy, str]] = {
    "nothing": "nothing",
    "service": "the service",
    "gateway": "the gateway",
    "generator": "the generator",
    "machine": "the machine",
}
_SECOND_MS: Final = 1000
_SMALL: Final = 10


def number(value: float) -> str:
    """A count or a rate: whole from 10 on, two figures below."""
    return f"{value:,.0f}" if value >= _SMALL or value == round(value) else f"{value:.1f}"


def rate(value: float) -> str:
    """Requests a second."""
    return f"{number(value)}/s"


def latency(milliseconds: float | None) -> str:
    """A latency in the unit that suits it."""
    if milliseconds is None:
        return NONE
    if milliseconds >= _SMALL * _SECOND_MS:
        return f"{milliseconds / _SECOND_MS:,.1f} s"
    return f"{number(milliseconds)} ms"


def share(value: float) -> str:
    """A share as percent: whole from 10 on, two figures below."""
    percent = value * 100
    return f"{percent:.0f} %" if percent >= _SMALL else f"{percent:.2g} %"


def exact_share(value: float) -> str:
    """A share as percent in three digits, to hold it against a limit: 99.6 % are not 100 %."""
    return f"{value * 100:.3g} %"


def optional_share(value: float | None) -> str:
    """A share as percent, or a dash."""
    return NONE if value is None else share(value)


def price(value: float, currency: str) -> str:
    """What an hour costs."""
    return f"{value:.4f} {currency}"


def moment(iso: str) -> str:
    """A time to the minute, in UTC."""
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def count(amount: int, one: str, many: str | None = None) -> str:
    """An amount with its noun: ``1 OOM kill``, ``2 OOM kills``."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"


def joined(parts: list[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def capacity(found: Capacity | None) -> str:
    """The highest rate that met the objective, with what is certain about it."""
    if found is None:
        return NOT_MEASURED
    if found.rate == 0:
        return "none: no rate met the objective"
    if found.is_bound:
        own = found.limited_by == "nothing"
        limit = "the plan's ceiling" if own else LIMITED_BY[found.limited_by]
        return f"at least {rate(found.rate)} ({limit} was the limit)"
    if len(found.samples) == 1:
        return f"{rate(found.rate)} (one sample, {rate(found.low)} was met)"
    return f"{rate(found.rate)} (95 % sure of {rate(found.low)})"

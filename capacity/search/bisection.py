"""The highest rate that meets the objective, found by probing rates.

A sample is one bisection: from a first rate up or down to a bracket, one rate that was met
and one that was not, which is then halved until its ends are close. Each further sample
begins anew from a bracket around the answers before it, and widens that when an end does not
hold, so the samples are independent looks at the same limit and their spread says how sure the
figure is.
"""

from collections.abc import Callable
from math import exp, inf, log, sqrt
from statistics import fmean, geometric_mean, stdev

from scipy.stats import t as student

from capacity.errors import CannotMeasure
from capacity.plan.load import Limit
from capacity.records import Capacity, LimitedBy, Probe
from capacity.search.bracket import Bracket
from capacity.service import News

# One request a second: what cannot hold that holds nothing.
LOWEST_RATE = 1.0
# A bisection needs some 10 rates; a service that answers at random must not be asked for ever.
MOST_RATES_A_SAMPLE = 100
_DOUBLING = 2.0
# Other programs may have kept both from running for a moment: that is worth a second look.
_OF_THE_MOMENT: tuple[LimitedBy, ...] = ("generator", "machine")
_CONFIDENCE = 0.95


def find_capacity(
    probe: Callable[[float], Probe],
    limit: Limit,
    ceiling: float,
    *,
    guess: float | None = None,
    news: News = lambda _: None,
) -> Capacity:
    """Probe rates until the highest that is met is known.

    ``ceiling`` is the highest rate that the generator may be asked for; the plan's may be lower.
    The search begins at ``guess``, where there is one, instead of the plan's start.

    ``rate`` is the geometric mean of the samples, each the middle of its last bracket. ``low``
    is the one-sided 95 % bound of Student's t on their logarithms, and never above the mean of
    the highest rates that were met; with one sample it is that rate. Where something else than
    the service ended the first sample, there is no second: both are the highest rate met. A rate
    that the generator or the machine spoiled is asked twice before that is believed.

    Raises:
        CannotMeasure: the ceiling is no rate.
    """
    if ceiling <= 0:
        raise CannotMeasure("the generator reaches no rate at all: run it by hand to see why")
    top = min(ceiling, limit.ceiling or inf)
    probes: list[Probe] = []
    found: list[Bracket] = []
    step, start = _DOUBLING, guess or limit.start
    for number in range(1, limit.samples + 1):

        def ask(rate: float, sample: int = number) -> Probe:
            news(f"sample {sample} of {limit.samples}: {rate:,.0f} requests/s")
            probes.append(probe(rate))
            if probes[-1].limited_by in _OF_THE_MOMENT:
                probes.append(probe(rate))
            return probes[-1]

        bracket = _sample(ask, start, step, top, limit.tolerance)
        found.append(bracket)
        if bracket.low == 0 or (number == 1 and bracket.is_bound):
            break
        # Each sample begins from a wider bracket than the last, so that no two ask for the same
        # rates: their errors of rounding would be the same, too, and the spread none.
        middle = geometric_mean([one.middle for one in found if not one.is_bound])
        width = (1 + limit.tolerance) ** (1 + 0.7 * number)
        start, step = middle / width, width**2
    return _capacity(found, "nothing" if top < ceiling else "generator", tuple(probes))


def _sample(
    ask: Callable[[float], Probe], start: float, step: float, top: float, tolerance: float
) -> Bracket:
    """One bisection. ``step`` is how far the bracket's other end is tried first, as a ratio."""
    floor = min(LOWEST_RATE, top)
    bracket = Bracket(tolerance)
    rate = min(max(start, floor), top)
    for _ in range(MOST_RATES_A_SAMPLE):
        bracket.note(ask(rate))
        low, high = bracket.low, bracket.high
        if high is None:
            if low >= top:
                break
            rate, step = min(low * step, top), _DOUBLING
        elif low == 0:
            if high <= floor:
                break
            rate, step = max(high / step, floor), _DOUBLING
        elif not bracket.is_narrow:
            rate = sqrt(low * high)
        elif bracket.is_confirmed:
            break
        else:
            rate = high
    return bracket


def _capacity(found: list[Bracket], unmet: LimitedBy, probes: tuple[Probe, ...]) -> Capacity:
    """What the samples come to. ``unmet`` is what ends a search in which no rate failed."""
    last = found[-1]
    own = [one for one in found if not one.is_bound]
    if last.low == 0 or not own:
        return Capacity(
            rate=last.low,
            low=last.low,
            is_bound=last.is_bound,
            limited_by=last.limited_by or unmet,
            samples=(last.low,),
            probes=probes,
        )
    samples = [one.middle for one in own]
    return Capacity(
        rate=geometric_mean(samples),
        low=min(_student_low(samples), geometric_mean([one.low for one in own])),
        is_bound=False,
        limited_by="service",
        samples=tuple(samples),
        probes=probes,
    )


def _student_low(samples: list[float]) -> float:
    """The one-sided bound from below for the geometric mean; infinite for one sample."""
    count = len(samples)
    if count == 1:
        return inf
    logs = [log(one) for one in samples]
    factor = float(student.ppf(_CONFIDENCE, count - 1))
    return exp(fmean(logs) - factor * stdev(logs) / sqrt(count))

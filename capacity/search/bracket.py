"""Where a limit lies, as far as the probes of one sample tell."""

from math import sqrt

from capacity.records import LimitedBy, Probe


class Bracket:
    """The highest rate that was met, and the lowest above it that was not.

    The same rate may be asked again: its last answer is believed. A probe that the generator,
    the gateway or the machine ended says nothing good about the service, whatever its
    figures: it counts as not met.
    """

    def __init__(self, tolerance: float) -> None:
        self._near = 1 + tolerance
        self._failed: dict[float, list[Probe]] = {}
        self.low = 0.0

    def note(self, probe: Probe) -> None:
        """Take an answer into account."""
        if probe.met and probe.limited_by in ("nothing", "service"):
            self._failed.pop(probe.rate, None)
            self.low = max(self.low, probe.rate)
        else:
            self._failed.setdefault(probe.rate, []).append(probe)

    @property
    def high(self) -> float | None:
        """The lowest rate above ``low`` that was not met; None if there is none."""
        return min((rate for rate in self._failed if rate > self.low), default=None)

    @property
    def is_narrow(self) -> bool:
        """Are its ends within the tolerance of each other?"""
        return self.high is not None and self.high <= self.low * self._near

    @property
    def is_confirmed(self) -> bool:
        """Was its upper end, or a rate close above it, seen to fail more than once?

        A single failure may be a moment in which the machine did something else.
        """
        high = self.high or 0.0
        near = high * self._near**2
        return sum(len(seen) for rate, seen in self._failed.items() if high <= rate <= near) > 1

    @property
    def limited_by(self) -> LimitedBy | None:
        """What ended the highest probe; None when none failed."""
        high = self.high
        return None if high is None else self._failed[high][-1].limited_by

    @property
    def is_bound(self) -> bool:
        """Did something else than the service set the upper end, so that it may hold more?"""
        return self.limited_by not in ("service", "nothing")

    @property
    def middle(self) -> float:
        """The limit, as a figure: halfway between the ends, as a ratio; ``low`` if bound."""
        high = self.high
        return self.low if high is None or self.is_bound else sqrt(self.low * high)

"""The profiles as Locust's load test shapes.

Users, spawn rate and run time are Locust's own options, from the environment or the page.
Locust ends the run when a shape does; it does not look at the run time then.
"""

from typing import Final

from locust import LoadTestShape

from loadtest.profiles import PROFILES, Asked, Tick

_DEFAULT_SECONDS: Final = 600.0


class Shape(LoadTestShape):
    """A profile over Locust's run time; without a run time, over ten minutes."""

    abstract = True
    use_common_options = True
    profile: str

    def tick(self) -> Tick | None:
        """What Locust asks for each second; None ends the run."""
        assert self.runner is not None, "Locust gives a shape its runner"  # noqa: S101
        options = self.runner.environment.parsed_options
        assert options is not None, "Locust was started by its command line"  # noqa: S101
        asked = Asked(
            users=options.num_users or 1,
            spawn_rate=float(options.spawn_rate or 1),
            seconds=float(options.run_time or _DEFAULT_SECONDS),
        )
        now: float = self.get_run_time()  # type: ignore[no-untyped-call]  # Locust has no types here
        return None if now >= asked.seconds else PROFILES[self.profile](asked, now / asked.seconds)


class Steps(Shape):
    profile = "steps"


class Spike(Shape):
    profile = "spike"


class Soak(Shape):
    profile = "soak"


class TenThousand(Shape):
    profile = "ten-thousand"

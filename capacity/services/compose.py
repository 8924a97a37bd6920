"""The stack's inference as the service under test."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal

import psutil

from capacity.configuration import Configuration
from capacity.plan.model import ServicePlan
from capacity.service import Applied, News, Observation
from capacity.services import fingerprint, limits, takeover, watching
from capacity.services.engine_api import Engine
from capacity.services.replicas import direct_address
from stack.context import Stack

_SWAP = (
    "memory beyond the limit may go to this machine's swap, as much again as the limit: a "
    "replica becomes slow before it is killed"
)


class ComposeService:
    """Inference behind the gateway, in containers. It satisfies `capacity.service.Service`."""

    kind: Literal["compose", "embedded"] = "compose"

    def __init__(self, stack: Stack, plan: ServicePlan) -> None:
        """Find the engine.

        Raises:
            NotUp: there is none, or it is on another machine.
        """
        stack.docker.check()
        self._stack = stack
        self._plan = plan
        self._engine = Engine(stack.docker)
        self._url: str | None = None
        self.cannot_limit: tuple[str, ...] = (_SWAP,) if psutil.swap_memory().total else ()

    @property
    def url(self) -> str:
        """Of the predictions, at the gateway's own address where this machine reaches it.

        The published port leads through a proxy of Docker's, which takes more of the machine's
        CPU than the gateway itself.
        """
        if self._url is None:
            base = direct_address(self._stack, self._engine) or self._stack.gateway_url
            self._url = f"{base}/predict/"
        return self._url

    def describe(self) -> dict[str, Any]:
        """The fingerprint of the machine, the software and the settings."""
        return fingerprint.describe(self._stack, takeover.gateway_settings(self._plan))

    @contextmanager
    def taken_over(self) -> Iterator[None]:
        """Have the stack for this run alone; see `capacity.services.takeover`."""
        try:
            with takeover.taken_over(self._stack, self._engine, self._plan):
                self._url = None  # the gateway may have been made anew
                yield
        finally:
            self._engine.close()

    def apply(self, configuration: Configuration, news: News) -> Applied:
        """Have the replicas with these resources alone; see `capacity.services.limits`."""
        return limits.apply(self._stack, self._engine, configuration, news)

    def observed(self) -> AbstractContextManager[Observation]:
        """Watch all containers; see `capacity.services.watching`."""
        return watching.observed(self._stack, self._engine)

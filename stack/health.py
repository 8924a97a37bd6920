"""Wait until every container of the stack lives, and notice when one never will."""

from collections.abc import Sequence

from console.errors import CommandError, NotReady, ProcessFailed
from console.progress import Phase
from stack.containers import Container, containers, last_log_lines, services
from stack.docker import Docker
from stack.waiting import wait_until

HEALTHY_SECONDS = 600.0
# Seen to start again that often, a container will not recover by itself.
MOST_RESTARTS = 3


class Watch:
    """Looks at the containers again and again."""

    def __init__(self, docker: Docker, phase: Phase, poll: float) -> None:
        self._docker = docker
        self._phase = phase
        self._poll = poll
        self._services = services(docker)
        self._seen = containers(docker)
        self._first_restarts = {one.id: one.restarts for one in self._seen}
        # Jobs that failed at an earlier start, until Compose starts them again.
        self._old_failures = {one.ending for one in self._seen if one.has_failed}

    def look(self) -> bool:
        """Tell how many live; whether all do.

        Raises:
            ProcessFailed: a container has failed for good.
        """
        try:
            self._seen = containers(self._docker)
        except ProcessFailed:  # one was replaced between two questions
            return False
        for container in self._seen:
            first = self._first_restarts.setdefault(container.id, container.restarts)
            if container.has_failed and container.ending not in self._old_failures:
                raise self._failure(container, f"ended with exit code {container.exit_code}")
            if container.restarts - first >= MOST_RESTARTS:
                raise self._failure(container, "starts again and again")
        missing = self._missing()
        ready = len(self._services) - len(missing)
        waiting = f", waiting for {', '.join(missing)}" if missing else ""
        self._phase.status(f"{ready} of {len(self._services)} healthy{waiting}")
        return not missing

    def wait(self, seconds: float) -> None:
        """Return once all live. Compose has started what it starts.

        Raises:
            ProcessFailed: a container has failed for good.
            NotReady: some do not live in time.
        """
        self._old_failures.clear()
        wait_until(self.look, seconds, "healthy containers", self._poll)

    def explain(self, error: ProcessFailed) -> CommandError:
        """A better error than Compose's own, where a container is to blame."""
        self._old_failures.clear()
        try:
            self.look()
        except ProcessFailed as failure:
            return failure
        for container in self._seen:
            if container.health == "unhealthy":
                return self._failure(container, f"is {container.condition}")
        return error

    def _missing(self) -> list[str]:
        return [
            service
            for service in self._services
            if not _all_done([one for one in self._seen if one.service == service])
        ]

    def late(self, seconds: float) -> NotReady:
        """The error that names what does not live."""
        missing = self._missing()
        states = [
            f"{one.name} is {one.condition}"
            for one in self._seen
            if one.service in missing and not one.is_done
        ]
        first = next((one for one in self._seen if one.service in missing), None)
        return NotReady(
            f"after {seconds:.0f} s these services are not healthy: "
            f"{', '.join(missing)} ({'; '.join(states) or 'they have no container'}). "
            f"`make logs SERVICE={missing[0]}` shows what they do",
            excerpt=last_log_lines(self._docker, first) if first else "",
        )

    def _failure(self, container: Container, what: str) -> ProcessFailed:
        return ProcessFailed(
            f"the container {container.name} {what}: `make logs SERVICE={container.service}` "
            "shows the whole log",
            excerpt=last_log_lines(self._docker, container),
        )


def _all_done(of_service: Sequence[Container]) -> bool:
    return bool(of_service) and all(container.is_done for container in of_service)

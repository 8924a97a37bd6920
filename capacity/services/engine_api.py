"""The Docker Engine's own API, over its socket: a look costs a hundredth of one by ``docker``."""

import json
import socket
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from console.errors import AnswerError, NotUp, ProcessFailed
from stack.docker import Docker

_BASE = "http://docker"
_SECONDS = 20.0
_PROJECT, _SERVICE = "com.docker.compose.project", "com.docker.compose.service"


@dataclass(frozen=True, slots=True)
class Seen:
    """A container in a listing."""

    id: str
    name: str
    project: str
    service: str
    state: str


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a container: ``kind`` is ``oom``, ``die`` or ``start``.

    ``at`` are nanoseconds since 1970; ``exit_code`` is of a container that died.
    """

    at: int
    kind: str
    id: str
    name: str
    service: str
    exit_code: int | None


class Engine:
    """Asks the engine that Docker's command line talks to. One thread at a time may use it."""

    def __init__(self, docker: Docker) -> None:
        """Find the socket and try it.

        Raises:
            NotUp: the engine is on another machine, or does not answer here.
        """
        try:
            host = docker.ask(
                "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"
            ).strip()
        except (FileNotFoundError, ProcessFailed) as error:
            raise NotUp(
                f"no Docker Engine answers: start Docker, or run `make engine` ({error})"
            ) from error
        if not host.startswith("unix://"):
            raise NotUp(
                f"Docker's engine is at {host}: the planner reads the figures of this machine's "
                "own engine from its socket; run it on the machine of the engine, or choose a "
                "local one with `docker context use`"
            )
        self._socket = host.removeprefix("unix://")
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(self._socket)
        except OSError as error:
            raise NotUp(
                f"Docker's socket {host} gives no answer: start Docker, and see that you may use "
                f"the socket ({error})"
            ) from error
        transport = httpx.HTTPTransport(uds=self._socket)
        self._client = httpx.Client(transport=transport, base_url=_BASE, timeout=_SECONDS)

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def cores(self) -> int:
        """How many processors containers may use."""
        return int(self._ask("/info").json()["NCPU"])

    def listed(self, projects: Collection[str], *, ended: bool = False) -> list[Seen]:
        """The containers of Compose projects that have not ended, or all of them."""
        params = {"all": "1" if ended else "0", "filters": json.dumps({"label": [_PROJECT]})}
        found = []
        for entry in self._ask("/containers/json", **params).json():
            labels = entry["Labels"]
            if labels[_PROJECT] in projects:
                name = entry["Names"][0].removeprefix("/")
                found.append(
                    Seen(
                        entry["Id"],
                        name,
                        labels[_PROJECT],
                        labels.get(_SERVICE, ""),
                        entry["State"],
                    )
                )
        return sorted(found, key=lambda one: one.name)

    def details(self, container: str) -> dict[str, Any] | None:
        """What ``docker inspect`` shows, or None of a container that is gone."""
        return self._object(f"/containers/{quote(container)}/json")

    @asynccontextmanager
    async def streams(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client for `stats`, with a connection for every container."""
        # The engine looks at all containers once a second and tells each listener: one who asks
        # for a single look waits for the same second.
        transport = httpx.AsyncHTTPTransport(
            uds=self._socket, limits=httpx.Limits(max_connections=None)
        )
        async with httpx.AsyncClient(transport=transport, base_url=_BASE, timeout=None) as client:  # noqa: S113 - a stream has no end
            yield client

    @staticmethod
    async def stats(client: httpx.AsyncClient, container: str) -> AsyncIterator[dict[str, Any]]:
        """What a container uses, about once a second, until it is removed."""
        async with client.stream("GET", f"/containers/{quote(container)}/stats") as answer:
            async for line in answer.aiter_lines():
                yield json.loads(line)

    def events(self, since: float, until: float) -> list[Event]:
        """What happened to containers of Compose in a span of the clock, in order.

        The engine remembers few events, those of health checks among them: ask often.
        """
        wanted = {"type": ["container"], "event": ["oom", "die", "start"], "label": [_PROJECT]}
        span = {"since": f"{since:.6f}", "until": f"{until:.6f}"}
        text = self._ask("/events", filters=json.dumps(wanted), **span).text
        return [_event(json.loads(line)) for line in text.splitlines() if line.strip()]

    def _object(self, path: str, **params: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._ask(path, **params).json()
        except AnswerError as error:
            if error.status in (httpx.codes.NOT_FOUND, httpx.codes.CONFLICT):
                return None
            raise
        return found

    def _ask(self, path: str, **params: str) -> httpx.Response:
        try:
            answer = self._client.get(path, params=params)
        except httpx.TransportError as error:
            raise AnswerError(f"Docker's socket: {error}", status=None) from error
        if answer.is_error:
            raise AnswerError(
                f"Docker's engine answered {answer.status_code} to {path}: {answer.text[:200]}",
                status=answer.status_code,
            )
        return answer


def _event(found: dict[str, Any]) -> Event:
    attributes = found["Actor"]["Attributes"]
    code = attributes.get("exitCode")
    return Event(
        at=found["timeNano"],
        kind=found["Action"],
        id=found["Actor"]["ID"],
        name=attributes.get("name", ""),
        service=attributes.get(_SERVICE, ""),
        exit_code=int(code) if code is not None else None,
    )

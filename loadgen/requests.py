"""Requests, rendered before a run: nothing is encoded while the clock runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit


class BadAddress(ValueError):
    """A URL that no request can be sent to."""


class BadBodies(ValueError):
    """A file of bodies that holds none."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where requests go: plain HTTP alone, because encryption would be measured as well."""

    host: str
    port: int
    path: str

    @classmethod
    def of(cls, url: str) -> Self:
        """Read a URL.

        Raises:
            BadAddress: it is no http URL with a host.
        """
        parts = urlsplit(url)
        try:
            port = parts.port or 80
        except ValueError as error:
            raise BadAddress(f"{url!r} has no valid port: {error}") from error
        if parts.scheme != "http" or not parts.hostname:
            raise BadAddress(f"{url!r} is no address such as http://127.0.0.1:8081/predict/")
        query = f"?{parts.query}" if parts.query else ""
        return cls(parts.hostname, port, (parts.path or "/") + query)


def read_bodies(path: Path) -> Sequence[bytes]:
    """The bodies of a file that holds one a line.

    Raises:
        BadBodies: it holds none, or an empty line.
        OSError: it cannot be read.
    """
    bodies = path.read_bytes().splitlines()
    if not bodies or not all(bodies):
        raise BadBodies(f"{path} must hold one request body a line, and no empty line")
    return bodies


def render(
    address: Address, bodies: Iterable[bytes], headers: Mapping[str, str] | None = None
) -> Sequence[bytes]:
    """A POST with each body; a GET for an empty one."""
    fixed = {
        "Host": f"{address.host}:{address.port}",
        "Content-Type": "application/json",
        **(headers or {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in fixed.items())
    return [
        f"{'POST' if body else 'GET'} {address.path} HTTP/1.1\r\n{lines}"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        for body in bodies
    ]

"""HTTP by hand, for what no client library would send."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple


class RawAnswer(NamedTuple):
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def without_date(self) -> "RawAnswer":
        """Comparable with an answer of another second."""
        return self._replace(headers={k: v for k, v in self.headers.items() if k != "date"})


class RawConnection:
    """A connection that sends bytes and reads whole answers."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._file = connection.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> RawAnswer:
        """The next answer. Raises EOFError when the server has closed the connection."""
        line = self._file.readline()
        if not line:
            raise EOFError
        headers: dict[str, str] = {}
        while (header := self._file.readline().strip()) != b"":
            name, _, value = header.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = self._file.read(int(headers.get("content-length", "0")))
        return RawAnswer(int(line.split()[1]), headers, body)

    def is_closed(self) -> bool:
        """Has the server closed it? Waits for at most the socket's time-out."""
        try:
            return self.socket.recv(1) == b""
        except TimeoutError:
            return False


@contextmanager
def connected(address: tuple[str, int], seconds: float = 10) -> Iterator[RawConnection]:
    """A connection to a server; every wait on it ends after ``seconds``."""
    with socket.create_connection(address, timeout=seconds) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield RawConnection(connection)


def request(
    body: bytes,
    path: str = "/predict/",
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
    version: str = "1.1",
) -> bytes:
    """A request's bytes, with its content length unless the headers name one."""
    named = {
        "Host": "test",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **(headers or {}),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items() if value)
    return f"{method} {path} HTTP/{version}\r\n{lines}\r\n".encode() + body

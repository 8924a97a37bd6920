"""Connections to one address, of which each carries one request at a time."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from loadgen.connection import Connection
from loadgen.requests import Address
from loadgen.results import Recorder

_CONNECT_SECONDS: Final = 10.0
_RECONNECT_SECONDS: Final = 0.05


class CannotConnect(Exception):
    """Nothing takes connections at the address."""


class Pool:
    """Opens connections, hands out free ones, and replaces those that break."""

    def __init__(
        self, address: Address, recorder: Recorder, on_free: Callable[[Connection], None]
    ) -> None:
        self._address = address
        self._recorder = recorder
        self._on_free = on_free
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._open: set[Connection] = set()
        self._waiting: set[Connection] = set()
        self._is_closing = False
        self._all_answered = asyncio.Event()

    async def connect(self, count: int) -> None:
        """Open the connections that the run begins with; ``start`` hands them out.

        Raises:
            CannotConnect: the address refuses one.
        """
        for _ in range(count):
            try:
                await asyncio.wait_for(self._connect(), _CONNECT_SECONDS)
            except (OSError, TimeoutError) as error:
                await self.close(drain=0)
                raise CannotConnect(
                    f"{self._address.host}:{self._address.port} takes no connection ({error}): "
                    "check that the server runs there"
                ) from error

    def start(self) -> None:
        """Hand out the connections that ``connect`` opened."""
        for connection in self._open.copy():
            self._on_free(connection)

    def send(self, connection: Connection, request: bytes, scheduled: float) -> None:
        """Send over a free connection; ``scheduled`` is when the request was due."""
        self._waiting.add(connection)
        connection.send(request, scheduled)

    def replace(self, connection: Connection) -> None:
        """Open a connection in place of one that is closed."""
        self._open.discard(connection)
        task = self._loop.create_task(self._reconnect())
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def close(self, drain: float) -> None:
        """Wait for the answers under way, at most ``drain`` seconds; the rest are no answers."""
        self._is_closing = True
        for task in self._opening:
            task.cancel()
        if self._waiting:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._all_answered.wait(), drain)
        for connection in self._open:
            connection.close()

    async def _connect(self) -> Connection:
        _, connection = await self._loop.create_connection(
            lambda: Connection(self._answered), self._address.host, self._address.port
        )
        self._open.add(connection)
        return connection

    async def _reconnect(self) -> None:
        while True:
            try:
                connection = await self._connect()
            except OSError:
                await asyncio.sleep(_RECONNECT_SECONDS)  # the server may be about to come back
            else:
                self._on_free(connection)
                return

    def _answered(self, connection: Connection, status: int, body: bytes) -> None:
        self._waiting.discard(connection)
        self._recorder.note(connection.scheduled, time.perf_counter(), status, body)
        if self._is_closing:
            if not self._waiting:
                self._all_answered.set()
        elif connection.is_open:
            self._on_free(connection)
        else:
            self.replace(connection)

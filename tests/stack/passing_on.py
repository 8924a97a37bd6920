"""A way to a port of this machine's loopback address from one other address of it."""

import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

BUFFER_BYTES = 65536


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: str, port: int) -> None:
        super().__init__((address, port), _Handler)
        self.clients: Counter[str] = Counter()


class _Handler(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        self.server.clients[self.client_address[0]] += 1
        with socket.create_connection(("127.0.0.1", self.server.server_address[1])) as target:
            back = threading.Thread(target=_copy, args=(target, self.request), daemon=True)
            back.start()
            _copy(self.request, target)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):  # either side may hang up
        while some := source.recv(BUFFER_BYTES):
            target.sendall(some)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def passed_on(address: str, port: int) -> Iterator[Counter[str]]:
    """Pass connections to ``address`` on; gives how many came from each client's address."""
    with _Server(address, port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.clients
        finally:
            server.shutdown()
            thread.join()

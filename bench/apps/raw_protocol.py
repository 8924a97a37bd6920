"""A constant answer from a bare event loop, without any HTTP server: it shows what the load
generator can reach.

``python -m bench.apps.raw_protocol PORT``. The only thing that it knows of a request is that
its last byte closes a JSON object.
"""

import asyncio
import sys
from typing import cast

import uvloop

_BODY = b'{"prediction":1}'
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
    len(_BODY),
    _BODY,
)


class Constant(asyncio.Protocol):
    """Answers each request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._write = cast(asyncio.Transport, transport).write

    def data_received(self, data: bytes) -> None:
        if data.endswith(b"}"):
            self._write(_ANSWER)


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Constant, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))

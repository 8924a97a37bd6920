"""A replica for the gateway's tests: an HTTP server that misbehaves as its requests tell it to.

Runs on the standard library alone, in a bare Python container. The JSON body of a prediction may
hold ``sleep``, the seconds until the answer, and ``answer``, a status or ``close`` for a
connection that is closed without one. The file ``/tmp/unready`` makes it unready. SIGTERM lets
requests finish, as uvicorn does.
"""

import asyncio
import json
import signal
import socket
from collections import Counter
from pathlib import Path

NAME = socket.gethostname()
UNREADY = Path("/tmp/unready")  # noqa: S108  # in a container of its own


class Replica:
    """Answers requests, and counts how many predictions it had in hand at most."""

    def __init__(self) -> None:
        self.in_hand: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.idle: set[asyncio.StreamWriter] = set()
        self.stopping = asyncio.Event()

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request after another until either side closes."""
        try:
            while not self.stopping.is_set():
                self.idle.add(writer)
                head = await reader.readuntil(b"\r\n\r\n")
                self.idle.discard(writer)
                start, *lines = head.decode("latin-1").strip().split("\r\n")
                method, target, _ = start.split(" ")
                headers = {
                    key.lower(): value.strip()
                    for key, _, value in (line.partition(":") for line in lines)
                }
                body = await read_body(reader, headers)
                if not await self.answer(writer, method, target, headers, body):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the gateway closed it, which is its right
        finally:
            self.idle.discard(writer)
            writer.close()

    async def answer(
        self,
        writer: asyncio.StreamWriter,
        method: str,
        target: str,
        headers: dict[str, str],
        body: bytes,
    ) -> bool:
        """Send one answer; False where the connection is to be closed after it."""
        status = 200
        wish = json.loads(body) if body.startswith(b"{") else {}
        if target == "/health/ready" and UNREADY.exists():  # noqa: ASYNC240  # memory alone
            status = 503
        self.in_hand[target] += 1
        self.most[target] = max(self.most[target], self.in_hand[target])
        await asyncio.sleep(wish.get("sleep", 0))
        self.in_hand[target] -= 1
        if wish.get("answer") == "close":
            return False
        status = wish["answer"] if isinstance(wish.get("answer"), int) else status
        seen = {
            "replica": NAME,
            "method": method,
            "target": target,
            "headers": headers,
            "bytes": len(body),
            "most_in_hand": self.most[target],
        }
        content = json.dumps(seen).encode()
        writer.write(
            f"HTTP/1.1 {status} Told\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\n\r\n".encode()
        )
        if method != "HEAD":
            writer.write(content)
        await writer.drain()
        return True


async def read_body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    """The whole body, with a length or in chunks."""
    if headers.get("transfer-encoding") != "chunked":
        return await reader.readexactly(int(headers.get("content-length", 0)))
    pieces = []
    while size := int(await reader.readline(), 16):
        pieces.append(await reader.readexactly(size))
        await reader.readline()
    await reader.readline()
    return b"".join(pieces)


async def main() -> None:
    """Serve until SIGTERM; then finish what was begun."""
    replica = Replica()
    server = await asyncio.start_server(replica.connection, port=8081, backlog=2048)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, replica.stopping.set)
    await replica.stopping.wait()
    server.close()
    for writer in tuple(replica.idle):
        writer.close()
    await asyncio.wait_for(server.wait_closed(), 10)


if __name__ == "__main__":
    asyncio.run(main())

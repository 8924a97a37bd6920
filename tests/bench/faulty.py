"""ASGI applications that a benchmark must not report."""

import asyncio
import json
import subprocess
import sys
from typing import Any

_asked = 0


async def _answer(receive: Any, send: Any, status: int, label: int) -> None:
    while (await receive()).get("more_body"):
        pass
    body = json.dumps({"prediction": label}).encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def fails_sometimes(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Right for the first hundred requests; then one of ten fails."""
    global _asked
    if scope["type"] == "http":
        _asked += 1
        await _answer(receive, send, 500 if _asked > 100 and _asked % 10 == 0 else 200, 1)


async def with_a_helper(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Has a busy process in a session of its own, which no signal to its group reaches."""
    if scope["type"] == "lifespan":
        await receive()
        code = "import signal; signal.signal(15, signal.SIG_IGN)\nwhile True: x = b'x' * 50_000_000"
        await asyncio.to_thread(
            subprocess.Popen, [sys.executable, "-c", code], start_new_session=True
        )
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    else:
        await _answer(receive, send, 200, 1)

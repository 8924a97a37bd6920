"""A bare ASGI application that reads the body and answers a constant: all that a server costs.

``uvicorn bench.apps.bare_asgi:app``
"""

from typing import Any

BODY = b'{"prediction":1}'
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(BODY))],
}


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer any request."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send(_START)
    await send({"type": "http.response.body", "body": BODY})

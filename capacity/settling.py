"""Wait until a service has got over the load before."""

import json
import time

import httpx

from stack.predict import ROW

CALM_SECONDS = 0.3
_LOOKS = 3
_LONGEST_SECONDS = 45.0
_BETWEEN_SECONDS = 0.1


def settle(url: str, longest: float = _LONGEST_SECONDS) -> bool:
    """Ask for a prediction until a few answers in a row come quickly, or ``longest`` has passed.

    A queue that the last load left would otherwise spoil the next one's figures.
    """
    deadline = time.monotonic() + longest
    body, calm = json.dumps(ROW), 0
    headers = {"Content-Type": "application/json"}
    with httpx.Client(timeout=5, trust_env=False, headers=headers) as client:
        while time.monotonic() < deadline:
            started = time.monotonic()
            try:
                is_good = client.post(url, content=body).is_success
            except httpx.TransportError:
                is_good = False
            calm = calm + 1 if is_good and time.monotonic() - started < CALM_SECONDS else 0
            if calm == _LOOKS:
                return True
            time.sleep(_BETWEEN_SECONDS)
    return False

"""Waits until every serving process answers with the champion."""

import logging
import socket
import time

import httpx

from pipeline.errors import RolloutTimeout

log = logging.getLogger(__name__)

_POLL_SECONDS = 0.5
_REQUEST_TIMEOUT_SECONDS = 5
# What reading another service's answer may raise.
_NOT_OURS = (ValueError, RecursionError, KeyError, AttributeError, TypeError)


def await_serving(serving_url: str, version: str, timeout_seconds: float) -> int:
    """Return the number of processes that serve ``version``, once all of them do.

    The URL's host name may stand for many replicas: each of its addresses is asked, and
    each answers for all of its worker processes. Raises RolloutTimeout, naming who lags.
    """
    url = httpx.URL(serving_url)
    deadline = time.monotonic() + timeout_seconds
    while True:
        lagging: list[str] = []
        serving = 0
        for address in _addresses(url):
            states = _processes(url, address)
            lagging += [f"{name}: {state}" for name, state in states.items() if state != version]
            serving += sum(state == version for state in states.values())
        if serving and not lagging:
            log.info("%d serving process(es) answer with version %s", serving, version)
            return serving
        if time.monotonic() >= deadline:
            raise RolloutTimeout(
                f"after {timeout_seconds:g} s not every serving process answers with version "
                f"{version}: {'; '.join(lagging) or f'{url.host} has no address'}. The registry "
                "has the promotion; look at the inference service's log and GET /model, then "
                "run this task again."
            )
        time.sleep(_POLL_SECONDS)


def _addresses(url: httpx.URL) -> list[str]:
    try:
        found = socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM)
    except socket.gaierror:
        return []
    # localhost has an IPv6 address too, where a service that listens on IPv4 never answers.
    families = {entry[0] for entry in found}
    family = socket.AF_INET if socket.AF_INET in families else socket.AF_INET6
    return sorted({str(entry[4][0]) for entry in found if entry[0] == family})


def _processes(url: httpx.URL, address: str) -> dict[str, str]:
    """The version of each process behind one address, or what is wrong with it."""
    try:
        answer = httpx.get(
            url.copy_with(host=address, path="/model"),
            headers={"Host": url.netloc.decode()},
            timeout=_REQUEST_TIMEOUT_SECONDS,
            trust_env=False,
        )
        processes = answer.json()["processes"]
        return {
            f"{address} process {pid}": served or "no model loaded"
            for pid, served in processes.items()
        } or {address: "no process"}
    except httpx.TransportError as error:
        return {address: f"does not answer ({type(error).__name__})"}
    except (httpx.DecodingError, *_NOT_OURS):
        return {address: "does not answer like the inference service"}

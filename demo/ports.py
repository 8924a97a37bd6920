"""Free ports on the loopback interface."""

import socket

LOOPBACK = "127.0.0.1"


def free_port(preferred: int | None = None) -> int:
    """The preferred port if nothing listens there, else one that the kernel picks.

    Another program may take the port before its user binds it; the service then fails to
    start, and its log says so.
    """
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
            # As servers do it: a port whose last connections are still closing is free.
            candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                candidate.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(candidate.getsockname()[1])
    raise OSError("the loopback interface has no free port")

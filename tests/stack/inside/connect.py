"""Which of these can be reached from here? ``connect.py HOST:PORT ...``"""

import json
import socket
import sys
from concurrent.futures import ThreadPoolExecutor


def is_reached(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=3).close()
    except OSError:
        return False
    return True


addresses = sys.argv[1:]
with ThreadPoolExecutor(len(addresses)) as pool:
    sys.stdout.write(json.dumps(dict(zip(addresses, pool.map(is_reached, addresses), strict=True))))

"""Ask every address behind a name: ``ask.py HOST PORT PATH [BODY]``; address to JSON answer."""

import json
import socket
import sys
import urllib.request

host, port, path, *body = sys.argv[1:]
data = body[0].encode() if body else None
answers = {}
for *_, (address, *_) in socket.getaddrinfo(host, int(port), socket.AF_INET, socket.SOCK_STREAM):
    request = urllib.request.Request(
        f"http://{address}:{port}{path}", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
        answers[address] = json.load(response)
sys.stdout.write(json.dumps(answers))

"""Resident memory of each Python process of this container, in kilobytes, by its number."""

import json
import sys
from pathlib import Path

found = {}
for status in Path("/proc").glob("[0-9]*/status"):
    try:
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        command = (status.parent / "cmdline").read_bytes()
    except OSError:  # it has ended
        continue
    if b"inference" in command and "VmRSS" in fields and fields["Name"].strip() != "docker-init":
        found[status.parent.name] = int(fields["VmRSS"].split()[0])
sys.stdout.write(json.dumps(found))

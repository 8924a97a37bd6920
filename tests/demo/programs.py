"""Source texts of programs that the tests start."""

SLEEPER = """
import threading
print("up", flush=True)
threading.Event().wait()
"""

# A process that ignores SIGTERM, with a child that does so too: only SIGKILL ends them.
STUBBORN_FAMILY = """
import signal, subprocess, sys, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if sys.argv[1:] != ["child"]:
    subprocess.Popen([sys.executable, __file__, "child"])
print("up", flush=True)
threading.Event().wait()
"""

# A process with a child; both end on SIGTERM.
FAMILY = """
import subprocess, sys, threading
if sys.argv[1:] != ["child"]:
    subprocess.Popen([sys.executable, __file__, "child"])
print("up", flush=True)
threading.Event().wait()
"""

# A parent that ends at once and leaves a child behind.
ABANDONED_CHILD = """
import subprocess, sys, threading
if sys.argv[1:] != ["child"]:
    subprocess.Popen([sys.executable, __file__, "child"])
    sys.exit(0)
print("up", flush=True)
threading.Event().wait()
"""

WEB_SERVER = """
import http.server, sys
http.server.HTTPServer(
    ("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler
).serve_forever()
"""

# A demo in small: supervises the program named by its arguments until a signal comes, and
# tells its process group. A killed supervisor leaves the ending to the guard.
SUPERVISING = """
import json, sys
from pathlib import Path
from console.errors import CommandError
from demo.interrupts import Interrupts
from demo.process import Command
from demo.supervisor import Supervisor

log = Path(sys.argv[1])
try:
    with Interrupts() as interrupts, Supervisor(interrupts, grace=0.5) as supervisor:
        command = Command("program", tuple(sys.argv[2:]), {}, Path.cwd(), log)
        group = supervisor.start(command).group
        print(json.dumps([group.id, group.token]), flush=True)
        supervisor.wait_until(lambda: False, 60, "a signal")
except CommandError as error:
    sys.exit(error.exit_code)
"""

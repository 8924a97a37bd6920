"""Kill a process of this container at once: ``kill.py PID``."""

import json
import os
import signal
import sys

os.kill(int(sys.argv[1]), signal.SIGKILL)
sys.stdout.write(json.dumps("killed"))

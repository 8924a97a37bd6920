"""Run one program and end it, with all that it started, when the demo dies.

Started by path with ``python -I -S guard.py LIFELINE GRACE PROGRAM ARGUMENTS...`` as the
leader of a process group of its own. LIFELINE is the reading end of a pipe whose writing
end only the demo holds, so the kernel closes it however the demo ends, SIGKILL included:
the guard then ends its group, first with SIGTERM, after GRACE seconds with SIGKILL.
One byte in the pipe releases the program: it may outlive the demo.

A pipe works on every Unix and covers grandchildren; Linux's PR_SET_PDEATHSIG does neither.
Only the standard library is imported, so a guard costs some 20 ms and 10 MB.
"""

import os
import signal
import subprocess
import sys
import threading


def main(lifeline: int, grace: float, program: list[str]) -> int:
    """Run ``program``; its exit code, or 128 + the signal that ended it."""
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # Signals reach the whole group; the guard stays until its program has ended.
        # A handler, unlike SIG_IGN, is not inherited by the program.
        signal.signal(signum, lambda _signum, _frame: None)
    child = subprocess.Popen(program)  # noqa: S603 - the demo names the program
    orphaned = threading.Event()
    ended = threading.Event()

    def watch() -> None:
        if os.read(lifeline, 1):
            return
        orphaned.set()
        os.killpg(0, signal.SIGTERM)
        ended.wait(grace)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    ended.set()
    if orphaned.is_set():
        os.killpg(0, signal.SIGKILL)  # what the program left behind, and this process
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]))

"""Run one program on one processor core: ``python -I -S pinned.py CORE PROGRAM ARGUMENTS...``.

Everything that the program starts inherits the core.
"""

import os
import sys

if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the benchmark names the program

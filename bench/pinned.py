"""Run one program on certain processor cores: ``python -I -S pinned.py 1,3 PROGRAM ARGUMENTS...``.

Everything that the program starts inherits the cores.
"""

import os
import sys

if __name__ == "__main__":
    os.sched_setaffinity(0, {int(core) for core in sys.argv[1].split(",")})
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the benchmark names the program

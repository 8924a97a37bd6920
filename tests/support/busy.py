"""Programs that take a processor core for themselves."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager


@contextmanager
def busy_core(core: int, programs: int) -> Iterator[None]:
    """Keep a core busy with so many programs for the length of the block."""
    code = f"import os; os.sched_setaffinity(0, {{{core}}}); print(flush=True)\nwhile True: pass"
    with ExitStack() as stack:
        for _ in range(programs):
            argv = [sys.executable, "-I", "-S", "-c", code]
            # Linux may share a core by sessions, and not by programs.
            process = stack.enter_context(
                subprocess.Popen(argv, stdout=subprocess.PIPE, start_new_session=True)
            )
            stack.callback(process.kill)
            assert process.stdout is not None
            process.stdout.readline()  # it is on its core from here on
        yield

"""In the Airflow worker: hold the lock of this name until killed; prints the process id."""

import os
import signal
import sys

from pipeline.store import Store

with Store(os.environ["DATA_DB_URL"]) as store, store.exclusive(sys.argv[1], timeout_seconds=5):
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    signal.pause()

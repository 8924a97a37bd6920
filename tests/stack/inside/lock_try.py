"""In the Airflow worker: ``lock_try.py NAME SECONDS``; is the lock got within this time?"""

import json
import os
import sys

from pipeline.errors import StoreBusy
from pipeline.store import Store

try:
    with (
        Store(os.environ["DATA_DB_URL"]) as store,
        store.exclusive(sys.argv[1], timeout_seconds=float(sys.argv[2])),
    ):
        is_got = True
except StoreBusy:
    is_got = False
sys.stdout.write(json.dumps(is_got))

"""In the random-data API: the state of its clock."""

import os
import sys
from pathlib import Path

sys.stdout.write(Path(os.environ["STATE_FILE"]).read_text())

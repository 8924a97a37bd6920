"""In the Airflow worker: the ledger, with what the other data tables hold of each batch."""

import json
import os
import sys

import sqlalchemy as sa

QUERY = """
SELECT b.group_number, b.batch_number, b.sha256, b.rows_received, b.rows_clean, b.rows_rejected,
  SHA2(raw.body, 256) AS body_sha256,
  (SELECT COUNT(*) FROM observations o
    WHERE o.group_number = b.group_number AND o.batch_number = b.batch_number) AS observations,
  (SELECT COUNT(*) FROM rejected_rows r
    WHERE r.group_number = b.group_number AND r.batch_number = b.batch_number) AS rejected
FROM batches b LEFT JOIN raw_batches raw USING (group_number, batch_number)
ORDER BY b.group_number, b.batch_number
"""

engine = sa.create_engine(os.environ["DATA_DB_URL"])
with engine.connect() as connection:
    batches = [dict(row) for row in connection.execute(sa.text(QUERY)).mappings()]
    total = connection.scalar(sa.text("SELECT COUNT(*) FROM observations"))
sys.stdout.write(json.dumps({"batches": batches, "observations": total}))

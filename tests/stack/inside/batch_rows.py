"""In the Airflow worker: the clean rows of a batch, ``batch_rows.py GROUP BATCH``."""

import json
import os
import sys

import sqlalchemy as sa

from covertype import schema
from pipeline.tables import observations

columns = observations.c
query = (
    sa.select(columns.row_index, *(columns[name] for name in schema.COLUMNS))
    .where(columns.group_number == int(sys.argv[1]), columns.batch_number == int(sys.argv[2]))
    .order_by(columns.row_index)
)
with sa.create_engine(os.environ["DATA_DB_URL"]).connect() as connection:
    sys.stdout.write(json.dumps([list(row) for row in connection.execute(query)]))

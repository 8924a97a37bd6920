"""In the Airflow worker: how many tasks ended well, in Celery's own records."""

import json
import os
import sys

import sqlalchemy as sa

url = os.environ["AIRFLOW__CELERY__RESULT_BACKEND"].removeprefix("db+")
with sa.create_engine(url).connect() as connection:
    query = sa.text("SELECT COUNT(*) FROM celery_taskmeta WHERE status = 'SUCCESS'")
    sys.stdout.write(json.dumps(connection.scalar(query)))

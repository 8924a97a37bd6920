"""
### Fetch Forest Covertype batches into the data store

Each of the ten groups is fetched by a task of its own: the batch that the random-data API
has open now, and any earlier one that the ledger lacks. Rows are validated one by one; a
batch goes in with its ledger entry in one transaction, or not at all. **Running it again
changes nothing**, and a group whose data was all collected is a normal end.

When rows were added, the last task updates the asset `covertype_observations`, which
starts `covertype_training`. Without new rows it is skipped.

| table | holds |
|---|---|
| `batches` | the ledger: digest, counts and state of each batch |
| `raw_batches` | each body as received |
| `observations` | the typed rows |
| `rejected_rows` | rows that cannot be used, each with its reason |
"""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, dag, get_current_context, task
from airflow.sdk.exceptions import AirflowSkipException

from pipeline.asset import OBSERVATIONS_NAME, OBSERVATIONS_URI


@dag(
    schedule=os.environ.get("INGEST_SCHEDULE", "@once"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    is_paused_upon_creation=False,
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(seconds=5),
        "execution_timeout": timedelta(minutes=10),
    },
    doc_md=__doc__,
    tags=["covertype"],
)
def covertype_ingest() -> None:
    @task
    def prepare() -> list[int]:
        """Create missing tables; name the groups."""
        from covertype.schema import GROUPS
        from pipeline.settings import read_settings
        from pipeline.store import Store

        with Store(read_settings().data_db_url) as store:
            store.create_tables()
        return list(GROUPS)

    @task(map_index_template="group {{ task.op_kwargs['group'] }}", max_active_tis_per_dagrun=5)
    def ingest(group: int) -> dict[str, Any]:
        """Load what one group has to offer."""
        from pipeline.ingest import ingest_group
        from pipeline.settings import read_settings

        return ingest_group(read_settings(), group)

    @task(outlets=[Asset(name=OBSERVATIONS_NAME, uri=OBSERVATIONS_URI)])
    def announce() -> int:
        """Tell training of new rows; skipped when there are none."""
        from pipeline.settings import read_settings
        from pipeline.store import Store

        with Store(read_settings().data_db_url) as store:
            rows = store.announce(get_current_context()["run_id"])
        if rows == 0:
            raise AirflowSkipException("no rows were added")
        return rows

    ingest.expand(group=prepare()) >> announce()


covertype_ingest()

"""Does this container's Airflow service still work? The exit code says it.

``python health.py SchedulerJob|DagProcessorJob|TriggererJob`` looks for the heartbeat that
the service leaves in Airflow's database; ``python health.py worker`` asks the Celery worker
itself. Airflow's own commands for that load all of Airflow: 8 s of processor time a check,
in which a small machine does nothing else.
"""

import os
import socket
import sys

OLDEST_HEARTBEAT_SECONDS = 60
ANSWER_SECONDS = 8


def heartbeat(job: str) -> bool:
    """Has this container's job noted itself as running lately?"""
    import psycopg2

    address = os.environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].replace("+psycopg2", "", 1)
    connection = psycopg2.connect(address, connect_timeout=ANSWER_SECONDS)
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM job WHERE job_type = %s AND hostname = %s "
                "AND state = 'running' AND latest_heartbeat > now() - make_interval(secs => %s)",
                (job, socket.gethostname(), OLDEST_HEARTBEAT_SECONDS),
            )
            return bool(cursor.fetchone()[0])
    finally:
        connection.close()


def worker() -> bool:
    """Does the worker answer a ping through the broker?"""
    from celery import Celery

    app = Celery(broker=os.environ["AIRFLOW__CELERY__BROKER_URL"])
    name = f"celery@{socket.gethostname()}"
    return bool(app.control.ping(destination=[name], timeout=ANSWER_SECONDS, limit=1))


if __name__ == "__main__":
    service = sys.argv[1]
    healthy = worker() if service == "worker" else heartbeat(service)
    if not healthy:
        sys.stderr.write(f"{service} on {socket.gethostname()} shows no sign of life\n")
    sys.exit(not healthy)

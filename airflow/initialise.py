"""Bring Airflow's database up to date, its administrator to what .env says, and its logs to size.

Every other service of Airflow waits for this job: permissions that two of them sync at
once on a fresh database collide. Reads ADMIN_USER and ADMIN_PASSWORD.
"""

import os
import sys
import time
from pathlib import Path

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.utils.db import upgradedb
from werkzeug.security import check_password_hash

OUR_USERS = "@localhost"  # ends the address of administrators that this job made
LOGS = Path("/opt/airflow/logs")
LOG_DAYS = 30


def main() -> int:
    """Do all of it; the exit code."""
    forget_old_logs()
    upgradedb()
    name, password = os.environ["ADMIN_USER"], os.environ["ADMIN_PASSWORD"]
    with get_application_builder() as builder:
        security = builder.sm
        security.sync_roles()
        user = security.find_user(name)
        if user is None:
            role, email = security.find_role("Admin"), name + OUR_USERS
            done = security.add_user(name, name, "Admin", email, role, password=password)
        elif check_password_hash(user.password, password):
            done = True  # a reset would end the administrator's sessions
        else:
            done = security.reset_password(user.id, password)
        for other in security.get_all_users():
            if other.email.endswith(OUR_USERS) and other.username != name and other.active:
                other.active = False  # yesterday's administrator, whose password may be public
                security.update_user(other)
    if not done:
        sys.stderr.write(
            f"The user {name!r} could not be made: choose another AIRFLOW_ADMIN_USER.\n"
        )
        return 1
    sys.stdout.write(f"The database is migrated; the administrator is {name}.\n")
    return 0


def forget_old_logs() -> None:
    """Delete logs of tasks and of DAG parsing that nobody will read: nothing else bounds them."""
    oldest = time.time() - LOG_DAYS * 24 * 3600
    for file in LOGS.rglob("*.log"):
        if file.stat().st_mtime < oldest:
            file.unlink()


if __name__ == "__main__":
    sys.exit(main())

"""Bring Airflow's database up to date, and its administrator to what .env says.

Every other service of Airflow waits for this job: permissions that two of them sync at
once on a fresh database collide. Reads ADMIN_USER and ADMIN_PASSWORD.
"""

import os
import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder
from airflow.utils.db import upgradedb
from werkzeug.security import check_password_hash


def main() -> int:
    """Migrate, then make the administrator or give them today's password; the exit code."""
    upgradedb()
    name, password = os.environ["ADMIN_USER"], os.environ["ADMIN_PASSWORD"]
    with get_application_builder() as builder:
        security = builder.sm
        security.sync_roles()
        user = security.find_user(name)
        if user is None:
            role, email = security.find_role("Admin"), f"{name}@localhost"
            done = security.add_user(name, name, "Admin", email, role, password=password)
        elif check_password_hash(user.password, password):
            done = True  # a reset would end the administrator's sessions
        else:
            done = security.reset_password(user.id, password)
    if not done:
        sys.stderr.write(
            f"The user {name!r} could not be made: choose another AIRFLOW_ADMIN_USER.\n"
        )
        return 1
    sys.stdout.write(f"The database is migrated; the administrator is {name}.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

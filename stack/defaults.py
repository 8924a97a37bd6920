"""The passwords and keys that everybody knows, because the published .env has them."""

import ipaddress
from collections.abc import Mapping
from typing import Final

from stack.context import Stack

PUBLIC: Final[Mapping[str, str]] = {
    "AIRFLOW_ADMIN_PASSWORD": "admin",
    "AIRFLOW_FERNET_KEY": "bG9jYWwtZGVmYXVsdC1rZXktMzItYnl0ZXMtbG9uZyE=",
    "AIRFLOW_JWT_SECRET": "local-default-jwt-secret-not-for-production-use-0123456789abcdef",
    "POSTGRES_PASSWORD": "airflow",
    "REDIS_PASSWORD": "redis",
    "MYSQL_ROOT_PASSWORD": "root",
    "PIPELINE_DB_PASSWORD": "pipeline",
    "MLFLOW_DB_PASSWORD": "mlflow",
    "MINIO_ROOT_USER": "minio",
    "MINIO_ROOT_PASSWORD": "minio-local",
}
# A user's name alone opens nothing.
_NAMES: Final = frozenset(["MINIO_ROOT_USER"])


def are_public(values: Mapping[str, str]) -> bool:
    """Has every one of them its public value?"""
    return all(values.get(key) == value for key, value in PUBLIC.items())


def warn_if_exposed(stack: Stack) -> None:
    """Say so when other machines can reach the stack and somebody may know a password."""
    settings = stack.settings
    if ipaddress.ip_address(settings.bind_address).is_loopback:
        return
    known = [
        key
        for key, value in PUBLIC.items()
        if key not in _NAMES and getattr(settings, key.lower()) == value
    ]
    if known:
        stack.say(
            f"WARNING: BIND_ADDRESS={settings.bind_address} lets other machines reach the stack, "
            f"and these passwords and keys are public: {', '.join(known)}. `make secrets`, "
            "before the first start, gives them random values; BIND_ADDRESS=127.0.0.1 keeps "
            "others out."
        )

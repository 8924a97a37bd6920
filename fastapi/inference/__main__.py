"""Start the service with as many processes as its container's CPUs can keep busy.

``python -m inference`` with the folder ``fastapi`` and the repository's root on the path.
"""

import sys

import uvicorn
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from inference.settings import Settings, explain

# Longer than the gateway keeps an idle connection: the side that sends closes it first.
KEEP_ALIVE_SECONDS = 75
DRAIN_SECONDS = 10


class ServerSettings(BaseSettings):
    """Where and with how many processes. The environment variable is the field's name."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    fastapi_host: str = Field(
        "0.0.0.0",  # noqa: S104 - a container's own address; Compose publishes none
        description="address to listen on",
    )
    fastapi_port: int = Field(8081, ge=1, le=65535, description="port to listen on")
    fastapi_cpus: float = Field(1, gt=0, description="CPUs that the container may use")
    fastapi_workers: int | None = Field(
        None, ge=1, description="processes; empty: as many as whole CPUs, at least 1"
    )

    @field_validator("fastapi_workers", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return None if value == "" else value

    @property
    def workers(self) -> int:
        """The number of processes."""
        return self.fastapi_workers or max(1, int(self.fastapi_cpus))


def main() -> None:
    """Serve until SIGTERM. Exits with a plain message on a mistake in the environment."""
    try:
        server = ServerSettings()
        Settings()  # a process of several that fails to start is started over and over
    except ValidationError as error:
        sys.exit(explain(error))
    uvicorn.run(
        "main:create_app",
        factory=True,
        http="inference.wire:WireProtocol",
        ws="none",
        host=server.fastapi_host,
        port=server.fastapi_port,
        workers=server.workers,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


if __name__ == "__main__":
    main()

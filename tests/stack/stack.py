"""The stack as a person on this machine meets it: its addresses, its champion, its replicas."""

import csv
from dataclasses import dataclass
from typing import Any

import httpx

from console.settings import Settings
from covertype.schema import MODEL_NAME
from tests.images.containers import wait_until
from tests.stack.containers import compose, containers

SHARED_NETWORK = "taller_locust_mlops_net"
REPLICAS_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Champion:
    """The version with the alias, and the folder of its files in the artifact store."""

    version: str
    tags: dict[str, str]
    folder: str


@dataclass(frozen=True, slots=True)
class Server:
    """A replica as the gateway sees it: is it used, and how many requests did it get?"""

    is_up: bool
    requests: int


@dataclass(frozen=True, slots=True)
class Stack:
    """Addresses come from the settings, answers from the services."""

    settings: Settings
    web: httpx.Client

    @property
    def gateway(self) -> str:
        return self.settings.url(self.settings.gateway_port)

    @property
    def mlflow(self) -> str:
        return self.settings.url(self.settings.mlflow_port)

    @property
    def random_data(self) -> str:
        return self.settings.url(self.settings.random_data_port)

    @property
    def object_store(self) -> str:
        return self.settings.url(self.settings.minio_port)

    def json(self, url: str, **params: str | int) -> Any:
        """The JSON of a successful answer."""
        return self.web.get(url, params=params).raise_for_status().json()

    def champion(self) -> Champion:
        """What the registry calls champion."""
        api = f"{self.mlflow}/api/2.0/mlflow"
        found = self.json(f"{api}/registered-models/alias", name=MODEL_NAME, alias="champion")
        version = found["model_version"]
        where = self.json(
            f"{api}/model-versions/get-download-uri", name=MODEL_NAME, version=version["version"]
        )
        return Champion(
            version["version"],
            {tag["key"]: tag["value"] for tag in version["tags"]},
            httpx.URL(where["artifact_uri"]).path.strip("/"),
        )

    def versions(self) -> set[str]:
        """The numbers of all registered versions."""
        found = self.json(
            f"{self.mlflow}/api/2.0/mlflow/model-versions/search", filter=f"name='{MODEL_NAME}'"
        )
        return {version["version"] for version in found["model_versions"]}

    def artifact(self, path: str) -> bytes:
        """A file, through MLflow's artifact proxy."""
        url = f"{self.mlflow}/api/2.0/mlflow-artifacts/artifacts/{path}"
        return self.web.get(url).raise_for_status().content

    def opened(self) -> dict[int, int]:
        """Group to the batch that the random-data API opened last."""
        answer = self.json(f"{self.random_data}/health")["batches_opened"]
        return {int(group): batch for group, batch in answer.items()}

    def servers(self) -> dict[str, Server]:
        """The replicas as the gateway's page names them, for predictions of one row."""
        url = self.settings.url(self.settings.gateway_stats_port)
        page = self.web.get(f"{url}/stats;csv").raise_for_status().text.removeprefix("# ")
        return {
            row["svname"]: Server(row["status"] == "UP", int(row["stot"]))
            for row in csv.DictReader(page.splitlines())
            if row["pxname"] == "predictions" and row["svname"] != "BACKEND"
        }

    def up(self) -> dict[str, int]:
        """The replicas that get predictions, each with the number of requests that it got."""
        return {name: server.requests for name, server in self.servers().items() if server.is_up}

    def scale(self, replicas: int) -> None:
        """Ask Compose for so many replicas."""
        compose(
            *("up", "--detach", "--no-deps", "--no-recreate"),
            *("--scale", f"fastapi={replicas}", "fastapi"),
        )

    def wait_for_replicas(self, replicas: int) -> None:
        """Wait until so many containers run, and the gateway uses as many."""

        def is_so() -> bool:
            running = [each for each in containers("fastapi") if each.state["Running"]]
            return len(running) == len(self.up()) == replicas

        wait_until(is_so, f"the gateway uses {replicas} replicas", REPLICAS_SECONDS)

    def wait_for_traffic(self) -> None:
        """Wait until each replica that is up has got one more request."""
        before = self.up()

        def arrived() -> bool:
            now = self.up()
            return all(now.get(name, 0) > count for name, count in before.items())

        wait_until(arrived, f"every replica of {sorted(before)} gets requests")

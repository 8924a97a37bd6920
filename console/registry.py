"""Figures from MLflow, through its REST API: importing its library takes 5 s."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from console.errors import AnswerError
from console.web import Web
from covertype.schema import MODEL_NAME

_PARENT_TAG = "mlflow.parentRunId"
_NAME_TAG = "mlflow.runName"


@dataclass(frozen=True)
class Champion:
    """The version that the alias ``champion`` names."""

    name: str
    version: str
    run_id: str
    accuracy: float
    macro_f1: float


@dataclass(frozen=True)
class Candidate:
    """A model that took part in the selection, with its scores on the validation slice."""

    name: str
    accuracy: float
    macro_f1: float


class Registry:
    """Reads runs and versions of an MLflow server."""

    def __init__(self, url: str, web: Web) -> None:
        self._url = url
        self._api = f"{url}/api/2.0/mlflow"
        self._web = web

    def champion(self) -> Champion:
        """The champion and its scores on the holdout.

        Raises:
            AnswerError: there is no champion, or it lacks a tag.
        """
        answer = self._web.json(
            "GET",
            f"{self._api}/registered-models/alias",
            params={"name": MODEL_NAME, "alias": "champion"},
        )
        version = answer["model_version"]
        tags = _pairs(version.get("tags", []))
        try:
            return Champion(
                name=tags["candidate"],
                version=version["version"],
                run_id=version["run_id"],
                accuracy=float(tags["holdout_accuracy"]),
                macro_f1=float(tags["holdout_macro_f1"]),
            )
        except KeyError as error:
            raise AnswerError(f"the champion lacks the tag {error}") from error

    def verdict(self, version: str) -> str:
        """What the gate said of a version, when it was asked last; empty when it never was.

        Raises:
            AnswerError: there is no such version.
        """
        answer = self._web.json(
            "GET",
            f"{self._api}/model-versions/get",
            params={"name": MODEL_NAME, "version": version},
        )
        run = self._run(answer["model_version"]["run_id"])
        return str(_pairs(run["data"].get("tags", [])).get("gate", ""))

    def candidates(self, parent_run: str) -> list[Candidate]:
        """The candidates of a training run, best first."""
        run = self._run(parent_run)
        answer = self._web.json(
            "POST",
            f"{self._api}/runs/search",
            json={
                "experiment_ids": [run["info"]["experiment_id"]],
                "filter": f"tags.`{_PARENT_TAG}` = '{parent_run}'",
            },
        )
        found = []
        for child in answer.get("runs", []):
            metrics = _pairs(child["data"].get("metrics", []))
            if {"accuracy", "macro_f1"} <= metrics.keys():
                name = _pairs(child["data"]["tags"])[_NAME_TAG]
                found.append(Candidate(name, metrics["accuracy"], metrics["macro_f1"]))
        return sorted(found, key=lambda candidate: candidate.accuracy, reverse=True)

    def artifact(self, run_id: str, path: str) -> bytes:
        """A file of a run, through the server's artifact proxy.

        Raises:
            AnswerError: the run has no such file.
        """
        root = self._run(run_id)["info"]["artifact_uri"].removeprefix("mlflow-artifacts:")
        where = quote(f"{root.strip('/')}/{path}")
        return self._web.content(f"{self._url}/api/2.0/mlflow-artifacts/artifacts/{where}")

    def _run(self, run_id: str) -> dict[str, Any]:
        answer = self._web.json("GET", f"{self._api}/runs/get", params={"run_id": run_id})
        run: dict[str, Any] = answer["run"]
        return run


def _pairs(entries: list[dict[str, Any]]) -> dict[str, Any]:
    """MLflow's lists of keys and values as a dictionary."""
    return {entry["key"]: entry["value"] for entry in entries}

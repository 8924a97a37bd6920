"""Reads MLflow's registry and artifacts through its REST API."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from .errors import (
    ArtifactMissingError,
    ArtifactTooLargeError,
    NoChampionError,
    RegistryAnswerError,
    RegistryUnreachableError,
)
from .versions import ModelVersion, model_version

_API: Final = "api/2.0/mlflow"
_ARTIFACTS: Final = "api/2.0/mlflow-artifacts/artifacts"
_MAX_ANSWER_BYTES: Final = 1024 * 1024  # a version's tags are a few kilobytes
_CHUNK_BYTES: Final = 1024 * 1024
# MLflow 3 answers 404 for an unknown model and 400 for an unknown alias.
_UNKNOWN: Final = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")


class MlflowRegistry:
    """One registered model on one MLflow server.

    ``client`` is an httpx client whose base_url is the server's address. ``timeout`` bounds
    one question, ``download_timeout`` one version's files, both in seconds.
    """

    def __init__(
        self, client: httpx.AsyncClient, name: str, timeout: float, download_timeout: float
    ) -> None:
        self._client = client
        self._name = name
        self._timeout = timeout
        self.download_timeout = download_timeout

    async def version_of(self, alias: str) -> ModelVersion:
        """The version that the alias points at.

        Raises NoChampionError, RegistryUnreachableError, RegistryAnswerError or MissingTagsError.
        """
        answer = await self._get(
            f"{_API}/registered-models/alias", {"name": self._name, "alias": alias}
        )
        if answer.get("error_code") in _UNKNOWN:
            raise NoChampionError(
                f"The registry has no version of {self._name} with the alias {alias}: "
                "run the training pipeline"
            )
        try:
            found = answer["model_version"]
            version = str(found["version"])
            tags = {str(tag["key"]): str(tag.get("value", "")) for tag in found.get("tags", [])}
        except (KeyError, TypeError, AttributeError) as error:
            raise _not_mlflow(f"no model version in its answer ({error})") from error
        return model_version(self._name, version, tags)

    async def artifact_root(self, version: ModelVersion) -> str:
        """Path of the version's folder behind MLflow's artifact proxy.

        Raises RegistryUnreachableError or RegistryAnswerError.
        """
        answer = await self._get(
            f"{_API}/model-versions/get-download-uri",
            {"name": version.name, "version": version.version},
        )
        if "artifact_uri" not in answer:
            raise _not_mlflow(f"no download address for version {version.version}")
        try:
            uri = urlsplit(str(answer["artifact_uri"]))
        except ValueError as error:
            raise _not_mlflow(f"a download address that is none ({error})") from error
        if uri.scheme != "mlflow-artifacts" or not uri.path.strip("/"):
            raise RegistryAnswerError(
                f"MLflow keeps version {version.version} outside its artifact proxy: start "
                "mlflow server with --artifacts-destination and register the version again"
            )
        return uri.path.strip("/")

    async def artifact(self, path: str, max_bytes: int) -> AsyncGenerator[bytes, None]:
        """Stream one file in pieces of about a mebibyte; at most ``max_bytes`` in all.

        Raises ArtifactMissingError, ArtifactTooLargeError, RegistryUnreachableError or
        RegistryAnswerError. The caller sets the deadline.
        """
        received = 0
        async with self._open(f"{_ARTIFACTS}/{quote(path)}", {}) as response:
            if response.status_code == httpx.codes.NOT_FOUND:
                raise ArtifactMissingError(f"The registered version has no file {path}")
            if response.status_code != httpx.codes.OK:
                raise _not_mlflow(f"status {response.status_code} for the file {path}")
            async for piece in response.aiter_bytes(_CHUNK_BYTES):
                received += len(piece)
                if received > max_bytes:
                    raise ArtifactTooLargeError(
                        f"{path} is larger than {max_bytes} bytes, the most that is loaded here: "
                        "roll back to a smaller version, or train again with a lower MAX_ONNX_MB"
                    )
                yield piece

    async def _get(self, path: str, params: Mapping[str, str]) -> dict[str, Any]:
        """One JSON object, also of an error that MLflow itself words."""
        try:
            async with asyncio.timeout(self._timeout):
                async with self._open(path, params) as response:
                    body = await _read(response)
        except TimeoutError as error:
            raise RegistryUnreachableError(
                f"MLflow did not answer within {self._timeout:g} seconds: check that it runs"
            ) from error
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _not_mlflow(
                f"status {response.status_code} and a body that is not JSON"
            ) from error
        if not isinstance(answer, dict):
            raise _not_mlflow("a body that is no JSON object")
        if response.status_code != httpx.codes.OK and answer.get("error_code") not in _UNKNOWN:
            raise _not_mlflow(f"status {response.status_code}")
        return answer

    @asynccontextmanager
    async def _open(self, path: str, params: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        try:
            async with self._client.stream("GET", path, params=params) as response:
                yield response
        except httpx.DecodingError as error:
            raise _not_mlflow(f"a body that cannot be decoded ({error})") from error
        except httpx.TransportError as error:
            raise RegistryUnreachableError(
                f"MLflow cannot be reached ({type(error).__name__}: {error}): check that it runs "
                "and that MLFLOW_TRACKING_URI is its address"
            ) from error


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > _MAX_ANSWER_BYTES:
            raise _not_mlflow(f"more than {_MAX_ANSWER_BYTES} bytes")
    return bytes(body)


def _not_mlflow(what: str) -> RegistryAnswerError:
    return RegistryAnswerError(
        f"MLflow answered {what}: check that MLFLOW_TRACKING_URI is MLflow's address and that "
        "mlflow server lists this host name in --allowed-hosts"
    )

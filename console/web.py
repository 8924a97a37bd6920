"""HTTP to the services on this machine: short time-outs, one error."""

from typing import Any

import httpx

from console.errors import AnswerError


class Web:
    """A client of the loopback services. A proxy in the environment is not for them."""

    def __init__(self) -> None:
        self._client = httpx.Client(timeout=10, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def is_ok(self, url: str, seconds: float = 2) -> bool:
        """Does this address answer 200 within so many seconds?"""
        try:
            return self._client.get(url, timeout=seconds).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def json(self, method: str, url: str, **arguments: Any) -> dict[str, Any]:
        """The JSON object of a successful answer.

        Raises:
            AnswerError: no answer, an error, or something else than a JSON object.
        """
        response = self._send(method, url, **arguments)
        try:
            answer = response.json()
        except ValueError as error:
            raise AnswerError(f"{url} did not answer with JSON: {response.text[:200]}") from error
        if not isinstance(answer, dict):
            raise AnswerError(f"{url} did not answer with a JSON object: {response.text[:200]}")
        return answer

    def content(self, url: str) -> bytes:
        """The bytes of a successful answer.

        Raises:
            AnswerError: no answer, or an error.
        """
        return self._send("GET", url).content

    def _send(self, method: str, url: str, **arguments: Any) -> httpx.Response:
        try:
            response = self._client.request(method, url, **arguments)
        except httpx.TransportError as error:
            raise AnswerError(f"{url} does not answer: {error}", status=None) from error
        if response.is_error:
            raise AnswerError(
                f"{url} answered {response.status_code}: {response.text[:300]}",
                status=response.status_code,
            )
        return response

"""What can go wrong, as classes.

    InferenceError
    |-- RequestError                  the caller can mend it
    |   |-- InvalidBodyError          422
    |   |-- BodyTooLargeError         413
    |   |-- BodyTimeoutError          408
    |   |-- UnsupportedMediaError     415
    |   |-- those of ``guard``        400, 408, 431, before there is a request
    |   |-- UnknownPathError          404
    |   |-- MethodError               405
    |   `-- RefusedError              whatever else FastAPI refuses
    |-- ClientGoneError               nobody is left to answer
    |-- NoModelError                  503, nothing verified is loaded yet
    |-- ModelOutputError              500, the model broke its own contract
    |-- RuntimeFolderError            the processes' notes cannot be kept
    `-- LoadError                     a version did not become the served one
        |-- RegistryError             asked again at the next poll
        |   |-- RegistryUnreachableError
        |   |-- RegistryAnswerError
        |   `-- NoChampionError
        |-- StoreError                the models folder failed
        `-- VersionRefusedError       tried again only after a pause, a nudge or new tags
            |-- MissingTagsError
            |-- ArtifactMissingError
            |-- ArtifactTooLargeError
            |-- ChecksumError
            |-- InvalidModelError
            |-- SignatureError
            `-- GoldenRowsError

A LoadError never takes down the version that serves. Its ``reason`` is the label under
which the metrics count it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


class InferenceError(Exception):
    """Base of every error of this service; its text says what to do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a request: where, what, and a short code for it."""

    loc: tuple[str | int, ...]
    msg: str
    type: str


class RequestError(InferenceError):
    """The request cannot be served as it is; the answer lists the problems."""

    status: ClassVar[int] = 400

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.msg for problem in problems))
        self.problems = tuple(problems)


class InvalidBodyError(RequestError):
    """The body is not what the endpoint takes."""

    status = 422


class BodyTooLargeError(RequestError):
    """The body is over the limit."""

    status = 413

    def __init__(self, limit: int) -> None:
        msg = f"The body is larger than {limit} bytes: send fewer rows in one request"
        super().__init__([Problem(("body",), msg, "body_too_large")])


class BodyTimeoutError(RequestError):
    """The body did not arrive in time."""

    status = 408

    def __init__(self, seconds: float) -> None:
        msg = f"The body did not arrive within {seconds:g} seconds: send it again"
        super().__init__([Problem(("body",), msg, "body_timeout")])


class UnsupportedMediaError(RequestError):
    """The body is not plain JSON."""

    status = 415

    def __init__(self, header: str, msg: str) -> None:
        super().__init__([Problem(("header", header), msg, "unsupported_media_type")])


class UnknownPathError(RequestError):
    """No endpoint has this path. ``addresses`` are those that exist, each with its method."""

    status = 404

    def __init__(self, path: str, addresses: Sequence[str]) -> None:
        msg = f"There is no address {path}. {_listed(addresses)}"
        super().__init__([Problem(("path",), msg, "not_found")])


class MethodError(RequestError):
    """The path takes other methods: ``allowed``."""

    status = 405

    def __init__(
        self, method: str, path: str, allowed: Sequence[str], addresses: Sequence[str]
    ) -> None:
        msg = f"{path} takes {' or '.join(allowed)}, not {method}. {_listed(addresses)}"
        super().__init__([Problem(("method",), msg, "method_not_allowed")])
        self.allowed = tuple(allowed)


def _listed(addresses: Sequence[str]) -> str:
    return f"The addresses are {', '.join(addresses)}; GET /docs explains them"


class RefusedError(RequestError):
    """FastAPI itself refused the request."""

    def __init__(self, msg: str) -> None:
        super().__init__([Problem(("request",), msg, "refused")])


class ClientGoneError(InferenceError):
    """The client closed the connection before its body was complete."""


class NoModelError(InferenceError):
    """No verified model is loaded."""

    def __init__(self) -> None:
        super().__init__("No verified model is loaded yet: GET /model says why; try again shortly")


class ModelOutputError(InferenceError):
    """The model answered with a class that it does not list."""


class RuntimeFolderError(InferenceError):
    """The folder for the processes' notes cannot be written."""


class LoadError(InferenceError):
    """A version could not become the served one."""

    reason: ClassVar[str] = "load"


class RegistryError(LoadError):
    """The registry could not say which version to serve, or not hand it over."""


class RegistryUnreachableError(RegistryError):
    """No connection, a time-out, or a connection that broke."""

    reason = "registry_unreachable"


class RegistryAnswerError(RegistryError):
    """Something answered, but not as MLflow's registry does."""

    reason = "registry_answer"


class NoChampionError(RegistryError):
    """The registry knows no such model or alias."""

    reason = "no_champion"


class StoreError(LoadError):
    """The models folder cannot be read or written."""

    reason = "store"


class VersionRefusedError(LoadError):
    """The version itself is at fault."""

    reason = "refused"


class MissingTagsError(VersionRefusedError):
    """A tag that the checks need is missing or malformed."""

    reason = "missing_tags"


class ArtifactMissingError(VersionRefusedError):
    """A file of the version does not exist."""

    reason = "artifact_missing"


class ArtifactTooLargeError(VersionRefusedError):
    """A file of the version is over the limit."""

    reason = "artifact_too_large"


class ChecksumError(VersionRefusedError):
    """A file differs from the one that was registered."""

    reason = "checksum"


class InvalidModelError(VersionRefusedError):
    """ONNX Runtime cannot load or run the file."""

    reason = "invalid_model"


class SignatureError(VersionRefusedError):
    """The model's inputs, outputs or metadata are not those of the schema."""

    reason = "signature"


class GoldenRowsError(VersionRefusedError):
    """The model does not repeat the predictions that were registered with it."""

    reason = "golden_rows"


LOAD_REASONS: tuple[str, ...] = (
    *(cls.reason for cls in RegistryError.__subclasses__()),
    StoreError.reason,
    *(cls.reason for cls in VersionRefusedError.__subclasses__()),
)

"""What serves, and what is told about the attempts to serve something else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from .encoding import AnswerEncoder
from .errors import LoadError
from .model import ServedModel
from .versions import ModelVersion

Source = Literal["registry", "cache"]


@dataclass(frozen=True, slots=True)
class Serving:
    """A loaded version. ``source`` says whether its files were downloaded for this load."""

    model: ServedModel
    answers: AnswerEncoder
    version: ModelVersion
    source: Source
    loaded_at: datetime

    @classmethod
    def begin(cls, model: ServedModel, version: ModelVersion, source: Source) -> "Serving":
        """All that a version needs to answer, as of now."""
        answers = AnswerEncoder(version.name, version.version, model.classes)
        return cls(model, answers, version, source, datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a version did not become the served one.

    Not the exception itself: its traceback would keep the refused model in memory.
    """

    reason: str
    detail: str

    @classmethod
    def of(cls, error: LoadError) -> "Failure":
        """What an error says."""
        return cls(error.reason, str(error))


@dataclass(frozen=True, slots=True)
class Poll:
    """What one look at the registry led to."""

    changed: bool
    failure: Failure | None = None


class Observer(Protocol):
    """Told about every load; implementations must not block for long."""

    def swapped(self, serving: Serving) -> None:
        """A version has just begun to serve."""

    def polled(self, result: str) -> None:
        """A poll ended as swapped, unchanged, paused or failed."""

    def load_failed(self, reason: str) -> None:
        """A version could not be found or loaded."""

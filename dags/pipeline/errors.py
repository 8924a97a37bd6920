"""Everything that the pipeline can fail with.

PipelineError
├── BadSettings                 an environment variable is missing or wrong
├── SourceError                 the random-data API did not deliver a batch
│   ├── TransientSourceError    worth another try
│   │   ├── SourceUnreachable   no connection, or silence
│   │   ├── SourceFailed        5xx
│   │   ├── NotJson             success, but HTML or another text
│   │   ├── TruncatedBody       the body ends early
│   │   └── EmptyBatch          a batch without rows
│   ├── UnexpectedShape         JSON, but not the contract's object
│   └── RequestRefused          4xx
├── BatchConflict               a known batch came with another content
├── StoreBusy                   another run holds the lock for too long
├── RegistryUnreachable         MLflow does not answer
├── NoData                      nothing to train on
├── DivergedModel               a fit that went wrong
├── ParityError                 the ONNX file disagrees with scikit-learn
├── NoEligibleCandidate         every candidate is over the serving budget
├── CorruptArtifact             a stored model file is not what was registered
├── UnknownVersion              a rollback to a version that is not there
└── RolloutTimeout              a serving process did not pick the champion up
"""


class PipelineError(Exception):
    """Base class; its message says what happened and what to do."""


class BadSettings(PipelineError):
    """An environment variable is missing or wrong."""


class SourceError(PipelineError):
    """The random-data API did not deliver a batch."""


class TransientSourceError(SourceError):
    """A fault that another try may not meet."""


class SourceUnreachable(TransientSourceError):
    """No connection, or no answer in time."""


class SourceFailed(TransientSourceError):
    """The API answered with a 5xx status."""


class NotJson(TransientSourceError):
    """The API answered with success, but not with JSON: a proxy's HTML page, say."""


class TruncatedBody(TransientSourceError):
    """The body ends early, or cannot be decoded."""


class EmptyBatch(TransientSourceError):
    """The batch has no rows."""


class UnexpectedShape(SourceError):
    """The body is JSON, but not ``{"group_number", "batch_number", "data"}``."""


class RequestRefused(SourceError):
    """The API answered with a 4xx status; ``code`` is the code that it gave, if any."""

    def __init__(self, message: str, code: str | None) -> None:
        super().__init__(message)
        self.code = code


class BatchConflict(PipelineError):
    """A batch that was loaded before came again with another content."""


class StoreBusy(PipelineError):
    """Another run holds a lock and did not release it in time."""


class RegistryUnreachable(PipelineError):
    """MLflow does not answer."""


class NoData(PipelineError):
    """There are no rows to train on."""


class DivergedModel(PipelineError):
    """A candidate's scores are not those of a model that learned something."""


class ParityError(PipelineError):
    """The exported ONNX file does not give scikit-learn's answers."""


class NoEligibleCandidate(PipelineError):
    """No candidate stays inside the serving budget."""


class CorruptArtifact(PipelineError):
    """A model file in the artifact store differs from the one that was registered."""


class UnknownVersion(PipelineError):
    """The version asked for is not in the registry, or cannot be served."""


class RolloutTimeout(PipelineError):
    """Some serving process does not answer with the champion."""

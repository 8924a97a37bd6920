"""The JSON bodies of the API as models: the source of both validation and /docs.

All of them derive from the one list of columns.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, FailFast, Field, JsonValue, create_model

from covertype.schema import COVER_TYPES, FEATURES

_STRICT = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

EXAMPLE_ROW: dict[str, JsonValue] = {
    feature.name: round((feature.seen.low + feature.seen.high) / 2) for feature in FEATURES
}


def _feature_fields() -> dict[str, Any]:
    return {
        feature.name: (
            float,
            Field(
                description=f"{feature.description}, in {feature.unit}; the training data holds "
                f"{feature.seen.low:g} to {feature.seen.high:g}"
            ),
        )
        for feature in FEATURES
    }


# Fields keep the order of the schema, whatever the order of a body's keys.
Observation: type[BaseModel] = create_model(
    "Observation",
    __config__=ConfigDict(**_STRICT, json_schema_extra={"example": EXAMPLE_ROW}),
    __doc__="One place: the 10 numeric features, each a finite number.",
    **_feature_fields(),
)


def batch_model(max_rows: int) -> type[BaseModel]:
    """The body of a batch request, with at most ``max_rows`` rows."""
    # FailFast: a thousand bad rows need one error message, not ten thousand.
    rows = Annotated[
        list[Observation],
        FailFast(),
        Field(min_length=1, max_length=max_rows, description="places to predict"),
    ]
    return create_model(
        "Batch",
        __config__=ConfigDict(**_STRICT, json_schema_extra={"example": {"rows": [EXAMPLE_ROW]}}),
        __doc__="Many places.",
        rows=(rows, ...),
        probabilities=(
            bool,
            Field(default=False, description="answer with the probability of each class too"),
        ),
    )


_CLASSES = ", ".join(f"{label} {name}" for label, name in COVER_TYPES.items())


class Prediction(BaseModel):
    """The answer for one place."""

    model: str = Field(description="name of the registered model")
    version: str = Field(description="version that answered")
    prediction: int = Field(description=f"class: {_CLASSES}")
    cover_type: str = Field(description="name of that class")
    probability: float | None = Field(
        description="the model's probability of that class; null when it gives none"
    )


class BatchPrediction(BaseModel):
    """The answers for many places, in the order of the request's rows."""

    model: str
    version: str
    predictions: list[int]
    cover_types: list[str]
    classes: list[int] | None = Field(None, description="what each probability belongs to")
    probabilities: list[list[float | None]] | None = None


class InvocationAnswer(BaseModel):
    """MLflow's form of an answer."""

    predictions: list[int]


class ProblemAnswer(BaseModel):
    """One thing that is wrong with a request."""

    loc: list[str | int]
    msg: str
    type: str


class ErrorAnswer(BaseModel):
    """Why a request was not served: a text, or a list of problems with a body."""

    detail: str | list[ProblemAnswer]


class ReloadAnswer(BaseModel):
    """What a nudge led to."""

    model: str
    version: str | None
    changed: bool


class ReloadFailure(BaseModel):
    """Why a nudge changed nothing; ``version`` serves on."""

    detail: str
    reason: str
    version: str | None


class Status(BaseModel):
    """A health answer."""

    status: str
    detail: str | None = None


class ModelStatus(BaseModel):
    """What this process serves, and what its siblings serve."""

    model: str
    alias: str
    version: str | None
    sha256: str | None
    tags: dict[str, str]
    source: str | None = Field(
        description="registry: downloaded for this load; cache: read from the models folder"
    )
    loaded_at: str | None
    registry_seen_at: str | None = Field(description="when the registry last named a version")
    last_error: str | None
    processes: dict[str, str | None] = Field(
        description="version by process id, of every living worker of this container"
    )

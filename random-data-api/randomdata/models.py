"""The JSON bodies that the API answers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from covertype import schema
from randomdata.settings import DataSource

EXAMPLE_ROW = ["2596", "51", "3", "258", "0", "510", "221", "232", "148", "6279"]


class Batch(BaseModel):
    """One batch of a group."""

    group_number: int
    batch_number: int
    data: list[list[str]] = Field(
        description=f"Rows without a header, each the {len(schema.COLUMNS)} strings "
        f"{', '.join(schema.COLUMNS)}",
        examples=[[[*EXAMPLE_ROW, "Rawah", "C7745", "5"]]],
    )


class Restarted(BaseModel):
    """The group's next request opens batch 1."""

    ok: Literal[True] = True


class Health(BaseModel):
    """The service answers, and its state file can be read."""

    status: Literal["ok"] = "ok"
    source: DataSource
    file: str | None = Field(description="The file that the rows come from, if one does")
    rows: int = Field(description="Rows of all groups together")
    groups: int
    batches_opened: dict[int, int] = Field(
        description="The last batch that was opened, for each group that has one"
    )


class ErrorDetail(BaseModel):
    """What went wrong: a code to branch on and a message that says what to do."""

    code: str
    message: str


class ErrorBody(BaseModel):
    """The body of every error."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"detail": {"code": "unknown_group", "message": "There is no group 11. ..."}}
            ]
        }
    )

    detail: ErrorDetail

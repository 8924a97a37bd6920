"""What the values of a plan may be, with their units.

Every number of a plan has its unit in the name of its field or in its text: durations are
``30s`` or ``2m``, memory is ``400M`` or ``1G``. A description of a type stands in the message
about a value that is none of it: "expected DESCRIPTION, found ...".
"""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from capacity.configuration import mebibytes
from capacity.plan.units import seconds, suited_cpus

Memory = Annotated[
    int,
    BeforeValidator(mebibytes),
    Field(ge=32, le=2**20, description="a size from 32M to 1024G, such as 400M or 1.5G"),
]
Cpus = Annotated[
    tuple[Annotated[float, Field(gt=0, le=256)], ...],
    BeforeValidator(suited_cpus),
    Field(min_length=1, description="a list of numbers above 0, or auto"),
]
Seconds = Annotated[
    float,
    BeforeValidator(seconds),
    Field(gt=0, le=86_400, description="a duration of at most 24h, such as 30s or 1m30s"),
]
SecondsFromZero = Annotated[
    float,
    BeforeValidator(seconds),
    Field(ge=0, le=86_400, description="a duration from 0s to 24h, such as 5s"),
]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,40}$",
        description="a name of at most 41 small letters, digits and hyphens",
    ),
]
Rate = Annotated[float, Field(gt=0, le=1_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]


class Part(BaseModel):
    """Part of a plan: unchangeable, and with no field that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

"""The calibration file of the simulator: read and checked whole, before anything is drawn."""

from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from covertype import schema
from randomdata.errors import DataFileError

ONE_SIGMA: Final = 1 << 16
"""One standard deviation as a whole number; knots divide it evenly."""

Positive = Annotated[int, Field(gt=0)]


class ClassCalibration(BaseModel, strict=True):
    """What was measured on the rows of one cover type.

    ``quantiles``: for each feature, its values at the knots. ``loadings``: the lower
    triangle of a Cholesky factor, in units of ``loading_scale``. ``soil_types``: rows by
    wilderness area and soil type.
    """

    rows: Positive
    quantiles: dict[str, list[int]]
    loadings: list[list[int]]
    soil_types: dict[str, dict[str, Positive]]

    @model_validator(mode="after")
    def _fits_the_schema(self) -> Self:
        if tuple(self.quantiles) != schema.FEATURE_NAMES:
            raise ValueError("quantiles must name the features of the schema in order")
        if [len(row) for row in self.loadings] != list(range(1, len(schema.FEATURES) + 1)):
            raise ValueError("loadings must be a triangle with a row for each feature")
        soils = {soil for counts in self.soil_types.values() for soil in counts}
        if not soils or not soils <= set(schema.SOIL_TYPE.values):
            raise ValueError("soil_types must name soil types of the schema")
        if not set(self.soil_types) <= set(schema.WILDERNESS_AREA.values):
            raise ValueError("soil_types must name wilderness areas of the schema")
        return self


class Calibration(BaseModel, strict=True):
    """The whole file. Knots lie ``sigmas`` standard deviations to each side of the median."""

    sigmas: Positive
    knots_per_sigma: Positive
    loading_scale: Positive
    classes: dict[str, ClassCalibration]

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if ONE_SIGMA % self.knots_per_sigma:
            raise ValueError(f"knots_per_sigma must divide {ONE_SIGMA}")
        if set(self.classes) != set(map(str, schema.COVER_TYPES)):
            raise ValueError("classes must be the cover types of the schema")
        knots = 2 * self.sigmas * self.knots_per_sigma + 1
        for label, part in self.classes.items():
            for name, values in part.quantiles.items():
                if len(values) != knots or values != sorted(values):
                    raise ValueError(f"class {label}, {name}: expected {knots} rising quantiles")
        return self


def load_calibration(path: Path) -> Calibration:
    """Read ``simulator.json``. Raises ``DataFileError`` when it is missing or wrong."""
    try:
        return Calibration.model_validate_json(path.read_bytes())
    except OSError as error:
        raise _unusable(path, str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise _unusable(path, f"{place}: {first['msg']}" if place else first["msg"]) from error


def _unusable(path: Path, reason: str) -> DataFileError:
    return DataFileError(
        f"{path} cannot be used: {reason}. Check DATA_DIR, or write the file again with "
        "`python -m Data.calibrate_simulator`."
    )

"""The one list of columns: names, units, ranges, category values and class names.

Everything that needs a column derives it from here: table columns, the request
model, the model signature, load-test payloads, the simulator and the docs.

Source: Jock A. Blackard and Denis J. Dean, Colorado State University, "Covertype"
(UCI Machine Learning Repository, data set 31). The ranges in ``seen`` were read off
all 581,012 rows; ``Data/build_dataset.py`` checks them whenever it rebuilds the file.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval of real numbers."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Feature:
    """One numeric column.

    ``seen`` is the range in the real data: load tests draw inside it and inference
    counts what leaves it. ``possible`` is what a point on Earth can have at all:
    ingestion rejects only what leaves that.
    """

    name: str
    unit: str
    description: str
    seen: Interval
    possible: Interval


@dataclass(frozen=True, slots=True)
class Category:
    """One column of strings with a closed set of values, in the order of the source."""

    name: str
    description: str
    values: tuple[str, ...]


_ELEVATION = Interval(-430, 8850)  # the Dead Sea's shore and Mount Everest, in metres
_DISTANCE = Interval(0, 20_040_000)  # no two points on Earth are farther apart, in metres
_HEIGHT_DIFFERENCE = Interval(-9280, 9280)  # the width of _ELEVATION, either way
_HILLSHADE = Interval(0, 255)  # an 8-bit index by definition

FEATURES: Final[tuple[Feature, ...]] = (
    Feature("Elevation", "m", "Height above sea level", Interval(1859, 3858), _ELEVATION),
    Feature(
        "Aspect", "degree", "Compass direction the slope faces", Interval(0, 360), Interval(0, 360)
    ),
    Feature("Slope", "degree", "Steepness of the slope", Interval(0, 66), Interval(0, 90)),
    Feature(
        "Horizontal_Distance_To_Hydrology",
        "m",
        "Horizontal distance to the nearest surface water",
        Interval(0, 1397),
        _DISTANCE,
    ),
    Feature(
        "Vertical_Distance_To_Hydrology",
        "m",
        "Height above the nearest surface water; negative below it",
        Interval(-173, 601),
        _HEIGHT_DIFFERENCE,
    ),
    Feature(
        "Horizontal_Distance_To_Roadways",
        "m",
        "Horizontal distance to the nearest road",
        Interval(0, 7117),
        _DISTANCE,
    ),
    Feature(
        "Hillshade_9am",
        "index 0-255",
        "Hillshade at 9 in the morning, summer solstice",
        Interval(0, 254),
        _HILLSHADE,
    ),
    Feature(
        "Hillshade_Noon",
        "index 0-255",
        "Hillshade at noon, summer solstice",
        Interval(0, 254),
        _HILLSHADE,
    ),
    Feature(
        "Hillshade_3pm",
        "index 0-255",
        "Hillshade at 3 in the afternoon, summer solstice",
        Interval(0, 254),
        _HILLSHADE,
    ),
    Feature(
        "Horizontal_Distance_To_Fire_Points",
        "m",
        "Horizontal distance to the nearest wildfire ignition point",
        Interval(0, 7173),
        _DISTANCE,
    ),
)

WILDERNESS_AREA: Final = Category(
    "Wilderness_Area",
    "Wilderness area of Roosevelt National Forest",
    ("Rawah", "Neota", "Commanche", "Cache"),
)

SOIL_TYPE: Final = Category(
    "Soil_Type",
    "US Forest Service ecological landtype unit",
    (
        *("C2702", "C2703", "C2704", "C2705", "C2706", "C2717", "C3501", "C3502"),
        *("C4201", "C4703", "C4704", "C4744", "C4758", "C5101", "C5151", "C6101"),
        *("C6102", "C6731", "C7101", "C7102", "C7103", "C7201", "C7202", "C7700"),
        *("C7701", "C7702", "C7709", "C7710", "C7745", "C7746", "C7755", "C7756"),
        *("C7757", "C7790", "C8703", "C8707", "C8708", "C8771", "C8772", "C8776"),
    ),
)

CATEGORIES: Final = (WILDERNESS_AREA, SOIL_TYPE)

TARGET: Final = "Cover_Type"

COVER_TYPES: Final[dict[int, str]] = {
    1: "Spruce/Fir",
    2: "Lodgepole Pine",
    3: "Ponderosa Pine",
    4: "Cottonwood/Willow",
    5: "Aspen",
    6: "Douglas-fir",
    7: "Krummholz",
}

FEATURE_NAMES: Final[tuple[str, ...]] = tuple(feature.name for feature in FEATURES)
CATEGORY_NAMES: Final[tuple[str, ...]] = tuple(category.name for category in CATEGORIES)
COLUMNS: Final[tuple[str, ...]] = (*FEATURE_NAMES, *CATEGORY_NAMES, TARGET)

# Shape of the source: how the random-data API divides the file.
GROUPS: Final = range(1, 11)
BATCHES_PER_GROUP: Final = 10

MODEL_NAME: Final = "CovertypeModel"

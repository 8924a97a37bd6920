"""The name under which ingestion tells training of new rows."""

OBSERVATIONS_NAME = "covertype_observations"
OBSERVATIONS_URI = "x-covertype://data/observations"

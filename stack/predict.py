"""``predict``: ask for one prediction through the gateway."""

import json
from typing import Final

from console.curl import shown_command
from console.errors import AnswerError
from stack.context import Stack

# The first row of the data set.
ROW: Final[dict[str, float]] = {
    "Elevation": 2596,
    "Aspect": 51,
    "Slope": 3,
    "Horizontal_Distance_To_Hydrology": 258,
    "Vertical_Distance_To_Hydrology": 0,
    "Horizontal_Distance_To_Roadways": 510,
    "Hillshade_9am": 221,
    "Hillshade_Noon": 232,
    "Hillshade_3pm": 148,
    "Horizontal_Distance_To_Fire_Points": 6279,
}

_ADVICE = {
    None: "start the stack with `make up`",
    503: "no replica is free or has a model: `make up` waits for one, `make ps` shows them",
}


def predict(stack: Stack, url: str | None) -> None:
    """Send one real row, and print the command and its answer.

    Args:
        url: of the gateway or of a replica; None for the gateway of this machine.

    Raises:
        AnswerError: there was no prediction.
    """
    base = (url or stack.gateway_url).rstrip("/")
    stack.say(shown_command(base, ROW))
    try:
        answer = stack.web.json("POST", f"{base}/predict/", json=ROW)
    except AnswerError as error:
        advice = _ADVICE.get(error.status, "`make logs SERVICE=fastapi` tells more")
        raise AnswerError(f"{error}: {advice}", status=error.status) from error
    stack.say(json.dumps(answer))

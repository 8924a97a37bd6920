"""What can go wrong, as one hierarchy.

RandomDataError
  DataFileError        the data or calibration file cannot be used (at start)
  StateFileError       the state file cannot be read or written
  RequestError         the caller asked for what is not there
    UnknownGroupError      a group outside 1..10
    UnknownBatchError      a batch outside 1..10
    BatchNotOpenedError    a batch that the clock has not opened yet
    AllCollectedError      the tenth batch was open for its whole time

Each class carries the code that clients branch on and the HTTP status; each message says
what to do.
"""

from typing import ClassVar

from covertype import schema


class RandomDataError(Exception):
    """Base of this service's errors."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class DataFileError(RandomDataError):
    """A file with data or with the calibration is missing or wrong."""

    code = "data_file"


class StateFileError(RandomDataError):
    """The file that holds the clocks is corrupt, or its folder cannot be written to."""

    code = "state_unavailable"
    status = 503


class RequestError(RandomDataError):
    """The request cannot be answered as it is."""

    status = 400


class UnknownGroupError(RequestError):
    """The group number is outside the groups of the data."""

    code = "unknown_group"

    def __init__(self, group: int) -> None:
        super().__init__(
            f"There is no group {_short(group)}. Send a group_number from {schema.GROUPS[0]} "
            f"to {schema.GROUPS[-1]}."
        )


class UnknownBatchError(RequestError):
    """The batch number is outside the batches of a group."""

    code = "unknown_batch"

    def __init__(self, batch: int) -> None:
        super().__init__(
            f"There is no batch {_short(batch)}. Send a batch_number from 1 to "
            f"{schema.BATCHES_PER_GROUP}, or none to read the open batch."
        )


class BatchNotOpenedError(RequestError):
    """The batch exists, but the group's clock has not come to it."""

    code = "batch_not_opened"

    def __init__(self, group: int, batch: int, opened: int) -> None:
        so_far = f"batches 1 to {opened} are" if opened else "no batch is"
        super().__init__(
            f"Batch {batch} of group {group} is not open yet: {so_far}. "
            "Read the group without batch_number until it opens."
        )


class AllCollectedError(RequestError):
    """Every batch was opened and the last one's time is over."""

    code = "all_collected"

    def __init__(self, group: int) -> None:
        super().__init__(
            f"All {schema.BATCHES_PER_GROUP} batches of group {group} were collected. Read one "
            f"again with batch_number, or call /restart_data_generation?group_number={group} "
            "to start from batch 1."
        )


def _short(number: int) -> str:
    """Write a number that a caller sent, which can have thousands of digits."""
    return str(number) if abs(number) < 10**12 else "with that number"

"""What can go wrong between Parc and a device.

``CollectorError`` is the root; each leaf says one cause that a technician can act on::

    CollectorError
    ├── NoAnswerError          also a ``TimeoutError``: nothing came back in time
    ├── WrongCredentialsError  the device answers, but not to what it was shown
    ├── RefusedError           the device said no, or nothing listens there
    ├── MalformedError         what came back breaks the protocol
    ├── TooLargeError          a limit on requests, rows, octets or seconds was reached
    └── StoppedError           the run was cancelled by a person or by a shutdown
"""

from __future__ import annotations

from enum import StrEnum


class Failure(StrEnum):
    """Why a target gave nothing, or not all; the words stored with each run."""

    NO_ANSWER = "no_answer"
    WRONG_CREDENTIALS = "wrong_credentials"
    REFUSED = "refused"
    MALFORMED = "malformed"
    TOO_LARGE = "too_large"
    CANCELLED = "cancelled"


class CollectorError(Exception):
    """A device could not be read, or not to the end.

    Args:
        address: the target's address as text.
        detail: one sentence for a technician, without secrets.
    """

    failure: Failure = Failure.REFUSED

    def __init__(self, address: str, detail: str) -> None:
        super().__init__(f"{address}: {detail}")
        self.address = address
        self.detail = detail


class NoAnswerError(CollectorError, TimeoutError):
    """Nothing came back within the time and the retries allowed."""

    failure = Failure.NO_ANSWER


class WrongCredentialsError(CollectorError):
    """The device answers, but refuses the community, the user or the keys."""

    failure = Failure.WRONG_CREDENTIALS


class RefusedError(CollectorError):
    """The device or its network refused (port unreachable, error status)."""

    failure = Failure.REFUSED


class MalformedError(CollectorError):
    """What came back breaks the protocol (encoding, order, request id)."""

    failure = Failure.MALFORMED


class TooLargeError(CollectorError):
    """A budget of requests, rows, octets or seconds was used up."""

    failure = Failure.TOO_LARGE


class StoppedError(CollectorError):
    """The run was cancelled before this target was finished."""

    failure = Failure.CANCELLED

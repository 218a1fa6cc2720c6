"""The one error that an upload can give, with the cause as a code."""

from __future__ import annotations

from enum import StrEnum


class Fault(StrEnum):
    """Why an upload cannot be taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    DAMAGED = "damaged"
    NOT_AN_INVENTORY = "not_an_inventory"


class UploadError(Exception):
    """An upload that cannot be taken.

    Args:
        fault: the cause.
        detail: one sentence for whoever reads the agent's log; it holds nothing of the upload.
    """

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail

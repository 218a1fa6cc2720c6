"""How much one upload may hold; what is real is smaller by far."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Limits of one upload.

    Attributes:
        wire_octets: as it was sent.
        unpacked_octets: after decompression.
        elements: of XML and values of JSON, all in all.
        depth: of nesting.
        rows: of one section; 20,000 programs have been seen, 200,000 have not.
    """

    wire_octets: int = 10 * MEBIBYTE
    unpacked_octets: int = 64 * MEBIBYTE
    elements: int = 400_000
    depth: int = 32
    rows: int = 40_000


DEFAULT_LIMITS = UploadLimits()

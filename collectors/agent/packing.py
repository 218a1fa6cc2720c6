"""Compression of what agents send and are answered; by its first octets, not by its header.

A stream is unpacked in steps and never beyond the limit, so that a small body cannot fill the
memory; one that breaks off is refused, since half an inventory would read as one that lost things.

Source: RFC 1950 (zlib), RFC 1951 (deflate), RFC 1952 (gzip).
"""

from __future__ import annotations

import zlib
from enum import StrEnum
from typing import Final

from collectors.agent.errors import Fault, UploadError
from collectors.agent.limits import DEFAULT_LIMITS, UploadLimits

_GZIP: Final = b"\x1f\x8b"
_GZIP_WBITS: Final = 31
_ZLIB_DEFLATE: Final = 0x78
_ZLIB_CHECK: Final = 31
_BOM: Final = b"\xef\xbb\xbf"


class Packing(StrEnum):
    """How a body is compressed."""

    PLAIN = "plain"
    ZLIB = "zlib"
    GZIP = "gzip"


_TYPES: Final = {
    Packing.ZLIB: "application/x-compress-zlib",
    Packing.GZIP: "application/x-compress-gzip",
}


def unpack(body: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> tuple[bytes, Packing]:
    """Give the text of a body without its byte order mark, and how it was packed.

    Raises:
        UploadError: it is empty, too large, or its stream is damaged or breaks off.
    """
    if not body:
        raise UploadError(Fault.EMPTY, "the body is empty")
    if len(body) > limits.wire_octets:
        raise UploadError(Fault.TOO_LARGE, f"the body is larger than {limits.wire_octets} octets")
    packing = _packing_of(body)
    if packing is not Packing.PLAIN:
        wbits = _GZIP_WBITS if packing is Packing.GZIP else zlib.MAX_WBITS
        body = _inflate(body, wbits, limits.unpacked_octets)
    text = body.removeprefix(_BOM)
    if not text.strip():
        raise UploadError(Fault.EMPTY, "the body is empty")
    return text, packing


def pack(text: bytes, packing: Packing) -> tuple[bytes, str | None]:
    """Compress an answer as the request was, and give its content type; None when it is plain."""
    if packing is Packing.PLAIN:
        return text, None
    wbits = _GZIP_WBITS if packing is Packing.GZIP else zlib.MAX_WBITS
    stream = zlib.compressobj(wbits=wbits)
    return stream.compress(text) + stream.flush(), _TYPES[packing]


def _packing_of(body: bytes) -> Packing:
    if body.startswith(_GZIP):
        return Packing.GZIP
    is_zlib = (
        len(body) > 1
        and body[0] == _ZLIB_DEFLATE
        and int.from_bytes(body[:2], "big") % _ZLIB_CHECK == 0
    )
    return Packing.ZLIB if is_zlib else Packing.PLAIN


def _inflate(body: bytes, wbits: int, most: int) -> bytes:
    stream = zlib.decompressobj(wbits)
    try:
        text = stream.decompress(body, most)
    except zlib.error:
        raise UploadError(Fault.DAMAGED, "the compressed body is damaged") from None
    if stream.unconsumed_tail and not stream.eof:
        raise UploadError(Fault.TOO_LARGE, f"the body unpacks to more than {most} octets")
    if not stream.eof:
        raise UploadError(Fault.DAMAGED, "the compressed body breaks off")
    return text

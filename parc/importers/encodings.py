"""The encoding of a text file, and its lines: read in parts, so that memory stays flat.

Tried in this order: byte order mark, strict UTF-8, cp1252. Statistics would read French cp1252 as
cp1250; Latin-1 has no euro sign, and is there only to be chosen. Excel for Mac writes accents at
places where cp1252 has signs that French does not use, or none.
"""

from __future__ import annotations

import codecs
import enum
import io
from collections.abc import Iterator
from typing import BinaryIO, Final

from parc.importers.limits import FileError, Limits

_CHUNK: Final = 64 * 1024
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_MAC_ACCENTS: Final = (b"\x88", b"\x8d", b"\x8e", b"\x8f", b"\x90", b"\x9d", b"\x9e")
_FIRST_LETTER: Final = 0xC0  # of cp1252: from here on its letters with accents
_UTF16_SHARE: Final = 0.3  # of NULs on one side of the pairs; French text has nearly half
_MARK: Final = "\ufeff"


class Encoding(enum.StrEnum):
    """Encodings that files of records come in, by Python's names."""

    UTF_8 = "utf-8"
    CP1252 = "cp1252"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    ISO_8859_1 = "iso8859-1"
    ISO_8859_15 = "iso8859-15"
    MAC_ROMAN = "mac-roman"


def find_encoding(file: BinaryIO) -> Encoding:
    """Give the encoding of a text file, read from its beginning to its end.

    Raises:
        FileError: ``has_nul``, or ``encoding_unknown``.
    """
    head = file.read(4096)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return Encoding(name)
    if (wide := _wide(head)) is not None:
        return wide
    file.seek(0)
    if _decodes(file, Encoding.UTF_8):
        return Encoding.UTF_8
    file.seek(0)
    if _is_mac(file.read(_CHUNK)):
        return Encoding.MAC_ROMAN
    file.seek(0)
    if _decodes(file, Encoding.CP1252):
        return Encoding.CP1252
    raise FileError("encoding_unknown")


def read_lines(file: BinaryIO, encoding: Encoding, limits: Limits) -> Iterator[str]:
    r"""Give the lines with their ends, which are all made ``\\n``; the byte order mark is left out.

    Raises:
        FileError: ``encoding_wrong``, ``has_nul`` or ``line_too_long``, with the line.
    """
    decoder = io.IncrementalNewlineDecoder(
        codecs.getincrementaldecoder(encoding.value)("strict"), translate=True
    )
    number, rest, is_first = 1, "", True
    while True:
        chunk = file.read(_CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise FileError("encoding_wrong", encoding.value, number) from error
        if is_first and text:
            text, is_first = text.removeprefix(_MARK), False
        *lines, rest = (rest + text).split("\n")
        for line in lines:
            yield _checked(line, number, limits) + "\n"
            number += 1
        _checked(rest, number, limits)
        if not chunk:
            break
    if rest:
        yield rest


def _checked(line: str, number: int, limits: Limits) -> str:
    if len(line) > limits.line_characters:
        raise FileError("line_too_long", str(limits.line_characters), number)
    if "\x00" in line:
        raise FileError("has_nul", "", number)
    return line


def _wide(head: bytes) -> Encoding | None:
    """Tell UTF-16 without mark by the zero octets of its plain letters."""
    pairs = len(head) // 2
    if not pairs:
        return None
    for encoding, start in ((Encoding.UTF_16_LE, 1), (Encoding.UTF_16_BE, 0)):
        zeros, others = head[start::2].count(0), head[1 - start :: 2].count(0)
        if zeros / pairs > _UTF16_SHARE and not others:
            return encoding
    return None


def _is_mac(head: bytes) -> bool:
    """Tell Mac Roman by its accents (à ç é è ê ù û), where cp1252 has its own elsewhere."""
    return sum(map(head.count, _MAC_ACCENTS)) > sum(octet >= _FIRST_LETTER for octet in head)


def _decodes(file: BinaryIO, encoding: Encoding) -> bool:
    decoder = codecs.getincrementaldecoder(encoding.value)("strict")
    line = 1
    try:
        while chunk := file.read(_CHUNK):
            if 0 in chunk:
                raise FileError("has_nul", "", line + chunk[: chunk.index(0)].count(b"\n"))
            line += chunk.count(b"\n")
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True

"""Parts of a workbook, which is a zip of XML: bounded in number and size, without DTD or entity.

Expat is driven here directly and in small parts, so that rows come while the sheet is read and a
bomb is met at its bound, not in memory.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol
from xml.parsers import expat

from parc.importers.limits import FileError, Limits

_CHUNK: Final = 64 * 1024
_PENDING: Final = 4 * 1024 * 1024
_END: Final = b"PK\x05\x06"
_LOCATOR: Final = b"PK\x06\x07"
_END_OCTETS: Final = 22
_LOCATOR_OCTETS: Final = 20
_DIRECTORY_OCTETS: Final = 1024 * 1024


class Handler(Protocol):
    """What takes the events of an XML part; names come without their prefix."""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element."""
        ...

    def end(self, name: str) -> None:
        """Take the end of an element."""
        ...

    def text(self, text: str) -> None:
        """Take a piece of text."""
        ...


class Archive:
    """A zip whose parts are read as XML; gives out at most ``inflated_octets`` in all.

    Raises:
        FileError: ``workbook_damaged`` or ``workbook_too_large``.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._limits = limits
        self._left = limits.inflated_octets
        _check_directory(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise FileError("workbook_damaged") from error
        if len(self._zip.infolist()) > limits.members:
            self._zip.close()
            raise FileError("workbook_too_large", str(limits.members))
        self.names = frozenset(self._zip.namelist())

    def close(self) -> None:
        """Close the file."""
        self._zip.close()

    def read(self, name: str, handler: Handler) -> None:
        """Hand all events of a part to ``handler``.

        Raises:
            FileError: see ``stream``.
        """
        for _ in self.stream(name, handler):
            pass

    def stream(self, name: str, handler: Handler) -> Iterator[None]:
        """Hand the events of a part to ``handler``, pausing after each piece of the file.

        Raises:
            FileError: ``workbook_damaged``, ``workbook_too_large`` or ``xml_forbidden``.
        """
        parser = _parser(handler)
        fed = 0
        try:
            with self._zip.open(name) as member:
                while chunk := member.read(_CHUNK):
                    fed += len(chunk)
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise FileError("workbook_too_large", str(self._limits.inflated_octets))
                    parser.Parse(chunk, False)  # noqa: FBT003 -- expat takes no keywords
                    if fed - parser.CurrentByteIndex > _PENDING:
                        raise FileError("workbook_too_large", str(_PENDING))
                    yield
                parser.Parse(b"", True)  # noqa: FBT003
                yield
        except KeyError as error:
            raise FileError("workbook_damaged", name[:60]) from error
        except (
            expat.ExpatError,
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            RuntimeError,
            NotImplementedError,
            OSError,
        ) as error:
            raise FileError("workbook_damaged", name[:60]) from error


def _parser(handler: Handler) -> Any:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    start, end = handler.start, handler.end

    def on_start(name: str, attributes: dict[str, str]) -> None:
        start(_local(name), attributes)

    def on_end(name: str) -> None:
        end(_local(name))

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.CharacterDataHandler = handler.text
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    return parser


def _refuse(*_parts: object) -> NoReturn:
    raise FileError("xml_forbidden")


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def local_attributes(attributes: Mapping[str, str]) -> dict[str, str]:
    """Give attributes by their names without prefix."""
    return {_local(name): value for name, value in attributes.items()}


def _check_directory(path: Path) -> None:
    """Refuse a zip whose list of parts alone would fill the memory, before it is read."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - 65_557, 0))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_OCTETS:
        raise FileError("workbook_damaged")
    (octets,) = struct.unpack_from("<I", tail, at + 12)
    if octets > _DIRECTORY_OCTETS or tail[max(at - _LOCATOR_OCTETS, 0) :][:4] == _LOCATOR:
        raise FileError("workbook_too_large", str(_DIRECTORY_OCTETS))


class Collector:
    """A handler of one function a part: for small parts such as the list of sheets."""

    def __init__(self, on_start: Callable[[str, dict[str, str]], None]) -> None:
        self._on_start = on_start

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Hand the element on."""
        self._on_start(name, local_attributes(attributes))

    def end(self, name: str) -> None:
        """Nothing is kept."""

    def text(self, text: str) -> None:
        """Nothing is kept."""

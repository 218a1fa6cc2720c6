"""XML and JSON as plain nested values, within limits; no DTD, no entity, nothing is fetched.

Both become the same: texts, mappings by lower-case name, lists. In XML a list of one is a single
element, so that whoever reads a section takes one value and many alike.
"""

from __future__ import annotations

import re
from typing import Any, Final
from xml.etree.ElementTree import ParseError  # a name only; nothing is parsed by it

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from collectors.agent.errors import Fault, UploadError
from collectors.agent.limits import UploadLimits

Tree = str | int | float | bool | None | list["Tree"] | dict[str, "Tree"]

# What XML 1.0 (production 2) does not allow as a character.
_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ILLEGAL_REFERENCE: Final = re.compile(
    r"&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[124-9]|2\d|3[01]));", re.IGNORECASE
)
_DECLARATION: Final = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_NAME_CHARACTERS: Final = 100


class _TooMuchError(Exception):
    """A limit was passed while parsing."""


class _Builder:
    """Target of the parser: makes values of elements as they end, and counts them."""

    def __init__(self, limits: UploadLimits) -> None:
        self._limits = limits
        self._count = 0
        self._texts: list[list[str]] = []
        self._children: list[dict[str, Tree]] = []
        self.root: tuple[str, Tree] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element; attributes say nothing that is kept."""
        del attributes
        self._count += 1
        if self._count > self._limits.elements or len(self._texts) >= self._limits.depth:
            raise _TooMuchError(tag[:_NAME_CHARACTERS])
        self._texts.append([])
        self._children.append({})

    def data(self, text: str) -> None:
        """Take a piece of text."""
        if self._texts:
            self._texts[-1].append(text)

    def end(self, tag: str) -> None:
        """Close an element: a mapping when it held elements, else its text."""
        texts, children = self._texts.pop(), self._children.pop()
        value: Tree = children or "".join(texts).strip()
        name = tag.rpartition("}")[2].lower()[:_NAME_CHARACTERS]
        if not self._children:
            self.root = (name, value)
            return
        _add(self._children[-1], name, value)

    def close(self) -> None:
        """End; the root is read from the attribute."""


def _add(children: dict[str, Tree], name: str, value: Tree) -> None:
    """Put a child into its parent; what repeats becomes a list. Values are never lists here."""
    if name not in children:
        children[name] = value
        return
    present = children[name]
    if isinstance(present, list):
        present.append(value)
    else:
        children[name] = [present, value]


def parse_xml(text: bytes, limits: UploadLimits) -> tuple[str, Tree]:
    """Give the name and the value of the root element.

    Old agents send control characters and octets of Windows code pages: what cannot be parsed is
    cleaned once and tried again.

    Raises:
        UploadError: it is no well-formed XML, holds a DTD or an entity, or passes a limit.
    """
    try:
        return _parse_xml(text, limits)
    except (ParseError, ValueError, LookupError) as error:
        # DefusedXmlException is a ValueError: what was refused is not tried again.
        if isinstance(error, DefusedXmlException):
            raise UploadError(Fault.DAMAGED, "XML with a DTD or entities is not taken") from None
    try:
        return _parse_xml(_clean(text), limits)
    except DefusedXmlException:
        raise UploadError(Fault.DAMAGED, "XML with a DTD or entities is not taken") from None
    except (ParseError, ValueError, LookupError):
        raise UploadError(Fault.DAMAGED, "the body is no well-formed XML") from None


def _parse_xml(text: bytes, limits: UploadLimits) -> tuple[str, Tree]:
    builder = _Builder(limits)
    parser = DefusedXMLParser(target=builder, forbid_dtd=True)
    try:
        parser.feed(text)
        parser.close()
    except _TooMuchError:
        raise UploadError(Fault.TOO_LARGE, "the XML holds too many elements, or too deep") from None
    if builder.root is None:
        raise UploadError(Fault.DAMAGED, "the body is no well-formed XML")
    return builder.root


def _clean(text: bytes) -> bytes:
    """Give UTF-8 without what XML does not allow; undeclared octets are read as cp1252."""
    try:
        decoded = text.decode("utf-8")
    except UnicodeDecodeError:
        decoded = text.decode("cp1252", errors="replace")
    decoded = _DECLARATION.sub("", decoded, count=1)
    decoded = _ILLEGAL_REFERENCE.sub("", decoded)
    return _ILLEGAL.sub("", decoded).encode("utf-8")


def parse_json(text: bytes, limits: UploadLimits) -> dict[str, Tree]:
    """Give an object with the names of all objects in it in lower case.

    Raises:
        UploadError: it is no JSON, no object, or passes a limit.
    """
    # Counted before anything is made of it: two octets can become an object of a hundred.
    if sum(map(text.count, (b",", b"[", b"{"))) > limits.elements:
        raise UploadError(Fault.TOO_LARGE, "the JSON holds too many values")
    try:
        tree: Any = msgspec.json.decode(text)
    except RecursionError:
        raise UploadError(Fault.TOO_LARGE, "the JSON is nested too deep") from None
    except (msgspec.DecodeError, UnicodeError):
        tree = _decode_again(text)
    lowered = _Lowering(limits).lower(tree)
    if not isinstance(lowered, dict):
        raise UploadError(Fault.NOT_AN_INVENTORY, "the JSON is no object")
    return lowered


def _decode_again(text: bytes) -> Any:
    """Read JSON of which some octets are of a Windows code page."""
    try:
        return msgspec.json.decode(text.decode("cp1252", errors="replace"))
    except RecursionError:
        raise UploadError(Fault.TOO_LARGE, "the JSON is nested too deep") from None
    except (msgspec.DecodeError, UnicodeError):
        raise UploadError(Fault.DAMAGED, "the body is no JSON") from None


class _Lowering:
    """Copies a tree with names in lower case, and counts."""

    def __init__(self, limits: UploadLimits) -> None:
        self._limits = limits
        self._count = 0

    def lower(self, tree: Any, depth: int = 1) -> Tree:
        self._count += 1
        if self._count > self._limits.elements or depth > self._limits.depth:
            raise UploadError(Fault.TOO_LARGE, "the JSON holds too many values, or too deep")
        if isinstance(tree, dict):
            return {
                str(name).lower()[:_NAME_CHARACTERS]: self.lower(value, depth + 1)
                for name, value in tree.items()
            }
        if isinstance(tree, list):
            return [self.lower(value, depth + 1) for value in tree]
        return tree if isinstance(tree, str | int | float | bool) else None

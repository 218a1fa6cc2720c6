"""One body as the message that it is: a prolog, a contact, an inventory, or what is only taken.

Both dialects give the same; what an agent is to be answered is decided by whoever takes it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from collectors.agent.errors import Fault, UploadError
from collectors.agent.limits import DEFAULT_LIMITS, UploadLimits
from collectors.agent.packing import Packing, unpack
from collectors.agent.sections import Sections, first, read_sections
from collectors.agent.trees import Tree, parse_json, parse_xml
from collectors.agent.values import text, truth

_KEY_CHARACTERS: Final = 100


class Dialect(StrEnum):
    """How a message is written, and therefore how it is answered."""

    XML = "xml"
    JSON = "json"


class MessageKind(StrEnum):
    """What an agent wants."""

    PROLOG = "prolog"
    CONTACT = "contact"
    INVENTORY = "inventory"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of an agent.

    Attributes:
        device_id: how the agent names its machine: host name and time of its first run.
        client: name and version of the agent as the body tells them.
        tag: what the agent was told to send along; it is free text and proves nothing.
        item_type: ``Computer``, ``Phone`` …; None where it is not told.
        is_partial: sections that did not come are as before.
        sections: of an inventory.
        packing: how the body came, and how the answer is sent.
    """

    kind: MessageKind
    dialect: Dialect
    packing: Packing = Packing.PLAIN
    device_id: str | None = None
    client: str | None = None
    tag: str | None = None
    item_type: str | None = None
    is_partial: bool = False
    sections: Sections = field(default_factory=dict)


_NETWORK_QUERIES: Final = frozenset({"netdiscovery", "netinventory", "snmpquery", "snmp", "esx"})


def read_message(body: bytes, limits: UploadLimits = DEFAULT_LIMITS) -> Message:
    """Read what an agent sent, by its first octets.

    Raises:
        UploadError: it is too large, damaged, or no message of an agent.
    """
    octets, packing = unpack(body, limits)
    if octets.lstrip()[:1] == b"{":
        return _read_json(parse_json(octets, limits), packing, limits)
    if octets[:2] in {b"\xff\xfe", b"\xfe\xff"} or octets.lstrip()[:1] == b"<":
        name, root = parse_xml(octets, limits)
        return _read_xml(name, root, packing, limits)
    raise UploadError(Fault.NOT_AN_INVENTORY, "the body is neither XML nor JSON")


def _read_json(root: dict[str, Tree], packing: Packing, limits: UploadLimits) -> Message:
    action = (text(root, "action") or "inventory").lower()
    device_id = _short(text(root, "deviceid"))
    if action == "contact":
        told = (text(root, "name"), text(root, "version"))
        return Message(
            MessageKind.CONTACT,
            Dialect.JSON,
            packing,
            device_id,
            client="_v".join(part for part in told if part) or None,
            tag=text(root, "tag"),
        )
    if action in _NETWORK_QUERIES:
        return Message(MessageKind.NETWORK, Dialect.JSON, packing, device_id)
    if action != "inventory" or device_id is None:
        raise UploadError(Fault.NOT_AN_INVENTORY, "the JSON is no message of an agent")
    sections = read_sections(root.get("content"), limits)
    return Message(
        MessageKind.INVENTORY,
        Dialect.JSON,
        packing,
        device_id,
        client=text(first(sections, "versionclient"), "value"),
        tag=text(root, "tag"),
        item_type=text(root, "itemtype"),
        is_partial=bool(truth(root, "partial")),
        sections=sections,
    )


def _read_xml(name: str, root: Tree, packing: Packing, limits: UploadLimits) -> Message:
    if name != "request" or not isinstance(root, dict):
        raise UploadError(Fault.NOT_AN_INVENTORY, "the XML is no message of an agent")
    query = (text(root, "query") or "").lower()
    device_id = _short(text(root, "deviceid"))
    if query == "prolog":
        return Message(MessageKind.PROLOG, Dialect.XML, packing, device_id)
    if query in _NETWORK_QUERIES:
        return Message(MessageKind.NETWORK, Dialect.XML, packing, device_id)
    if query != "inventory" or device_id is None:
        raise UploadError(Fault.NOT_AN_INVENTORY, "the XML is no message of an agent")
    sections = read_sections(root.get("content"), limits)
    return Message(
        MessageKind.INVENTORY,
        Dialect.XML,
        packing,
        device_id,
        client=text(first(sections, "versionclient"), "value"),
        tag=_tag(sections),
        item_type=text(root, "itemtype"),
        sections=sections,
    )


def _tag(sections: Sections) -> str | None:
    for row in sections.get("accountinfo", []):
        if (text(row, "keyname") or "").upper() == "TAG":
            return text(row, "keyvalue")
    return None


def _short(device_id: str | None) -> str | None:
    return device_id[:_KEY_CHARACTERS] if device_id else None

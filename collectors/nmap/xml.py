"""Read nmap's XML into frozen dataclasses; pure.

All text in it was chosen by whoever sits at the other end. It is cleaned here, once, and two
things never leave: scripts' output, and ``extrainfo``, in which nmap writes the community that
an SNMP agent answered to.
"""

from __future__ import annotations

import io
import ipaddress
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element, ParseError  # names only; nothing is parsed by it

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from collectors.text import clean_name, normalise_mac

INPUT_OCTETS: Final = 64 * 1024 * 1024
TEXT_CHARACTERS: Final = 200
_CPES: Final = 8
# What nmap says when it was told that a host is up, or only thinks so.
_NO_PROOFS: Final = frozenset({"", "user-set", "unknown-response", "no-response"})
_LAST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class NmapPort:
    """One port that nmap found open; ``open|filtered`` is none.

    Attributes:
        protocol: ``tcp`` or ``udp``.
        is_guess: the name only follows from the port's number.
        device_type: nmap's word for what speaks so (``printer``, ``switch``).
        cpes: names of products, as ``cpe:/o:cisco:ios``.
    """

    protocol: str
    number: int
    name: str | None = None
    product: str | None = None
    version: str | None = None
    device_type: str | None = None
    cpes: tuple[str, ...] = ()
    is_guess: bool = True


@dataclass(frozen=True, slots=True)
class NmapHost:
    """One address that is up.

    Attributes:
        proof: nmap's reason, ``arp-response`` and so on.
        is_proven: something came back from there.
        vendor: nmap's name for the MAC's prefix, also for virtual network cards.
        has_ports: the ports were asked for, to the end.
    """

    address: str
    proof: str
    is_proven: bool
    mac_address: str | None = None
    vendor: str | None = None
    ports: tuple[NmapPort, ...] = ()
    has_ports: bool = False


@dataclass(frozen=True, slots=True)
class NmapReport:
    """All hosts of one run.

    Attributes:
        is_complete: nmap came to its end and said so; otherwise a missing host means nothing.
        detail: what is wrong with the document, empty when nothing is.
    """

    hosts: tuple[NmapHost, ...] = ()
    is_complete: bool = False
    detail: str = ""


def read_report(body: bytes) -> NmapReport:
    """Read the XML of one run; hosts before a break are kept.

    Entities and external parts are refused: then there is no report at all, only its detail.
    """
    if len(body) > INPUT_OCTETS:
        return NmapReport(detail="more than 64 MiB of XML")
    hosts: list[NmapHost] = []
    is_complete = False
    detail = ""
    root: Element | None = None
    try:
        # nmap writes a DOCTYPE without entities, so that much has to be let through.
        parsing = ElementTree.iterparse(io.BytesIO(body), events=("start", "end"))
        for event, element in parsing:
            if event == "start":
                root = element if root is None else root
            elif element.tag == "host":
                host = _host(element)
                hosts += [host] if host else []
                _forget(root)
            elif element.tag in {"hosthint", "taskprogress"}:
                _forget(root)
            elif element.tag == "finished":
                is_complete = element.get("exit") == "success"
                detail = _text(element.get("errormsg")) or ""
    except ParseError:
        return NmapReport(tuple(hosts), detail=detail or "the XML ends early")
    except DefusedXmlException:
        return NmapReport(detail="the XML holds entities, which nmap never writes")
    return NmapReport(tuple(hosts), is_complete, detail)


def _forget(root: Element | None) -> None:
    """Let go of what was read, so that memory does not grow with the document."""
    if root is not None:
        root.clear()


def _host(element: Element) -> NmapHost | None:
    status = element.find("status")
    address = mac = vendor = None
    for item in element.iterfind("address"):
        if item.get("addrtype") == "mac":
            mac = normalise_mac(item.get("addr", ""))
            vendor = _text(item.get("vendor"))
        else:
            address = _address(item.get("addr", ""))
    if status is None or status.get("state") != "up" or address is None:
        return None
    proof = _text(status.get("reason")) or ""
    ports = element.find("ports")
    return NmapHost(
        address=address,
        proof=proof,
        is_proven=proof not in _NO_PROOFS,
        mac_address=mac,
        vendor=vendor,
        ports=_ports(ports),
        has_ports=ports is not None and element.get("timedout") != "true",
    )


def _address(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _ports(element: Element | None) -> tuple[NmapPort, ...]:
    if element is None:
        return ()
    found = (_port(item) for item in element.iterfind("port"))
    return tuple(port for port in found if port is not None)


def _port(element: Element) -> NmapPort | None:
    state = element.find("state")
    protocol, number = element.get("protocol", ""), element.get("portid", "")
    if state is None or state.get("state") != "open" or protocol not in {"tcp", "udp"}:
        return None
    if not (number.isascii() and number.isdigit() and 0 < int(number[:6]) <= _LAST_PORT):
        return None
    service = element.find("service")
    if service is None:
        return NmapPort(protocol, int(number))
    cpes = [_text(item.text) for item in service.findall("cpe")[:_CPES]]
    return NmapPort(
        protocol=protocol,
        number=int(number),
        name=_text(service.get("name")),
        product=_text(service.get("product")),
        version=_text(service.get("version")),
        device_type=_text(service.get("devicetype")),
        cpes=tuple(cpe for cpe in cpes if cpe),
        is_guess=service.get("method") != "probed",
    )


def _text(raw: str | None) -> str | None:
    name = clean_name(raw) if raw else None
    return name[:TEXT_CHARACTERS].strip() if name else None

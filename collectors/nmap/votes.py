"""Weigh the signs of what a device is; the signs themselves are in ``votes.toml``. Pure.

A guess from outside never speaks as loud as the device: SNMP and people outrank it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from collectors.nmap.xml import NmapPort
from collectors.observation import Category, CategoryVote

ENOUGH: Final = 0.5


class Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the table; the conditions are told there."""

    category: Category
    weight: float
    evidence: str
    reason: str
    tcp: frozenset[int] = frozenset()
    only_tcp: frozenset[int] = frozenset()
    no_tcp: frozenset[int] = frozenset()
    manufacturer: tuple[str, ...] = ()
    mac: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    cpe: tuple[str, ...] = ()


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All signs, and the kinds that a general category stands for."""

    sign: tuple[Sign, ...]
    general: dict[Category, frozenset[Category]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the votes come to.

    Attributes:
        votes: all that counted, the strongest first.
        category: None when no category reaches ``ENOUGH``.
        confidence: of ``probable_category``, 0 to 1; None without any vote.
        probable_category: the best one, however weak.
    """

    votes: tuple[CategoryVote, ...] = ()
    category: Category | None = None
    confidence: float | None = None
    probable_category: Category | None = None


@dataclass(frozen=True, slots=True)
class _Seen:
    tcp: frozenset[int]
    manufacturers: tuple[str, ...]
    mac: str
    words: str
    cpes: tuple[str, ...]


@cache
def table() -> Table:
    """Read the table that comes with Parc.

    Raises:
        msgspec.ValidationError: the file breaks its own form.
    """
    source = resources.files(__package__).joinpath("votes.toml").read_bytes()
    return msgspec.toml.decode(source, type=Table)


def weigh(
    ports: Iterable[NmapPort] = (),
    *,
    manufacturer: str | None = None,
    vendor: str | None = None,
    mac_address: str | None = None,
) -> Verdict:
    """Weigh what a sweep saw of one address.

    Args:
        ports: the open ones.
        manufacturer: owner of the MAC's prefix by our registry.
        vendor: nmap's name for it, which also knows virtual cards.
        mac_address: as ``00:15:5d:…`` in lower case.
    """
    ports = tuple(ports)
    names = tuple(name for name in (manufacturer, vendor) if name)
    seen = _Seen(
        tcp=frozenset(port.number for port in ports if port.protocol == "tcp"),
        manufacturers=names,
        mac=mac_address or "",
        words="\n".join(f"{port.product or ''}\n{port.device_type or ''}" for port in ports),
        cpes=tuple(cpe.lower() for port in ports for cpe in port.cpes),
    )
    strongest: dict[tuple[Category, str], CategoryVote] = {}
    for sign in table().sign:
        if not _holds(sign, seen):
            continue
        reason = sign.reason.replace("{manufacturer}", _named(sign, names))
        vote = CategoryVote(sign.category, sign.weight, reason)
        known = strongest.get((sign.category, sign.evidence))
        if known is None or known.weight < vote.weight:
            strongest[sign.category, sign.evidence] = vote
    return combine(strongest.values())


def combine(votes: Iterable[CategoryVote]) -> Verdict:
    """Combine votes that are each of another evidence: 1 minus the product of (1 - weight)."""
    ordered = tuple(sorted(votes, key=lambda vote: (-vote.weight, vote.category, vote.reason)))
    if not ordered:
        return Verdict()
    scores = {category: _score(category, ordered) for category in {v.category for v in ordered}}
    generals = table().general
    # At a tie the special kind says more than the general one.
    best = min(scores, key=lambda item: (-scores[item], item in generals, item))
    confidence = round(scores[best], 4)
    category = best if confidence >= ENOUGH else None
    return Verdict(ordered, category, confidence, best)


def _score(category: Category, votes: tuple[CategoryVote, ...]) -> float:
    generals = table().general
    counted = (
        1 - vote.weight
        for vote in votes
        if vote.category is category or category in generals.get(vote.category, ())
    )
    return 1 - math.prod(counted)


def _holds(sign: Sign, seen: _Seen) -> bool:
    return (
        (not sign.tcp or not sign.tcp.isdisjoint(seen.tcp))
        and (not sign.only_tcp or (bool(seen.tcp) and seen.tcp <= sign.only_tcp))
        and sign.no_tcp.isdisjoint(seen.tcp)
        and (not sign.manufacturer or bool(_named(sign, seen.manufacturers)))
        and (not sign.mac or seen.mac.startswith(sign.mac))
        and (not sign.text or _words(sign.text).search(seen.words) is not None)
        and (not sign.cpe or any(cpe.startswith(sign.cpe) for cpe in seen.cpes))
    )


def _named(sign: Sign, names: tuple[str, ...]) -> str:
    """Give the sign's name for the first manufacturer that it knows, else nothing."""
    for name in names:
        for known in sign.manufacturer:
            if re.match(rf"{re.escape(known)}\b", name, re.IGNORECASE):
                return known
    return ""


@cache
def _words(texts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, texts))})\b", re.IGNORECASE)

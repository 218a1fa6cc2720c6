"""The shape of a device definition, once its file has been checked.

A reading step is one of a few named verbs. Its fields are the verb's arguments: the loader
checks a file against them, ``collectors.verbs`` carries them out. Whatever data cannot say
becomes another verb here and there, not a language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self

from collectors import oids
from collectors.observation import Category

Arcs = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Get:
    """The value of one object, ``oid`` with its instance."""

    oid: bytes


@dataclass(frozen=True, slots=True)
class GetRegex:
    """The group ``value`` of a pattern in the value of one object."""

    oid: bytes
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ObjectSays:
    """A fixed value where a pattern is found in the value of one object."""

    oid: bytes
    words: re.Pattern[str]
    value: str


@dataclass(frozen=True, slots=True)
class SysDescrRegex:
    """The group ``value`` of a pattern in sysDescr."""

    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class EntityChassis:
    """A column of the row of entPhysicalTable that stands for the device."""

    column: str


@dataclass(frozen=True, slots=True)
class TableFirst:
    """The first value of a column, ``oid`` without an instance."""

    oid: bytes


@dataclass(frozen=True, slots=True)
class GetBelow:
    """The value of the object ``suffix`` below the device's own sysObjectID.

    For makers that repeat one MIB below the number of each product.
    """

    suffix: str


@dataclass(frozen=True, slots=True)
class SysObjectIdName:
    """A name by sysObjectID: ``names`` maps dotted identifiers to texts."""

    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class SysDescrName:
    """A name by what the group ``value`` of a pattern finds in sysDescr."""

    pattern: re.Pattern[str]
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class SysDescrSays:
    """A fixed value where a pattern is found in sysDescr; for what words only imply."""

    words: re.Pattern[str]
    value: str


Step = (
    Get
    | GetRegex
    | ObjectSays
    | SysDescrRegex
    | EntityChassis
    | TableFirst
    | GetBelow
    | SysObjectIdName
    | SysDescrName
    | SysDescrSays
)

VERBS: dict[str, type[Step]] = {
    "get": Get,
    "get_regex": GetRegex,
    "object_says": ObjectSays,
    "sys_descr_regex": SysDescrRegex,
    "entity_chassis": EntityChassis,
    "table_first": TableFirst,
    "get_below": GetBelow,
    "sys_object_id_name": SysObjectIdName,
    "sys_descr_name": SysDescrName,
    "sys_descr_says": SysDescrSays,
}

# Patterns look at so many characters, whatever a device sends.
MAX_SEARCHED = 1000

# What the devices of a maker are asked for that no definition knows, in the order of what it says.
ASKED_OF_KIN = ("serial_number", "model_name", "software_revision", "firmware_revision")
_ENTERPRISES = "1.3.6.1.4.1."

# The fields of an Identity that steps may fill; a category must be one of the known words.
READABLE = (
    "category",
    "model_name",
    "serial_number",
    "operating_system",
    "software_revision",
    "firmware_revision",
    "hardware_revision",
    "asset_tag",
)


@dataclass(frozen=True, slots=True)
class Match:
    """Conditions that must all hold; an empty one is not asked.

    Attributes:
        sys_object_id: subtrees as tuples of arcs; one must hold the device's sysObjectID.
        sys_descr: a pattern that must be found in sysDescr.
        subtree: object identifiers; the device must have something below one of them. For what
            speaks with an agent of nobody's own (net-snmp), or when sys_object_id says too little.
    """

    sys_object_id: tuple[tuple[int, ...], ...] = ()
    sys_descr: re.Pattern[str] | None = None
    subtree: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """One platform.

    Attributes:
        id: the file's name without its ending.
        source: MIB and documents that the facts come from.
        matches: any of them may hold.
        read: steps by field of the identity, in order; the first that gives a value wins.
    """

    id: str
    title: str
    source: str
    matches: tuple[Match, ...]
    manufacturer: str | None = None
    category: Category | None = None
    operating_system: str | None = None
    read: dict[str, tuple[Step, ...]] = field(default_factory=dict)


class MakerObject(NamedTuple):
    """An object below a maker's number and the field that it fills; a column has no instance."""

    field: str
    oid: bytes
    is_column: bool


def _maker_of(oid: bytes) -> int | None:
    dotted = oids.decode(oid)
    if not dotted.startswith(_ENTERPRISES):
        return None
    return int(dotted.removeprefix(_ENTERPRISES).partition(".")[0])


class Definitions(tuple[Definition, ...]):  # noqa: SLOT001 -- no tuple can hold named slots
    """All definitions, found by sysObjectID without looking at each: there are hundreds."""

    _anywhere: list[tuple[int, Definition, Match]]
    _by_prefix: dict[Arcs, list[tuple[int, Definition, Match]]]
    _lengths: list[int]

    def __new__(cls, definitions: Iterable[Definition] = ()) -> Self:
        """Sort the conditions by their prefixes."""
        made = super().__new__(cls, definitions)
        made._anywhere, made._by_prefix = [], {}
        for definition in made:
            for match in definition.matches:
                if not match.sys_object_id:
                    made._anywhere.append((0, definition, match))
                for prefix in match.sys_object_id:
                    entry = (len(prefix), definition, match)
                    made._by_prefix.setdefault(prefix, []).append(entry)
        made._lengths = sorted({len(prefix) for prefix in made._by_prefix})
        return made

    @cached_property
    def by_maker(self) -> dict[int, tuple[MakerObject, ...]]:
        """The objects that definitions name below each maker's number, serial numbers first."""
        found: dict[int, dict[MakerObject, None]] = {}
        for definition in sorted(self, key=lambda one: one.id):
            for name in ASKED_OF_KIN:
                for step in definition.read.get(name, ()):
                    maker = _maker_of(step.oid) if isinstance(step, Get | TableFirst) else None
                    if isinstance(step, Get | TableFirst) and maker is not None:
                        kept = MakerObject(name, step.oid, isinstance(step, TableFirst))
                        found.setdefault(maker, {})[kept] = None
        order = ASKED_OF_KIN.index
        return {
            maker: tuple(sorted(objects, key=lambda one: order(one.field)))
            for maker, objects in found.items()
        }

    def holding(self, arcs: Arcs) -> Iterator[tuple[int, Definition, Match]]:
        """Give the conditions whose sysObjectID holds, with the arcs of their prefix.

        A condition with several prefixes may come several times, the shortest first.
        """
        yield from self._anywhere
        for length in self._lengths:
            if length > len(arcs):
                return
            yield from self._by_prefix.get(arcs[:length], ())

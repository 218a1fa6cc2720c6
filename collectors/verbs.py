"""The reading steps that definitions may name, each a small typed function."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, assert_never

from collectors import oids
from collectors.definitions.model import (
    MAX_SEARCHED,
    VERBS,
    Definition,
    EntityChassis,
    Get,
    GetBelow,
    GetRegex,
    ObjectSays,
    Step,
    SysDescrName,
    SysDescrRegex,
    SysDescrSays,
    SysObjectIdName,
    TableFirst,
)
from collectors.errors import CollectorError
from collectors.evidence import RAW_CHARACTERS, How
from collectors.observation import Component, System
from collectors.registries.placeholders import is_placeholder
from collectors.snmp import values
from collectors.snmp.object_names import CHASSIS_COLUMNS, OBJECTS, name_of
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Pdu
from collectors.text import clean_name

_MEANS = {kind: verb for verb, kind in VERBS.items()}


class Facts(NamedTuple):
    """What steps may look at: the device, and what has been read of it."""

    session: DeviceSession
    system: System
    chassis: Component | None


def names_to_get(definition: Definition) -> list[bytes]:
    """List the objects that a definition's steps will ask for, so that one GET brings them."""
    steps = [step for steps in definition.read.values() for step in steps]
    return [step.oid for step in steps if isinstance(step, Get | GetRegex | ObjectSays)]


class Reading(NamedTuple):
    """What a step gave, and where it read it."""

    value: str
    how: How


async def first_reading(
    steps: Iterable[Step], facts: Facts, definition: str | None = None
) -> Reading | None:
    """Give what the first step with a value says, and where.

    A step that the device refuses is noted in the session, and the next one is tried.
    """
    for step in steps:
        try:
            value = await _carry_out(step, facts)
        except CollectorError as error:
            facts.session.note(error)
            continue
        if value is not None and not is_placeholder(value):
            return Reading(value, await _how(step, facts, definition))
    return None


async def _how(  # noqa: PLR0911 -- one for each kind of step
    step: Step, facts: Facts, definition: str | None
) -> How:
    """Tell where a step that gave a value read it; nothing is asked for again."""
    means = _MEANS[type(step)]
    match step:
        case Get(oid):
            dotted = oids.decode(oid)
            return How(means, definition, dotted, name_of(dotted))
        case GetBelow(suffix):
            return How(means, definition, f"{facts.system.sys_object_id}.{suffix}")
        case TableFirst(oid):
            dotted = oids.decode(oid)
            return How(means, definition, dotted, name_of(dotted + ".0"))
        case GetRegex(oid) | ObjectSays(oid):
            dotted = oids.decode(oid)
            raw = (await _get(facts, oid) or "")[:RAW_CHARACTERS]
            return How(means, definition, dotted, name_of(dotted), raw)
        case EntityChassis(column):
            name = CHASSIS_COLUMNS.get(column)
            index = facts.chassis.index if facts.chassis else 0
            return How(means, definition, f"{OBJECTS[name]}.{index}" if name else None, name)
        case SysObjectIdName():
            return How(means, definition, OBJECTS["sysObjectID"], "sysObjectID")
        case SysDescrRegex() | SysDescrName() | SysDescrSays():
            return How(means, definition, OBJECTS["sysDescr"], "sysDescr")
        case _:
            return How(means, definition)


async def _carry_out(step: Step, facts: Facts) -> str | None:
    sys_descr = (facts.system.sys_descr or "")[:MAX_SEARCHED]
    value: str | None
    match step:
        case Get() | GetBelow():
            value = await _get_object(facts, step)
        case GetRegex(oid, pattern):
            value = _search(pattern, (await _get(facts, oid) or "")[:MAX_SEARCHED])
        case ObjectSays(oid, words, said):
            text = (await _get(facts, oid) or "")[:MAX_SEARCHED]
            value = said if words.search(text) else None
        case SysDescrRegex(pattern):
            value = _search(pattern, sys_descr)
        case EntityChassis(column):
            value = getattr(facts.chassis, column, None)
        case TableFirst(oid):
            value = await _first_of_column(facts, oid)
        case SysObjectIdName(names):
            value = names.get(facts.system.sys_object_id or "")
        case SysDescrName(pattern, names):
            value = names.get(_search(pattern, sys_descr) or "")
        case SysDescrSays(words, said):
            value = said if words.search(sys_descr) else None
        case _:
            assert_never(step)
    return value


def _search(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return clean_name(match["value"] or "") if match else None


async def _get(facts: Facts, oid: bytes) -> str | None:
    found = await facts.session.get([oid])
    return values.name(found.get(oid))


async def _get_object(facts: Facts, step: Get | GetBelow) -> str | None:
    if isinstance(step, Get):
        return await _get(facts, step.oid)
    number = facts.system.sys_object_id
    return None if number is None else await _get(facts, oids.encode(f"{number}.{step.suffix}"))


async def _first_of_column(facts: Facts, oid: bytes) -> str | None:
    response = await facts.session.send(Pdu.GET_NEXT, [oid])
    if response.error_status or not response.varbinds:
        return None
    varbind = response.varbinds[0]
    return values.name(varbind) if varbind.oid.startswith(oid) else None

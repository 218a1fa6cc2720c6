"""The reading steps that definitions may name, each a small typed function."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, assert_never

from collectors import oids
from collectors.definitions.model import (
    MAX_SEARCHED,
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
from collectors.observation import Component, System
from collectors.registries.placeholders import is_placeholder
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import Pdu
from collectors.text import clean_name


class Facts(NamedTuple):
    """What steps may look at: the device, and what has been read of it."""

    session: DeviceSession
    system: System
    chassis: Component | None


def names_to_get(definition: Definition) -> list[bytes]:
    """List the objects that a definition's steps will ask for, so that one GET brings them."""
    steps = [step for steps in definition.read.values() for step in steps]
    return [step.oid for step in steps if isinstance(step, Get | GetRegex | ObjectSays)]


async def first_value(steps: Iterable[Step], facts: Facts) -> str | None:
    """Give what the first step with a value says.

    A step that the device refuses is noted in the session, and the next one is tried.
    """
    for step in steps:
        try:
            value = await _carry_out(step, facts)
        except CollectorError as error:
            facts.session.note(error)
            continue
        if value is not None and not is_placeholder(value):
            return value
    return None


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

"""Every object that a definition names is read in a walk, or by itself from ``objects.txt``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from collectors import oids
from collectors.definitions.loader import load_definitions
from collectors.definitions.model import Definition, Get, GetRegex, ObjectSays, TableFirst
from collectors.snmp.replay import read_snmprec
from tests.collectors.families import families
from tests.collectors.test_bought_firmware import read

WALKS = Path(__file__).parent.parent.parent / "walks"
DEFINITIONS = load_definitions()


class Named(NamedTuple):
    """An object of a definition; without instance when it is a column."""

    definition: str
    field: str
    oid: str


class Witness(NamedTuple):
    """What an object by itself says, in the form of a line of a walk."""

    named: Named
    line: str
    value: str


def objects_of(definition: Definition) -> Iterator[Named]:
    """Give the objects that the steps of a definition read."""
    for field, steps in definition.read.items():
        for step in steps:
            if isinstance(step, Get | GetRegex | ObjectSays | TableFirst):
                yield Named(definition.id, field, oids.decode(step.oid))


def walk_of(definition: str) -> list[str]:
    if definition in families():
        return list(families()[definition].lines)
    return (WALKS / definition / "walk.snmprec").read_text("latin-1").splitlines()


def witnesses() -> list[Witness]:
    """Read ``objects.txt``: definition, field, object, its instance, and what it says."""
    found = []
    for line in (WALKS / "objects.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            definition, field, oid, instance, value = line.split(maxsplit=4)
            said, _, made = value.partition(" => ")
            index = "" if instance == "-" else f".{instance}"
            named = Named(definition, field, oid)
            found.append(Witness(named, f"{oid}{index}|4|{said}", made or said))
    return found


def test_no_object_is_without_a_witness() -> None:
    told = {one.named for one in witnesses()}
    missing = []
    for definition in DEFINITIONS:
        walk = [one.oid for one in read_snmprec("\n".join(walk_of(definition.id)))]
        for named in objects_of(definition):
            prefix = oids.encode(named.oid)
            if named not in told and not any(oid.startswith(prefix) for oid in walk):
                missing.append(" ".join(named))
    assert missing == []


def test_no_witness_is_for_an_object_that_no_definition_names() -> None:
    named = {one for definition in DEFINITIONS for one in objects_of(definition)}
    assert [one.named for one in witnesses() if one.named not in named] == []


@pytest.mark.parametrize("witness", witnesses(), ids=lambda one: " ".join(one.named))
def test_an_object_by_itself_tells_its_field(witness: Witness) -> None:
    definition, field, oid = witness.named
    known = next(one for one in DEFINITIONS if one.id == definition)
    others = {one.oid for one in objects_of(known)}
    rest = [
        line
        for line in walk_of(definition)
        if not any(f"{line.partition('|')[0]}.".startswith(f"{other}.") for other in others)
        and not line.startswith(("1.3.6.1.2.1.47.", "1.3.6.1.2.1.33.", "1.3.6.1.2.1.43.5."))
    ]
    # Words of sysDescr may be asked before the object; only some definitions need them to fit.
    mute = [line for line in rest if not line.startswith("1.3.6.1.2.1.1.1.0|")]
    identity = read(*mute, witness.line)
    if identity.definition != definition:
        identity = read(*rest, witness.line)
    assert identity.definition == definition
    assert getattr(identity, field) == witness.value
    (origin,) = [one for one in identity.origins if one.field == field and one.is_chosen]
    assert origin.how.oid is not None
    assert oid.startswith(origin.how.oid)

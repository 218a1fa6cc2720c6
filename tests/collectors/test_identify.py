"""Which definition speaks for a device."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.definitions.loader import load_definitions
from collectors.definitions.model import Definition, Match
from collectors.identify import candidates, choose, subtrees_to_ask
from collectors.observation import Category, System
from collectors.registries.enterprise import (
    category_of,
    is_generic_agent,
    maker_among,
    manufacturer_of,
)
from collectors.registries.phrases import phrases_of

DEFINITIONS = load_definitions()


def definition(name: str, *prefixes: str, sys_descr: str | None = None) -> Definition:
    arcs = tuple(tuple(map(int, prefix.split("."))) for prefix in prefixes)
    pattern = re.compile(sys_descr) if sys_descr else None
    return Definition(name, name, "test", (Match(arcs, pattern),))


SHORT = definition("short", "1.3.6.1.4.1.9")
LONG = definition("long", "1.3.6.1.4.1.9.12")
WORDS = definition("words", "1.3.6.1.4.1.9", sys_descr="NX-OS")
ANYWHERE = definition("anywhere", sys_descr="NX-OS")


def identify(
    system: System, definitions: Sequence[Definition], subtrees: AbstractSet[bytes] = frozenset()
) -> Definition | None:
    return choose(candidates(system, definitions), subtrees)


@given(st.permutations([SHORT, LONG, WORDS, ANYWHERE]))
def test_the_longest_prefix_wins_whatever_the_order(definitions: list[Definition]) -> None:
    def chosen(oid: str | None, text: str = "") -> str | None:
        found = identify(System(sys_object_id=oid, sys_descr=text), definitions)
        return found.id if found else None

    assert chosen("1.3.6.1.4.1.9.12.3", "NX-OS") == "long"
    assert chosen("1.3.6.1.4.1.9.1") == "short"
    assert chosen("1.3.6.1.4.1.9.1", "NX-OS") == "words"
    assert chosen("1.3.6.1.4.1.99.1") is None
    assert chosen(None, "NX-OS") == "anywhere"


def test_two_that_hold_equally_well_tell_nothing() -> None:
    other = definition("other", "1.3.6.1.4.1.9", sys_descr="OS")
    system = System(sys_object_id="1.3.6.1.4.1.9.1", sys_descr="NX-OS")
    assert identify(system, [WORDS, other]) is None
    assert identify(system, [other, WORDS]) is None


@given(st.text(max_size=300), st.lists(st.integers(0, 2**32 - 1), max_size=12))
def test_no_device_makes_identification_fail(text: str, arcs: list[int]) -> None:
    oid = ".".join(map(str, [1, 3, 6, 1, 4, 1, *arcs]))
    identify(System(sys_descr=text, sys_object_id=oid), DEFINITIONS)
    manufacturer_of(oid)
    phrases_of(text)


@pytest.mark.parametrize(
    ("oid", "manufacturer"),
    [
        ("1.3.6.1.4.1.9.1.1", "Cisco"),
        ("1.3.6.1.4.1.2636.1", "Juniper"),
        ("1.3.6.1.4.1.8072.3.2.10", None),
        ("1.3.6.1.4.1.2021.250.10", None),
        ("1.3.6.1.4.1", None),
        ("0.0", None),
        (None, None),
    ],
)
def test_a_maker_is_named_by_its_number_and_an_agent_is_no_maker(
    oid: str | None,
    manufacturer: str | None,
) -> None:
    assert manufacturer_of(oid) == manufacturer


def test_a_kernel_is_the_system_only_of_a_generic_agent() -> None:
    text = "Linux gateway 5.4.291 #1 SMP x86_64"
    assert phrases_of(text).operating_system == "Linux"
    assert phrases_of(text).software_revision == "5.4.291"
    assert phrases_of(text, is_kernel_told=False).operating_system is None
    assert phrases_of("Linux gateway 5.4.291 #1 SMP armv7l").operating_system is None
    assert is_generic_agent("1.3.6.1.4.1.8072.3.2.10")
    assert not is_generic_agent("1.3.6.1.4.1.48690")


def test_a_subtree_tells_apart_what_speaks_with_a_borrowed_agent() -> None:
    subtree = b"\x2b\x06\x01\x04\x01\x55"
    plain = definition("plain", "1.3.6.1.4.1.8072.3.2.10")
    private = Definition("private", "private", "test", (Match(subtree=(subtree,)),))
    known = [plain, private]
    agent = System(sys_object_id="1.3.6.1.4.1.8072.3.2.10")
    assert list(subtrees_to_ask(candidates(agent, known))) == [subtree]
    assert identify(agent, known) is plain
    assert identify(agent, known, {subtree}) is private
    own = System(sys_object_id="1.3.6.1.4.1.9.1.1")
    assert list(subtrees_to_ask(candidates(own, known))) == []
    assert identify(own, known, {subtree}) is None


@pytest.mark.parametrize(
    ("numbers", "maker"),
    [((2021, 8072, 41112), 41112), ((2021, 8072), None), ((9, 41112), None), ((4413,), None)],
)
def test_the_only_maker_with_objects_is_the_maker(
    numbers: tuple[int, ...],
    maker: int | None,
) -> None:
    assert maker_among(numbers) == maker


def test_the_public_registry_names_makers_that_are_not_listed() -> None:
    assert manufacturer_of("1.3.6.1.4.1.2.6") == "IBM"
    assert manufacturer_of("1.3.6.1.4.1.31823.1") is not None
    assert category_of("1.3.6.1.4.1.43356.1.1.3") == "radio"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Example N2024, 6.2.0.5, Linux 3.6.5-1289203e", Category.SWITCH),
        ("SONiC Software Version: SONiC.202205.1", Category.SWITCH),
        ("EX-NVR4108HS", Category.NVR),
        ("CPE FTTH gateway (GbE)", Category.ROUTER),
        ("FreeCooling Controller", Category.ENVIRONMENT),
        ("Novell NetWare 5.70", Category.SERVER),
    ],
)
def test_words_of_its_trade_tell_the_kind(text: str, category: Category) -> None:
    assert phrases_of(text).category == category

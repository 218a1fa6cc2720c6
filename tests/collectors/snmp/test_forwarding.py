"""Bridging and routing as signs of a category."""

from __future__ import annotations

import pytest

from collectors.snmp import forwarding
from collectors.snmp.codec import encode_integer
from collectors.snmp.transport import Tag, VarBind


def found(**numbers: int) -> dict[bytes, VarBind]:
    names = {
        "services": forwarding.SYS_SERVICES,
        "forwards": forwarding.IP_FORWARDING,
        "ports": forwarding.DOT1D_BASE_NUM_PORTS,
    }
    return {
        names[name]: VarBind(names[name], Tag.INTEGER, encode_integer(number))
        for name, number in numbers.items()
    }


@pytest.mark.parametrize(("ports", "is_switch"), [(28, True), (5, True), (2, False), (0, False)])
def test_a_bridge_of_enough_ports_is_a_switch(ports: int, is_switch: bool) -> None:  # noqa: FBT001 -- the expected fact
    assert forwarding.is_bridge(found(ports=ports)) is is_switch


@pytest.mark.parametrize(
    ("services", "forwards", "is_router"),
    [(78, 1, True), (6, 1, True), (78, 2, False), (2, 1, False), (72, 1, False)],
)
def test_a_router_forwards_and_says_so(services: int, forwards: int, is_router: bool) -> None:  # noqa: FBT001 -- the expected fact
    assert forwarding.is_router(found(services=services, forwards=forwards)) is is_router


def test_a_device_that_says_nothing_is_neither() -> None:
    assert not forwarding.is_bridge({})
    assert not forwarding.is_router({})

"""Which row of entPhysicalTable stands for the device."""

from __future__ import annotations

import pytest

from collectors.observation import Component
from collectors.snmp.entity_mib import chassis_of


def row(
    index: int,
    serial: str | None = None,
    inside: int | None = None,
    kind: str | None = None,
) -> Component:
    return Component(index=index, serial_number=serial, contained_in=inside, component_class=kind)


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        ((row(1, "A", 0, "chassis"), row(2, "B", 1, "module")), 1),
        ((row(1, "A", 0), row(2, "B", 1)), 1),
        ((row(1, "A"), row(2, "B", 1)), 1),
        ((row(1), row(2, "B")), 2),
        ((row(1, "A"), row(2, "B")), None),
        ((row(1, None, 0), row(2, "B", 0)), None),
    ],
)
def test_only_an_unmistakable_row_stands_for_the_device(
    rows: tuple[Component, ...],
    chosen: int | None,
) -> None:
    found = chassis_of(rows)
    assert (found.index if found else None) == chosen

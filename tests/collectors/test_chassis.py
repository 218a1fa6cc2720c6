"""Which row of entPhysicalTable stands for the device."""

from __future__ import annotations

from dataclasses import replace

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
        ((row(1, "A", 0), row(2), row(3, "C")), 1),
        ((row(1, None, 0, "stack"), row(2, "B", 1, "container"), row(3, "C", 1)), 2),
        ((row(1, None, 0, "stack"), row(2, None, 1, "stack"), row(3, "C", 2, "container")), 3),
        ((row(1, None, 0, "stack"), row(2, "B", 1, "powerSupply")), None),
    ],
)
def test_only_an_unmistakable_row_stands_for_the_device(
    rows: tuple[Component, ...],
    chosen: int | None,
) -> None:
    found = chassis_of(rows)
    assert (found.index if found else None) == chosen


def test_a_chassis_has_the_serial_number_of_the_unit_that_is_the_same_box() -> None:
    chassis = Component(index=1, contained_in=0, component_class="chassis", model_name="X-10")
    unit = Component(
        index=2,
        contained_in=1,
        component_class="container",
        model_name="X-10",
        serial_number="A",
    )
    card = replace(unit, model_name="CARD", serial_number="B")
    for inside, serial_number in ((unit, "A"), (card, None)):
        found = chassis_of((chassis, inside))
        assert found is not None
        assert found.serial_number == serial_number

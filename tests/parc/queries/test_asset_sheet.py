"""The order of parts on the sheet of an asset."""

from __future__ import annotations

import pytest

from parc.extensions import db, transaction
from parc.models import Interface, Storage
from parc.queries.asset_sheet import read_parts
from tests.factories import make_device

pytestmark = pytest.mark.usefixtures("sqlite_app")


def test_interfaces_stand_in_the_order_of_their_numbers() -> None:
    names = ["Gi1/0/10", "Gi1/0/2", "Te1/1/1", "Gi1/0/1", "lo", "10GE1/0/1"]
    with transaction() as session:
        device = make_device(session)
        session.add_all(
            Interface(device_id=device.id, key=name, if_index=number, if_name=name, addresses=[])
            for number, name in enumerate(names, 1)
        )
    found = [row.if_name for row in read_parts(db.session(), [device.id]).interfaces]
    assert found == ["Gi1/0/1", "Gi1/0/2", "Gi1/0/10", "lo", "Te1/1/1", "10GE1/0/1"]


def test_disks_stand_before_memory() -> None:
    kinds = {"Physical Memory": "ram", "/var": "fixedDisk", "/": "fixedDisk", "Cache": None}
    with transaction() as session:
        device = make_device(session)
        session.add_all(
            Storage(device_id=device.id, key=name, description=name, storage_type=kind)
            for name, kind in kinds.items()
        )
    found = [row.description for row in read_parts(db.session(), [device.id]).storages]
    assert found == ["/", "/var", "Cache", "Physical Memory"]

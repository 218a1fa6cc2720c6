"""A small fleet that needs a person: one entry of each kind in the inbox."""

from __future__ import annotations

from datetime import timedelta

from collectors.observation import Category
from parc.clock import now
from parc.config import InboxSettings
from parc.extensions import db, transaction
from parc.models import (
    Difference,
    LifecycleState,
    Location,
    LocationKind,
    MappedAddress,
    RunState,
    ValueSource,
)
from parc.reconcile.inbox import settle
from parc.services.actor import SYSTEM
from tests.browser import Live
from tests.factories import make_asset, make_device, make_linked_device, make_range, make_run

HELD = (
    "41 of 96 known devices would vanish or change their identity; "
    "more than 30 % need a person's decision"
)


def fill(live: Live, *, unknown: int = 24) -> None:
    """Write the fleet and let the inbox see it.

    Args:
        unknown: unknown devices of one range; what is above twenty is a group.
    """
    moment = now()
    with live.app.app_context():
        with transaction() as session:
            site = Location(name="Lyon", kind=LocationKind.SITE)
            session.add(site)
            session.flush()
            floor = make_range(session, name="Lyon, 1er étage", location_id=site.id)
            shop = make_range(session, name="Wi-Fi visiteurs")
            make_run(session, floor, state=RunState.HELD, error=HELD)
            since = {"first_seen_at": moment - timedelta(days=3), "last_seen_at": moment}
            twin = make_asset(session, name="sw-03", serial_number="FOC2233X0AB")
            make_device(
                session,
                sys_name="sw-03-new",
                serial_number="FOC2233X0AB",
                base_mac_address="00:1b:2a:3c:4d:5e",
                manufacturer="Cisco",
                model_name="C9300-48P",
                category=Category.SWITCH,
                range_id=floor.id,
                **since,
            )
            session.add(
                Difference(
                    asset_id=twin.id,
                    field="name",
                    seen_value="sw-03-new",
                    source=ValueSource.SNMP,
                    since=moment,
                )
            )
            values = {"manufacturer": "Dell", "serial_number": "8HK21T3", **since}
            for name in ("PC-COMPTA-01", "PC-COMPTA-07"):
                asset = make_asset(session, name=name, category=Category.WORKSTATION)
                make_linked_device(session, asset, sys_name=name, range_id=floor.id, **values)
            lost = make_asset(
                session, name="Portable Durand", lifecycle_state=LifecycleState.MISSING
            )
            make_linked_device(session, lost, range_id=floor.id, address="192.0.2.77", **since)
            make_asset(session, name="imp-02", last_seen_at=moment - timedelta(days=90))
            router = make_linked_device(session, make_asset(session, name="rt-01"), **since)
            for mac in ("00:11:22:33:44:01", "00:11:22:33:44:02"):
                session.add(
                    MappedAddress(
                        address="192.0.2.50",
                        mac_address=mac,
                        device_id=router.id,
                        first_seen_at=moment - timedelta(hours=5),
                        last_seen_at=moment,
                    )
                )
            for number in range(unknown):
                make_device(
                    session,
                    range_id=shop.id,
                    address=f"198.51.100.{number + 1}",
                    base_mac_address=f"da:a1:19:00:00:{number:02x}",
                    first_seen_at=moment,
                    last_seen_at=moment,
                )
        with transaction() as session:
            settle(session, SYSTEM, InboxSettings(), moment)
        db.session.remove()

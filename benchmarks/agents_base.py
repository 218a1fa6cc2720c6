"""A fleet whose agents have all reported, written past the product in a few statements.

Only what is measured has to go through the product; ten thousand machines with three million
installations would take an hour that way.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.extensions import db, transaction
from parc.models import Agent, Asset, Device, DeviceStatus, Interface, LifecycleState
from parc.naming import address_sort, folded
from parc.services.software_titles import RawTitle, titles_for

PROGRAMS: Final = 5_000
COMMON: Final = 100  # every machine has these; the rest differs from machine to machine
_MACHINES_AT_ONCE: Final = 1_000
_CACHE_MEBIBYTES: Final = 1_024
# Steps that share no factor with the number of programs never meet one twice.
_STEP: Final = 17
_STRIDE: Final = 7_919

_NUMBERS: Final = (
    "WITH RECURSIVE slot(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM slot WHERE n < :most - 1) "
)
_INSTALLATIONS: Final = f"""
    INSERT INTO installation (device_id, source, key, name, version, publisher, architecture,
        origin, title_id, first_seen_at)
    {_NUMBERS}
    SELECT d.id, 'agent', t.raw_name || ' x86_64', t.raw_name, t.raw_version, t.raw_publisher,
        'x86_64', 'registry', t.id, d.first_seen_at
    FROM device d CROSS JOIN slot JOIN software_title t ON t.id = :first + CASE
        WHEN slot.n < {COMMON} THEN slot.n
        ELSE {COMMON} + (d.id * {_STRIDE} + slot.n * {_STEP}) % ({PROGRAMS} - {COMMON}) END
    WHERE d.id BETWEEN :lowest AND :highest ORDER BY d.id
"""
_ENTRIES: Final = f"""
    INSERT INTO host_entry (device_id, key, kind, name, serial_number, facts, first_seen_at)
    {_NUMBERS}
    SELECT d.id, 'memory ' || n, 'memory', 'DIMM ' || n, d.serial_number || 'M' || n, '[]',
        d.first_seen_at
    FROM device d CROSS JOIN slot WHERE d.id BETWEEN :lowest AND :highest
"""
_ENTRIES_EACH: Final = 8
_COUNTS: Final = (
    """UPDATE software_title SET installation_count =
        (SELECT count(*) FROM installation i WHERE i.title_id = software_title.id)""",
    """UPDATE software_product SET machine_count =
        (SELECT sum(t.installation_count) FROM software_title t
         WHERE t.product_id = software_product.id)""",
)


def program(number: int) -> tuple[str, str, str]:
    """Give name, publisher and version of one of the programs that all machines draw from."""
    return f"Program {number} of Example", f"Publisher {number % 40}", f"1.{number % 33}.0"


def fill(machines: int, packages: int, now: datetime) -> None:
    """Write machines as agents have left them: device, asset, agent, card, parts, software."""
    is_sqlite = db.engine.dialect.name == "sqlite"
    with transaction() as session:
        raws = [RawTitle(*program(n), "x86_64") for n in range(PROGRAMS)]
        first = min(titles_for(session, raws, now).values())
        if is_sqlite:
            session.execute(sa.text(f"PRAGMA cache_size = -{_CACHE_MEBIBYTES * 1024}"))
        else:  # what refers to what is right by the way it is made
            session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for lowest in range(1, machines + 1, _MACHINES_AT_ONCE):
            highest = min(lowest + _MACHINES_AT_ONCE - 1, machines)
            _write_machines(session, range(lowest, highest + 1), now)
            place = {"lowest": lowest, "highest": highest}
            session.execute(sa.text(_ENTRIES), place | {"most": _ENTRIES_EACH})
            session.execute(sa.text(_INSTALLATIONS), place | {"most": packages, "first": first})
        for statement in _COUNTS:
            session.execute(sa.text(statement))
        if not is_sqlite:
            for table in ("device", "asset", "agent"):
                session.execute(
                    sa.text(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
                )
    db.session.remove()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE"))
    db.engine.dispose()


def _write_machines(session: Session, numbers: range, now: datetime) -> None:
    assets, devices, agents, cards = [], [], [], []
    for n in numbers:
        address, name, serial = f"172.16.{n // 256}.{n % 256}", f"BASE-{n:05d}", f"BASE{n:06d}"
        mac = f"001b{n:08x}"
        mac = ":".join(mac[at : at + 2] for at in range(0, 12, 2))
        seen = {"first_seen_at": now, "last_seen_at": now}
        assets.append(
            {
                "id": n, "asset_tag": f"BASE{n:06d}", "name": name,
                "category": Category.WORKSTATION, "lifecycle_state": LifecycleState.IN_USE,
                "manufacturer": "Dell", "model_name": "OptiPlex 7010", "serial_number": serial,
                "primary_address": address, "primary_address_sort": address_sort(address),
                "base_mac_address": mac, "last_seen_at": now, "created_at": now,
                "updated_at": now, "version": 1, "search_text": folded(f"{name} {serial} {mac}"),
            }
        )  # fmt: skip
        devices.append(
            {
                "id": n, "status": DeviceStatus.LINKED, "asset_id": n, "address": address,
                "sys_name": name, "manufacturer": "Dell", "model_name": "OptiPlex 7010",
                "serial_number": serial, "base_mac_address": mac, "agent_id": f"{name}-agent",
                "reasons": [], **seen,
            }
        )  # fmt: skip
        agents.append(
            {
                "id": n, "key": f"{name}-agent", "name": f"{name}-agent", "device_id": n,
                "address": address, "inventoried_at": now, "is_whole": True, **seen,
            }
        )  # fmt: skip
        cards.append(
            {
                "device_id": n, "key": "Ethernet", "if_index": 1, "if_name": "Ethernet",
                "if_type": 6, "if_phys_address": mac, "addresses": [f"{address}/16"],
            }
        )  # fmt: skip
    for model, rows in ((Asset, assets), (Device, devices), (Agent, agents), (Interface, cards)):
        session.execute(sa.insert(model), rows)

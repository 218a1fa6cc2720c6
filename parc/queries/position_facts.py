"""What decides about the position of products: rights, installations, machines; read at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Allocation,
    Asset,
    Device,
    DeviceStatus,
    Entitlement,
    EntitlementPeriod,
    HostEntry,
    Installation,
    LifecycleState,
    ManagedDevice,
    ProductPart,
    SoftwareProduct,
    SoftwareTitle,
    ValueSource,
)
from parc.queries.inbox_cause import parts
from parc.queries.locations import read_places
from parc.software.licensing import has_free_edition, is_free_edition
from parc.software.minimums import minimums_of
from parc.software.position_facts import Facts, Finding, Machine, Right
from parc.software.rules import SoftwareKind

UNSEEN_DAYS: Final = 90
_GONE: Final = (LifecycleState.DISPOSED, LifecycleState.STOLEN)
_PROCESSOR: Final = "processor"


def related_products(session: Session, product_ids: Collection[int]) -> list[int]:
    """Give products with those that belong together with them: suites, and parts of these."""
    known, fresh = set(product_ids), set(product_ids)
    while fresh:
        found: set[int] = set()
        for part in parts(fresh):
            query = sa.select(ProductPart.suite_id, ProductPart.part_id).where(
                sa.or_(ProductPart.suite_id.in_(part), ProductPart.part_id.in_(part))
            )
            found |= {number for row in session.execute(query) for number in row}
        fresh = found - known
        known |= fresh
    return sorted(known)


def position_facts(session: Session, product_ids: Collection[int], on: date) -> Facts:
    """Read all that decides about products, which must be whole groups of related ones.

    What was found is what is there now; rights are those of the day ``on``.
    """
    products = sorted(product_ids)
    rights = _rights(session, products)
    findings, seen = _findings(session, products)
    wanted = {finding.machine_id for finding in findings}
    people = {number for right in rights for number in right.people}
    wanted |= {number for right in rights for number in right.machines}
    machines = _machines(session, wanted, people, seen)
    return Facts(on, tuple(products), tuple(rights), tuple(findings), machines, UNSEEN_DAYS)


def _rights(session: Session, products: Collection[int]) -> list[Right]:
    held: dict[int, list[int]] = defaultdict(list)
    rows: list[Entitlement] = []
    names: dict[int, str] = {}
    for part in parts(products):
        query = sa.select(ProductPart.suite_id, ProductPart.part_id).order_by(ProductPart.part_id)
        for suite, one in session.execute(query.where(ProductPart.suite_id.in_(part))):
            held[suite].append(one)
        named = sa.select(SoftwareProduct.id, SoftwareProduct.name)
        named = named.where(SoftwareProduct.id.in_(part))
        names |= {row.id: row.name for row in session.execute(named)}
        rows += session.scalars(sa.select(Entitlement).where(Entitlement.product_id.in_(part)))
    costs = _costs(session, [row.id for row in rows])
    seats = _seats(session, [row.id for row in rows])
    return [
        replace(
            _right(row, held[row.product_id], costs, seats),
            minimums=minimums_of(names[row.product_id]),
        )
        for row in rows
    ]


def _right(
    row: Entitlement,
    held: Iterable[int],
    costs: Mapping[int, tuple[Decimal, str]],
    seats: Mapping[int, tuple[list[int], list[int]]],
) -> Right:
    cost, currency = costs.get(row.id, (None, "EUR"))
    machines, people = seats.get(row.id, ([], []))
    return Right(
        row.id,
        row.name,
        (row.product_id, *held),
        row.type.value if row.type else "",
        row.metric.value if row.metric else "device",
        row.quantity,
        row.is_unlimited,
        row.version,
        row.has_downgrade,
        row.starts_on,
        row.ends_on,
        row.maintenance_ends_on,
        cost / row.quantity if cost is not None and row.quantity else cost,
        currency,
        tuple(machines),
        tuple(people),
    )


def _costs(session: Session, ids: Collection[int]) -> dict[int, tuple[Decimal, str]]:
    """Give the cost of the last period of each licence that has one."""
    found: dict[int, tuple[Decimal, str]] = {}
    for part in parts(ids):
        query = sa.select(
            EntitlementPeriod.entitlement_id, EntitlementPeriod.cost, EntitlementPeriod.currency
        ).where(EntitlementPeriod.entitlement_id.in_(part), EntitlementPeriod.cost.is_not(None))
        for number, cost, currency in session.execute(query.order_by(EntitlementPeriod.id)):
            if cost is not None:
                found[number] = (cost, currency)
    return found


def _seats(session: Session, ids: Collection[int]) -> dict[int, tuple[list[int], list[int]]]:
    found: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for part in parts(ids):
        query = sa.select(Allocation.entitlement_id, Allocation.asset_id, Allocation.person_id)
        query = query.where(Allocation.entitlement_id.in_(part)).order_by(Allocation.id)
        for number, asset_id, person_id in session.execute(query):
            if asset_id is not None:
                found[number][0].append(asset_id)
            elif person_id is not None:
                found[number][1].append(person_id)
    return found


def _findings(
    session: Session, products: Collection[int]
) -> tuple[list[Finding], dict[int, tuple[str, date | None]]]:
    """Give what was found, and of each device without an asset its name and last day.

    A machine is its asset, or minus the number of a device that is none. Where an agent tells of a
    product, what other means tell of the same product on the machine is not counted again. Editions
    that may be used by anybody need no right.
    """
    found: dict[tuple[int, int], dict[bool, set[str]]] = defaultdict(lambda: defaultdict(set))
    told_apart: set[tuple[int, int]] = set()  # of which an edition is known, or none is free
    seen: dict[int, tuple[str, date | None]] = {}
    name = sa.func.coalesce(Device.sys_name, Device.host_name, Device.address, "")
    for part in parts(products):
        query = (
            sa.select(
                Device.id,
                Device.asset_id,
                name,
                Device.last_seen_at,
                SoftwareTitle.product_id,
                sa.func.coalesce(SoftwareTitle.version, "").label("version"),
                Installation.source,
                SoftwareTitle.edition,
                SoftwareProduct.name.label("product"),
            )
            .join(Installation, Installation.title_id == SoftwareTitle.id)
            .join(SoftwareProduct, SoftwareProduct.id == SoftwareTitle.product_id)
            .join(Device, Device.id == Installation.device_id)
            .outerjoin(Asset, Asset.id == Device.asset_id)
            .where(
                SoftwareTitle.product_id.in_(part),
                SoftwareTitle.kind == SoftwareKind.PRODUCT,
                Installation.gone_at.is_(None),
                Device.status != DeviceStatus.IGNORED,
                sa.or_(Asset.id.is_(None), Asset.lifecycle_state.not_in(_GONE)),
            )
        )
        for row in session.execute(query):
            if row.edition and is_free_edition(row.product, row.edition):
                continue
            machine = row.asset_id or -row.id
            if machine < 0:
                seen[machine] = (row[2], row.last_seen_at.date() if row.last_seen_at else None)
            by_agent = row.source == ValueSource.AGENT
            found[machine, row.product_id][by_agent].add(row.version)
            if row.edition or not has_free_edition(row.product):
                told_apart.add((machine, row.product_id))
    findings = [
        Finding(
            *(machine, product, version),
            is_edition_unknown=(machine, product) not in told_apart,
        )
        for (machine, product), told in sorted(found.items())
        for version in sorted(told[True] or told[False])
    ]
    return findings, seen


def _machines(
    session: Session,
    wanted: Collection[int],
    people: Collection[int],
    seen: Mapping[int, tuple[str, date | None]],
) -> dict[int, Machine]:
    """Read the machines that count: with the software or a seat, of people with one, hosts."""
    ids = {number for number in wanted if number > 0}
    for part in parts(people):
        ids |= set(session.scalars(sa.select(Asset.id).where(Asset.custodian_person_id.in_(part))))
    hosts = _hosts(session, ids)
    ids |= set(hosts.values())
    sizes, told = _sizes(session, ids), _inventoried(session, ids)
    places = read_places(session).by_id
    found = {
        number: Machine(number, name, seen_on=day) for number, (name, day) in sorted(seen.items())
    }
    columns: tuple[Any, ...] = (Asset.id, Asset.name, Asset.custodian_person_id)
    columns = (*columns, Asset.location_id, Asset.last_seen_at)
    for part in parts(ids):
        for row in session.execute(sa.select(*columns).where(Asset.id.in_(part))):
            place = places.get(row.location_id)
            cores, processors = sizes.get(row.id, (None, None))
            found[row.id] = Machine(
                row.id,
                row.name,
                cores,
                processors,
                hosts.get(row.id),
                row.custodian_person_id,
                place.site_id if place else None,
                row.last_seen_at.date() if row.last_seen_at else None,
                row.id in told,
            )
    return found


def _hosts(session: Session, ids: Collection[int]) -> dict[int, int]:
    """Give the asset of the host on which a virtual machine runs, by its own asset."""
    found: dict[int, int] = {}
    for part in parts(ids):
        query = (
            sa.select(ManagedDevice.asset_id, Device.asset_id)
            .join(Device, Device.id == ManagedDevice.device_id)
            .where(
                ManagedDevice.asset_id.in_(part),
                ManagedDevice.gone_at.is_(None),
                Device.asset_id.is_not(None),
                Device.asset_id != ManagedDevice.asset_id,
            )
            .order_by(ManagedDevice.id)
        )
        found |= {guest: host for guest, host in session.execute(query) if guest and host}
    return found


def _sizes(session: Session, ids: Collection[int]) -> dict[int, tuple[int | None, int | None]]:
    """Give cores and processors of machines whose agent tells them."""
    found: dict[int, tuple[int | None, int | None]] = {}
    for part in parts(ids):
        query = (
            sa.select(Device.asset_id, sa.func.sum(HostEntry.core_count), sa.func.count())
            .join(HostEntry, HostEntry.device_id == Device.id)
            .where(
                Device.asset_id.in_(part),
                HostEntry.kind == _PROCESSOR,
                HostEntry.gone_at.is_(None),
            )
            .group_by(Device.asset_id)
        )
        for number, cores, count in session.execute(query):
            if number is not None:
                found[number] = (int(cores) if cores else None, int(count))
    return found


def _inventoried(session: Session, ids: Collection[int]) -> set[int]:
    """Give the machines of which any installed software is known."""
    found: set[int] = set()
    is_told = sa.exists().where(Installation.device_id == Device.id)
    for part in parts(ids):
        query = sa.select(Device.asset_id).where(Device.asset_id.in_(part), is_told)
        found |= {number for number in session.scalars(query) if number is not None}
    return found

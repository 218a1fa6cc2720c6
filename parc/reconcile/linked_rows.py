"""What hangs on a record and may go with what leaves it: read only.

Documents are of movements, contracts and incidents, and go where these do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Allocation,
    Contract,
    ContractLine,
    Coverage,
    CustomField,
    CustomValue,
    Device,
    Entitlement,
    HostEntry,
    Incident,
    IncidentAsset,
    ManagedDevice,
    MergedAsset,
    Movement,
    WallOutlet,
)

MOST_LINKS: Final = 200
# What others tell of the record: enough to be one by itself.
TOLD_KINDS: Final = frozenset({"managed_device", "host_entry"})


@dataclass(frozen=True, slots=True)
class Link:
    """One row that hangs on a record.

    Attributes:
        token: names it, as ``hanging_rows.link_token`` does.
        row: what tells it apart; which columns it has depends on ``kind``.
        came_with: tag of the merged record that brought it, with which it goes by itself; empty
            for what goes only when a person says so.
    """

    kind: str
    token: str
    row: Any
    came_with: str = ""


def links_of(session: Session, asset_id: int) -> list[Link]:
    """Give what hangs on a record, the latest of each kind first, at most ``MOST_LINKS`` a kind."""
    came = _came_with(session, asset_id)
    found = []
    for kind, read in _READERS.items():
        for row in session.execute(read(asset_id).limit(MOST_LINKS)):
            token = f"{kind}:{row.id}"
            found.append(Link(kind, token, row, came.get(token, "")))
    return found


def records_of(session: Session, asset_id: int) -> Sequence[MergedAsset]:
    """Give the records that are part of this one and can come back, the latest first."""
    query = sa.select(MergedAsset).where(MergedAsset.asset_id == asset_id)
    return session.scalars(query.order_by(MergedAsset.merged_at.desc(), MergedAsset.id)).all()


def _came_with(session: Session, asset_id: int) -> dict[str, str]:
    return dict(_brought(reversed(records_of(session, asset_id))))


def _brought(rows: Iterable[MergedAsset]) -> Iterator[tuple[str, str]]:
    for row in rows:
        for token in (row.kept or {}).get("links", ()):
            yield token, row.asset_tag


def _movements(asset_id: int) -> sa.Select[*tuple[Any, ...]]:
    columns = (Movement.id, Movement.kind, Movement.variant, Movement.status, Movement.effective_on)
    query = sa.select(*columns).where(Movement.asset_id == asset_id)
    return query.order_by(Movement.id.desc())


def _allocations(asset_id: int) -> sa.Select[*tuple[Any, ...]]:
    query = sa.select(Allocation.id, Entitlement.name, Allocation.since_on).join(
        Entitlement, Entitlement.id == Allocation.entitlement_id
    )
    return query.where(Allocation.asset_id == asset_id).order_by(Allocation.id.desc())


def _lines(asset_id: int) -> sa.Select[*tuple[Any, ...]]:
    query = sa.select(ContractLine.id, Contract.name, Contract.number).join(
        Contract, Contract.id == ContractLine.contract_id
    )
    return query.where(ContractLine.asset_id == asset_id).order_by(ContractLine.id.desc())


def _coverages(asset_id: int) -> sa.Select[*tuple[Any, ...]]:
    columns = (Coverage.id, Contract.name, Contract.number, Coverage.from_on, Coverage.until_on)
    query = sa.select(*columns).join(Contract, Contract.id == Coverage.contract_id)
    return query.where(Coverage.asset_id == asset_id).order_by(Coverage.id.desc())


def _incidents(asset_id: int) -> sa.Select[*tuple[Any, ...]]:
    query = sa.select(IncidentAsset.id, Incident.id.label("number"), Incident.title).join(
        Incident, Incident.id == IncidentAsset.incident_id
    )
    return query.where(IncidentAsset.asset_id == asset_id).order_by(IncidentAsset.id.desc())


def _outlets(asset_id: int) -> sa.Select[*tuple[Any, ...]]:
    columns = (WallOutlet.id, WallOutlet.label, WallOutlet.if_name)
    query = sa.select(*columns).where(WallOutlet.switch_asset_id == asset_id)
    return query.order_by(WallOutlet.id.desc())


def _managed(asset_id: int) -> sa.Select[*tuple[Any, ...]]:
    row = ManagedDevice
    name = sa.func.coalesce(row.name, row.key).label("name")
    query = sa.select(row.id, name, *_TELLER).join(Device, Device.id == row.device_id)
    return query.where(row.asset_id == asset_id).order_by(row.id.desc())


def _entries(asset_id: int) -> sa.Select[*tuple[Any, ...]]:
    row = HostEntry
    name = sa.func.coalesce(row.name, row.model_name, row.key).label("name")
    query = sa.select(row.id, name, *_TELLER).join(Device, Device.id == row.device_id)
    return query.where(row.asset_id == asset_id).order_by(row.id.desc())


def _own_values(asset_id: int) -> sa.Select[*tuple[Any, ...]]:
    query = sa.select(CustomValue.id, CustomField.key, CustomValue.value).join(
        CustomField, CustomField.id == CustomValue.field_id
    )
    return query.where(CustomValue.asset_id == asset_id).order_by(CustomValue.id.desc())


_TELLER: Final = (Device.sys_name, Device.host_name, Device.model_name, Device.address)
_READERS: Final[dict[str, Callable[[int], sa.Select[*tuple[Any, ...]]]]] = {
    "movement": _movements,
    "allocation": _allocations,
    "contract_line": _lines,
    "coverage": _coverages,
    "incident_asset": _incidents,
    "wall_outlet": _outlets,
    "managed_device": _managed,
    "host_entry": _entries,
    "custom_value": _own_values,
}

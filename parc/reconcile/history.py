"""The history of an applied plan: one entry for each device and asset that changed.

Names of fields in an entry: columns of the device or asset; a row of a table is
``table/column/key`` (``interface/if_alias/Gi1/0/1``), and ``table//key`` for one that came or
went; ``silent/field`` says which source gave way to which, ``told_by`` which sources told what
changed. Of a device that changes in very many
rows the entry names the first, and counts the rest as ``more``: what it said is in its
observations.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset, Device
from parc.naming import TOLD_BY, device_name
from parc.reconcile.bulk import chunks
from parc.reconcile.change import (
    Absent,
    Conflict,
    CreateAsset,
    CreateDevice,
    DeviceRef,
    FieldChange,
    LinkAsset,
    Returned,
    RowAction,
    RowChange,
    SeeDifference,
    SettleDifference,
    UpdateAsset,
    UpdateDevice,
)
from parc.reconcile.known import FieldSource
from parc.reconcile.planned import Plan
from parc.services import audit
from parc.services.actor import Actor

ROWS_OF_AN_ENTRY: Final = 200

_Changes = dict[str, tuple[Any, Any]]
_Of = tuple[str, int, str]


class History:
    """Gathers what a plan did by subject and action, and writes it in one go."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        now: datetime,
        device_ids: Mapping[DeviceRef, int],
        asset_of: Mapping[int, int],
    ) -> None:
        self.session = session
        self.actor = actor
        self.now = now
        self.device_ids = device_ids
        self.asset_of = asset_of
        self.entries: dict[_Of, _Changes] = defaultdict(dict)
        self.row_counts: dict[_Of, int] = defaultdict(int)

    def write(self, plan: Plan) -> None:
        """Record every change of ``plan``, in the order in which subjects appear in it."""
        for change in plan.changes:
            if isinstance(change, UpdateAsset | SeeDifference | SettleDifference):
                self._add_asset(change)
            else:
                self._add_device(change)
        names = self._names()
        audit.record_all(
            self.session,
            self.actor,
            at=self.now,
            entries=[
                audit.Entry(kind, number, names.get((kind, number), ""), action, changes)
                for (kind, number, action), changes in self.entries.items()
            ],
        )

    def _add_device(
        self,
        change: CreateDevice
        | UpdateDevice
        | RowChange
        | Absent
        | Returned
        | Conflict
        | CreateAsset
        | LinkAsset,
    ) -> None:
        number = self.device_ids[change.device]
        match change:
            case CreateDevice():
                entry = self.entries["device", number, "created"]
                entry["address"] = (None, change.device.address)
                entry |= {c.field: (None, c.after) for c in change.fields if c.field != "reasons"}
                _name_sources(entry, (c.source for c in change.fields))
                for table, count in _counted(change.rows).items():
                    entry[f"{table}//"] = (None, count)
            case UpdateDevice():
                entry = self.entries["device", number, "changed"]
                entry |= {c.field: (c.before, c.after) for c in change.changes}
                _name_sources(entry, (c.source for c in change.changes))
                entry |= _given_way(change.changes)
            case RowChange():
                self._add_row(number, change)
            case Absent() | Returned():
                action = "absent" if isinstance(change, Absent) else "returned"
                self.entries["device", number, action] = {}
            case Conflict():
                entry = self.entries["device", number, "conflict"]
                entry[change.key] = (change.others_text or None, change.text)
            case CreateAsset():
                asset_id = self.asset_of[number]
                entry = self.entries["asset", asset_id, "created"]
                entry |= {c.field: (None, c.after) for c in change.fields}
                _name_sources(entry, (c.source for c in change.fields))
                entry["device_id"] = (None, number)
                self.entries["device", number, "linked"]["asset_id"] = (None, asset_id)
            case LinkAsset():
                asset_id = self.asset_of[number]
                self.entries["asset", asset_id, "linked"]["device_id"] = (None, number)
                self.entries["device", number, "linked"]["asset_id"] = (None, asset_id)

    def _add_asset(self, change: UpdateAsset | SeeDifference | SettleDifference) -> None:
        match change:
            case UpdateAsset():
                entry = self.entries["asset", change.asset_id, "changed"]
                entry |= {c.field: (c.before, c.after) for c in change.changes}
                _name_sources(entry, (c.source for c in change.changes))
                entry |= _given_way(change.changes)
            case SeeDifference():
                entry = self.entries["asset", change.asset_id, "difference"]
                entry[change.field] = (change.kept, change.seen_value)
                _name_sources(entry, (change.source,))
            case SettleDifference():
                entry = self.entries["asset", change.asset_id, "difference_settled"]
                entry[change.field] = (None, None)

    def _add_row(self, number: int, change: RowChange) -> None:
        of = ("device", number, "changed")
        self.row_counts[of] += 1
        entry = self.entries[of]
        if self.row_counts[of] > ROWS_OF_AN_ENTRY:
            entry["more"] = (None, self.row_counts[of] - ROWS_OF_AN_ENTRY)
            return
        table = change.table.value
        if change.action is RowAction.GONE:
            entry[f"{table}//{change.key}"] = (change.key, None)
        elif change.action is not RowAction.CHANGED:
            entry[f"{table}//{change.key}"] = (None, change.key)
        for field in change.changes:
            entry[f"{table}/{field.field}/{change.key}"] = (field.before, field.after)

    def _names(self) -> Mapping[tuple[str, int], str]:
        names: dict[tuple[str, int], str] = {}
        for part in chunks({number for kind, number, _ in self.entries if kind == "asset"}):
            query = sa.select(Asset.id, Asset.name).where(Asset.id.in_(part))
            names |= {("asset", number): name for number, name in self.session.execute(query)}
        query_device = sa.select(
            Device.id, Device.sys_name, Device.host_name, Device.model_name, Device.address
        )
        for part in chunks({number for kind, number, _ in self.entries if kind == "device"}):
            rows = self.session.execute(query_device.where(Device.id.in_(part)))
            for number, sys_name, host_name, model_name, address in rows:
                name = device_name(sys_name, host_name, model_name, address)
                names["device", number] = name
        return names


def _name_sources(entry: _Changes, sources: Iterable[FieldSource]) -> None:
    """Add to an entry which sources told what it holds."""
    told = entry[TOLD_BY][1] if TOLD_BY in entry else []
    if found := sorted({*told, *(source.value for source in sources)}):
        entry[TOLD_BY] = (None, found)


def _given_way(changes: Iterable[FieldChange]) -> _Changes:
    """Say which sources have been silent for so long that another stands in their place."""
    return {
        f"silent/{change.field}": (change.silent.value, change.source.value)
        for change in changes
        if change.silent is not None
    }


def _counted(rows: Iterable[RowChange]) -> Mapping[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for row in rows:
        counts[row.table.value] += 1
    return counts

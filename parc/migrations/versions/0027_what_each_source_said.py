"""What each source last said of a device, and when it was heard last; controllers are a source."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
ROWS = 1000

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# Fields that several sources may tell.
_FIELDS = (
    "sys_name",
    "category",
    "manufacturer",
    "model_name",
    "serial_number",
    "operating_system",
    "software_revision",
    "firmware_revision",
    "hardware_revision",
    "base_mac_address",
    "system_uuid",
    "asset_tag",
    "processor_count",
    "memory_bytes",
)
# Of those, what an agent tells before SNMP where both know a host.
_OF_AGENTS = frozenset(_FIELDS) - {
    "sys_name",
    "hardware_revision",
    "system_uuid",
    "asset_tag",
}
# What only a device itself can tell.
_READ = (
    "sys_name",
    "sys_descr",
    "sys_object_id",
    "engine_id",
    "chassis_id",
    "model_name",
    "serial_number",
    "system_uuid",
    "agent_id",
)


def upgrade() -> None:
    op.add_column("device", sa.Column("heard", JSON, nullable=True, comment="when each source spoke last"))
    op.add_column("device", sa.Column("words", JSON, nullable=True, comment="what each source last said of the fields that several tell: told_values.py"))
    _seed()
    _name_controllers(is_known=True)


def downgrade() -> None:
    _name_controllers(is_known=False)
    op.execute("UPDATE device SET category_source = 'snmp' WHERE category_source = 'controller'")
    for table in ("asset_field", "difference"):
        op.execute(f"UPDATE {table} SET source = 'snmp' WHERE source = 'controller'")
    op.drop_column("device", "words")
    op.drop_column("device", "heard")


def _seed() -> None:
    """Take the value that stands for the word of the source that it is presumed to come from."""
    connection = op.get_bind()
    columns = dict.fromkeys((*_READ, *_FIELDS))
    device = sa.table(
        "device",
        sa.column("id", sa.Integer),
        sa.column("last_seen_at", sa.String if connection.dialect.name == "sqlite" else sa.DateTime(timezone=True)),
        sa.column("category_source", sa.String),
        sa.column("reasons", JSON),
        sa.column("heard", JSON),
        sa.column("words", JSON),
        *(sa.column(name) for name in columns),
    )
    last = 0
    while rows := connection.execute(
        sa.select(device).where(device.c.id > last).order_by(device.c.id).limit(ROWS)
    ).mappings().all():
        last = rows[-1]["id"]
        connection.execute(
            sa.update(device)
            .where(device.c.id == sa.bindparam("number"))
            .values(heard=sa.bindparam("then", type_=JSON), words=sa.bindparam("told", type_=JSON)),
            [_seeds(row) for row in rows],
        )


def _seeds(row: sa.RowMapping) -> dict[str, Any]:
    said: dict[str, dict[str, Any]] = {}
    usual = _usual(row)
    for name in _FIELDS:
        if row[name] is not None:
            source = usual
            if name == "category" and row["category_source"] in {"agent", "nmap"}:
                source = row["category_source"]
            elif row["agent_id"] is not None and name in _OF_AGENTS:
                source = "agent"
            said.setdefault(source, {})[name] = row[name]
    words = {source: {"at": None, "run": None, "said": one} for source, one in said.items()}
    seen = row["last_seen_at"]
    at = seen.isoformat() if hasattr(seen, "isoformat") else f"{seen.replace(' ', 'T')}+00:00"
    return {"number": row["id"], "told": words, "then": dict.fromkeys(sorted(said), at)}


def _usual(row: sa.RowMapping) -> str:
    if row["agent_id"] is not None and row["sys_object_id"] is None:
        return "agent"
    if row["sys_object_id"] is None and _is_told(row["reasons"]):
        return "controller"
    return "snmp" if any(row[name] is not None for name in _READ) else "nmap"


def _is_told(reasons: Any) -> bool:
    """Tell whether only a controller said what is known: its values say by which means."""
    means = set()
    for text in reasons or ():
        try:
            parts = json.loads(text)
        except ValueError:
            continue
        if isinstance(parts, list) and len(parts) > 3 and parts[3]:
            means.add(parts[2])
    return means == {"controller"}


def _name_controllers(*, is_known: bool) -> None:
    """Let the orders that people set name controllers, after SNMP; and the values that they told."""
    connection = op.get_bind()
    rule = sa.table("field_rule", sa.column("id", sa.Integer), sa.column("order", JSON))
    for number, order in connection.execute(sa.select(rule.c.id, rule.c.order)).all():
        words = [word for word in order if word != "controller"]
        if is_known:
            words.insert(words.index("snmp") + 1 if "snmp" in words else len(words), "controller")
        connection.execute(sa.update(rule).where(rule.c.id == number).values({"order": words}))
    if not is_known:
        return
    device = sa.table("device", sa.column("asset_id", sa.Integer), sa.column("heard", JSON))
    told: dict[int, bool] = {}
    query = sa.select(device.c.asset_id, device.c.heard).where(device.c.asset_id.is_not(None))
    for asset_id, heard in connection.execute(query):
        told[asset_id] = told.get(asset_id, True) and "controller" in heard and "snmp" not in heard
    field = sa.table("asset_field", sa.column("asset_id", sa.Integer), sa.column("source", sa.String))
    ids = [number for number, is_told in told.items() if is_told]
    for start in range(0, len(ids), ROWS):
        connection.execute(
            sa.update(field)
            .where(field.c.asset_id.in_(ids[start : start + ROWS]), field.c.source == "snmp")
            .values(source="controller")
        )

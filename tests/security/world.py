"""A database with a row in every table, and every address that the application answers.

Texts that a device, a person or a file can fill are found in the tables themselves, so a new column
is in the sweep without anybody thinking of it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from collectors.credentials import SnmpVersion
from collectors.errors import Failure
from collectors.observation import Category, Interface, InterfaceTable, System, to_json
from parc import models
from parc.extensions import db, transaction
from parc.key_texts import IgnoredKind
from parc.models import Base, DeviceStatus, LocationKind, Role, RunState, TargetOutcome
from parc.queries.incident_figures import read_report
from parc.services.allocations import Holder, allocate
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.entitlements import add_period, create_entitlement, put_keys
from parc.services.incident_links import follow_up, link
from parc.services.incident_reports import keep_report
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.positions import mark_all, refresh_some, take_snapshot
from parc.services.products import product_for, publisher_for
from parc.software.rules import SoftwareKind
from parc.topology import PortRole
from parc.web.import_pages import store as import_store
from tests.conftest import SOME_MOMENT
from tests.contract_world import add_contract_rows
from tests.factories import (
    SOME_PERSON,
    make_asset,
    make_device,
    make_linked_device,
    make_observation,
    make_presence,
    make_range,
    make_run,
    make_user,
)

# Columns that no text of a stranger can reach: the application makes them or checks their shape.
MADE_BY_US = {
    "asset.primary_address", "asset.primary_address_sort", "asset.search_text",
    "asset_field.field", "asset_field.kept_against", "field_rule.field", "missed_row.kind",
    "address_range.schedule", "address_range.time_zone",
    "contract.currency", "contract.search_text", "contract.time_zone",
    "contract_line.serial_folded", "document.content_hash", "document.media_type",
    "outgoing_message.key", "outgoing_message.message_id", "supplier.search_text",
    "audit_entry.action", "audit_entry.subject_kind", "counter.name",
    "credential.key_id", "incident.rule_key", "incident.live_key", "incident.search_text",
    "incident_report.grouped_by",
    "credential_success.address", "device.address",
    "device.category_source", "difference.field", "job_run.key", "job_run.kind", "job_run.lock",
    "job_run.worker", "run_target.address", "sign_in_failure.address", "sign_in_link.token_hash",
    "agent.address", "agent.digest", "agent_token.author", "agent_token.token_hash",
    "host_entry.kind", "installation.source",
    "custom_field.key", "custom_value.sort_value", "custom_value.unique_value",
    "asset.currency", "location.time_zone", "person.search_text", "tag_pattern.pattern",
    "entitlement.name_folded", "entitlement.search_text", "entitlement_key.ending",
    "entitlement_key.key_id", "entitlement_key.sealed", "entitlement_key.token",
    "entitlement_period.currency", "position_snapshot.currency", "product_position.currency",
    "publisher.name_folded", "software_product.name_folded",
    "import_mapping.kind", "import_mapping.signature", "import_run.file_hash", "import_run.kind",
    "import_run.source", "observation.address", "observation.source", "user.colour_scheme",
    "user.language", "user.login", "user.password_hash", "user_session.address",
    "user_session.token_hash", "attachment.mac_address", "life_count_reading.kind",
    "managed_device.kind", "mapped_address.address", "mapped_address.mac_address",
    "neighbor.protocol", "wireless_station.mac_address",
    "software_title.digest", "software_title.version_sort", "software_title.rule",
    "software_title.folded_by", "end_of_support.origin", "end_of_support.product_folded",
    "end_of_support.publisher_folded",
}  # fmt: skip
_MAC = "00:00:5e:00:53:09"
# Built files, and what agents send to: they hold no session (test_agent_endpoint.py).
NOT_FOR_BROWSERS = {"static", "agent_endpoint.receive"}
# Lists of texts, beside those that hold networks, columns or arguments of jobs.
_LISTS = {
    "custom_field.choices",
    "device.reasons",
    "host_entry.facts",
    "interface.addresses",
    "run.warnings",
}


@dataclass(frozen=True, slots=True)
class World:
    """The ids that addresses need, by the name of the argument."""

    ids: dict[str, int]

    def address(self, rule: Rule) -> str:
        """Give an address of a route."""
        path = re.sub(r"<int:(\w+)>", lambda match: str(self.ids[match[1]]), rule.rule)
        path = path.replace("<ids>", str(self.ids["ignored_id"])).replace("<token>", "A" * 43)
        return path.replace("<tag>", "P000001").replace("<slug>", "discovery")

    def addresses(self, app: Flask, method: str) -> list[str]:
        """Give all addresses that take a method and are meant for browsers."""
        return [
            self.address(rule)
            for rule in app.url_map.iter_rules()
            if rule.endpoint not in NOT_FOR_BROWSERS and method in (rule.methods or ())
        ]


def make_world(app: Flask, write: Callable[[int], str] | None = None) -> World:
    """Add a row to every table; ``write`` gives the n-th text, None leaves plain ones."""
    with transaction() as session:
        ids = _add_rows(session, app, write)
        session.flush()
        if write:
            _fill(session, write)
    db.session.remove()
    return World(ids)


def _add_rows(session: Session, app: Flask, write: Callable[[int], str] | None) -> dict[str, int]:
    text = write or (lambda number: f"text {number}")
    network = make_range(session)
    draft = CredentialDraft(name="usual", version=SnmpVersion.V2C, community="canary-community")
    save_credential(session, SOME_PERSON, app.extensions["parc_box"], draft, now=SOME_MOMENT)
    credential_id = session.scalars(sa.select(models.Credential.id)).one()
    session.add(
        models.RangeCredential(range_id=network.id, credential_id=credential_id, position=0)
    )
    site = models.Location(kind=LocationKind.SITE, name="Lyon")
    session.add(site)
    session.flush()
    network.location_id = site.id
    run = make_run(session, network, address_count=256, swept_count=256, failed_count=1)
    held = make_run(session, network, state=RunState.HELD)
    asset = make_asset(session, asset_tag="P000001", location_id=site.id, last_seen_at=SOME_MOMENT)
    device = make_linked_device(session, asset, absent_since=SOME_MOMENT)
    unknown = make_device(session)
    ignored = make_device(session, status=DeviceStatus.IGNORED, ignore_reason="old")
    person = make_user(session, role=Role.TECHNICIAN)
    for one in (device, unknown):
        _add_parts(session, one.id, text)
    observations = _add_evidence(session, run.id, device.id, text)
    session.add_all(
        models.AuditEntry(
            at=SOME_MOMENT, author="Ada", subject_kind=kind, subject_id=number,
            action="changed", changes={text(7): [text(8), text(9)]},
        )
        for kind, number in (("asset", asset.id), ("device", unknown.id))
    )  # fmt: skip
    session.add(
        models.Difference(
            asset_id=asset.id, field="name", seen_value="other", source=models.ValueSource.SNMP,
            since=SOME_MOMENT,
        )
    )  # fmt: skip
    act = models.ChangeSet(
        kind=models.ChangeSetKind.BULK_EDIT, title={"code": "imported", "file": text(10)},
        author="Ada", at=SOME_MOMENT, state=models.ChangeSetState.APPLIED, row_count=1,
    )  # fmt: skip
    session.add(act)
    session.add(
        models.MergedAsset(
            id=9_999, asset_id=asset.id, asset_tag="old", name=text(11), device_ids=[],
            person_values={}, merged_at=SOME_MOMENT,
        )
    )  # fmt: skip
    session.flush()
    entry = models.InboxEntry(
        kind=models.InboxKind.SILENT, key=f"silent {asset.id}", state=models.InboxState.OPEN,
        subject=asset.name, asset_id=asset.id, fingerprint="f",
        evidence={"last_seen_at": SOME_MOMENT.isoformat()},
        opened_at=SOME_MOMENT, due_at=SOME_MOMENT,
    )  # fmt: skip
    session.add(entry)
    ignored_key = models.IgnoredKey(
        kind=next(iter(IgnoredKind)),
        value="0815",
        reason=text(12),
        author="Ada",
        created_at=SOME_MOMENT,
    )
    session.add(ignored_key)
    session.add(
        models.FieldRule(
            field="model_name", order=["snmp", "person"], lock=models.LockRule.NEVER, lock_days=30,
            changed_at=SOME_MOMENT, author="Ada",
        )
    )  # fmt: skip
    own_field = models.CustomField(
        key="colour",
        label_en=text(30),
        label_fr=text(31),
        category=None,
        type=models.CustomType.TEXT,
        choices=[],
        is_required=False,
        is_unique=False,
        is_listed=True,
        position=1,
        created_at=SOME_MOMENT,
    )
    session.add(own_field)
    session.flush()
    session.add(
        models.CustomValue(
            asset_id=asset.id, field_id=own_field.id, value=text(32), sort_value="",
            source=models.ValueSource.PERSON, set_at=SOME_MOMENT,
        )
    )  # fmt: skip
    field = session.get_one(models.AssetField, (asset.id, "name"))
    field.lock, field.locked_at, field.locked_by = models.LockRule.NEVER, SOME_MOMENT, "Ada"
    session.flush()
    people = _add_people(session, site.id, asset.id)
    import_ids = _add_imports(session, person.id, text)
    licence_ids = _add_licence(session, app, asset.id, text)
    incident_id = _add_incidents(session, asset.id, person.id, text)
    _add_links(session, device.id)
    session.add_all(
        [
            models.UserPlace(user_id=person.id, location_id=site.id),
            models.InboxDevice(entry_id=entry.id, device_id=device.id),
            models.ChangeSetPart(change_set_id=act.id, body=zlib.compress(b"[]")),
        ]
    )
    contracted = add_contract_rows(session, asset.id, site.id)
    token_id = _add_agent(session, device.id, observations)
    return {
        **contracted,
        "change_set_id": act.id,
        "entry_id": entry.id,
        "incident_id": incident_id,
        **import_ids,
        **licence_ids,
        "other_id": incident_id + 1,
        "key_id": ignored_key.id,
        "field_id": own_field.id,
        "asset_id": asset.id,
        "device_id": unknown.id,
        "ignored_id": ignored.id,
        "range_id": network.id,
        "run_id": run.id,
        "held_id": held.id,
        "credential_id": credential_id,
        "user_id": person.id,
        "observation_id": observations,
        "place_id": site.id,
        "token_id": token_id,
        **people,
    }


def _add_people(session: Session, site_id: int, asset_id: int) -> dict[str, int]:
    department = models.Department(name="Accounts")
    session.add(department)
    session.flush()
    person = models.Person(
        name="Grace", email="grace@example.org", department_id=department.id, site_id=site_id,
        created_at=SOME_MOMENT, updated_at=SOME_MOMENT,
    )  # fmt: skip
    outlet = models.WallOutlet(
        location_id=site_id, label="A1", switch_asset_id=asset_id, if_name="Gi1/0/1"
    )
    pattern = models.TagPattern(category=Category.PRINTER, pattern="IMP{number:05d}")
    session.add_all([person, outlet, pattern])
    session.flush()
    movement = models.Movement(
        asset_id=asset_id, kind=models.MovementKind.ASSIGNMENT, author="Ada",
        status=models.MovementStatus.CONFIRMED, source=models.MovementSource.HAND,
        effective_on=SOME_MOMENT.date(), entered_at=SOME_MOMENT,
        from_state=models.LifecycleState.IN_STOCK, to_state=models.LifecycleState.IN_USE,
        to_person_id=person.id, to_location_id=site_id,
    )  # fmt: skip
    session.add(movement)
    session.get_one(models.Asset, asset_id).custodian_person_id = person.id
    session.flush()
    return {
        "person_id": person.id,
        "department_id": department.id,
        "outlet_id": outlet.id,
        "movement_id": movement.id,
    }


def _add_licence(
    session: Session, app: Flask, asset_id: int, text: Callable[[int], str]
) -> dict[str, int]:
    """Add a licence of a suite with a term, a key and a seat."""
    values = {"name": "Office", "version": "1", "reference": text(66)}
    publisher = publisher_for(session, SOME_PERSON, "Microsoft", at=SOME_MOMENT)
    part = product_for(session, SOME_PERSON, "Word", publisher, at=SOME_MOMENT)
    title = models.SoftwareTitle(
        digest="0" * 32,
        raw_name=text(30),
        product_id=part,
        kind=SoftwareKind.PRODUCT,
        folded_by="",
        first_seen_at=SOME_MOMENT,
        last_seen_at=SOME_MOMENT,
        installation_count=1,
    )
    rule = models.SoftwareRule(
        pattern="Word {version}",
        product="Word",
        kind=SoftwareKind.PRODUCT,
        author="Ada",
        created_at=SOME_MOMENT,
    )
    end = models.EndOfSupport(
        product_folded="word",
        product="Word",
        version_prefix="97",
        ends_on=SOME_MOMENT.date(),
        source="example.org",
        sourced_on=SOME_MOMENT.date(),
        origin="file",
    )
    session.add_all([title, rule, end])
    session.flush()
    session.execute(
        sa.update(models.SoftwareProduct)
        .where(models.SoftwareProduct.id == part)
        .values(machine_count=1, first_seen_at=SOME_MOMENT, last_seen_at=SOME_MOMENT)
    )
    session.execute(sa.update(models.Installation).values(title_id=title.id))
    suite = product_for(session, SOME_PERSON, "Office", None, at=SOME_MOMENT)
    session.add(models.ProductPart(suite_id=suite, part_id=part))
    row = create_entitlement(session, SOME_PERSON, {**values, "product_id": suite}, at=SOME_MOMENT)
    term = add_period(
        session, SOME_PERSON, row.id, models.EntitlementPeriodKind.TERM,
        {"order_number": text(70), "invoice_number": text(71)}, at=SOME_MOMENT,
    )  # fmt: skip
    box = app.extensions["parc_box"]
    put_keys(session, SOME_PERSON, box, row.id, ["canary-licence-key"], at=SOME_MOMENT)
    allocate(session, SOME_PERSON, row.id, [Holder(asset_id=asset_id)], at=SOME_MOMENT)
    session.flush()
    seat_rule = models.AllocationRule(
        entitlement_id=row.id, is_installed=True, author="Ada", created_at=SOME_MOMENT
    )
    session.add(seat_rule)
    mark_all(session)
    refresh_some(session, SOME_MOMENT.date(), SOME_MOMENT, 10)
    take_snapshot(session, SOME_PERSON, SOME_MOMENT.date())
    key_id = session.scalars(sa.select(models.EntitlementKey.id)).one()
    return {
        "entitlement_id": row.id, "period_id": term.id, "key_id": key_id, "product_id": suite,
        "seat_rule_id": seat_rule.id, "software_rule_id": rule.id,
    }  # fmt: skip


def _add_imports(session: Session, user_id: int, text: Callable[[int], str]) -> dict[str, int]:
    """Add an import that has been planned, and a mapping that is kept."""
    run = models.ImportRun(
        kind="assets", file_name=text(60), file_hash="a" * 64, file_octets=10, author=text(61),
        user_id=user_id, state=models.ImportState.PLANNED, choices={}, report={},
        created_at=SOME_MOMENT, expires_at=SOME_MOMENT,
    )  # fmt: skip
    mapping = models.ImportMapping(
        kind="assets", name=text(62), signature="b" * 64, author=text(63), user_id=user_id,
        choices={"columns": {"name": text(64)}}, updated_at=SOME_MOMENT,
    )  # fmt: skip
    session.add_all([run, mapping])
    session.flush()
    stored = import_store().path(run.file_hash)
    stored.parent.mkdir(parents=True, exist_ok=True)
    stored.write_text("Name\nPC-1\n", encoding="utf-8")
    return {"import_id": run.id, "mapping_id": mapping.id}


def _add_incidents(
    session: Session, asset_id: int, user_id: int, text: Callable[[int], str]
) -> int:
    """Add an open incident about the asset, with all that hangs on it, and one beside it."""
    given = IncidentInput(title="no paper", requester_id=user_id, asset_ids=[asset_id])
    first, other = (
        open_incident(session, SOME_PERSON, given, at=SOME_MOMENT) for _number in range(2)
    )
    first.planned_for = first.resolved_at = SOME_MOMENT
    first.waiting_for, first.resolution, first.priority_reason = text(13), text(14), text(15)
    link(session, SOME_PERSON, first.id, other.id, "related", at=SOME_MOMENT)
    follow_up(session, SOME_PERSON, first.id, "seen", at=SOME_MOMENT)
    now = SOME_MOMENT
    keep_report(session, read_report(session, "site", now, now, 7), "site", 28)
    session.add(
        models.IncidentRule(
            code=models.IncidentRuleCode.SUPPLY_LOW, is_enabled=True, threshold=5, range_ids=[],
            impact=models.Level.LOW, urgency=models.Level.LOW, updated_at=SOME_MOMENT,
        )
    )  # fmt: skip
    session.flush()
    return first.id


def _add_parts(session: Session, device_id: int, text: Callable[[int], str]) -> None:
    own = {"device_id": device_id}
    session.add_all(
        [
            models.Interface(**own, key="1", if_index=1, addresses=["192.0.2.1/24"]),
            models.Component(**own, key="1", component_class="chassis", name="chassis"),
            models.Supply(**own, key="1", capacity=100, level=4),
            models.Storage(**own, key="1", size_bytes=10, used_bytes=4),
            models.Service(**own, key="tcp/80", is_guess=False),
            models.MissedRow(**own, kind="component", key=text(13), count=1, missed_at=SOME_MOMENT),
            models.HostEntry(
                **own,
                key="disk 1",
                kind="disk",
                name="disk",
                facts=["type=disk"],
                first_seen_at=SOME_MOMENT,
            ),
            models.Installation(
                **own,
                key="vlc",
                name="vlc",
                source=models.ValueSource.AGENT,
                first_seen_at=SOME_MOMENT,
            ),
            models.CategorySign(**own, category=Category.SWITCH, weight=0.5, reason="it says so"),
        ]
    )


def _add_links(session: Session, device_id: int) -> None:
    """Add what a switch, a printer, a power supply and a controller tell beside."""
    own = {"device_id": device_id}
    seen = {"first_seen_at": SOME_MOMENT, "last_seen_at": SOME_MOMENT}
    port = session.scalars(
        sa.select(models.Interface.id).where(models.Interface.device_id == device_id)
    ).one()
    session.add_all(
        [
            models.Battery(**own, key="1", charge_percent=90),
            models.BridgeVlan(**own, vlan_id=7, name="staff"),
            models.LifeCount(**own, key="total", count=10),
            models.LifeCountReading(**own, kind="total", read_on=SOME_MOMENT.date(), count=10),
            models.ManagedDevice(**own, key="1", kind="access_point", name="AP"),
            models.Outlet(**own, key="1", name="outlet", is_on=True),
            models.Tray(**own, key="1", name="tray"),
            models.SwitchPort(
                **own, interface_id=port, role=PortRole.EDGE, first_read_at=SOME_MOMENT
            ),
            models.Attachment(interface_id=port, mac_address=_MAC, vlan_id=7, **seen),
            models.MappedAddress(**own, address="192.0.2.3", mac_address=_MAC, **seen),
            models.Neighbor(**own, key="1", protocol="lldp", sys_name="sw2", **seen),
            models.WirelessStation(**own, mac_address=_MAC, access_point="AP", ssid="s", **seen),
        ]
    )


def _add_agent(session: Session, device_id: int, observation_id: int) -> int:
    token = models.AgentToken(
        name="Lyon", token_hash="0" * 64, created_at=SOME_MOMENT, author="Ada"
    )
    session.add(token)
    session.flush()
    agent = models.Agent(
        key="k", name="pc-1", device_id=device_id, token_id=token.id,
        observation_id=observation_id, first_seen_at=SOME_MOMENT, last_seen_at=SOME_MOMENT,
    )  # fmt: skip
    session.add(agent)
    session.flush()
    session.add(
        models.AgentUpload(
            agent_id=agent.id, observation_id=observation_id, received_at=SOME_MOMENT
        )
    )
    return token.id


def _add_evidence(session: Session, run_id: int, device_id: int, text: Callable[[int], str]) -> int:
    session.add_all(
        models.RunTarget(
            run_id=run_id, address=address, outcome=outcome, failure=failure, detail="why",
            device_id=device_id, ended_at=SOME_MOMENT,
        )
        for address, outcome, failure in (
            ("192.0.2.1", TargetOutcome.COLLECTED, None),
            ("192.0.2.2", TargetOutcome.FAILED, Failure.NO_ANSWER),
        )
    )  # fmt: skip
    rows = InterfaceTable(rows=(Interface(if_index=1, if_name=text(3)),), complete=True)
    said = make_observation(system=System(sys_name=text(1), sys_descr=text(2)), interfaces=rows)
    stored = [
        models.StoredObservation(
            run_id=run_id, device_id=device_id, address="192.0.2.1", source=one.source.value,
            observed_at=SOME_MOMENT, body=zlib.compress(to_json(one)),
        )
        for one in (said, make_presence(host_name=text(4)))
    ]  # fmt: skip
    session.add_all(stored)
    session.flush()
    return stored[0].id


def _fill(session: Session, write: Callable[[int], str]) -> None:
    """Write into every text of every table but what we make ourselves."""
    number = 0
    for table in Base.metadata.sorted_tables:
        values: dict[str, object] = {}
        for column in text_columns(table):
            number += 1
            width = getattr(column.type, "length", None) or 4000
            values[column.name] = write(number)[:width]
            if f"{table.name}.{column.name}" in _LISTS:
                values[column.name] = [write(number)]
        if not values:
            continue
        if any(column.unique for column in table.columns if column.name in values):
            # Only one row may hold it.
            key = session.scalar(sa.select(sa.func.min(table.c.id)))
            session.execute(table.update().where(table.c.id == key).values(values))
        else:
            session.execute(table.update().values(values))


def text_columns(table: sa.Table) -> Iterator[sa.Column[object]]:
    """Give the columns of a table that somebody else's text can reach."""
    for column in table.columns:
        name = f"{table.name}.{column.name}"
        is_text = isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum)
        if name in _LISTS or (is_text and name not in MADE_BY_US and not column.foreign_keys):
            yield column


def dump() -> dict[str, list[object]]:
    """Give all rows of all tables, to compare."""
    db.session.rollback()
    return {
        table.name: sorted(map(tuple, db.session.execute(table.select())), key=repr)
        for table in Base.metadata.sorted_tables
    }

"""T2: a login that is limited to places neither sees nor changes what stands elsewhere.

The rows of the world stand in Lyon. The login is limited to Paris, where one machine of its own
stands; every text of a row that belongs to Lyon is marked, so that it may show up nowhere.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, aliased, outerjoin
from werkzeug.test import TestResponse

from parc import models
from parc.errors import InvalidInputError, NotFoundError
from parc.extensions import db, transaction
from parc.models import Asset, Base, InboxKind, Location, LocationKind, Movement, Role
from parc.queries import scope
from parc.queries.scope import UnscopedError, narrow, unlimited
from parc.services.actor import SYSTEM
from parc.services.incident_links import link
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.users import limit_to_places
from tests.conftest import SOME_MOMENT
from tests.factories import (
    make_asset,
    make_device,
    make_linked_device,
    make_range,
    make_run,
    make_user,
)
from tests.security.world import NOT_FOR_BROWSERS, World, dump, make_world, text_columns
from tests.web import Browser

_MARK = "beyond-the-wall"
# Documents and words of contracts, licences, software and suppliers belong to all.
_COMMON = {"document"}
_MAC = "00:00:5e:00:53:07"
_SEEN_ENTRIES = 4  # of those that have to do with both places
_LISTS = {"addresses", "facts", "reasons", "warnings"}
# Pages of what belongs to the whole organisation, which name a row of the world all the same.
_COMMON_ROWS = {
    "contract_id", "department_id", "entitlement_id", "person_id", "product_id", "supplier_id",
}  # fmt: skip


class Wall:
    """The world in Lyon, and a browser of a login that is limited to Paris."""

    def __init__(self, app: Flask, role: Role) -> None:
        self.world: World = make_world(app)
        with transaction() as session:
            _mark(session)
            self.far = {model: _keys(session, model) for model in scope.NARROWED}
            self.far[models.Document] = set()  # the world's is of a contract
            paris = Location(kind=LocationKind.SITE, name="Paris")
            session.add(paris)
            session.flush()
            self.own_id = make_asset(session, asset_tag="P7", name="ours", location_id=paris.id).id
            self.paris_id = paris.id
        self.browser = Browser(app, role)
        user_id = self.browser.user_id
        assert user_id is not None
        with transaction() as session:
            limit_to_places(session, SYSTEM, user_id, ["Paris"], SOME_MOMENT)
        self.browser.sign_in(user_id)
        self.user_id = user_id
        db.session.remove()

    def session(self) -> Session:
        """Give a session that sees what the login sees."""
        session = db.session()
        narrow(session, self.user_id)
        return session


def _keys(session: Session, model: type[Base]) -> set[tuple[Any, ...]]:
    keys = models.table_of(model).primary_key.columns
    return {tuple(row) for row in session.execute(sa.select(*keys))}


def _mark(session: Session) -> None:
    """Write the mark into every text of the tables that are narrowed."""
    for model in scope.NARROWED - {models.AuditEntry}:
        table = models.table_of(model)
        values: dict[str, Any] = {}
        for column in text_columns(table):
            mark = f"{_MARK}-{table.name}"[: getattr(column.type, "length", None) or 100]
            if column.name != "asset_tag" and table.name not in _COMMON:
                values[column.name] = [mark] if column.name in _LISTS else mark
        if values:
            key = min(table.primary_key.columns, key=lambda column: column.name)
            first = sa.select(sa.func.min(key)).scalar_subquery()
            one = any(table.c[name].unique for name in values)
            where = key == first if one else sa.true()
            session.execute(table.update().where(where).values(values))


@pytest.fixture
def wall(sqlite_app: Flask) -> Wall:
    return Wall(sqlite_app, Role.MANAGER)


def _said(answer: TestResponse) -> str:
    if answer.data[:2] == b"PK":
        book = zipfile.ZipFile(io.BytesIO(answer.data))
        return "".join(book.read(name).decode() for name in book.namelist())
    return str(answer.data, "utf-8", "ignore")


def test_no_page_list_or_file_says_anything_of_another_place(wall: Wall) -> None:
    app, leaks = wall.browser.app, {}
    for rule in app.url_map.iter_rules():
        if rule.endpoint in NOT_FOR_BROWSERS or "GET" not in (rule.methods or ()):
            continue
        answer = wall.browser.get(wall.world.address(rule))
        assert answer.status_code in {200, 302, 404}, rule.rule
        if found := set(re.findall(_MARK + r"-\w*", _said(answer))):
            leaks[rule.rule] = found
        own = {name for name in rule.arguments if name.endswith("_id")} - _COMMON_ROWS
        if own and not rule.arguments & _COMMON_ROWS:
            assert answer.status_code == 404, rule.rule
    assert not leaks


def test_lists_hold_what_stands_in_the_own_places(wall: Wall) -> None:
    assert "ours" in wall.browser.get("/assets").text
    assert wall.browser.get("/assets?q=P7").location == f"/assets/{wall.own_id}"
    assert wall.browser.get(f"/assets/{wall.own_id}").status_code == 200
    assert _said(wall.browser.get("/assets/export.csv")).count("\r\n") == 2
    assert "/assets/1" not in wall.browser.get("/assets?q=P000001").text
    assert wall.browser.get("/a/P000001").status_code == 404
    assert "Paris" in wall.browser.get("/account").text


def test_no_form_changes_anything_of_another_place(wall: Wall) -> None:
    """Each address with its bare form: it is refused, and no row of the other place changes."""
    before = _placed()
    for rule in wall.browser.app.url_map.iter_rules():
        is_own = rule.endpoint in {"session.sign_out", "account.end_others"}
        if rule.endpoint in NOT_FOR_BROWSERS or "POST" not in (rule.methods or ()) or is_own:
            continue
        answer = wall.browser.post(wall.world.address(rule))
        assert answer.status_code < 500, rule.rule
        assert _MARK not in _said(answer), rule.rule
    assert _placed() == before


def _placed() -> Mapping[str, list[object]]:
    """Give all rows of the narrowed tables."""
    names = {model.__tablename__ for model in scope.NARROWED}
    return {name: rows for name, rows in dump().items() if name in names}


def _forms(wall: Wall) -> list[tuple[str, dict[str, Any], int]]:
    """Give doors with whole forms that name a row of the other place, and their answers."""
    ids = wall.world.ids
    asset, incident, own = ids["asset_id"], ids["incident_id"], wall.own_id
    return [
        (f"/assets/{asset}/edit", {"name": "x", "version": "1"}, 404),
        (f"/assets/{asset}/state", {"lifecycle_state": "in_stock"}, 404),
        (f"/assets/{asset}/delete", {}, 404),
        (
            f"/assets/{asset}/move",
            {"kind": "assignment", "person": "Grace", "effective_on": "2026-11-20"},
            404,
        ),
        (f"/assets/{asset}/lock", {"field": "name", "lock": "never"}, 404),
        (f"/assets/{asset}/release", {"field": "name"}, 404),
        (f"/assets/{asset}/difference", {"field": "name", "decision": "keep"}, 404),
        ("/assets/bulk-edit", {"id": str(asset), "notes": "x", "is_confirmed": "1"}, 0),
        ("/assets/bulk-state", {"id": str(asset), "to": "in_stock", "is_confirmed": "1"}, 0),
        ("/assets/bulk-release", {"id": str(asset), "field": "name", "is_confirmed": "1"}, 0),
        ("/assets/labels", {"id": str(asset)}, 0),
        (f"/movements/{ids['movement_id']}/cancel", {"reason": "x"}, 404),
        ("/devices/decide", {"id": str(ids["device_id"]), "action": "accept"}, 0),
        ("/devices/ignore", {"id": str(ids["device_id"]), "reason": "x"}, 0),
        ("/devices/attach", {"id": str(ids["device_id"]), "asset_id": str(own)}, 0),
        ("/inbox/decide", {"id": str(ids["entry_id"]), "action": "mine"}, 0),
        (f"/incidents/{incident}/follow-up", {"text": "x"}, 404),
        (
            f"/incidents/{incident}/link",
            {"other": str(ids["other_id"]), "link_kind": "related"},
            404,
        ),
        ("/incidents/decide", {"id": str(incident), "action": "mine"}, 0),
        (f"/assets/{own}/edit", {"version": "1", "location_id": str(ids["place_id"])}, 422),
        ("/my/report?asset=P000001", {"title": "x", "text": "x"}, 0),
        (f"/changes/{ids['change_set_id']}/undo", {}, 404),
        (f"/documents/{ids['document_id']}/delete", {}, 0),
    ]


def test_whole_forms_that_name_a_row_of_another_place_change_nothing(wall: Wall) -> None:
    before = _placed()
    for path, sent, status in _forms(wall):
        answer = wall.browser.post(path, sent)
        assert answer.status_code == status or (not status and answer.status_code < 500), path
        assert _MARK not in _said(answer), path
    assert _placed() == before


@pytest.fixture
def both(app: Flask) -> tuple[Wall, Session]:
    """The wall on each of the two databases, with a session that sees what the login sees."""
    wall = Wall(app, Role.TECHNICIAN)
    return wall, wall.session()


def test_each_table_is_narrowed_however_it_is_read_or_written(both: tuple[Wall, Session]) -> None:
    wall, session = both
    assert {Asset, models.Device, models.Movement, models.Incident, models.InboxEntry} <= {
        model for model, keys in wall.far.items() if keys
    }
    for model in sorted(scope.NARROWED, key=lambda one: one.__tablename__):
        columns: Any = [getattr(model, str(key.key)) for key in sa.inspect(model).primary_key]
        seen = {tuple(row) for row in session.execute(sa.select(*columns))}
        assert not seen & wall.far[model], model
        other: Any = aliased(model)
        count, first = sa.select(sa.func.count()), sa.select(*columns)
        assert session.scalar(count.select_from(model)) == len(seen), model
        assert session.scalar(count.select_from(other)) == len(seen), model
        assert session.scalar(count.select_from(first.subquery())) == len(seen), model
        both_parts = sa.union_all(first, first).subquery()
        assert session.scalar(count.select_from(both_parts)) == 2 * len(seen), model
        assert len(session.scalars(sa.select(model)).all()) == len(seen), model
        same = sa.update(model).values({columns[0]: columns[0]})
        assert session.execute(same).rowcount == len(seen), model  # type: ignore[attr-defined]
        gone = sa.delete(model).where(sa.tuple_(*columns).in_(sorted(wall.far[model])))
        assert session.execute(gone).rowcount == 0, model  # type: ignore[attr-defined]
    session.rollback()


def test_who_sees_few_and_who_sees_many_count_the_same(both: tuple[Wall, Session]) -> None:
    """Each has its own rules, for speed alone."""
    wall, session = both
    whole = scope.sight_of(session)
    assert whole is not None
    for model in scope.NARROWED:
        columns: Any = [getattr(model, str(key.key)) for key in sa.inspect(model).primary_key]
        seen = {tuple(row) for row in session.execute(sa.select(*columns))}
        for is_wide in (False, True):
            session.info["parc_sight"] = replace(whole, is_wide=is_wide)
            found = session.scalar(sa.select(sa.func.count()).select_from(model))
            assert found == len(seen), model
            assert not seen & wall.far[model], model


def test_key_of_another_place_finds_nothing_and_new_rows_cannot_name_it(wall: Wall) -> None:
    session = wall.session()
    assert session.get(Asset, wall.world.ids["asset_id"]) is None
    assert session.get(Asset, wall.own_id) is not None
    joined = sa.select(models.Person.name, Asset.name).outerjoin(
        Asset, Asset.custodian_person_id == models.Person.id
    )
    assert [list(row) for row in session.execute(joined)] == [["Grace", None]]
    far, incident = wall.world.ids["asset_id"], wall.world.ids["other_id"]
    session.add(models.IncidentAsset(incident_id=incident, asset_id=far, asset_name="x"))
    with pytest.raises(NotFoundError):
        session.flush()
    session.rollback()


def test_compiled_statement_serves_each_login_its_own_places(both: tuple[Wall, Session]) -> None:
    wall, session = both
    with transaction() as writing:
        other = make_user(writing, login="other")
        lyon = writing.get_one(Location, wall.world.ids["place_id"])
        limit_to_places(writing, SYSTEM, other.id, [lyon.name], SOME_MOMENT)
        other_id = other.id
    query = sa.select(Asset.id).order_by(Asset.id)
    for _turn in range(2):
        narrow(session, wall.user_id)
        assert session.scalars(query).all() == [wall.own_id]
        narrow(session, other_id)
        assert wall.own_id not in session.scalars(query).all()
        assert wall.world.ids["asset_id"] in session.scalars(query).all()


@pytest.mark.usefixtures("sqlite_app")
def test_statement_past_the_mapped_classes_is_refused() -> None:
    table, session = models.table_of(Asset), db.session()
    narrow(session, 1)
    for statement in (
        sa.select(table),
        sa.select(table.c.id, Location.id),
        sa.select(sa.func.count()).select_from(table),
        sa.select(sa.func.max(table.c.id), Asset.id),
        sa.select(table.alias("other").c.id, Asset.id),
        sa.select(*models.table_of(Movement).columns, Asset.name).join(
            Asset, Asset.id == Movement.asset_id
        ),
        table.update().values(name="x"),
        table.delete(),
        sa.select(sa.func.count()).select_from(sa.outerjoin(Location, Asset)),
        sa.select(sa.func.count()).select_from(outerjoin(Location, Asset)),
        sa.text("SELECT name FROM asset"),
        sa.select(Location.id).where(Location.id.in_(sa.text("SELECT id FROM device"))),
    ):
        with pytest.raises(UnscopedError, match="past the mapped classes"):
            session.execute(statement)


def test_every_table_that_hangs_on_a_place_is_narrowed_or_common_to_all() -> None:
    """A new table with a key to what stands somewhere has to be thought of."""
    common = {
        "agent_token", "agent_upload", "allocation_rule", "contract_rule", "person",
        "range_credential", "user_place",
    }  # fmt: skip
    narrowed = {model.__tablename__ for model in scope.NARROWED}
    hanging = {
        table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in narrowed and key.column.table.name != "change_set"
    }
    assert hanging - narrowed == common


def test_login_cannot_let_an_asset_leave_its_sight(wall: Wall) -> None:
    session = wall.session()
    asset = session.get_one(Asset, wall.own_id)
    for place in (wall.world.ids["place_id"], None):
        asset.location_id = place
        with pytest.raises(InvalidInputError) as raised:
            session.flush()
        assert [(one.field, one.code) for one in raised.value.problems] == [
            ("location_id", "beyond_places")
        ]
        session.rollback()
        asset = session.get_one(Asset, wall.own_id)


def _add_border(session: Session, wall: Wall) -> dict[str, int]:
    """Add rows of Paris that have to do with rows of Lyon; gives the ids that addresses need."""
    far, paris = wall.world.ids, wall.paris_id
    far_asset = session.get_one(Asset, far["asset_id"])
    far_device = session.scalars(
        sa.select(models.Device).where(models.Device.asset_id == far_asset.id)
    ).one()
    near = make_range(session, location_id=paris)
    run = make_run(session, near)
    device = make_linked_device(
        session, session.get_one(Asset, wall.own_id), range_id=near.id, base_mac_address=_MAC
    )
    unknown = make_device(session, range_id=near.id)
    port = session.scalars(
        sa.select(models.Interface).where(models.Interface.device_id == far_device.id)
    ).one()
    outlet = models.WallOutlet(
        location_id=paris, label="B1", switch_asset_id=far_asset.id, if_name="Gi1/0/1"
    )
    given = IncidentInput(title="two of them", asset_ids=[wall.own_id, far_asset.id])
    incident = open_incident(session, SYSTEM, given, at=SOME_MOMENT)
    link(session, SYSTEM, incident.id, far["other_id"], "related", at=SOME_MOMENT)
    movement = models.Movement(
        asset_id=wall.own_id, kind=models.MovementKind.TRANSFER, author="Ada",
        status=models.MovementStatus.CONFIRMED, source=models.MovementSource.HAND,
        effective_on=SOME_MOMENT.date(), entered_at=SOME_MOMENT,
        from_state=models.LifecycleState.IN_USE, to_state=models.LifecycleState.IN_USE,
        from_location_id=far["place_id"], to_location_id=paris, incident_id=far["incident_id"],
    )  # fmt: skip
    session.add_all(
        [
            outlet, movement,
            models.Attachment(
                mac_address=_MAC, interface_id=port.id, vlan_id=0, first_seen_at=SOME_MOMENT,
                last_seen_at=SOME_MOMENT,
            ),
            models.MappedAddress(
                address="192.0.2.9", mac_address=_MAC, device_id=far_device.id,
                first_seen_at=SOME_MOMENT, last_seen_at=SOME_MOMENT,
            ),
            models.Neighbor(
                device_id=device.id, far_device_id=far_device.id, key="lldp", protocol="lldp",
                first_seen_at=SOME_MOMENT, last_seen_at=SOME_MOMENT,
            ),
            models.ContractLine(
                contract_id=far["contract_id"], asset_id=wall.own_id, created_at=SOME_MOMENT
            ),
        ]
    )  # fmt: skip
    session.get_one(Asset, wall.own_id).custodian_person_id = far["person_id"]
    session.flush()
    entries = _add_entries(session, wall.own_id, far_asset, device, unknown, far_device)
    return {
        "asset_id": wall.own_id, "device_id": unknown.id, "range_id": near.id, "run_id": run.id,
        "place_id": paris, "incident_id": incident.id, "movement_id": movement.id,
        "outlet_id": outlet.id, "entry_id": entries,
    }  # fmt: skip


def _add_entries(
    session: Session,
    own_id: int,
    far: Asset,
    device: models.Device,
    unknown: models.Device,
    far_device: models.Device,
) -> int:
    """Add an entry of Paris of each kind that may name Lyon; gives the last of those it sees."""
    named = {"id": far.id, "name": far.name, "tag": far.asset_tag, "by": ["serial"], "score": 90}
    why = {"key": "serial", "value": far.name, "reasons": [], "count": 2, "told": []}
    claim = {"address": "192.0.2.1", "claimants": [{"name": far.name, "mac": _MAC}]}
    stock = {"address": "192.0.2.1", "tag": "P7", "stock": "Paris"}
    switch = {"switch": far.name, "port": "1", "switch_asset": far.id}
    told: list[tuple[InboxKind, str, int | None, int, dict[str, Any], list[int]]] = [
        (InboxKind.STOCK_SEEN, "asset:1", own_id, device.id, {**stock, **switch}, []),
        (InboxKind.STOCK_SEEN, "asset:2", own_id, device.id, {**stock, "place": _MARK + "-p"}, []),
        (
            InboxKind.GONE_SEEN, "asset:3", own_id, device.id,
            {"state": "missing", "address": "192.0.2.1", "range": _MARK + "-address_range"}, [],
        ),
        (
            InboxKind.IDENTITY_CONFLICT, "serial:1", own_id, device.id, why,
            [device.id, far_device.id],
        ),
        (InboxKind.IDENTITY_CONFLICT, "assets:1", own_id, device.id, why, [device.id]),
        (InboxKind.DUPLICATE_ADDRESS, "192.0.2.1", None, device.id, claim, [far_device.id]),
        (
            InboxKind.UNKNOWN_DEVICE, "device:1", None, unknown.id,
            {"address": "192.0.2.1", "candidates": [named]}, [],
        ),
    ]  # fmt: skip
    for kind, key, asset_id, device_id, evidence, beside in told:
        entry = models.InboxEntry(
            kind=kind, key=key, state=models.InboxState.OPEN,
            subject=far.name if beside else "ours", asset_id=asset_id, device_id=device_id,
            fingerprint="f", evidence=evidence, opened_at=SOME_MOMENT, due_at=SOME_MOMENT,
        )  # fmt: skip
        session.add(entry)
        session.flush()
        session.add_all(models.InboxDevice(entry_id=entry.id, device_id=one) for one in beside)
    session.flush()
    return entry.id


def test_what_is_seen_names_nothing_of_another_place_that_it_has_to_do_with(wall: Wall) -> None:
    with transaction() as session:
        ids = _add_border(session, wall)
        entries = session.scalars(sa.select(models.InboxEntry.id)).all()
    world = World({**wall.world.ids, **ids})
    addresses = [
        world.address(rule)
        for rule in wall.browser.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in NOT_FOR_BROWSERS
    ]
    addresses += [f"/inbox/{number}" for number in entries]
    addresses += [f"/assets?q={_MARK}", f"/incidents/all?q={_MARK}", f"/where?q={_MAC}"]
    leaks = {}
    for address in addresses:
        answer = wall.browser.get(address)
        assert answer.status_code in {200, 302, 404}, address
        said = _said(answer).replace(f'value="{_MARK}"', "")
        if found := set(re.findall(_MARK + r"-\w*", said)):
            leaks[address] = found
    assert not leaks
    seen = {number for number in entries if wall.browser.get(f"/inbox/{number}").status_code == 200}
    assert len(seen) == _SEEN_ENTRIES
    for page in (
        f"/assets/{wall.own_id}",
        f"/incidents/{ids['incident_id']}",
        f"/inbox/{max(seen)}",
    ):
        assert wall.browser.get(page).status_code == 200
    sent = {"id": str(ids["entry_id"]), "action": "attach", "q": "P000001"}
    assert _MARK not in _said(wall.browser.post("/inbox/decide", sent))
    sent = {"tags": "P7\nP000001", "kind": "transfer", "step": "plan", "reason": "x"}
    assert _MARK not in _said(wall.browser.post("/movements/basket/check", sent))
    assert _MARK not in _said(wall.browser.post("/movements/basket", sent))


def test_what_was_read_past_the_places_is_forgotten(wall: Wall) -> None:
    """A key would find it again without any statement."""
    session, far = wall.session(), wall.world.ids["asset_id"]
    own = session.get_one(Asset, wall.own_id)
    with unlimited(session):
        assert session.get(Asset, far) is not None
    assert session.get(Asset, far) is None
    assert session.get(Asset, wall.own_id) is own

"""The pages that merge two records, and split one."""

from __future__ import annotations

import sqlalchemy as sa

from parc.extensions import db, transaction
from parc.models import Asset, ContractLine, Device, IncidentAsset, ManagedDevice, Movement, Role
from parc.models import LifecycleState as S
from parc.reconcile.movement_invariants import examine_movements
from parc.services.asset_search import refresh_search_texts
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.movement_writing import explain
from tests.conftest import SOME_MOMENT
from tests.contract_world import make_contract
from tests.factories import SOME_PERSON, make_asset, make_device, make_linked_device
from tests.parc.web.conftest import Browse
from tests.web import Browser


def two() -> tuple[Asset, Asset, Device]:
    with transaction() as session:
        one = make_asset(session, name="alpha", notes="first", asset_tag="M1")
        other = make_asset(session, name="beta", notes="second", asset_tag="M2")
        make_linked_device(session, one, sys_name="alpha")
        device = make_linked_device(session, other, sys_name="beta", serial_number="SN77")
        refresh_search_texts(session, [one.id, other.id])
    return one, other, device


def test_other_record_is_searched_compared_and_merged(administrator: Browser) -> None:
    one, other, _device = two()
    found = administrator.get(f"/assets/{one.id}/merge?q=beta").text
    assert f'name="other" value="{other.id}"' in found
    compared = administrator.get(f"/assets/{one.id}/merge?other={other.id}").text
    assert "alpha" in compared
    assert "SN77" in compared
    form = {"other": str(other.id), "keep-name": "goes", "reason": "x" * 256}
    refused = administrator.post(f"/assets/{one.id}/merge", form)
    assert refused.status_code == 422
    assert 'value="goes" checked' in refused.text
    form["reason"] = "one machine, two labels"
    answer = administrator.post(f"/assets/{one.id}/merge", form)
    assert answer.status_code == 302
    assert "one machine, two labels" in administrator.get("/changes/1").text
    assert "one machine, two labels" in administrator.get(f"/assets/{one.id}/history").text
    db.session.rollback()
    merged = db.session.get_one(Asset, one.id)
    assert (merged.name, merged.notes) == ("beta", "first\n\nsecond")
    assert db.session.get(Asset, other.id) is None
    moved = administrator.get(f"/assets/{other.id}")
    assert moved.status_code == 302
    assert moved.headers["Location"].endswith(f"/assets/{one.id}")


def test_record_with_two_devices_is_split(administrator: Browser) -> None:
    one, other, device = two()
    administrator.post(f"/assets/{one.id}/merge", {"other": str(other.id)})
    page = administrator.get(f"/assets/{one.id}/split").text
    assert f'name="device" value="{device.id}"' in page
    refused = administrator.post(f"/assets/{one.id}/split", {})
    assert refused.status_code == 422
    assert "Tick what is another machine." in refused.text
    answer = administrator.post(f"/assets/{one.id}/split", {"device": str(device.id)})
    assert answer.status_code == 302
    db.session.rollback()
    back = db.session.get_one(Asset, other.id)
    assert (back.name, back.asset_tag) == ("beta", "M2")


def test_person_says_where_each_link_goes(administrator: Browser) -> None:
    one, other, device = two()
    with transaction() as session:
        ours, theirs = (session.get_one(Asset, number) for number in (one.id, other.id))
        for asset, state in ((ours, S.IN_USE), (theirs, S.IN_USE), (theirs, S.IN_STOCK)):
            asset.lifecycle_state = state
            explain(session, SOME_PERSON, asset, at=SOME_MOMENT)
        given = IncidentInput(title="no paper", asset_ids=(one.id,))
        incident = open_incident(session, SOME_PERSON, given, at=SOME_MOMENT)
        moves = sa.select(Movement.id, Movement.asset_id).order_by(Movement.id)
        before = session.execute(moves).all()
    administrator.post(f"/assets/{one.id}/merge", {"other": str(other.id)})
    page = administrator.get(f"/assets/{one.id}/split").text
    assert f"Incident {incident.id}" in page
    assert "goes with M2, with which it came" in page
    own = next(number for number, asset_id in before if asset_id == one.id)
    follows, stays = [number for number, asset_id in before if asset_id == other.id][:2]
    chosen = [f"goes:movement:{own}", f"stays:movement:{stays}", ""]
    administrator.post(f"/assets/{one.id}/split", {"device": str(device.id), "link": chosen})
    db.session.rollback()
    found = dict(db.session.execute(moves).all())
    assert (found[own], found[follows], found[stays]) == (other.id, other.id, one.id)
    assert db.session.scalars(sa.select(IncidentAsset.asset_id)).all() == [one.id]
    assert examine_movements(db.session()) == []


def test_record_without_devices_comes_back_as_it_was(administrator: Browser) -> None:
    with transaction() as session:
        one = make_asset(session, name="alpha", asset_tag="M1")
        other = make_asset(session, name="beta", asset_tag="M2")
    administrator.post(f"/assets/{one.id}/merge", {"other": str(other.id), "keep-name": "goes"})
    page = administrator.get(f"/assets/{one.id}/split").text
    assert "The record M2 beta, as it was" in page
    assert f'name="record" value="{other.id}" checked' in page  # there is nothing else to choose
    assert "What is ticked below" not in page
    assert administrator.post(f"/assets/{one.id}/split", {"record": "x"}).status_code == 400
    answer = administrator.post(f"/assets/{one.id}/split", {"record": str(other.id)})
    assert answer.status_code == 302
    db.session.rollback()
    names = sa.select(Asset.name).order_by(Asset.asset_tag)
    assert db.session.scalars(names).all() == ["alpha", "beta"]


def test_what_others_tell_of_a_record_can_leave_it(administrator: Browser) -> None:
    with transaction() as session:
        controller = make_device(session, sys_name="wlc-1")
        asset = make_asset(session, name="ap-1")
        rows = [
            ManagedDevice(device_id=controller.id, key=key, kind="ap", name=key, asset_id=asset.id)
            for key in ("ap-1", "ap-2")
        ]
        session.add_all(rows)
    page = administrator.get(f"/assets/{asset.id}/split").text
    assert "ap-2, told by wlc-1" in page
    chosen = {"link": f"goes:managed_device:{rows[1].id}"}
    assert administrator.post(f"/assets/{asset.id}/split", chosen).status_code == 302
    db.session.rollback()
    assert db.session.scalars(sa.select(Asset.name).order_by(Asset.id)).all() == ["ap-1", "ap-2"]


def test_person_says_which_line_of_a_contract_stays(administrator: Browser) -> None:
    one, other, _device = two()
    with transaction() as session:
        contract = make_contract(session, name="Copiers")
        for asset, text in ((one, "first floor"), (other, "second floor")):
            line = ContractLine(contract_id=contract.id, asset_id=asset.id, description=text)
            line.created_at = SOME_MOMENT
            session.add(line)
        session.flush()
        token = f"contract_line:{line.id}"
    page = administrator.get(f"/assets/{one.id}/merge?other={other.id}").text
    assert f'name="keep-{token}" value="goes"' in page
    assert "second floor" in page
    form = {"other": str(other.id), f"keep-{token}": "goes"}
    assert administrator.post(f"/assets/{one.id}/merge", form).status_code == 302
    db.session.rollback()
    assert db.session.scalars(sa.select(ContractLine.description)).all() == ["second floor"]


def test_record_of_one_machine_says_that_it_cannot_be_split(administrator: Browser) -> None:
    one, _other, _device = two()
    assert "One machine speaks" in administrator.get(f"/assets/{one.id}/split").text


def test_who_may_only_read_neither_merges_nor_splits(browse: Browse) -> None:
    one, other, _device = two()
    reader = browse(Role.READ_ONLY)
    assert reader.get(f"/assets/{one.id}/merge").status_code == 404
    assert reader.post(f"/assets/{one.id}/merge", {"other": str(other.id)}).status_code == 404
    assert reader.get(f"/assets/{one.id}/split").status_code == 404


def test_record_is_not_merged_into_itself_nor_into_what_is_not_there(
    administrator: Browser,
) -> None:
    one, _other, _device = two()
    assert administrator.get(f"/assets/{one.id}/merge?other={one.id}").status_code == 422
    assert administrator.get(f"/assets/{one.id}/merge?other=999999").status_code == 404
    assert administrator.post(f"/assets/{one.id}/merge", {"other": "x"}).status_code == 400

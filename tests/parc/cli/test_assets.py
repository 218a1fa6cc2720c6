"""``parc assets``."""

from __future__ import annotations

import json

from click.testing import CliRunner
from flask import Flask

from parc.cli.assets import assets
from parc.extensions import db, transaction
from parc.models import Asset, Device, Location, LocationKind, WallOutlet
from parc.services.assets import edit_asset
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_linked_device


def test_records_are_shown_merged_and_split(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        one = make_asset(session, name="alpha", asset_tag="M1")
        other = make_asset(session, name="beta", asset_tag="M2")
        make_linked_device(session, one)
        device = make_linked_device(session, other)
        site = Location(kind=LocationKind.SITE, name="Lyon")
        session.add(site)
        session.flush()
        outlet = WallOutlet(location_id=site.id, label="A-12", switch_asset_id=one.id)
        session.add(outlet)
        session.flush()
    run = CliRunner()
    shown = run.invoke(assets, ["merge", "M1", "M2", "--take", "name"]).output
    assert "name: beta stays, alpha goes" in shown
    assert run.invoke(assets, ["merge", "M1", "M2", "--take", "name", "--apply"]).exit_code == 0
    db.session.rollback()
    assert db.session.get_one(Asset, one.id).name == "beta"
    shown = run.invoke(assets, ["split", "M1"]).output
    assert f"device {device.id} at" in shown
    assert f"link wall_outlet:{outlet.id} stays: A-12" in shown
    wrong = run.invoke(assets, ["split", "M1", "--voice", "x:1", "--apply"])
    assert wrong.exit_code == 2
    going = ["--link", f"wall_outlet:{outlet.id}", "goes"]
    done = run.invoke(assets, ["split", "M1", "--device", str(device.id), *going, "--apply"])
    assert "M2 beta is a record of its own." in done.output
    db.session.rollback()
    assert db.session.get_one(Device, device.id).asset_id == other.id
    assert db.session.get_one(WallOutlet, outlet.id).switch_asset_id == other.id


def test_record_that_was_merged_comes_back_by_its_tag(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        one = make_asset(session, name="alpha", asset_tag="M1")
        make_asset(session, name="beta", asset_tag="M2")
    run = CliRunner()
    run.invoke(assets, ["merge", "M1", "M2", "--apply"])
    assert "record M2 beta, merged" in run.invoke(assets, ["split", "M1"]).output
    assert run.invoke(assets, ["split", "M1", "--record", "M3"]).exit_code == 2
    done = run.invoke(assets, ["split", str(one.id), "--record", "M2", "--apply"])
    assert "M2 beta is a record of its own." in done.output


def test_history_tells_who_changed_what_from_what_to_what_and_why(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        asset = make_asset(session, asset_tag="H1")
        author, version = SOME_PERSON.because("two labels"), asset.version
        given = {"model_name": "X9"}
        edit_asset(session, author, asset.id, version=version, values=given, at=SOME_MOMENT)
    run = CliRunner()
    told = run.invoke(assets, ["history", "H1", "--field", "model_name"]).output
    assert "changed  model_name  -       X9     two labels" in told
    (entry,) = json.loads(run.invoke(assets, ["history", "H1", "--author", "ada", "--json"]).output)
    assert (entry["source"], entry["changes"]) == ("server", {"model_name": [None, "X9"]})
    day = f"{SOME_MOMENT:%Y-%m-%d}"
    assert (
        len(json.loads(run.invoke(assets, ["history", "H1", "--until", day, "--json"]).output)) == 1
    )
    later = run.invoke(assets, ["history", "H1", "--since", "2999-01-01", "--json"]).output
    assert json.loads(later) == []

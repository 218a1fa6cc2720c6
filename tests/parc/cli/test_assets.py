"""``parc assets``."""

from __future__ import annotations

from click.testing import CliRunner
from flask import Flask

from parc.cli.assets import assets
from parc.extensions import db, transaction
from parc.models import Asset, Device, Location, LocationKind, WallOutlet
from tests.factories import make_asset, make_linked_device


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

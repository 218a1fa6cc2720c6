"""``parc values``."""

from __future__ import annotations

import json

from click.testing import CliRunner
from flask import Flask

from parc.cli.values import values
from parc.errors import InvalidInputError, NotFoundError
from parc.extensions import db, transaction
from parc.models import Asset, Difference, ValueSource
from parc.services.assets import edit_asset
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_linked_device


def _name(asset_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(Asset, asset_id).name


def test_values_are_shown_locked_settled_and_given_back(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        asset = make_asset(session, name="old", asset_tag="V1", person_fields=())
        make_linked_device(session, asset, sys_name="seen")
        given = {"name": "ours"}
        edit_asset(session, SOME_PERSON, asset.id, version=1, values=given, at=SOME_MOMENT)
        session.add(
            Difference(
                asset_id=asset.id, field="name", seen_value="seen", source=ValueSource.SNMP,
                since=SOME_MOMENT,
            )
        )  # fmt: skip
        asset_id = asset.id
    run = CliRunner()
    shown = run.invoke(values, ["show", "V1"]).output
    assert "snmp: seen" in shown
    assert "never" in shown
    told = json.loads(run.invoke(values, ["show", "V1", "--json"]).output)
    assert told["name"]["value"] == "ours"
    assert told["name"]["origin"]["lock"] == "never"
    assert run.invoke(values, ["lock", "V1", "name", "--until", "days"]).exit_code == 0
    assert "until " in run.invoke(values, ["show", "V1"]).output
    kept = run.invoke(values, ["settle", "V1", "name", "keep", "--reason", "our label"]).output
    assert kept == "name of V1 is ours.\n"
    again = run.invoke(values, ["settle", "V1", "name", "take"])
    assert isinstance(again.exception, NotFoundError)
    assert run.invoke(values, ["release", "V1", "name"]).output.endswith("machines: seen\n")
    assert _name(asset_id) == "seen"
    wrong = run.invoke(values, ["lock", "V1", "notes"])
    assert isinstance(wrong.exception, InvalidInputError)

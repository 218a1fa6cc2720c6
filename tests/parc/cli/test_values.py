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
from parc.services.custom_fields import save_field
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
    listed = run.invoke(values, ["differences", "--field", "name"]).output
    assert listed.splitlines()[1].split()[:4] == ["V1", "ours", "name", "ours"]
    (one,) = json.loads(run.invoke(values, ["differences", "--json"]).output)
    assert (one["own_source"], one["seen_value"], one["source"]) == ("person", "seen", "snmp")
    assert run.invoke(values, ["differences", "--field", "spoon"]).exit_code == 2
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


def test_commands_list_the_fields_and_set_and_show_their_values(sqlite_app: Flask) -> None:
    del sqlite_app
    given = {"key": "colour", "label_en": "Colour", "label_fr": "Couleur"}
    with transaction() as session:
        choices = {"type": "choice", "choices": "Red\nBlue"}
        save_field(session, SOME_PERSON, None, given | choices, at=SOME_MOMENT)
        make_asset(session, asset_tag="V1")
    run = CliRunner()
    listed = json.loads(run.invoke(values, ["fields", "--json"]).output)["fields"]
    assert [(one["field"], one["choices"]) for one in listed] == [
        ("custom/colour", ["Red", "Blue"])
    ]
    assert run.invoke(values, ["set", "V1", "custom/colour", "blue"]).output.endswith("is set.\n")
    told = json.loads(run.invoke(values, ["show", "V1", "--json"]).output)["custom/colour"]
    assert (told["value"], told["origin"]["source"]) == ("Blue", "person")
    assert "custom/colour" in run.invoke(values, ["show", "V1"]).output
    wrong = run.invoke(values, ["set", "V1", "custom/colour", "green"])
    assert isinstance(wrong.exception, InvalidInputError)
    assert run.invoke(values, ["set", "V1", "name", "Other"]).exit_code == 0
    assert run.invoke(values, ["set", "V1", "custom/colour", ""]).output.endswith("is empty.\n")
    assert (
        json.loads(run.invoke(values, ["show", "V1", "--json"]).output)["name"]["value"] == "Other"
    )
    assert "custom/colour" not in run.invoke(values, ["show", "V1"]).output

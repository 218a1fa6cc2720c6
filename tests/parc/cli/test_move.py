"""``parc move``, ``parc movements``, ``parc loans`` and the lists of what they are of."""

from __future__ import annotations

import json

import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from collectors.observation import Category
from parc.cli.assets import assets
from parc.cli.move import loans, move
from parc.cli.movements import movements
from parc.cli.people import departments, people
from parc.cli.places import places
from parc.extensions import db, transaction
from parc.models import Asset, LifecycleState, Movement, MovementKind
from parc.services.departments import create_department_path
from parc.services.people import PersonDraft, save_person
from parc.services.places import create_path
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset


def test_assets_are_shown_moved_and_listed(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        create_path(session, SOME_PERSON, "Lyon > A", at=SOME_MOMENT)
        draft = PersonDraft(name="Ada", email="ada@example.org")
        person = save_person(session, SOME_PERSON, draft, at=SOME_MOMENT).id
        number = make_asset(session, asset_tag="PC1", lifecycle_state=LifecycleState.IN_STOCK).id
    run = CliRunner()
    words = ["assignment", "pc1", "--person", "ada", "--place", "Lyon > A"]
    shown = run.invoke(move, words)
    assert "1 asset(s) would be moved" in shown.output
    assert run.invoke(move, ["assignment", "none", "--person", "ada"]).exit_code == 2
    assert "refused: state_not_foreseen" in run.invoke(move, ["found", "PC1"]).output
    assert "1 asset(s) moved." in run.invoke(move, [*words, "--apply"]).output
    db.session.rollback()
    assert db.session.get_one(Asset, number).custodian_person_id == person
    order = ["entry", "PC2", "--order", "PO-1", "--apply"]
    with transaction() as session:
        make_asset(session, asset_tag="PC2", lifecycle_state=LifecycleState.EXPECTED)
    assert "1 asset(s) moved." in run.invoke(move, order).output
    db.session.rollback()
    numbers = sa.select(Movement.order_number).where(Movement.order_number.is_not(None))
    assert db.session.scalars(numbers).all() == ["PO-1"]
    assert "Lyon > A" in run.invoke(places, ["list"]).output
    assert json.loads(run.invoke(places, ["list", "--json"]).output)["places"][1]["assets"] == 1
    assert "ada@example.org" in run.invoke(people, ["list"]).output
    assert json.loads(run.invoke(people, ["list", "--json"]).output)["people"][0]["name"] == "Ada"


def test_loans_are_listed_and_a_machine_leaves_with_proof_that_it_was_wiped(
    sqlite_app: Flask,
) -> None:
    del sqlite_app
    with transaction() as session:
        save_person(session, SOME_PERSON, PersonDraft(name="Ada"), at=SOME_MOMENT)
        for tag in ("PC1", "PC2"):
            state, kind = LifecycleState.IN_STOCK, Category.WORKSTATION
            make_asset(session, asset_tag=tag, lifecycle_state=state, category=kind)
    run = CliRunner()
    for tag, on, due in (("PC1", "2020-01-02", "2020-01-09"), ("PC2", "2020-01-02", "2199-01-01")):
        lent = ["loan", tag, "--person", "Ada", "--on", on, "--due", due, "--accessories", "dock"]
        assert "1 asset(s) moved." in run.invoke(move, [*lent, "--apply"]).output
    assert [line.split()[0] for line in run.invoke(loans).output.splitlines()[1:]] == ["PC1", "PC2"]
    overdue = json.loads(run.invoke(loans, ["--overdue", "--json"]).output)["loans"]
    assert [(one["asset_tag"], one["person"], one["due_on"]) for one in overdue] == [
        ("PC1", "Ada", "2020-01-09")
    ]
    for words in (["return", "PC1"], ["disposal_decision", "PC1", "--reason", "old"]):
        assert "1 asset(s) moved." in run.invoke(move, [*words, "--apply"]).output
    left = ["exit", "PC1", "--variant", "donation", "--recipient", "School", "--apply"]
    assert run.invoke(move, left).exit_code != 0
    proof = ["--wiping-method", "NIST", "--wiped-on", "2020-02-01", "--wiped-by", "Tess"]
    given = ["--legal-basis", "L. 3212-2", "--unit-value", "10", "--slip", "B-1"]
    assert "1 asset(s) moved." in run.invoke(move, [*left, *proof, *given]).output
    db.session.rollback()
    row = db.session.scalars(sa.select(Movement).where(Movement.kind == MovementKind.EXIT)).one()
    assert (row.wiped_by, row.slip_number, str(row.unit_value)) == ("Tess", "B-1", "10.00")


def test_movement_is_listed_and_cancelled_while_nothing_stands_on_it(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        create_path(session, SOME_PERSON, "Lyon > A", at=SOME_MOMENT)
        save_person(session, SOME_PERSON, PersonDraft(name="Ada"), at=SOME_MOMENT)
        make_asset(session, asset_tag="PC1", lifecycle_state=LifecycleState.IN_STOCK)
        make_asset(session, asset_tag="PC2", lifecycle_state=LifecycleState.IN_STOCK)
    run = CliRunner()
    for words in (
        ["assignment", "PC1", "--person", "Ada", "--place", "Lyon > A"],
        ["return", "PC1"],
    ):
        assert run.invoke(move, [*words, "--apply"]).exit_code == 0
    listed = run.invoke(movements, ["list", "--asset", "pc1", "--json"])
    found = json.loads(listed.output)["movements"]
    assert [one["kind"] for one in found][:2] == ["return", "assignment"]
    assert found[1]["to"]["person"] == "Ada"
    assert found[1]["to"]["place"] == "Lyon > A"
    narrowed = run.invoke(movements, ["list", "--kind", "assignment", "--place", "lyon"]).output
    assert [line.split()[0] for line in narrowed.splitlines()[1:]] == [found[1]["number"]]
    assert "PC1" in run.invoke(movements, ["list", "--person", "ada", "--limit", "1"]).output
    first, later = found[1]["number"], found[0]["number"]
    refused = run.invoke(movements, ["cancel", first, "--reason", "wrong"])
    assert "a later movement stands on this one" in str(refused.exception)
    assert run.invoke(movements, ["cancel", later]).exit_code == 2
    done = run.invoke(movements, ["cancel", later, "--reason", "never came back"])
    assert done.output == f"{later} cancelled; the asset is in_use again.\n"
    said = json.loads(run.invoke(movements, ["list", "--status", "cancelled", "--json"]).output)
    assert said["movements"][0]["cancelled_reason"] == "never came back"
    wrong = (["list", "--kind", "dance"], ["list", "--asset", "no"], ["list", "--place", "no"])
    for words in (*wrong, ["cancel", "x1", "--reason", "x"]):
        assert run.invoke(movements, words).exit_code == 2, words


def test_assets_people_and_places_are_listed_and_deleted(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        create_path(session, SOME_PERSON, "Lyon > A", at=SOME_MOMENT)
        save_person(session, SOME_PERSON, PersonDraft(name="Ada"), at=SOME_MOMENT)
        create_department_path(session, SOME_PERSON, "Finance > Payroll", at=SOME_MOMENT)
        for tag in ("PC1", "PC2"):
            make_asset(session, asset_tag=tag, name=tag, lifecycle_state=LifecycleState.IN_STOCK)
    run = CliRunner()
    given = ["assignment", "PC1", "--person", "Ada", "--place", "Lyon > A", "--apply"]
    assert run.invoke(move, given).exit_code == 0
    for words in (["--state", "in_use"], ["--place", "lyon"], ["--person", "Ada", "--cover", "no"]):
        listed = json.loads(run.invoke(assets, ["list", *words, "--json"]).output)["assets"]
        assert [(one["asset_tag"], one["place"]) for one in listed] == [("PC1", "Lyon > A")]
    assert "PC2" in run.invoke(assets, ["list", "--category", "switch"]).output
    assert run.invoke(assets, ["list", "--state", "dancing"]).exit_code == 2
    assert "is in use" in str(run.invoke(people, ["delete", "Ada", "--yes"]).exception)
    assert "is in use" in str(run.invoke(places, ["delete", "Lyon", "--yes"]).exception)
    assert run.invoke(assets, ["delete", "PC1"], input="n\n").exit_code == 1
    deleted = run.invoke(assets, ["delete", "PC1", "--yes", "--reason", "twice there"]).output
    assert deleted.startswith("PC1 deleted. To undo it: parc changes undo ")
    for group, path in ((people, "Ada"), (places, "lyon > a"), (departments, "Finance > Payroll")):
        assert run.invoke(group, ["delete", path], input="y\n").exit_code == 0
        assert run.invoke(group, ["delete", path, "--yes"]).exit_code == 1
    assert json.loads(run.invoke(departments, ["list", "--json"]).output)["departments"] == [
        {"id": 1, "path": "Finance", "people": 0}
    ]
    assert "Finance" in run.invoke(departments, ["list"]).output

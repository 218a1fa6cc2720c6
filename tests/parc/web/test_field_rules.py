"""The page and the command of which source wins, and what a plan makes of them."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from parc.cli.policy import policy
from parc.errors import InvalidInputError, NotAllowedError
from parc.extensions import db, transaction
from parc.models import AuditEntry, FieldRule, LockRule, Role
from parc.naming import DEVICE_ONLY_FIELDS, RULED_FIELDS
from parc.precedence import DEFAULT_ORDER, DEFAULT_RULE, SourceRule, ValueSource, default_rule
from parc.queries.field_rules import read_rules
from parc.services.actor import SYSTEM, Actor
from parc.services.field_rules import reset_rule, set_rule
from parc.told_values import SHARED_FIELDS
from tests.conftest import SOME_MOMENT
from tests.web import Browser

_SNMP_FIRST = ["snmp", "person", "api", "csv", "agent", "ssh", "controller", "nmap"]


def _sent(order: list[str], **values: str) -> dict[str, str]:
    places = {f"place_{number}": word for number, word in enumerate(order, 1)}
    return {"lock": "never", "lock_days": "30", **places, **values}


def _rules() -> dict[str, SourceRule]:
    db.session.rollback()
    return read_rules(db.session())


def _entries() -> list[AuditEntry]:
    query = sa.select(AuditEntry).where(AuditEntry.subject_kind == "field_rule")
    return list(db.session.scalars(query.order_by(AuditEntry.id)))


def test_default_lets_people_win_and_stays_until_somebody_lifts_it(administrator: Browser) -> None:
    page = administrator.get("/which-source-wins").text
    assert page.count("what is typed is locked until lifted") == 10
    assert _rules() == {}
    assert DEFAULT_RULE.is_peoples


def test_rule_is_changed_and_taken_back_with_entries_in_the_history(administrator: Browser) -> None:
    form = administrator.get("/which-source-wins?field=firmware_revision").text
    assert 'name="place_8"' in form
    answer = administrator.post("/which-source-wins", _sent(_SNMP_FIRST, field="firmware_revision"))
    assert answer.status_code == 302
    assert _rules()["firmware_revision"].order[0] is ValueSource.SNMP
    assert "SNMP outranks people" in administrator.get("/which-source-wins").text
    administrator.post("/which-source-wins/reset", {"field": "firmware_revision"})
    assert _rules() == {}
    assert [entry.changes["order"][1][0] for entry in _entries()] == ["snmp", "person"]


@pytest.mark.parametrize(
    ("order", "values", "told"),
    [
        (["snmp", "snmp", *_SNMP_FIRST[2:]], {}, "snmp is named twice."),
        (["fax", *_SNMP_FIRST[1:]], {}, "fax is not one of the choices."),
        (_SNMP_FIRST, {"lock": "days", "lock_days": "0"}, "This must be within 1-3650."),
        (_SNMP_FIRST, {"lock": "days", "lock_days": "soon"}, "This must be a whole number."),
        (_SNMP_FIRST, {"lock": "perhaps"}, "perhaps is not one of the choices."),
    ],
)
def test_what_is_no_rule_is_refused_beside_its_field(
    administrator: Browser, order: list[str], values: dict[str, str], told: str
) -> None:
    answer = administrator.post("/which-source-wins", _sent(order, field="name", **values))
    assert answer.status_code == 422
    assert told in answer.text
    assert _rules() == {}


def test_field_that_only_machines_tell_has_an_order_and_no_lock(administrator: Browser) -> None:
    page = administrator.get("/which-source-wins").text
    assert page.count("nobody types it") == len(DEVICE_ONLY_FIELDS)
    assert "Tag that the device holds" in page
    assert 'name="lock"' not in administrator.get("/which-source-wins?field=memory_bytes").text
    sent = {key: value for key, value in _sent(_SNMP_FIRST).items() if key.startswith("place_")}
    answer = administrator.post("/which-source-wins", {**sent, "field": "memory_bytes"})
    assert answer.status_code == 302
    assert _rules()["memory_bytes"] == SourceRule(tuple(map(ValueSource, _SNMP_FIRST)))


def test_every_field_that_several_sources_tell_has_a_rule() -> None:
    assert set(SHARED_FIELDS.values()) == set(RULED_FIELDS)


def test_field_that_no_machine_knows_has_no_rule(administrator: Browser) -> None:
    assert administrator.get("/which-source-wins?field=notes").status_code == 422
    for path in ("/which-source-wins", "/which-source-wins/reset"):
        assert administrator.post(path, {"field": "notes"}).status_code == 422
    with pytest.raises(InvalidInputError), transaction() as session:
        reset_rule(session, SYSTEM, "notes", at=SOME_MOMENT)


def test_technician_may_not_change_which_source_wins(sqlite_app: Flask) -> None:
    del sqlite_app
    technician = Actor("Tess", role=Role.TECHNICIAN)
    with pytest.raises(NotAllowedError), transaction() as session:
        set_rule(session, technician, "name", order=_SNMP_FIRST, lock="never", at=SOME_MOMENT)
    with transaction() as session:
        manager = Actor("Max", role=Role.MANAGER)
        set_rule(
            session, manager, "name", order=["person"], lock="days", lock_days="7", at=SOME_MOMENT
        )
        # The same again writes no second entry.
        set_rule(
            session, manager, "name", order=["person"], lock="days", lock_days="7", at=SOME_MOMENT
        )
    assert _rules()["name"] == SourceRule(default_rule("name").order, LockRule.DAYS, 7)
    assert [entry.changes for entry in _entries()] == [
        {"lock": ["never", "days"], "lock_days": [30, 7]}
    ]


def test_source_that_a_stored_rule_does_not_know_comes_last(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        session.add(
            FieldRule(
                field="name", order=["snmp", "telex", "person"], lock=LockRule.STATE, lock_days=30,
                changed_at=SOME_MOMENT, author="Ada",
            )
        )  # fmt: skip
    order = _rules()["name"].order
    assert order[:2] == (ValueSource.SNMP, ValueSource.PERSON)
    assert sorted(order) == sorted(DEFAULT_ORDER)


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(policy, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_command_lists_sets_and_resets(sqlite_app: Flask) -> None:
    with sqlite_app.app_context():
        assert "name" in _run("list")
        assert "lock: -" in _run("set", "memory_bytes", "--order", "snmp")
        _run("set", "memory_bytes", "--default")
        assert "snmp, nmap, person" in _run("set", "name", "--order", "snmp,nmap")
        assert "lock: -" in _run("set", "name", "--lock", "state")
        assert "lock: 7 days" in _run("set", "category", "--lock", "days", "--days", "7")
        found = {one["field"]: one for one in json.loads(_run("list", "--json"))}
        assert found["name"]["order"][:3] == ["snmp", "nmap", "person"]
        assert (found["name"]["lock"], found["category"]["lock_days"]) == (None, 7)
        _run("set", "name", "--default")
        assert set(_rules()) == {"category"}

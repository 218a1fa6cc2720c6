"""What the migrations make and the models cannot be compared for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade

from parc.extensions import db, transaction
from parc.models import Asset, Device, FieldRule
from parc.precedence import LockRule, ValueSource
from parc.schema import SchemaAge, schema_age, upgrade_schema
from parc.told_values import Word, read_heard, read_words
from tests.architecture.sources import ROOT
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device


def test_id_of_a_record_that_is_gone_is_never_given_again(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        first = make_asset(session).id
    with transaction() as session:
        session.delete(session.get_one(Asset, first))
        session.flush()
        assert make_asset(session).id > first


def test_references_are_watched_again_after_an_upgrade(sqlite_app: Flask) -> None:
    del sqlite_app
    downgrade(revision="-1")
    upgrade()

    with db.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_references_that_were_broken_before_stop_no_upgrade(sqlite_app: Flask) -> None:
    del sqlite_app
    db.session.remove()
    with closing(sqlite3.connect(str(db.engine.url.database))) as file:
        file.execute(
            "INSERT INTO product_position (product_id, is_stale, needed, missing, unused, currency)"
            " VALUES (99, 1, 0, 0, 0, 'EUR')"
        )
        file.commit()
    downgrade(revision="-1")
    upgrade()

    assert schema_age() is SchemaAge.CURRENT


def test_migration_that_keeps_ids_goes_both_ways_with_its_search(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        number = make_asset(session, search_text="alpha beta").id
    db.session.remove()
    downgrade(revision="0005")
    upgrade()
    with transaction() as session:
        found = sa.text("SELECT rowid FROM asset_search WHERE asset_search MATCH 'pha'")
        assert session.scalars(found).all() == [number]
        asset = session.get_one(Asset, number)
        asset.search_text = "gamma"
        session.flush()
        assert session.scalars(found).all() == []


def test_values_of_before_are_the_words_of_those_they_are_presumed_to_come_from(
    sqlite_app: Flask,
) -> None:
    del sqlite_app
    told = '["model_name","AP1","controller",1]'
    with transaction() as session:
        both = make_device(
            session, sys_name="pc", model_name="X1", sys_object_id="1.3.6", agent_id="a1"
        ).id
        ap = make_device(session, model_name="AP1", reasons=[told], category_source="snmp").id
        order = [one.value for one in ValueSource if one is not ValueSource.CONTROLLER]
        lock = {"lock": LockRule.NEVER, "lock_days": 30, "author": "Ada"}
        session.add(FieldRule(field="name", order=order, changed_at=SOME_MOMENT, **lock))
    db.session.remove()
    downgrade(revision="0026")
    upgrade()
    with transaction() as session:
        device = session.get_one(Device, both)
        assert read_words(device.words) == {
            ValueSource.AGENT: {"model_name": Word("X1")},
            ValueSource.SNMP: {"sys_name": Word("pc")},
        }
        assert read_heard(device.heard)[ValueSource.AGENT] == device.last_seen_at
        assert set(read_words(session.get_one(Device, ap).words)) == {ValueSource.CONTROLLER}
        order = session.scalars(sa.select(FieldRule.order)).one()
        assert order[order.index("snmp") + 1] == "controller"


def test_tables_keep_their_checks_and_their_ids_when_they_are_copied(sqlite_app: Flask) -> None:
    del sqlite_app
    db.session.remove()
    downgrade(revision="0028")
    upgrade()
    checks = {
        "movement": "ck_movement_one_holder_after",
        "coverage": "ck_coverage_some_days",
        "contract_rule": "ON DELETE CASCADE",
        "contract_period": "uq_contract_period_contract_id_position",
    }
    with transaction() as session:
        for table, check in checks.items():
            query = sa.text("SELECT sql FROM sqlite_master WHERE name = :table")
            written = str(session.scalar(query, {"table": table}))
            assert check in written
            assert "AUTOINCREMENT" in written


def test_migrations_are_read_where_none_runs() -> None:
    scripts = ScriptDirectory(str(ROOT / "parc" / "migrations"))
    assert len(list(scripts.walk_revisions())) >= 30


def test_older_file_is_copied_before_it_is_upgraded(sqlite_app: Flask, tmp_path: Path) -> None:
    del sqlite_app
    with transaction() as session:
        make_asset(session, name="kept")
    db.session.remove()
    downgrade(revision="0026")
    assert upgrade_schema(tmp_path, SOME_MOMENT) is SchemaAge.OLDER
    assert schema_age() is SchemaAge.CURRENT
    (copy,) = (tmp_path / "backups").iterdir()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT name FROM asset").fetchall() == [("kept",)]
        assert connection.execute("SELECT * FROM alembic_version").fetchall() == [("0026",)]

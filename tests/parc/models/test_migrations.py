"""What the migrations make and the models cannot be compared for."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask_migrate import downgrade, upgrade

from parc.extensions import db, transaction
from parc.models import Asset
from tests.factories import make_asset


def test_id_of_a_record_that_is_gone_is_never_given_again(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        first = make_asset(session).id
    with transaction() as session:
        session.delete(session.get_one(Asset, first))
        session.flush()
        assert make_asset(session).id > first


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

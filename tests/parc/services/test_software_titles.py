"""Titles of found software, and the counts that stand beside them."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from parc.extensions import transaction
from parc.models import Installation, Publisher, SoftwareProduct, SoftwareTitle, ValueSource
from parc.queries.position_facts import position_facts
from parc.services.software_counts import note_presence, read_presence
from parc.services.software_titles import RawTitle, settle_titles, titles_for
from tests.conftest import SOME_MOMENT
from tests.factories import make_device

_LATER = SOME_MOMENT + timedelta(days=1)


def _install(session: Session, device_id: int, *names: str) -> None:
    before = read_presence(session, [device_id])
    for name in names:
        session.add(
            Installation(
                device_id=device_id, source=ValueSource.AGENT, key=name, name=name,
                first_seen_at=SOME_MOMENT,
            )
        )  # fmt: skip
    session.flush()
    settle_titles(session, [device_id], SOME_MOMENT)
    note_presence(session, before, read_presence(session, [device_id]), SOME_MOMENT)


def _count(session: Session, name: str) -> int:
    session.expire_all()
    query = sa.select(SoftwareProduct.machine_count).where(SoftwareProduct.name == name)
    return session.scalars(query).one()


def test_raw_name_is_kept_beside_what_it_means(app: Flask) -> None:
    del app
    raw = RawTitle("7-Zip 23.01 (x64)", "Igor Pavlov", "23.01")
    with transaction() as session:
        number = titles_for(session, [raw], SOME_MOMENT)[raw]
        assert titles_for(session, [raw], _LATER) == {raw: number}
        title = session.get_one(SoftwareTitle, number)
        assert (title.raw_name, title.raw_publisher) == ("7-Zip 23.01 (x64)", "Igor Pavlov")
        assert (title.version, title.architecture) == ("23.01", "x86_64")
        product = session.get_one(SoftwareProduct, title.product_id)
        assert product.name == "7-Zip"
        publisher = session.get_one(Publisher, product.publisher_id)
        assert publisher.name == "Igor Pavlov"


def test_machine_with_two_titles_of_a_product_counts_once(app: Flask) -> None:
    del app
    with transaction() as session:
        one, other = make_device(session), make_device(session)
        _install(session, one.id, "7-Zip 23.01 (x64)", "7-Zip 19.00")
        _install(session, other.id, "7-Zip 19.00")
        assert _count(session, "7-Zip") == 2


def test_product_that_went_from_its_last_machine_is_removed_on_a_day(app: Flask) -> None:
    del app
    with transaction() as session:
        device = make_device(session)
        _install(session, device.id, "7-Zip 19.00")
        before = read_presence(session, [device.id])
        session.execute(sa.update(Installation).values(gone_at=_LATER))
        note_presence(session, before, read_presence(session, [device.id]), _LATER)
        assert _count(session, "7-Zip") == 0
        product = session.scalars(sa.select(SoftwareProduct)).one()
        assert product.removed_at == _LATER
        assert product.first_seen_at == SOME_MOMENT


def test_edition_that_nothing_tells_is_noted_where_one_is_free(app: Flask) -> None:
    del app
    names = ("Microsoft SQL Server 2019 (64-bit)", "Microsoft SQL Server 2019 Standard", "7-Zip")
    with transaction() as session:
        for name in (*names, "Microsoft SQL Server 2019 Express"):
            _install(session, make_device(session, sys_name=name).id, name)
        products = session.scalars(sa.select(SoftwareProduct.id)).all()
        found = position_facts(session, products, SOME_MOMENT.date()).findings
    told = {(-one.machine_id, one.is_edition_unknown) for one in found}
    assert told == {(1, True), (2, False), (3, False)}

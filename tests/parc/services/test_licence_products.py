"""Licences that were entered before a rule of names follow it once; what a person says stays."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from parc.extensions import transaction
from parc.models import (
    AuditEntry,
    ChangeSet,
    Entitlement,
    ProductPosition,
    SoftwareProduct,
    SoftwareRule,
)
from parc.services.actor import SYSTEM
from parc.services.entitlement_drafts import EntitlementDraft, save_draft
from parc.services.entitlements import change_entitlement
from parc.services.licence_products import follow_rules
from parc.services.products import product_for
from parc.services.software_titles import RawTitle, titles_for
from parc.services.undo import undo
from parc.software.rules import SoftwareKind
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON

_NAME = "Zeta Draw Pro 2021"


@pytest.fixture(autouse=True)
def _licence(app: Flask) -> None:
    del app
    with transaction() as session:
        save_draft(session, SOME_PERSON, EntitlementDraft(name=_NAME), at=SOME_MOMENT)


def _add_rule(session: Session) -> None:
    session.add(
        SoftwareRule(
            pattern="Zeta Draw {edition} {version}",
            product="Zeta Draw",
            publisher="Zeta",
            kind=SoftwareKind.PRODUCT,
            author="Ada",
            created_at=SOME_MOMENT,
        )
    )
    session.flush()


def _product(session: Session) -> str:
    query = sa.select(SoftwareProduct.name).join(
        Entitlement, Entitlement.product_id == SoftwareProduct.id
    )
    return session.scalars(query).one()


def test_licence_follows_a_rule_that_knows_its_name_once_and_can_be_put_back() -> None:
    with transaction() as session:
        assert follow_rules(session, SOME_MOMENT) == 0
        assert session.scalars(sa.select(ChangeSet)).all() == []
        _add_rule(session)
        assert follow_rules(session, SOME_MOMENT) == 1
        assert _product(session) == "Zeta Draw"
        assert len(session.scalars(sa.select(ProductPosition.product_id)).all()) == 2
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "changed")).one()
        assert entry.author == SYSTEM.name
        assert follow_rules(session, SOME_MOMENT) == 0
    with transaction() as session:
        act = session.scalars(sa.select(ChangeSet)).one()
        undo(session, SYSTEM, act.id, at=SOME_MOMENT)
    with transaction() as session:
        assert _product(session) == _NAME
        assert follow_rules(session, SOME_MOMENT) == 0


def test_product_that_a_person_has_chosen_stays() -> None:
    with transaction() as session:
        licence = session.scalars(sa.select(Entitlement)).one()
        other = product_for(session, SOME_PERSON, "Zeta Draw Pro 2022", None, at=SOME_MOMENT)
        change = {"product_id": other}
        change_entitlement(session, SOME_PERSON, licence.id, change, at=SOME_MOMENT)
        _add_rule(session)
        assert follow_rules(session, SOME_MOMENT) == 0
        assert _product(session) == "Zeta Draw Pro 2022"


def test_product_that_was_found_by_that_name_keeps_its_licences() -> None:
    with transaction() as session:
        titles_for(session, [RawTitle(_NAME, "", "", "")], SOME_MOMENT)
        _add_rule(session)
        assert follow_rules(session, SOME_MOMENT) == 0


def test_new_licence_is_of_the_product_that_an_own_rule_says() -> None:
    with transaction() as session:
        _add_rule(session)
        draft = EntitlementDraft(name="Zeta Draw Home 2024")
        row = save_draft(session, SOME_PERSON, draft, at=SOME_MOMENT)
        assert session.get_one(SoftwareProduct, row.product_id).name == "Zeta Draw"


def test_rules_that_name_each_other_end() -> None:
    with transaction() as session:
        for pattern, product in (("Alpha", "Beta"), ("Beta", "Alpha")):
            session.add(
                SoftwareRule(
                    pattern=pattern,
                    product=product,
                    publisher=None,
                    kind=SoftwareKind.PRODUCT,
                    author="Ada",
                    created_at=SOME_MOMENT,
                )
            )
        session.flush()
        number = product_for(session, SYSTEM, "Alpha", None, at=SOME_MOMENT)
        assert session.get_one(SoftwareProduct, number).name == "Beta"

"""A process whose children move a basket, renew contracts and write digests, and are killed -9.

python -m tests.parc.jobs.killed_days SEED, with the settings in the environment. Prints a line of
JSON for each death: what was done, where it died, and what is wrong with the database then. Each
act is then done to its end, which must give the whole of it.
"""

from __future__ import annotations

import json
import random
import sys
from dataclasses import replace
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.orm import Session

from parc.app import create_app
from parc.config import MailSettings, Settings
from parc.extensions import reading, transaction
from parc.jobs.contracts import Work, bring_cover_up, tell_of_dates
from parc.models import (
    Alert,
    Asset,
    Contract,
    ContractPeriod,
    LifecycleState,
    Movement,
    MovementKind,
    OutgoingMessage,
)
from parc.reconcile.contract_invariants import examine_contracts
from parc.reconcile.invariants import examine
from parc.reconcile.movement_invariants import examine_movements
from parc.services.contract_lines import add_typed
from parc.services.document_store import DocumentStore
from parc.services.movement_drafts import MovementDraft, read_order
from parc.services.movements import apply_basket
from parc.services.people import PersonDraft, save_person
from tests.conftest import SOME_MOMENT
from tests.contract_world import TODAY, make_contract, make_supplier
from tests.dying import dies_at
from tests.factories import SOME_PERSON, make_asset

_MACHINES: Final = 5
_CONTRACTS: Final = 3
_READERS: Final = ("a@example.org", "b@example.org", "c@example.org")
# Every contract is renewed by then, and the notice of the next term is near.
_LATER: Final = SOME_MOMENT + timedelta(days=380)


def main() -> None:
    """Do each act once, after tries that do not end."""
    chance = random.Random(int(sys.argv[1]))  # noqa: S311 -- a seed
    app = create_app(has_pages=False)
    with app.app_context():
        _settle(app)
        for act, wrongs_of in (
            (_basket, _wrong_baskets),
            (_renewal, _wrong_renewals),
            (_digest, _wrong_digests),
        ):
            # Later and later, until it is done before it would die.
            has_died, most = True, 1
            while has_died:
                point = chance.randint(most, 2 * most - 1)
                most *= 2
                has_died = dies_at(point, act)
                with reading() as session:
                    wrong = [*_findings(session), *wrongs_of(session)]
                line = {"act": act.__name__[1:], "died": has_died, "point": point, "wrong": wrong}
                sys.stdout.write(json.dumps(line) + "\n")
            with reading() as session:
                wrong = wrongs_of(session, is_whole=True)
            line = {"act": act.__name__[1:], "died": False, "point": 0, "wrong": wrong}
            sys.stdout.write(json.dumps(line) + "\n")


def _settle(app: Flask) -> None:
    """Fill the database: machines in stock, contracts that renew themselves and cover them."""
    settings: Settings = app.extensions["parc_settings"]
    mail = MailSettings(host="127.0.0.1", security="none", roles=(), addresses=_READERS)
    app.extensions["parc_settings"] = replace(settings, mail=mail)
    with transaction() as session:
        save_person(session, SOME_PERSON, PersonDraft(name="Ada"), at=SOME_MOMENT)
        for number in range(_MACHINES):
            make_asset(session, asset_tag=f"T{number}", lifecycle_state=LifecycleState.IN_STOCK)
        firm = make_supplier(session).id
        for _contract in range(_CONTRACTS):
            made = make_contract(
                session, supplier_id=firm, renewal="tacit", renewal_months="12", notice_count="0"
            )
            for number in range(_MACHINES):
                add_typed(session, SOME_PERSON, made.id, f"T{number}", today=TODAY, now=SOME_MOMENT)


def _basket() -> None:
    """Lend all machines, as one act; done once only."""
    with transaction() as session:
        ids = list(session.scalars(sa.select(Asset.id).order_by(Asset.id)))
        if session.scalar(_count_loans()):
            return
        due = (TODAY + timedelta(days=9)).isoformat()
        draft = MovementDraft(kind=MovementKind.LOAN.value, person="Ada", due_on=due)
        order = read_order(session, draft, today=TODAY)
        apply_basket(session, SOME_PERSON, ids, order, at=SOME_MOMENT)


def _renewal() -> None:
    bring_cover_up(_work())


def _digest() -> None:
    tell_of_dates(_work())


def _work() -> Work:
    return Work(transaction, lambda: _LATER, current_app.extensions["parc_settings"])


def _findings(session: Session) -> list[str]:
    """Give what ``parc doctor`` finds."""
    settings: Settings = current_app.extensions["parc_settings"]
    store = DocumentStore(settings.data_folder)
    found = examine(session, current_app.extensions["parc_box"], SOME_MOMENT)
    found += examine_contracts(session, store, SOME_MOMENT)
    return [str(one) for one in [*found, *examine_movements(session)]]


def _count_loans() -> sa.Select[int]:
    return sa.select(sa.func.count()).where(Movement.kind == MovementKind.LOAN)


def _wrong_baskets(session: Session, *, is_whole: bool = False) -> list[str]:
    moved = session.scalar(_count_loans()) or 0
    lent = sa.select(sa.func.count()).where(Asset.lifecycle_state == LifecycleState.ON_LOAN)
    found = (moved, session.scalar(lent) or 0)
    right = {(_MACHINES, _MACHINES)} if is_whole else {(0, 0), (_MACHINES, _MACHINES)}
    return [] if found in right else [f"(loans, lent) is {found}"]


def _wrong_renewals(session: Session, *, is_whole: bool = False) -> list[str]:
    """A contract ends with its last term, all of one night have as many, and no term is doubled."""
    terms = (
        sa.select(
            Contract.id, Contract.ends_on, sa.func.count(), sa.func.max(ContractPeriod.ends_on)
        )
        .join(ContractPeriod, ContractPeriod.contract_id == Contract.id)
        .group_by(Contract.id, Contract.ends_on)
    )
    rows = session.execute(terms).all()
    wrong = [
        f"contract {row[0]} ends on {row[1]}, not {row[3]}" for row in rows if row[1] != row[3]
    ]
    counts = {row[2] for row in rows}
    right = counts == {2} if is_whole else counts in ({1}, {2})
    return wrong if right and len(rows) == _CONTRACTS else [*wrong, f"terms: {counts}"]


def _wrong_digests(session: Session, *, is_whole: bool = False) -> list[str]:
    """Each reader has one letter and everything is told, or nobody has one and nothing is told."""
    letters = session.scalars(sa.select(OutgoingMessage.recipient)).all()
    told = set(session.scalars(sa.select(Alert.is_told)))
    wrong = [f"letters to {letters}, told: {told}"]
    if sorted(letters) == sorted(_READERS) and told == {True}:
        return []
    return wrong if is_whole or letters or True in told else []


if __name__ == "__main__":
    main()

"""A row in every table of suppliers, contracts and letters, and factories of them."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from collectors.observation import Category
from parc import models
from parc.services.contract_drafts import ContractDraft
from parc.services.contracts import save_contract
from parc.services.suppliers import SupplierDraft, save_supplier
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON

TODAY: Final = date(2026, 11, 23)
_numbers = itertools.count(1)


def make_supplier(session: Session, **values: Any) -> models.Supplier:
    """A supplier."""
    draft = SupplierDraft(**{"name": f"Supplier {next(_numbers)}", **values})
    return save_supplier(session, SOME_PERSON, draft, now=SOME_MOMENT)


def make_contract(
    session: Session, *, today: date = TODAY, supplier_id: int | None = None, **values: str
) -> models.Contract:
    """A contract of a year that began on 1 January 2026."""
    number = supplier_id or make_supplier(session).id
    usual = {
        "number": f"C-{next(_numbers)}",
        "name": "Printers",
        "supplier_id": str(number),
        "starts_on": "2026-01-01",
    }
    draft = ContractDraft(**{**usual, **values})
    return save_contract(session, SOME_PERSON, draft, now=SOME_MOMENT, today=today)


def add_contract_rows(
    session: Session, asset_id: int, location_id: int | None = None
) -> dict[str, int]:
    """Add a row to every table, and give the ids that addresses need."""
    supplier = make_supplier(
        session, portal_url="https://example.org", support_phone="+33 1 23", notes="n", address="a"
    )
    contact = models.SupplierContact(supplier_id=supplier.id, name="Max", position="Sales")
    contract = make_contract(session, supplier_id=supplier.id, how_to_call="ring", notes="n")
    line = models.ContractLine(
        contract_id=contract.id, serial_number="S1", serial_folded="S1", description="PC",
        source="list.csv", created_at=SOME_MOMENT,
    )  # fmt: skip
    chosen = models.ContractLine(contract_id=contract.id, asset_id=asset_id, created_at=SOME_MOMENT)
    rule = models.ContractRule(
        contract_id=contract.id, location_id=location_id, category=Category.PRINTER,
        manufacturer="HP", author="Ada", created_at=SOME_MOMENT,
    )  # fmt: skip
    cover = models.Coverage(
        contract_id=contract.id, asset_id=asset_id, source=models.CoverSource.CHOICE, from_on=TODAY
    )
    document = models.Document(
        subject_kind=models.DocumentSubject.CONTRACT, subject_id=contract.id, name="scan.pdf",
        content_hash="0" * 64, size_bytes=1, media_type="application/pdf",
        created_at=SOME_MOMENT, author="Ada",
    )  # fmt: skip
    alert = models.Alert(
        kind=models.AlertKind.NOTICE, subject_id=contract.id, due_on=TODAY, days=30,
        raised_at=SOME_MOMENT,
    )  # fmt: skip
    letter = models.OutgoingMessage(
        key="digest", message_id="<1@parc>", recipient="ada@example.org", subject="Parc",
        body="text", state=models.MessageState.WAITING, next_try_at=SOME_MOMENT,
        created_at=SOME_MOMENT,
    )  # fmt: skip
    session.add_all([contact, line, chosen, rule, cover, document, alert, letter])
    session.flush()
    return {
        "supplier_id": supplier.id,
        "contact_id": contact.id,
        "contract_id": contract.id,
        "line_id": line.id,
        "rule_id": rule.id,
        "document_id": document.id,
    }

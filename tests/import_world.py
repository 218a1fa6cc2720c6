"""An import that has been planned, with something of everything that its page can show."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.clock import now
from parc.importers.limits import LIMITS
from parc.models import (
    EntitlementKey,
    EntitlementPeriod,
    ImportMapping,
    ImportRun,
    ImportState,
    ProductStatus,
    SoftwareProduct,
    SoftwareRule,
    SoftwareTitle,
)
from parc.services.actor import SYSTEM
from parc.services.allocations import Holder, allocate
from parc.services.document_store import DocumentStore
from parc.services.entitlement_drafts import (
    EntitlementDraft,
    PeriodDraft,
    add_period_draft,
    save_draft,
)
from parc.services.imports import FOLDER
from parc.software.rules import SoftwareKind
from tests.factories import make_asset

_FILE = (
    "Parc logiciel;;;;;\nLogiciel;Éditeur;Quantité;Affecté à;Date d'achat;Prix unitaire HT\n"
    "Office Standard 2021 pour les postes de l'accueil;Microsoft;10 postes;Anne;01/02/2022;1.234\n"
    "Office Standard 2021 pour les postes de l'accueil;Microsoft;10 postes;Paul;01/02/2022;1.234\n"
    "Visio;Microsoft;dix;;mars 2022;44632\nTotal;;20;;;\n"
)
_CELL = {"line": 5, "field": "quantity", "heading": "Quantité", "value": "dix"}
_REPORT: dict[str, Any] = {
    "counts": {"new": 1, "changed": 1, "unchanged": 2, "left": 1, "refused": 1},
    "rows": 6,
    "lines": {
        "new": [{"lines": [3, 4], "label": "Office", "changes": {"quantity": [None, "10"]},
                 "problems": []}],
        "changed": [{"lines": [7], "label": "Project", "changes": {"ends_on": ["2025-12-31", None],
                     "renewal": ["2024-12-31", "2025-12-31"]}, "problems": []}],
        "refused": [{"lines": [5], "label": "Visio", "changes": {}, "problems": [
            {**_CELL, "code": "not_a_quantity", "detail": "dix"},
            {**_CELL, "field": "", "heading": "", "value": "", "code": "same_key_twice",
             "detail": "4"}]}],
    },
    "skipped": [[1, "above"], [6, "total"]],
    "blank": 2,
    "beside": [["publisher", "Microsoft", 3], ["person", "Paul", 1]],
    "notes": {"person_left_out": 1},
    "key": ["name", "version"],
    "formats": {
        "purchased_on": {"how": "day_first", "is_assumed": True, "is_mixed": False, "months": 1,
                         "serials": 1},
        "unit_price": {"how": ",", "is_assumed": False, "is_mixed": True, "months": 0,
                       "serials": 0},
    },
    "seats": {"rows": 4, "groups": 3, "repeated": 2, "is_likely": True},
}  # fmt: skip


def add_import_rows(session: Session, folder: Path) -> dict[str, int]:
    """Add an import with its file, and a kept mapping; gives the arguments of their addresses."""
    stored = DocumentStore(folder, FOLDER).put(io.BytesIO(_FILE.encode()), LIMITS.file_octets)
    moment = now()
    run = ImportRun(
        kind="licences",
        file_name="licences-2022.csv",
        file_hash=stored.content_hash,
        file_octets=stored.size_bytes,
        author="Ada",
        user_id=None,
        state=ImportState.PLANNED,
        choices={},
        report=_REPORT,
        created_at=moment,
        expires_at=moment,
    )
    mapping = ImportMapping(
        kind="licences",
        name="Tableau des licences",
        signature="0" * 64,
        choices={"columns": {"name": "Logiciel"}},
        author="Ada",
        updated_at=moment,
    )
    session.add_all([run, mapping])
    session.flush()
    entitlement_id, product_id = _licence(session)
    return {
        "import_id": run.id,
        "mapping_id": mapping.id,
        "entitlement_id": entitlement_id,
        "period_id": session.scalars(sa.select(EntitlementPeriod.id)).one(),
        "product_id": product_id,
    }


def _licence(session: Session) -> tuple[int, int]:
    """Add a licence of which more seats are given than were bought, with a term and a key."""
    moment = now()
    draft = EntitlementDraft(
        name="Suite bureautique Standard", publisher="Éditeur", version="2021", quantity="1",
        type="volume", metric="device", reference="LIC-0001", has_downgrade=True,
    )  # fmt: skip
    row = save_draft(session, SYSTEM, draft, at=moment)
    row.details = {"budget": "DSI 2022"}
    period = PeriodDraft(starts_on="2022-03-12", ends_on="2023-03-11", cost="1234,56")
    add_period_draft(session, SYSTEM, row.id, period, at=moment)
    session.add(EntitlementKey(
        entitlement_id=row.id, token="0" * 32, sealed="", key_id="none", ending="EEEE"
    ))  # fmt: skip
    holders = []
    for number in range(2):
        asset = make_asset(session, name=f"PC-LIC-{number}", asset_tag=f"LIC{number}")
        holders.append(Holder(asset_id=asset.id))
    allocate(session, SYSTEM, row.id, holders, at=moment)
    title = SoftwareTitle(
        digest="0" * 32, raw_name="Suite bureautique Standard 2021 - fr-fr", version="2021",
        product_id=row.product_id, kind=SoftwareKind.PRODUCT, folded_by="", installation_count=1,
        first_seen_at=moment, last_seen_at=moment, support_ends_on=moment.date(),
    )  # fmt: skip
    session.add(title)
    product = session.get_one(SoftwareProduct, row.product_id)
    product.machine_count, product.status = 1, ProductStatus.FORBIDDEN
    product.first_seen_at = product.last_seen_at = moment
    session.add(
        SoftwareRule(
            pattern="suite {version}", product="Suite", kind=SoftwareKind.PRODUCT, author="Ada",
            created_at=moment,
        )
    )  # fmt: skip
    return row.id, row.product_id

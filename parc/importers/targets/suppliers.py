"""Suppliers of a file: matched by name or by our number with them; written by their service."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import InvalidInputError
from parc.importers.choices import Choices
from parc.importers.entries import Entry
from parc.importers.formats.cells import Said, key_of
from parc.importers.kinds.suppliers import ROLES, SUPPLIERS
from parc.importers.targets.target import Draft, Found, Key
from parc.importers.targets.values import missing, text_of
from parc.importers.values import Value
from parc.models import Supplier, SupplierRole
from parc.naming import folded
from parc.services.actor import Actor
from parc.services.suppliers import SupplierDraft, check_supplier, save_supplier

_PLAIN: Final = (
    *("name", "support_phone", "support_email", "portal_url", "customer_number", "address"),
    "notes",
)
_BETWEEN: Final = re.compile(r"[,;/|+\n]")


@dataclass(slots=True)
class SupplierTarget:
    """Suppliers, for one import.

    Args:
        key_fields: that tell them apart.
    """

    choices: Choices
    key_fields: tuple[str, ...]
    _rows: dict[int, Supplier] = field(default_factory=dict)

    def key(self, values: Mapping[str, Value]) -> Key | None:
        """Give the name or our number with them, folded."""
        texts = tuple(folded(text_of(values, name)) for name in self.key_fields)
        return texts if texts and all(texts) else None

    def label(self, values: Mapping[str, Value]) -> str:
        """Give the name, or our number."""
        return text_of(values, "name") or text_of(values, "customer_number")

    def load(self, session: Session, entries: Sequence[Entry]) -> Mapping[Key, list[int]]:
        """Read all suppliers: a list of hundreds."""
        del entries
        query = sa.select(Supplier).order_by(Supplier.id)
        rows = session.scalars(query.execution_options(populate_existing=True)).all()
        self._rows = {row.id: row for row in rows}
        found: dict[Key, list[int]] = {}
        for row in rows:
            key = tuple(folded(getattr(row, name) or "") for name in self.key_fields)
            found.setdefault(key, []).append(row.id)
        return found

    def plan(self, session: Session, entry: Entry, record_id: int | None) -> Draft:
        """Compare an entry with the supplier that it is, or check it as a new one."""
        row = self._rows.get(record_id) if record_id is not None else None
        before = _draft_of(row) if row else SupplierDraft()
        found: list[Found] = [] if row else missing(SUPPLIERS, entry.values)
        after = self._wanted(entry.values, before, found)
        if not found:
            try:
                check_supplier(session, after, record_id)
            except InvalidInputError as error:
                found += [Found(one.field, one.code, one.value) for one in error.problems]
        changes: dict[str, tuple[Any, Any]] = {
            name: (getattr(before, name) or None, getattr(after, name) or None)
            for name in _PLAIN
            if getattr(before, name) != getattr(after, name)
        }
        if "roles" in entry.values and set(before.roles) != set(after.roles):
            changes["roles"] = (", ".join(before.roles) if row else None, ", ".join(after.roles))
        return Draft(changes, tuple(found), after)

    def write(
        self,
        session: Session,
        actor: Actor,
        draft: Draft,
        record_id: int | None,
        *,
        at: datetime,
    ) -> int:
        """Create the supplier or change it."""
        wanted: SupplierDraft = draft.content
        return save_supplier(session, actor, wanted, now=at, supplier_id=record_id).id

    def _wanted(
        self, values: Mapping[str, Value], before: SupplierDraft, found: list[Found]
    ) -> SupplierDraft:
        """Lay what the file says over what stands there."""
        texts: dict[str, Any] = {}
        for name in _PLAIN:
            value = values.get(name)
            if isinstance(value, str):
                texts[name] = value.casefold() if name == "support_email" else value
            elif value is Said.BLANK and self.choices.clears_blanks and name != "name":
                texts[name] = ""
        if url := texts.get("portal_url"):
            texts["portal_url"] = url if "://" in url else f"https://{url}"
        if names := text_of(values, "roles"):
            roles = []
            for word in filter(None, map(str.strip, _BETWEEN.split(names))):
                role = ROLES.get(key_of(word))
                if role is None:
                    found.append(Found("roles", "unknown_word", word[:60]))
                else:
                    roles.append(role)
            texts["roles"] = tuple(one.value for one in SupplierRole if one.value in roles)
        return replace(before, **texts)


def _draft_of(row: Supplier) -> SupplierDraft:
    return SupplierDraft(
        roles=tuple(row.roles), **{name: getattr(row, name) or "" for name in _PLAIN}
    )

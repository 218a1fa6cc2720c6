"""Contracts of a file with their lines: a contract that is not there is made, a line is added.

What stands already in a contract stays as it is: terms are changed by renewals, not by files. A
line whose serial number nothing bears is kept, and finds its asset by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.importers.choices import Choices
from parc.importers.entries import Entry
from parc.importers.formats.amounts import Amount
from parc.importers.formats.quantities import Quantity
from parc.importers.targets.target import Draft, Found, Key
from parc.importers.targets.values import day_of, text_of
from parc.importers.values import Value
from parc.models import Asset, Contract, ContractLine, Supplier
from parc.naming import folded
from parc.services.actor import Actor
from parc.services.contract_drafts import ContractDraft
from parc.services.contract_lines import LineDraft, add_lines
from parc.services.contracts import save_contract
from parc.services.coverage import fold_serial
from parc.services.suppliers import find_or_add

_SHOWN: Final = ("name", "supplier", "type", "starts_on", "renewal", "billing")
_LINE: Final = ("serial_number", "asset_tag", "description")
_USUAL_MONTHS: Final = "12"
_YEAR: Final = 12


@dataclass(frozen=True, slots=True)
class _Content:
    """What is written: a new contract, unless it is there, and its line, if the row has one."""

    number: str
    supplier: str
    contract: ContractDraft | None
    line: LineDraft | None


@dataclass(slots=True)
class ContractTarget:
    """Contracts and their lines, for one import."""

    choices: Choices
    source: str = ""
    _suppliers: dict[str, int] = field(default_factory=dict)
    _contracts: dict[str, int] = field(default_factory=dict)
    _tags: set[str] = field(default_factory=set)
    _planned: set[str] = field(default_factory=set)

    def key(self, values: Mapping[str, Value]) -> Key | None:
        """Give the number with what the line names, as both are compared."""
        number = text_of(values, "number")
        if not number:
            return None
        named = fold_serial(text_of(values, "serial_number")) or text_of(values, "asset_tag")
        return (folded(number), named)

    def label(self, values: Mapping[str, Value]) -> str:
        """Give the number with what the line names."""
        named = text_of(values, "serial_number") or text_of(values, "asset_tag")
        return " · ".join(filter(None, (text_of(values, "number"), named)))

    def load(self, session: Session, entries: Sequence[Entry]) -> Mapping[Key, list[int]]:
        """Read the contracts and the lines of those that the file names."""
        suppliers = session.execute(sa.select(Supplier.id, Supplier.name))
        self._suppliers = {folded(name): number for number, name in suppliers}
        found: dict[Key, list[int]] = {}
        wanted = {folded(text_of(entry.values, "number")) for entry in entries}
        for number, text in session.execute(sa.select(Contract.id, Contract.number)):
            if (key := folded(text)) in wanted:
                self._contracts[key] = number
                found.setdefault((key, ""), []).append(number)
        self._read_lines(session, found)
        tags = {text_of(entry.values, "asset_tag") for entry in entries} - {""}
        query = sa.select(Asset.asset_tag).where(Asset.asset_tag.in_(sorted(tags)))
        self._tags |= set(session.scalars(query))
        return found

    def plan(self, session: Session, entry: Entry, record_id: int | None) -> Draft:
        """Check what a new contract and a new line need; what is there stays."""
        del session
        values = entry.values
        number = text_of(values, "number")
        key = folded(number)
        found: list[Found] = []
        contract = None
        changes: dict[str, tuple[Any, Any]] = {}
        if record_id is None and key not in self._contracts and key not in self._planned:
            contract = self._contract(values, found)
            changes = {
                name: (None, shown)
                for name in _SHOWN
                if (shown := _shown(values, name)) is not None
            }
        tag = text_of(values, "asset_tag")
        if tag and tag not in self._tags and not text_of(values, "serial_number"):
            found.append(Found("asset_tag", "asset_unknown", tag))
        line = None
        if record_id is None and any(text_of(values, name) for name in _LINE[:2]):
            line = self._line(values)
            changes |= {n: (None, text_of(values, n)) for n in _LINE if text_of(values, n)}
        if contract is not None and not found:
            self._planned.add(key)
        supplier = text_of(values, "supplier") if contract is not None else ""
        is_new = contract is not None and not contract.supplier_id
        beside = (("supplier", supplier),) if supplier and is_new else ()
        content = _Content(number, supplier, contract, line)
        return Draft(changes, tuple(found), content, beside)

    def write(
        self,
        session: Session,
        actor: Actor,
        draft: Draft,
        record_id: int | None,
        *,
        at: datetime,
    ) -> int:
        """Make the contract if it is not there, and add the line."""
        if record_id is not None:
            return record_id
        content: _Content = draft.content
        key = folded(content.number)
        number = self._contracts.get(key)
        if number is None and content.contract is not None:
            firm = find_or_add(session, actor, content.supplier, now=at)
            made = replace(content.contract, supplier_id=str(firm.id))
            number = save_contract(session, actor, made, now=at, today=at.date()).id
            self._contracts[key] = number
        if number is None:
            number = session.scalars(
                sa.select(Contract.id).where(Contract.number == content.number)
            ).one()
        if content.line is not None:
            add_lines(
                session,
                actor,
                number,
                [content.line],
                today=at.date(),
                now=at,
                is_evaluated=False,
            )
        return number

    def _read_lines(self, session: Session, found: dict[Key, list[int]]) -> None:
        numbers = {number: key for key, number in self._contracts.items()}
        query = (
            sa.select(
                ContractLine.id,
                ContractLine.contract_id,
                ContractLine.serial_folded,
                Asset.asset_tag,
            )
            .outerjoin(Asset, Asset.id == ContractLine.asset_id)
            .where(ContractLine.contract_id.in_(sorted(numbers)))
        )
        for line_id, contract_id, serial, tag in session.execute(query):
            for named in filter(None, (serial, tag)):
                found.setdefault((numbers[contract_id], named), []).append(line_id)

    def _contract(self, values: Mapping[str, Value], found: list[Found]) -> ContractDraft:
        supplier = text_of(values, "supplier")
        supplier_id = self._suppliers.get(folded(supplier))
        if not supplier:
            found.append(Found("supplier", "required"))
        starts_on = day_of(values, "starts_on")
        if starts_on is None:
            found.append(Found("starts_on", "required"))
        usual = ContractDraft()
        return ContractDraft(
            number=text_of(values, "number"),
            name=text_of(values, "name") or text_of(values, "number"),
            supplier_id=str(supplier_id or ""),
            type=text_of(values, "type") or usual.type,
            starts_on=starts_on.isoformat() if starts_on else "",
            initial_months=_term(values, starts_on, found) or _USUAL_MONTHS,
            renewal=text_of(values, "renewal") or usual.renewal,
            renewal_months=_count(values, "renewal_months"),
            notice_count=_count(values, "notice_months"),
            amount=_amount(values, "amount"),
            currency=_currency(values),
            billing=text_of(values, "billing") or usual.billing,
        )

    def _line(self, values: Mapping[str, Value]) -> LineDraft:
        return LineDraft(
            serial_number=text_of(values, "serial_number"),
            asset_tag=text_of(values, "asset_tag"),
            description=text_of(values, "description"),
            amount=_amount(values, "line_amount"),
            source=self.source,
        )


def _shown(values: Mapping[str, Value], name: str) -> str | None:
    value = values.get(name)
    if isinstance(value, date):
        return value.isoformat()
    return text_of(values, name) or None


def _count(values: Mapping[str, Value], name: str) -> str:
    value = values.get(name)
    return str(value.count) if isinstance(value, Quantity) and value.count is not None else ""


def _currency(values: Mapping[str, Value]) -> str:
    amount = values.get("amount")
    said = amount.currency if isinstance(amount, Amount) else None
    return said or text_of(values, "currency") or ContractDraft().currency


def _term(values: Mapping[str, Value], starts_on: date | None, found: list[Found]) -> str:
    """Give the months of the term: as they are said, else from the first to the last day."""
    said, ends_on = _count(values, "initial_months"), day_of(values, "ends_on")
    if said or ends_on is None or starts_on is None:
        return said
    after = ends_on + timedelta(days=1)
    until = after if after.day == starts_on.day else ends_on  # some write the day it is over
    months = (until.year - starts_on.year) * _YEAR + until.month - starts_on.month
    if until.day != starts_on.day or months < 1:
        found.append(Found("ends_on", "not_whole_months", ends_on.isoformat()))
        return ""
    return str(months)


def _amount(values: Mapping[str, Value], name: str) -> str:
    value = values.get(name)
    return str(value.value) if isinstance(value, Amount) else ""

"""Licences of a file: compared with those that are held, written with their periods and seats."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ParcError
from parc.importers.choices import Choices
from parc.importers.entries import Entry
from parc.importers.formats.cells import Said
from parc.importers.targets.holders import PeopleIndex, read_machines, read_people
from parc.importers.targets.licence_changes import (
    Content,
    HeldLicence,
    against,
    days_wrong,
    differing,
    is_product,
    maintenance_values,
    shown,
)
from parc.importers.targets.licence_values import (
    Seat,
    details_of,
    fixed_values,
    keys_in,
    names_of,
    period_values,
    seat_texts,
    seats_of,
)
from parc.importers.targets.target import Change, Draft, Found, Key
from parc.importers.targets.values import parts, text_of
from parc.importers.values import Value
from parc.models import (
    Allocation,
    Entitlement,
    EntitlementPeriod,
    EntitlementPeriodKind,
    Publisher,
    SoftwareProduct,
    Supplier,
)
from parc.naming import folded
from parc.secret_box import SecretBox
from parc.services.actor import Actor
from parc.services.allocations import Holder, allocate
from parc.services.entitlement_batches import (
    EntitlementChange,
    NewEntitlement,
    PeriodWrite,
    change_entitlements,
    create_entitlements,
)
from parc.services.entitlements import put_keys
from parc.services.licence_keys import keys_of, open_key
from parc.services.people import PersonDraft, save_person
from parc.services.products import product_for, publisher_for
from parc.services.software_titles import all_rules
from parc.services.suppliers import find_or_add
from parc.software.rules import FoldingRule

_TERM: Final = EntitlementPeriodKind.TERM
_MAINTENANCE: Final = EntitlementPeriodKind.MAINTENANCE


@dataclass(slots=True)
class _Made:
    """Products and suppliers that rows before have looked for or made, by their names."""

    products: dict[tuple[str, str], int] = field(default_factory=dict)
    suppliers: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class LicenceTarget:
    """Licences, for one import.

    Args:
        key_fields: that tell them apart.
        headings: of the columns, by field.
        box: seals their keys.
    """

    choices: Choices
    key_fields: tuple[str, ...]
    headings: Mapping[str, str]
    box: SecretBox
    _known: dict[int, HeldLicence] = field(default_factory=dict)
    _publishers: dict[str, int] = field(default_factory=dict)
    _suppliers: dict[str, int] = field(default_factory=dict)
    _rules: Sequence[FoldingRule] = ()
    _people: PeopleIndex = field(default_factory=PeopleIndex)
    _machines: Mapping[str, list[int]] = field(default_factory=dict)
    _references: dict[str, int] = field(default_factory=dict)
    _batch: _Made = field(default_factory=_Made)
    _made: dict[str, int] = field(default_factory=dict)

    def key(self, values: Mapping[str, Value]) -> Key | None:
        """Give the values of the key fields, folded; the first must not be blank."""
        found = []
        for name in self.key_fields:
            if name == "name":
                found.append(folded(names_of(values)[0]))
            elif name == "keys":
                keys = values.get("keys")
                found.append("\n".join(sorted(keys)) if isinstance(keys, tuple) else "")
            else:
                found.append(folded(text_of(values, name)))
        return tuple(found) if found and found[0] else None

    def label(self, values: Mapping[str, Value]) -> str:
        """Give the name with its version."""
        return f"{names_of(values)[0]} {text_of(values, 'version')}".strip()

    def load(self, session: Session, entries: Sequence[Entry]) -> Mapping[Key, list[int]]:
        """Read the licences that these may be, and all that they may name."""
        self._publishers = _by_name(session, Publisher.name, Publisher.id)
        self._suppliers = _by_name(session, Supplier.name, Supplier.id)
        self._rules = all_rules(session)
        self._people = read_people(session)
        self._machines = read_machines(session, seat_texts(entries))
        self._load_known(session, entries)
        found: dict[Key, list[int]] = {}
        for number, known in self._known.items():
            if (key := self._key_of(known)) is not None:
                found.setdefault(key, []).append(number)
        return found

    def plan(self, session: Session, entry: Entry, record_id: int | None) -> Draft:
        """Compare an entry with the licence that it is, or check it as a new one."""
        del session
        known = self._known.get(record_id) if record_id is not None else None
        clears = self.choices.clears_blanks
        found: list[Found] = []
        values = fixed_values(entry, clears=clears, is_per_seat=self.choices.is_per_seat)
        name, product = names_of(entry.values)
        if name:
            values["name"] = name
        elif known is None:
            found.append(Found("name", "required"))
        if details := details_of(entry.values):
            values["details"] = {**(known.row.details if known else {}), **details}
        quantity = values.get("quantity", known.row.quantity if known else None)
        term, problems = period_values(
            entry.values, quantity, clears=clears, headings=self.headings
        )
        found += problems + self._same_reference(values, known, entry.line)
        beside: list[tuple[str, str]] = []
        self._firms(entry.values, term, beside)
        owner = self._owner(entry.values, values, beside, found)
        holders, people, notes = self._holders(entry, known, beside, found)
        keys = keys_in(entry)
        content = Content(
            values=differing(known.row if known else None, values),
            product=product
            if product and not is_product(known, product, entry, self._rules)
            else "",
            publisher=text_of(entry.values, "publisher"),
            term=term,
            term_id=None,
            maintenance=maintenance_values(entry.values, clears=clears),
            maintenance_id=None,
            supplier=text_of(entry.values, "supplier"),
            keys=tuple(key for key in keys if known is None or key not in known.keys),
            holders=holders,
            people=people,
            owner=owner,
        )
        content = against(content, known)
        found += days_wrong(content)
        return Draft(
            shown(content, known),
            tuple(found),
            content,
            tuple(dict.fromkeys(beside)),
            notes,
            {("person", owner): "owner"} if owner else {},
        )

    def write(
        self,
        session: Session,
        actor: Actor,
        draft: Draft,
        record_id: int | None,
        *,
        at: datetime,
    ) -> int:
        """Write the licence, its periods, keys and seats."""
        if record_id is None:
            return self.write_new(session, actor, [draft], at=at)[0]
        self.write_changed(session, actor, [(record_id, draft)], at=at)
        return record_id

    def write_new(
        self, session: Session, actor: Actor, drafts: Sequence[Draft], *, at: datetime
    ) -> list[int]:
        """Create all these licences, or none of them; gives their ids in that order."""
        with self._making() as made:
            wanted = []
            for draft in drafts:
                content: Content = draft.content
                values, term = self._links(session, actor, content, made, at)
                wanted.append(NewEntitlement(values, term, content.maintenance))
            numbers = create_entitlements(session, actor, wanted, at=at)
            for draft, number in zip(drafts, numbers, strict=True):
                self._write_rest(session, actor, number, draft.content, at)
        return numbers

    def write_changed(
        self, session: Session, actor: Actor, changed: Sequence[Change], *, at: datetime
    ) -> Collection[int]:
        """Change all these licences with their periods, or none of them; gives their ids."""
        with self._making() as made:
            wanted = []
            for number, draft in changed:
                content: Content = draft.content
                values, term = self._links(session, actor, content, made, at)
                periods = (
                    PeriodWrite(_TERM, term, content.term_id),
                    PeriodWrite(_MAINTENANCE, content.maintenance, content.maintenance_id),
                )
                written = [one for one in periods if one.values]
                wanted.append(EntitlementChange(number, values, written))
            change_entitlements(session, actor, wanted, at=at)
            for number, draft in changed:
                self._write_rest(session, actor, number, draft.content, at)
        return [number for number, _draft in changed]

    @contextmanager
    def _making(self) -> Iterator[_Made]:
        """Give what rows before have made; what is made inside is known only if all is written."""
        made, people = self._batch, self._people
        self._batch = _Made()
        try:
            yield made
        except ParcError:
            self._people = people
            raise
        self._batch = made

    def _links(
        self, session: Session, actor: Actor, content: Content, made: _Made, at: datetime
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Give the values and the term with owner, product and supplier, made where they must."""
        values, term = dict(content.values), dict(content.term)
        if content.owner:
            values["owner_id"] = self._person(session, actor, Seat(content.owner), at)
        if content.product:
            pair = (folded(content.product), folded(content.publisher))
            if pair not in made.products:
                publisher = content.publisher
                maker = publisher_for(session, actor, publisher, at=at) if publisher else None
                made.products[pair] = product_for(session, actor, content.product, maker, at=at)
            values["product_id"] = made.products[pair]
        if content.supplier and "supplier_id" in term and term["supplier_id"] is None:
            name = folded(content.supplier)
            if name not in made.suppliers:
                made.suppliers[name] = find_or_add(session, actor, content.supplier, now=at).id
            term["supplier_id"] = made.suppliers[name]
        return values, term

    def _write_rest(
        self, session: Session, actor: Actor, number: int, content: Content, at: datetime
    ) -> None:
        if content.keys:
            put_keys(session, actor, self.box, number, content.keys, at=at)
        people = [Holder(self._person(session, actor, one, at)) for one in content.people]
        if holders := [*content.holders, *people]:
            allocate(session, actor, number, holders, at=at)

    def _person(self, session: Session, actor: Actor, seat: Seat, at: datetime) -> int:
        """Give a person that was ticked, and make them once."""
        found = self._people.find(seat.email, seat.login, seat.person)
        if len(found) == 1:
            return found[0]
        name = seat.person or seat.email or seat.login
        draft = PersonDraft(name=name, email=seat.email if "@" in seat.email else "")
        number = save_person(session, actor, draft, at=at).id
        self._people = read_people(session)
        return number

    def _load_known(self, session: Session, entries: Sequence[Entry]) -> None:
        names: set[str] = set()
        if self.key_fields != ("reference",):  # many licences may go by one name
            names = {folded(names_of(one.values)[0]) for one in entries}
        references = {ref for one in entries if (ref := text_of(one.values, "reference"))}
        self._known, self._references = {}, {}
        query = (
            sa.select(Entitlement, SoftwareProduct.name, Publisher.name)
            .join(SoftwareProduct, SoftwareProduct.id == Entitlement.product_id)
            .outerjoin(Publisher, Publisher.id == SoftwareProduct.publisher_id)
            .execution_options(populate_existing=True)
        )
        conditions = [Entitlement.name_folded.in_(part) for part in parts(names)]
        conditions += [Entitlement.reference.in_(part) for part in parts(references)]
        for condition in conditions:
            for row, product, publisher in session.execute(query.where(condition)):
                self._known[row.id] = HeldLicence(row, product, publisher or "")
                if row.reference:
                    self._references[row.reference] = row.id
        for part in parts(list(self._known)):
            self._load_parts(session, part)

    def _load_parts(self, session: Session, numbers: Sequence[int]) -> None:
        periods = sa.select(EntitlementPeriod).where(EntitlementPeriod.entitlement_id.in_(numbers))
        periods = periods.execution_options(populate_existing=True)
        for period in session.scalars(periods.order_by(EntitlementPeriod.id)):
            known = self._known[period.entitlement_id]
            (known.terms if period.kind is _TERM else known.maintenance).append(period)
        for number, rows in keys_of(session, numbers).items():
            self._known[number].keys = tuple(open_key(self.box, one) for one in rows)
        held = sa.select(Allocation.entitlement_id, Allocation.person_id, Allocation.asset_id)
        for number, person, asset in session.execute(
            held.where(Allocation.entitlement_id.in_(numbers))
        ):
            self._known[number].holders.add(Holder(person, asset))

    def _key_of(self, known: HeldLicence) -> Key | None:
        last = known.terms[-1] if known.terms else None
        found = []
        for name in self.key_fields:
            if name == "keys":
                found.append("\n".join(sorted(known.keys)))
            elif name == "order_number":
                found.append(folded((last.order_number if last else None) or ""))
            else:
                found.append(folded(getattr(known.row, name) or ""))
        return tuple(found) if found and found[0] else None

    def _same_reference(
        self, values: Mapping[str, Any], known: HeldLicence | None, line: int
    ) -> list[Found]:
        reference = values.get("reference")
        own = known.row.id if known else None
        if not reference:
            return []
        if self._references.get(reference, own) != own:
            return [Found("reference", "taken", reference)]
        if (first := self._made.setdefault(reference, line)) != line:
            return [Found("reference", "same_in_line", str(first))]
        return []

    def _firms(
        self, values: Mapping[str, Value], term: dict[str, Any], beside: list[tuple[str, str]]
    ) -> None:
        publisher = text_of(values, "publisher")
        if publisher and folded(publisher) not in self._publishers:
            beside.append(("publisher", publisher))
        if supplier := text_of(values, "supplier"):
            term["supplier_id"] = self._suppliers.get(folded(supplier))
            if term["supplier_id"] is None:
                beside.append(("supplier", supplier))
        elif values.get("supplier") is Said.BLANK and self.choices.clears_blanks:
            term["supplier_id"] = None

    def _owner(
        self,
        values: Mapping[str, Value],
        wanted: dict[str, Any],
        beside: list[tuple[str, str]],
        found: list[Found],
    ) -> str:
        """Set the owner that is known; give the name of one who has to be made."""
        name = text_of(values, "owner")
        if not name:
            if values.get("owner") is Said.BLANK and self.choices.clears_blanks:
                wanted["owner_id"] = None
            return ""
        numbers = self._people.find(name)
        if len(numbers) == 1:
            wanted["owner_id"] = numbers[0]
        elif numbers:
            found.append(Found("owner", "several_people", name))
        elif not self.choices.leaves_out_people:
            beside.append(("person", name))
            return name
        return ""

    def _holders(
        self,
        entry: Entry,
        known: HeldLicence | None,
        beside: list[tuple[str, str]],
        found: list[Found],
    ) -> tuple[tuple[Holder, ...], tuple[Seat, ...], tuple[tuple[str, str], ...]]:
        """Give who gets a seat, who has to be made for it, and who is left out."""
        holders: list[Holder] = []
        people: list[Seat] = []
        notes: list[tuple[str, str]] = []
        for seat in seats_of(entry):
            name = seat.person or seat.email or seat.login
            if name:
                numbers = self._people.find(seat.email, seat.login, seat.person)
                if len(numbers) > 1:
                    found.append(Found("person", "several_people", name))
                elif numbers:
                    holders.append(Holder(person_id=numbers[0]))
                elif self.choices.leaves_out_people:
                    notes.append(("person_left_out", name))
                else:
                    people.append(seat)
                    beside.append(("person", name))
            elif seat.asset:
                machines = self._machines.get(seat.asset, [])
                if len(machines) != 1:
                    code = "several_assets" if machines else "asset_unknown"
                    found.append(Found("asset", code, seat.asset))
                else:
                    holders.append(Holder(asset_id=machines[0]))
        there = known.holders if known else set()
        return tuple(one for one in holders if one not in there), tuple(people), tuple(notes)


def _by_name(session: Session, name: Any, number: Any) -> dict[str, int]:
    return {folded(text): key for text, key in session.execute(sa.select(name, number))}

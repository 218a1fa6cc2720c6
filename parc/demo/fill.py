"""Writes the invented organisation by the services that people use, each act on its own day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.demo.licences import write_licences
from parc.demo.organisation import DemoIncident, Organisation
from parc.demo.reports import Reports, add_requester, add_technicians
from parc.demo.year import Step
from parc.models import LifecycleState, LocationKind, MovementKind
from parc.services import movements
from parc.services.actor import Actor
from parc.services.asset_search import searched_once
from parc.services.assets import create_asset
from parc.services.contract_drafts import ContractDraft
from parc.services.contract_lines import RuleDraft, add_rule
from parc.services.contracts import save_contract
from parc.services.departments import create_department_path
from parc.services.movement_kinds import Order
from parc.services.people import PersonDraft, save_person
from parc.services.places import PlaceDraft, create_path, find_place, save_place
from parc.services.suppliers import SupplierDraft, save_supplier

_MORNING: Final = time(9, 0, tzinfo=UTC)
_WARRANTY_MONTHS: Final = "36"
_DAYS_A_MONTH: Final = 30.44
_ACT = Step | DemoIncident


def fill(
    session: Session,
    actor: Actor,
    organisation: Organisation,
    *,
    language: str,
    now: datetime,
) -> None:
    """Write all of an organisation into a database that has none.

    Args:
        actor: who is taken to have done it all.
        language: of the names of contracts.
    """
    with searched_once(session):
        _Filling(session, actor, organisation, now).write(language)


class _Filling:
    """What has been written so far, by its place in the organisation."""

    def __init__(
        self, session: Session, actor: Actor, organisation: Organisation, now: datetime
    ) -> None:
        self._session = session
        self._actor = actor
        self._organisation = organisation
        self._now = now
        self._places: dict[str, int] = {}
        self._people: list[int] = []
        self._assets: dict[int, int] = {}
        self._suppliers: dict[str, int] = {}

    def write(self, language: str) -> None:
        """Write places, people and suppliers, then the days one after the other."""
        self._write_places()
        self._write_people()
        self._suppliers = self._write_suppliers()
        self._write_contracts(language, self._suppliers)
        self._write_licences()
        told = self._organisation
        acts: list[tuple[date, _ACT]] = [(step.day, step) for step in told.steps]
        acts += [(one.opened_on, one) for one in told.incidents]
        technicians = add_technicians(self._session, self._actor, told, self._now)
        add_requester(self._session, self._actor, told, self._people, self._now)
        reports = Reports(self._session, self._actor, technicians, told, self._now)
        for _day, act in sorted(acts, key=lambda pair: pair[0]):
            if isinstance(act, DemoIncident):
                person = told.people[act.person]
                reports.write(
                    act,
                    person_id=self._people[act.person],
                    location_id=self._places[person.room],
                    asset_id=None if act.asset is None else self._assets[act.asset],
                )
            elif act.kind is MovementKind.ENTRY:
                self._buy(act)
            else:
                self._move(act)

    def _at(self, day: date) -> datetime:
        return min(datetime.combine(day, _MORNING), self._now)

    def _write_places(self) -> None:
        for site in self._organisation.places:
            paths = (*site.rooms, site.stock)
            for path in paths:
                place = create_path(
                    self._session, self._actor, path, at=self._now, kind=LocationKind.ROOM
                )
                self._places[path] = place.id
            draft = PlaceDraft(
                name=site.name,
                kind=LocationKind.SITE.value,
                address=site.address,
                postal_code=site.postal_code,
                city=site.city,
            )
            number = find_place(self._session, site.name)
            save_place(self._session, self._actor, draft, at=self._now, place_id=number)
            self._places[site.name] = number or 0

    def _write_people(self) -> None:
        for name in self._organisation.departments:
            create_department_path(self._session, self._actor, name, at=self._now)
        for person in self._organisation.people:
            draft = PersonDraft(
                name=person.name,
                email=person.email,
                phone=person.phone,
                department=person.department,
                site=person.site,
                arrived_on=person.arrived_on.isoformat(),
                left_on=person.left_on.isoformat() if person.left_on else "",
                external_id=person.external_id,
            )
            self._people.append(save_person(self._session, self._actor, draft, at=self._now).id)

    def _write_suppliers(self) -> dict[str, int]:
        found = {}
        for one in self._organisation.suppliers:
            draft = SupplierDraft(
                name=one["name"],
                roles=tuple(one["roles"]),
                support_phone=one["phone"],
                customer_number=one["customer_number"],
            )
            row = save_supplier(self._session, self._actor, draft, now=self._now)
            found[row.name] = row.id
        return found

    def _write_licences(self) -> None:
        told = self._organisation
        left = [person.left_on is not None for person in told.people]
        people = list(zip(self._people, left, strict=True))
        write_licences(self._session, self._actor, told.licences, people, self._now)

    def _write_contracts(self, language: str, suppliers: Mapping[str, int]) -> None:
        today = self._now.date()
        for one in self._organisation.contracts:
            starts = today - timedelta(days=round(one["months_ago"] * _DAYS_A_MONTH))
            row = save_contract(
                self._session,
                self._actor,
                _contract(one, language, suppliers, starts),
                now=self._now,
                today=today,
            )
            rule = RuleDraft(
                category=one["category"],
                location_id=str(self._places[one["site"]]) if one["site"] else "",
                purchased_to=(starts + timedelta(days=60)).isoformat() if "lot" in one else "",
            )
            add_rule(self._session, self._actor, row.id, rule, today=today, now=self._now)

    def _buy(self, step: Step) -> None:
        asset = self._organisation.assets[step.asset]
        values = {
            "name": asset.name,
            "category": Category(asset.category),
            "manufacturer": asset.manufacturer,
            "model_name": asset.model_name,
            "serial_number": asset.serial_number,
            "location_id": self._places[step.room or asset.site],
            "purchased_on": asset.purchased_on.isoformat(),
            "warranty_starts_on": asset.purchased_on.isoformat(),
            "warranty_months": _WARRANTY_MONTHS,
            "purchase_price": asset.price,
            "currency": "EUR",
            "order_number": asset.order_number,
            "supplier_id": next(iter(self._suppliers.values())),
        }
        row = create_asset(
            self._session,
            self._actor,
            values=values,
            at=self._at(step.day),
            lifecycle_state=LifecycleState.IN_STOCK,
        )
        self._assets[step.asset] = row.id

    def _move(self, step: Step) -> None:
        order = Order(
            step.kind,
            step.day,
            location_id=self._places[step.room] if step.room else None,
            person_id=None if step.person is None else self._people[step.person],
            due_on=step.due_on,
            texts={"reason": step.reason} if step.reason else {},
        )
        number = self._assets[step.asset]
        movements.apply(self._session, self._actor, number, order, at=self._at(step.day))


def _contract(
    one: Mapping[str, Any], language: str, suppliers: Mapping[str, int], starts: date
) -> ContractDraft:
    week: Sequence[str] = one["week"]
    weekend: Sequence[str] = one.get("weekend", ("", ""))
    return ContractDraft(
        number=one["number"],
        name=one[language],
        type=one["type"],
        supplier_id=str(suppliers[one["supplier"]]),
        starts_on=starts.isoformat(),
        initial_months=str(one["initial_months"]),
        renewal=one["renewal"],
        renewal_months=str(one["renewal_months"] or ""),
        notice_count=str(one["notice"]),
        amount=one["amount"],
        billing=one["billing"],
        week_from=week[0],
        week_to=week[1],
        saturday_from=weekend[0],
        saturday_to=weekend[1],
        sunday_from=weekend[0],
        sunday_to=weekend[1],
        response_hours=one["response_hours"],
        restoration_hours=one["restoration_hours"],
    )

"""Pages of licences: sheet, forms, periods, keys and seats; the list is in ``licence_list``."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, gettext, ngettext

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import (
    DocumentSubject,
    Entitlement,
    EntitlementPeriod,
    EntitlementPeriodKind,
    EntitlementType,
    Metric,
)
from parc.queries import licences as query
from parc.queries.assets import find_exact
from parc.queries.audit import subject_history
from parc.queries.departments import read_departments
from parc.queries.locations import read_places
from parc.queries.seat_releases import MOST_SEATS, seats_of_licence
from parc.row_keys import row_key
from parc.services import allocations
from parc.services.allocations import Holder
from parc.services.entitlement_drafts import (
    EntitlementDraft,
    PeriodDraft,
    add_period_draft,
    change_period_draft,
    save_draft,
)
from parc.services.entitlements import (
    delete_entitlement,
    delete_period,
    drop_key,
    put_keys,
)
from parc.services.licence_keys import show_keys
from parc.services.people import find_person
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.context import box, now, today
from parc.web.documents import document_card, receive, takes_files
from parc.web.forms import SEEN, Form, check_unchanged, filled, of_stored, read_form
from parc.web.labels import choices, label
from parc.web.licence_list import licences
from parc.web.listing import read_ids
from parc.web.messages import tell
from parc.web.settling import settle_about

__all__ = ["licences"]

_PLAIN = (
    *("name", "product", "publisher", "version", "edition", "type", "metric", "quantity"),
    *("reference", "contract_number", "owner", "alert_days", "notes"),
)
_TICKS = ("is_unlimited", "has_downgrade")
_PERIOD = (
    *("kind", "starts_on", "ends_on", "purchased_on", "cost", "order_number"),
    *("invoice_number", "invoice_on", "supplier"),
)
_SEATS = 200
_ENTRIES = 20
_MOST_KEYS = 200


@licences.get("/licences/<int:entitlement_id>")
@requires(Action.VIEW_INVENTORY)
def show(entitlement_id: int) -> ResponseReturnValue:
    """Show one licence."""
    return _sheet(entitlement_id, filled())


@licences.get("/licences/new")
@requires(Action.EDIT_LICENCE)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _form_page(filled(), None)


@licences.post("/licences/new")
@requires(Action.EDIT_LICENCE)
def send_new() -> ResponseReturnValue:
    """Add a licence."""
    return _send(None)


@licences.get("/licences/<int:entitlement_id>/edit")
@requires(Action.EDIT_LICENCE)
def edit(entitlement_id: int) -> ResponseReturnValue:
    """Show the form of a licence."""
    sheet = query.licence_sheet(db.session(), entitlement_id, 0)
    row = sheet.licence
    form = filled(
        **{n: getattr(row, n) for n in ("name", "version", "edition", "reference", "notes")},
        **{n: getattr(row, n) for n in _TICKS},
        product=sheet.product,
        publisher=sheet.publisher,
        type=row.type.value if row.type else "",
        metric=row.metric.value if row.metric else "",
        quantity=row.quantity,
        contract_number=row.contract_number,
        owner=sheet.owner,
        alert_days=row.alert_days,
        row_version=row.row_version,
    )
    return _form_page(form, row)


@licences.post("/licences/<int:entitlement_id>/edit")
@requires(Action.EDIT_LICENCE)
def send_edit(entitlement_id: int) -> ResponseReturnValue:
    """Change a licence."""
    return _send(query.get_licence(db.session(), entitlement_id))


@licences.get("/licences/<int:entitlement_id>/delete")
@requires(Action.DELETE_LICENCE)
def delete(entitlement_id: int) -> ResponseReturnValue:
    """Ask before deleting, and say what goes with it."""
    return render_template(
        "licences/delete.html", sheet=query.licence_sheet(db.session(), entitlement_id, 0)
    )


@licences.post("/licences/<int:entitlement_id>/delete")
@requires(Action.DELETE_LICENCE)
def send_delete(entitlement_id: int) -> ResponseReturnValue:
    """Delete a licence."""
    read_form()
    with transaction() as session:
        name = delete_entitlement(session, actor(), entitlement_id, at=now())
    tell(gettext("%(name)s is deleted.", name=name))
    return redirect(url_for("licences.index"))


@licences.get("/licences/<int:entitlement_id>/period")
@requires(Action.EDIT_LICENCE)
def period(entitlement_id: int) -> ResponseReturnValue:
    """Show the form of a new period: a renewal, or the first."""
    row = query.get_licence(db.session(), entitlement_id)
    return _period_page(row, filled(kind=EntitlementPeriodKind.TERM.value))


@licences.post("/licences/<int:entitlement_id>/period")
@requires(Action.EDIT_LICENCE)
def send_period(entitlement_id: int) -> ResponseReturnValue:
    """Add a period; what was before stays."""
    form = read_form(*_PERIOD, "is_tax_included")
    try:
        with transaction() as session:
            add_period_draft(session, actor(), entitlement_id, _period_draft(form), at=now())
    except InvalidInputError as error:
        row = query.get_licence(db.session(), entitlement_id)
        return _period_page(row, form.refused(error)), 422
    tell(gettext("The period is added."))
    return redirect(url_for("licences.show", entitlement_id=entitlement_id))


@licences.get("/licences/periods/<int:period_id>")
@requires(Action.EDIT_LICENCE)
def edit_period(period_id: int) -> ResponseReturnValue:
    """Show the form that corrects a period."""
    period, row, supplier = query.get_period(db.session(), period_id)
    return _period_page(row, _stored_period(period, supplier), period)


@licences.post("/licences/periods/<int:period_id>")
@requires(Action.EDIT_LICENCE)
def send_edit_period(period_id: int) -> ResponseReturnValue:
    """Correct a period; a renewal adds one instead."""
    form = read_form(*_PERIOD, "is_tax_included", SEEN)
    period, row, supplier = query.get_period(db.session(), period_id)
    check_unchanged(form, _stored_period(period, supplier))
    try:
        with transaction() as session:
            change_period_draft(session, actor(), period_id, _period_draft(form), at=now())
    except InvalidInputError as error:
        return _period_page(row, form.refused(error), period), 422
    tell(gettext("The period is corrected."))
    return redirect(url_for("licences.show", entitlement_id=row.id))


@licences.post("/licences/periods/<int:period_id>/delete")
@requires(Action.EDIT_LICENCE)
def remove_period(period_id: int) -> ResponseReturnValue:
    """Delete a period that should not be there."""
    read_form()
    with transaction() as session:
        number = delete_period(session, actor(), period_id, at=now())
    tell(gettext("The period is deleted."))
    return redirect(url_for("licences.show", entitlement_id=number))


@licences.post("/licences/<int:entitlement_id>/keys")
@requires(Action.EDIT_LICENCE)
def send_keys(entitlement_id: int) -> ResponseReturnValue:
    """Add keys, one a line."""
    lines = read_form("keys").value("keys").splitlines()
    keys = [key for line in lines if (key := line.strip())][:_MOST_KEYS]
    with transaction() as session:
        count = put_keys(session, actor(), box(), entitlement_id, keys, at=now())
    tell(ngettext("%(num)s key is added.", "%(num)s keys are added.", count))
    return redirect(url_for("licences.show", entitlement_id=entitlement_id))


@licences.post("/licences/<int:entitlement_id>/keys/show")
@requires(Action.VIEW_LICENCE_KEY)
def reveal(entitlement_id: int) -> ResponseReturnValue:
    """Show the keys in clear once; the history says who saw them."""
    read_form()
    with transaction() as session:
        keys = show_keys(session, actor(), box(), entitlement_id, at=now())
    row = query.get_licence(db.session(), entitlement_id)
    page = render_template("licences/keys.html", row=row, keys=keys)
    return page, 200, {"Cache-Control": "no-store"}


@licences.post("/licences/keys/<int:key_id>/delete")
@requires(Action.EDIT_LICENCE)
def delete_key(key_id: int) -> ResponseReturnValue:
    """Delete a key."""
    read_form()
    with transaction() as session:
        number = drop_key(session, actor(), key_id, at=now())
    tell(gettext("The key is deleted."))
    return redirect(url_for("licences.show", entitlement_id=number))


@licences.post("/licences/<int:entitlement_id>/seats")
@requires(Action.EDIT_LICENCE)
def allocate(entitlement_id: int) -> ResponseReturnValue:
    """Give a seat to a person, or to the machine of a tag, serial number or name."""
    form = read_form("person", "asset")
    try:
        with transaction() as session:
            holders = []
            if form.text("person"):
                holders.append(Holder(person_id=find_person(session, form.text("person"))))
            if form.text("asset"):
                number = find_exact(session, form.text("asset"))
                if number is None:
                    tell(gettext("There is no %(value)s.", value=form.text("asset")), kind="error")
                    return redirect(url_for("licences.show", entitlement_id=entitlement_id))
                holders.append(Holder(asset_id=number))
            count = allocations.allocate(session, actor(), entitlement_id, holders, at=now())
    except InvalidInputError as error:
        return _sheet(entitlement_id, form.refused(error)), 422
    tell(ngettext("%(num)s seat is given.", "%(num)s seats are given.", count))
    return redirect(url_for("licences.show", entitlement_id=entitlement_id))


@licences.post("/licences/<int:entitlement_id>/seats/release")
@requires(Action.EDIT_LICENCE)
def release(entitlement_id: int) -> ResponseReturnValue:
    """Take the ticked seats back."""
    ids = read_ids(read_form("id"))
    with transaction() as session:
        count = allocations.release(session, actor(), ids, at=now())
    tell(ngettext("%(num)s seat is taken back.", "%(num)s seats are taken back.", count))
    return redirect(url_for("licences.show", entitlement_id=entitlement_id))


@licences.post("/licences/<int:entitlement_id>/seats/take-back")
@requires(Action.EDIT_LICENCE)
def take_back(entitlement_id: int) -> ResponseReturnValue:
    """Take the ticked seats back whose machine or person is gone."""
    wanted = set(read_ids(read_form("id")))
    with transaction() as session:
        seats = seats_of_licence(session, entitlement_id, today(), MOST_SEATS)
        mine = [seat for seat in seats if seat.id in wanted]
        count = allocations.take_back(session, actor(), [seat.id for seat in mine], at=now())
        settle_about(
            session,
            assets=[seat.asset_id for seat in mine if seat.asset_id],
            people=[seat.person_id for seat in mine if seat.person_id],
        )
    tell(ngettext("%(num)s seat is taken back.", "%(num)s seats are taken back.", count))
    return redirect(url_for("licences.show", entitlement_id=entitlement_id))


@licences.post("/licences/<int:entitlement_id>/documents")
@requires(Action.EDIT_LICENCE)
@takes_files
def send_document(entitlement_id: int) -> ResponseReturnValue:
    """Add a document."""
    row = query.get_licence(db.session(), entitlement_id)
    back = url_for("licences.show", entitlement_id=entitlement_id)
    return receive(DocumentSubject.ENTITLEMENT, entitlement_id, row.name, back)


def _send(row: Entitlement | None) -> ResponseReturnValue:
    form = read_form(*_PLAIN, *_TICKS, "row_version")
    draft = EntitlementDraft(
        **{name: form.value(name) for name in _PLAIN},
        is_unlimited=form.is_checked("is_unlimited"),
        has_downgrade=form.is_checked("has_downgrade"),
    )
    version = form.text("row_version")
    try:
        with transaction() as session:
            saved = save_draft(
                session,
                actor(),
                draft,
                at=now(),
                entitlement_id=row.id if row else None,
                version=row_key(version) if row else None,
            )
    except InvalidInputError as error:
        return _form_page(form.refused(error), row), 422
    tell(gettext("%(name)s is saved.", name=saved.name))
    return redirect(url_for("licences.show", entitlement_id=saved.id))


def _sheet(entitlement_id: int, form: Form) -> str:
    session = db.session()
    return render_template(
        "licences/show.html",
        sheet=query.licence_sheet(session, entitlement_id, _SEATS),
        form=form,
        entries=subject_history(session, "entitlement", entitlement_id, _ENTRIES),
        rules=_rules(session, entitlement_id),
        free_seats=seats_of_licence(session, entitlement_id, today(), _SEATS),
        card_documents=document_card(
            DocumentSubject.ENTITLEMENT,
            entitlement_id,
            url_for("licences.send_document", entitlement_id=entitlement_id),
        ),
    )


def _form_page(form: Form, row: Entitlement | None) -> str:
    none = [("", "—")]
    return render_template(
        "licences/edit.html",
        form=form,
        row=row,
        types=[*none, *choices(EntitlementType)],
        metrics=[*none, *choices(Metric)],
    )


def _period_draft(form: Form) -> PeriodDraft:
    return PeriodDraft(
        **{name: form.value(name) for name in _PERIOD},
        is_tax_included=form.is_checked("is_tax_included"),
    )


def _stored_period(period: EntitlementPeriod, supplier: str) -> Form:
    days = ("starts_on", "ends_on", "purchased_on", "invoice_on")
    return of_stored(
        **{name: day.isoformat() if (day := getattr(period, name)) else "" for name in days},
        kind=period.kind.value,
        cost="" if period.cost is None else format_decimal(period.cost, "0.00##"),
        is_tax_included=bool(period.is_tax_included),
        order_number=period.order_number,
        invoice_number=period.invoice_number,
        supplier=supplier,
    )


def _period_page(row: Entitlement, form: Form, period: EntitlementPeriod | None = None) -> str:
    return render_template(
        "licences/period.html",
        form=form,
        row=row,
        period=period,
        kinds=choices(EntitlementPeriodKind),
    )


def _rules(session: Any, entitlement_id: int) -> list[tuple[int, str]]:
    """Say what each rule of a licence means."""
    rows = query.rules_of(session, entitlement_id)
    if not rows:
        return []
    departments, places = read_departments(session), read_places(session).by_id
    found = []
    for row in rows:
        words = [gettext("machines where the software was found")] if row.is_installed else []
        if row.department_id is not None:
            path = departments.path(row.department_id) or ""
            words.append(gettext("everyone of %(name)s", name=path))
        words += [str(label(row.category))] if row.category else []
        place = places.get(row.location_id) if row.location_id is not None else None
        words += [place.path] if place is not None else []
        found.append((row.id, ", ".join(words)))
    return found

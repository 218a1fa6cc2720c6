"""Pages of suppliers: list, sheet with contacts, forms, deletion."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import DocumentSubject, Supplier, SupplierRole
from parc.queries import suppliers as query
from parc.queries.audit import subject_history
from parc.queries.contracts import contract_state, contracts_of_supplier
from parc.queries.incidents import IncidentFilter
from parc.queries.keyset import Order, PageReader
from parc.queries.suppliers import SupplierFilter, assets_sold_by
from parc.row_keys import row_key
from parc.services import suppliers as service
from parc.services.permissions import Action, may
from parc.services.suppliers import ContactDraft, SupplierDraft
from parc.services.uses import count_uses
from parc.web.access import actor, requires
from parc.web.assets import forget_counts
from parc.web.cells import CellWriter
from parc.web.context import now, today
from parc.web.documents import document_card, receive, takes_files
from parc.web.exports import ListFiles
from parc.web.formats import format_number
from parc.web.forms import Form, filled, read_form
from parc.web.incident_card import incident_card
from parc.web.labels import choices, label
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    members_of,
    read_list,
    render_list,
)
from parc.web.messages import tell
from parc.web.uses import use_texts

suppliers = Blueprint("suppliers", __name__)


@suppliers.app_template_filter("supplier_role")
def role_name(value: str) -> str:
    """Name a role of a supplier as it is stored."""
    return label(SupplierRole(value)) if value in set(SupplierRole) else value


@suppliers.app_template_filter("dialled")
def dialled(number: str) -> str:
    """Give what a telephone dials of a number as written: digits, and a plus sign before them."""
    digits = "".join(sign for sign in number if sign.isascii() and sign.isdecimal())
    if len(digits) < _LEAST_DIGITS:
        return ""
    return ("+" if number.strip().startswith("+") else "") + digits[:_MOST_DIGITS]


SPEC = ListSpec("suppliers.index", tuple(query.SORTS), "name", ("role",))
_FIELDS = (
    "name",
    "roles",
    "support_phone",
    "support_email",
    "portal_url",
    "customer_number",
    "address",
    "notes",
)
_CONTACT_FIELDS = ("name", "position", "phone", "email")
_ENTRIES = 20
_CONTRACTS = 50
_ASSETS = 20
_LEAST_DIGITS = 3
_MOST_DIGITS = 20


@suppliers.get("/suppliers")
@requires(Action.VIEW_CONTRACT)
def index() -> ResponseReturnValue:
    """Show the list."""
    return render_list("suppliers/list.html", _view())


@suppliers.get("/suppliers/<int:supplier_id>")
@requires(Action.VIEW_CONTRACT)
def show(supplier_id: int) -> ResponseReturnValue:
    """Show one supplier with its contacts."""
    return _sheet(supplier_id, filled())


@suppliers.get("/suppliers/new")
@requires(Action.EDIT_CONTRACT)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _form_page(filled(roles=[SupplierRole.SUPPLIER.value]), None)


@suppliers.post("/suppliers/new")
@requires(Action.EDIT_CONTRACT)
def send_new() -> ResponseReturnValue:
    """Add a supplier."""
    return _send(None)


@suppliers.get("/suppliers/<int:supplier_id>/edit")
@requires(Action.EDIT_CONTRACT)
def edit(supplier_id: int) -> ResponseReturnValue:
    """Show the form of a supplier."""
    row = query.get_supplier(db.session(), supplier_id)
    form = filled(
        version=row.version, roles=row.roles, **{name: getattr(row, name) for name in _PLAIN}
    )
    return _form_page(form, row)


@suppliers.post("/suppliers/<int:supplier_id>/edit")
@requires(Action.EDIT_CONTRACT)
def send_edit(supplier_id: int) -> ResponseReturnValue:
    """Change a supplier."""
    return _send(query.get_supplier(db.session(), supplier_id))


@suppliers.get("/suppliers/<int:supplier_id>/delete")
@requires(Action.EDIT_CONTRACT)
def delete(supplier_id: int) -> ResponseReturnValue:
    """Ask before deleting, and say what stays behind."""
    sheet = query.supplier_sheet(db.session(), supplier_id)
    uses = count_uses(db.session(), "supplier", supplier_id, but=service.GOES_WITH_SUPPLIER)
    return render_template("suppliers/delete.html", sheet=sheet, uses=use_texts(uses))


@suppliers.post("/suppliers/<int:supplier_id>/delete")
@requires(Action.EDIT_CONTRACT)
def send_delete(supplier_id: int) -> ResponseReturnValue:
    """Delete a supplier."""
    read_form()
    name = query.get_supplier(db.session(), supplier_id).name
    with transaction() as session:
        act = service.delete_supplier(session, actor(), supplier_id, now=now())
        undo = url_for("changes.send_undo", change_set_id=act.id) if act else ""
    forget_counts()
    tell(gettext("%(name)s is deleted.", name=name), undo_url=undo)
    return redirect(url_for("suppliers.index"))


@suppliers.post("/suppliers/<int:supplier_id>/documents")
@requires(Action.EDIT_CONTRACT)
@takes_files
def send_document(supplier_id: int) -> ResponseReturnValue:
    """Add a document."""
    row = query.get_supplier(db.session(), supplier_id)
    back = url_for("suppliers.show", supplier_id=supplier_id)
    return receive(DocumentSubject.SUPPLIER, supplier_id, row.name, back)


@suppliers.post("/suppliers/<int:supplier_id>/contacts")
@requires(Action.EDIT_CONTRACT)
def send_contact(supplier_id: int) -> ResponseReturnValue:
    """Add a contact."""
    form = read_form(*_CONTACT_FIELDS)
    try:
        with transaction() as session:
            service.save_contact(session, actor(), supplier_id, _contact(form), now=now())
    except InvalidInputError as error:
        return _sheet(supplier_id, form.refused(error)), 422
    tell(gettext("%(name)s is added.", name=form.text("name")))
    return redirect(url_for("suppliers.show", supplier_id=supplier_id))


@suppliers.get("/suppliers/<int:supplier_id>/contacts/<int:contact_id>")
@requires(Action.EDIT_CONTRACT)
def contact(supplier_id: int, contact_id: int) -> ResponseReturnValue:
    """Show the form of a contact."""
    row = query.get_contact(db.session(), supplier_id, contact_id)
    form = filled(name=row.name, position=row.position, phone=row.phone, email=row.email)
    return _contact_page(supplier_id, contact_id, form)


@suppliers.post("/suppliers/<int:supplier_id>/contacts/<int:contact_id>")
@requires(Action.EDIT_CONTRACT)
def send_edit_contact(supplier_id: int, contact_id: int) -> ResponseReturnValue:
    """Change a contact, or delete it."""
    form = read_form(*_CONTACT_FIELDS, "delete")
    try:
        with transaction() as session:
            if form.is_checked("delete"):
                service.delete_contact(session, actor(), supplier_id, contact_id, now=now())
            else:
                draft = _contact(form)
                service.save_contact(
                    session, actor(), supplier_id, draft, now=now(), contact_id=contact_id
                )
    except InvalidInputError as error:
        return _contact_page(supplier_id, contact_id, form.refused(error)), 422
    tell(gettext("The contacts are saved."))
    return redirect(url_for("suppliers.show", supplier_id=supplier_id))


_PLAIN = tuple(name for name in _FIELDS if name != "roles")


def _send(row: Supplier | None) -> ResponseReturnValue:
    form = read_form(*_FIELDS, "version")
    draft = SupplierDraft(
        roles=tuple(form.values_of("roles")), **{name: form.value(name) for name in _PLAIN}
    )
    version = form.text("version")
    try:
        with transaction() as session:
            saved = service.save_supplier(
                session,
                actor(),
                draft,
                now=now(),
                supplier_id=row.id if row else None,
                version=row_key(version) if row else None,
            )
    except InvalidInputError as error:
        return _form_page(form.refused(error), row), 422
    tell(gettext("%(name)s is saved.", name=saved.name))
    return redirect(url_for("suppliers.show", supplier_id=saved.id))


def _contact(form: Form) -> ContactDraft:
    return ContactDraft(**{name: form.value(name) for name in _CONTACT_FIELDS})


def _sheet(supplier_id: int, form: Form) -> str:
    session = db.session()
    rows = contracts_of_supplier(session, supplier_id, _CONTRACTS)
    return render_template(
        "suppliers/show.html",
        sheet=query.supplier_sheet(session, supplier_id),
        form=form,
        entries=subject_history(session, "supplier", supplier_id, _ENTRIES),
        contracts=[(row, contract_state(row, today())) for row in rows],
        sold=assets_sold_by(session, supplier_id, _ASSETS),
        **incident_card(IncidentFilter("all", suppliers=(supplier_id,)), supplier=supplier_id),
        card_documents=document_card(
            DocumentSubject.SUPPLIER,
            supplier_id,
            url_for("suppliers.send_document", supplier_id=supplier_id),
        ),
    )


def _form_page(form: Form, row: Supplier | None) -> str:
    return render_template("suppliers/edit.html", form=form, row=row, roles=choices(SupplierRole))


def _contact_page(supplier_id: int, contact_id: int, form: Form) -> str:
    row = query.get_supplier(db.session(), supplier_id)
    return render_template("suppliers/contact.html", row=row, contact_id=contact_id, form=form)


def _wanted() -> tuple[ListRequest, SupplierFilter, Order]:
    wanted = read_list(SPEC)
    roles = members_of(SupplierRole, wanted, "role")
    chosen = SupplierFilter(wanted.text, roles)
    return wanted, chosen, wanted.order(query.SORTS, Supplier.id)


def _reader() -> PageReader:
    _address, chosen, order = _wanted()
    return lambda session, cursor, size: query.supplier_page(session, chosen, order, cursor, size)


def _heads() -> list[str]:
    return [
        gettext("Name"),
        gettext("Roles"),
        gettext("Support telephone"),
        gettext("Support e-mail"),
        gettext("Portal"),
        gettext("Our customer number"),
    ]


def _row(row: Any) -> list[str]:
    return [
        row.name,
        ", ".join(label(SupplierRole(role)) for role in row.roles if role in set(SupplierRole)),
        row.support_phone or "",
        row.support_email or "",
        row.portal_url or "",
        row.customer_number or "",
    ]


FILES = ListFiles(_heads, _reader, _row)
FILES.offer(suppliers, "/suppliers/export")


def _view() -> ListView:
    wanted, chosen, order = _wanted()
    found = query.list_suppliers(
        db.session(), chosen, order, wanted.cursor(order.sort), wanted.size
    )
    facets = [
        wanted.facet(
            "role",
            gettext("Role"),
            found.by_role,
            lambda value: label(SupplierRole(value)),
            order=[role.value for role in SupplierRole],
        )
    ]
    previous_url, next_url = wanted.pages(found.page)
    write = CellWriter(now())
    columns = [
        ColumnSpec("name", gettext("Name")),
        ColumnSpec("roles", gettext("Roles"), is_sortable=False),
        ColumnSpec("support_phone", gettext("Support telephone"), is_sortable=False),
        ColumnSpec("customer_number", gettext("Our customer number")),
        ColumnSpec("contracts", gettext("Contracts"), is_sortable=False, is_number=True),
        ColumnSpec("created_at", gettext("Added")),
    ]
    rows = []
    for row in found.page.rows:
        values = _row(row)
        cells: list[Cell] = [
            values[1] or "—",
            row.support_phone or "—",
            row.customer_number or "—",
            format_number(found.contracts.get(row.id, 0)),
            write.seen(row.created_at),
        ]
        rows.append(Line(row.id, url_for("suppliers.show", supplier_id=row.id), row.name, cells))
    return ListView(
        request=wanted,
        caption=gettext("Suppliers"),
        heads=wanted.heads(columns),
        rows=rows,
        count=found.count,
        count_text=ngettext(
            "%(count)s supplier",
            "%(count)s suppliers",
            found.count,
            count=format_number(found.count),
        ),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a name or a number"),
    )


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("Nothing matches."), gettext("Take a filter away, or search less."))
    hint = gettext("Who sells, maintains, lets or insures what you have, and how to reach them.")
    if may(actor(), Action.EDIT_CONTRACT):
        url = url_for("suppliers.new")
        return Empty(gettext("No supplier yet."), hint, url, gettext("Add a supplier"))
    return Empty(gettext("No supplier yet."), hint)

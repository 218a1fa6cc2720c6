"""Pages of contracts: list, sheet, form, renewal, notice, deletion; cover is in the next module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.contract_dates import NoticeUnit, Renewal
from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import BillingRhythm, Contract, ContractType, DocumentSubject
from parc.queries.audit import subject_history
from parc.queries.contract_assets import count_cover
from parc.queries.contracts import contract_sheet, get_contract, suggest_contracts
from parc.queries.cover import hours_of
from parc.queries.incidents import IncidentFilter
from parc.queries.locations import read_places
from parc.queries.movements import MovementFilter
from parc.queries.suppliers import supplier_names
from parc.row_keys import row_key
from parc.services import contracts as service
from parc.services.contract_drafts import CURRENCIES, HOURS, ContractDraft, chosen_days
from parc.services.contract_removal import count_naming, delete_contract
from parc.services.coverage import evaluate_contracts
from parc.services.permissions import Action
from parc.web.access import acting, actor, requires
from parc.web.context import now, settings, today
from parc.web.contract_list import (
    contracts_view,
    export_heads,
    export_row,
    reader,
)
from parc.web.contract_words import hours_text, minutes_text, notice_text, rule_text
from parc.web.documents import document_card, receive, takes_files
from parc.web.exports import ListFiles
from parc.web.formats import format_plain_date
from parc.web.forms import Form, filled, read_form
from parc.web.incident_card import incident_card
from parc.web.labels import choices
from parc.web.listing import render_list
from parc.web.messages import tell
from parc.web.movements import movement_card

contracts = Blueprint("contracts", __name__)
contracts.add_app_template_filter(minutes_text, "promised")

_ENTRIES = 20
_MOST_SUGGESTED = 12
_FIELDS = tuple(ContractDraft.__dataclass_fields__)
_HOUR_FIELDS = tuple(f"{name}_{end}" for name in HOURS for end in ("from", "to"))


@contracts.get("/contracts")
@requires(Action.VIEW_CONTRACT)
def index() -> ResponseReturnValue:
    """Show the list."""
    return render_list("contracts/list.html", contracts_view())


@contracts.get("/contracts/<int:contract_id>")
@requires(Action.VIEW_CONTRACT)
def show(contract_id: int) -> ResponseReturnValue:
    """Show one contract."""
    session = db.session()
    sheet = contract_sheet(session, contract_id)
    places = read_places(session)
    return render_template(
        "contracts/show.html",
        sheet=sheet,
        state=sheet.state(today()),
        hours=hours_text(hours_of(sheet.contract)),
        notice=notice_text(sheet.contract),
        alert_days=chosen_days(sheet.contract.alert_days),
        rules=[(rule, rule_text(rule, places)) for rule in sheet.rules],
        counts=count_cover(session, contract_id),
        entries=subject_history(session, "contract", contract_id, _ENTRIES),
        **incident_card(IncidentFilter("all", contracts=(contract_id,)), contract=contract_id),
        **movement_card(MovementFilter(contract_ids=[contract_id]), contract=contract_id),
        card_documents=document_card(
            DocumentSubject.CONTRACT,
            contract_id,
            url_for("contracts.send_document", contract_id=contract_id),
        ),
    )


@contracts.get("/contracts/suggest")
@requires(Action.VIEW_CONTRACT)
def suggest() -> ResponseReturnValue:
    """Give the contracts that match what is typed, as options of a field."""
    text = next(iter(request.args.values()), "")[:200]
    found = suggest_contracts(db.session(), text, _MOST_SUGGESTED)
    named = [(f"{row.number} ({row.supplier})", row.name) for row in found]
    return render_template("places/_suggest.html", named=named)


@contracts.get("/contracts/new")
@requires(Action.EDIT_CONTRACT)
def new() -> ResponseReturnValue:
    """Show a form with the defaults; a supplier's page names it in the address."""
    form = filled(
        supplier_id=request.args.get("supplier", "")[:9],
        starts_on=today().isoformat(),
        initial_months="12",
        notice_count="3",
        notice_unit=NoticeUnit.MONTHS.value,
        renewal=Renewal.TACIT.value,
        renewal_months="12",
        currency="EUR",
        billing=BillingRhythm.YEARLY.value,
        week_from="08:00",
        week_to="18:00",
        time_zone=settings().interface.time_zone,
    )
    return _form_page(form, None)


@contracts.post("/contracts/new")
@requires(Action.EDIT_CONTRACT)
def send_new() -> ResponseReturnValue:
    """Add a contract."""
    return _send(None)


@contracts.get("/contracts/<int:contract_id>/edit")
@requires(Action.EDIT_CONTRACT)
def edit(contract_id: int) -> ResponseReturnValue:
    """Show the form of a contract."""
    row = get_contract(db.session(), contract_id)
    return _form_page(_form_of(row), row)


@contracts.post("/contracts/<int:contract_id>/edit")
@requires(Action.EDIT_CONTRACT)
def send_edit(contract_id: int) -> ResponseReturnValue:
    """Change a contract."""
    return _send(get_contract(db.session(), contract_id))


@contracts.get("/contracts/<int:contract_id>/renew")
@requires(Action.EDIT_CONTRACT)
def renew(contract_id: int) -> ResponseReturnValue:
    """Ask for how long a contract is renewed."""
    row = get_contract(db.session(), contract_id)
    return _renew_page(row, filled(months=row.renewal_months or row.initial_months))


@contracts.post("/contracts/<int:contract_id>/renew")
@requires(Action.EDIT_CONTRACT)
def send_renew(contract_id: int) -> ResponseReturnValue:
    """Add a term."""
    form = read_form("months", "amount", "note")

    def write(session: Any) -> str:
        period = service.renew_contract(
            session,
            actor(),
            contract_id,
            months=form.value("months"),
            amount=form.value("amount"),
            note=form.value("note"),
            now=now(),
        )
        day = format_plain_date(period.ends_on)
        return str(gettext("The contract is renewed until %(day)s.", day=day))

    return _decide(contract_id, form, write, _renew_page)


@contracts.get("/contracts/<int:contract_id>/notice")
@requires(Action.EDIT_CONTRACT)
def notice(contract_id: int) -> ResponseReturnValue:
    """Ask when notice was given."""
    row = get_contract(db.session(), contract_id)
    return _notice_page(row, filled(given_on=today().isoformat()))


@contracts.post("/contracts/<int:contract_id>/notice")
@requires(Action.EDIT_CONTRACT)
def send_notice(contract_id: int) -> ResponseReturnValue:
    """Note that notice was given, or that it was taken back."""
    form = read_form("given_on", "note", "withdraw")

    def write(session: Any) -> str:
        if form.is_checked("withdraw"):
            service.withdraw_notice(session, actor(), contract_id, now=now())
            return str(gettext("The notice is taken back."))
        given_on, note = form.value("given_on"), form.value("note")
        service.give_notice(session, actor(), contract_id, given_on=given_on, note=note, now=now())
        return str(gettext("The notice is noted: the contract ends with its term."))

    return _decide(contract_id, form, write, _notice_page)


@contracts.get("/contracts/<int:contract_id>/delete")
@requires(Action.EDIT_CONTRACT)
def delete(contract_id: int) -> ResponseReturnValue:
    """Ask before deleting, and say what goes with it."""
    sheet = contract_sheet(db.session(), contract_id)
    naming = count_naming(db.session(), contract_id)
    return render_template("contracts/delete.html", sheet=sheet, naming=naming)


@contracts.post("/contracts/<int:contract_id>/delete")
@requires(Action.EDIT_CONTRACT)
def send_delete(contract_id: int) -> ResponseReturnValue:
    """Delete a contract."""
    read_form()
    name = get_contract(db.session(), contract_id).name
    with transaction() as session:
        act = delete_contract(session, actor(), contract_id, now=now())
        undo = url_for("changes.send_undo", change_set_id=act.id) if act else ""
    tell(gettext("%(name)s is deleted.", name=name), undo_url=undo)
    return redirect(url_for("contracts.index"))


@contracts.post("/contracts/<int:contract_id>/documents")
@requires(Action.EDIT_CONTRACT)
@takes_files
def send_document(contract_id: int) -> ResponseReturnValue:
    """Add a document."""
    row = get_contract(db.session(), contract_id)
    back = url_for("contracts.show", contract_id=contract_id)
    return receive(DocumentSubject.CONTRACT, contract_id, row.name, back)


def _decide(
    contract_id: int,
    form: Form,
    write: Callable[[Any], str],
    again: Callable[[Contract, Form], str],
) -> ResponseReturnValue:
    """Carry out a decision about a contract, with what it covers from then on."""
    try:
        with transaction() as session:
            text = write(session)
            evaluate_contracts(session, [contract_id], today=today(), now=now())
    except InvalidInputError as error:
        row = get_contract(db.session(), contract_id)
        return again(row, form.refused(error)), 422
    tell(text)
    return redirect(url_for("contracts.show", contract_id=contract_id))


def _send(row: Contract | None) -> ResponseReturnValue:
    form = read_form(*_FIELDS, "version", "reason")
    draft = ContractDraft(**{name: form.value(name) for name in _FIELDS if name in form.values})
    version = form.text("version")
    try:
        with transaction() as session:
            saved = service.save_contract(
                session,
                acting(form),
                draft,
                now=now(),
                today=today(),
                contract_id=row.id if row else None,
                version=row_key(version) if row else None,
            )
            evaluate_contracts(session, [saved.id], today=today(), now=now())
    except InvalidInputError as error:
        return _form_page(form.refused(error), row), 422
    tell(gettext("%(name)s is saved.", name=saved.name))
    return redirect(url_for("contracts.show", contract_id=saved.id))


def _form_of(row: Contract) -> Form:
    values: dict[str, Any] = {name: getattr(row, name, None) for name in _FIELDS}
    for name in _HOUR_FIELDS:
        moment = values[name]
        values[name] = f"{moment:%H:%M}" if moment is not None else None
    for name in ("response", "restoration"):
        minutes = getattr(row, f"{name}_minutes")
        values[f"{name}_hours"] = None if minutes is None else f"{minutes / 60:g}"
    days = row.alert_days
    values["alert_days"] = None if days is None else ", ".join(map(str, days)) or "-"
    values["starts_on"] = row.starts_on.isoformat()
    texts = {name: None if value is None else str(value) for name, value in values.items()}
    return filled(version=row.version, **texts)


def _form_page(form: Form, row: Contract | None) -> str:
    return render_template(
        "contracts/edit.html",
        form=form,
        row=row,
        types=choices(ContractType),
        renewals=choices(Renewal),
        units=choices(NoticeUnit),
        rhythms=choices(BillingRhythm),
        currencies=[(code, code) for code in CURRENCIES],
        suppliers=[(str(number), name) for number, name in supplier_names(db.session())],
    )


def _renew_page(row: Contract, form: Form) -> str:
    return render_template("contracts/renew.html", row=row, form=form)


def _notice_page(row: Contract, form: Form) -> str:
    return render_template("contracts/notice.html", row=row, form=form)


ListFiles(export_heads, reader, export_row).offer(contracts, "/contracts/export")

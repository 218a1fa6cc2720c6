"""Texts of imports: why a file, a row or a cell cannot be taken, and what fields are called."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in

from collectors.observation import Category
from parc.contract_dates import Renewal
from parc.errors import FieldProblem
from parc.importers.limits import FileError
from parc.importers.values import CellProblem
from parc.models import BillingRhythm, LifecycleState, LocationKind, Metric
from parc.services.custom_values import PREFIX
from parc.web.custom_words import custom_label
from parc.web.labels import label
from parc.web.problems import PROBLEMS, tell_problem

FILE_PROBLEMS: Mapping[str, str] = {
    "file_empty": _("The file holds nothing."),
    "file_too_large": _("The file is too large: at most %(value)s MiB."),
    "encoding_unknown": _("The encoding cannot be told: choose it, or save the file as UTF-8."),
    "encoding_wrong": _("The file is not in the encoding %(value)s."),
    "has_nul": _("The file holds zero octets: it is no text file, or is damaged."),
    "line_too_long": _("A line is longer than %(value)s characters: this is no table."),
    "cell_too_long": _("A cell is too long, or a quotation mark is never closed."),
    "quoting_wrong": _(
        "The quotation marks do not fit: one is not closed, or stands within a text."
    ),
    "too_many_columns": _("There are more than %(value)s columns."),
    "too_many_rows": _("There are more than %(value)s rows: import the file in parts."),
    "not_a_table": _(
        "This is neither a text file with separators, nor XLSX, nor ODS: open it in a spreadsheet "
        "and save it as one of these."
    ),
    "workbook_old": _(
        "This is an old Excel file, or one with a password: save it as XLSX without a password."
    ),
    "workbook_damaged": _("The workbook cannot be read: it is damaged, or has a password."),
    "workbook_too_large": _("The workbook unpacks to more than an import may be."),
    "xml_forbidden": _("The workbook declares a document type, which no spreadsheet does."),
    "no_such_sheet": _("There is no sheet %(value)s."),
    "header_missing": _("Line %(value)s holds no headings."),
    "file_gone": _("The file has been thrown away: send it again."),
    "mapping_missing": _("Nothing says what the file holds: no mapping of these headings is kept."),
    "no_such_kind": _("%(value)s is no kind of record that can be imported."),
}
CELL_PROBLEMS: Mapping[str, str] = {
    "surplus_cells": _(
        "The row has %(value)s cell(s) more than there are headings: a separator stands in a text."
    ),
    "formula": _("This is a formula whose value is not known: %(value)s"),
    "error_of_sheet": _("The spreadsheet shows an error here: %(value)s"),
    "not_a_date": _("%(value)s is no date."),
    "no_such_day": _("There is no such day: %(value)s"),
    "date_implausible": _("%(value)s cannot be right: a year from 1971 to 2100 is expected."),
    "date_ambiguous": _(
        "Day or month first? This column holds both, and %(value)s can be read either way."
    ),
    "not_an_amount": _("%(value)s is no amount."),
    "amount_ambiguous": _(
        "Thousands or decimals? This column holds both, and %(value)s can be read either way."
    ),
    "not_a_quantity": _("%(value)s is no number of things."),
    "not_months": _("%(value)s is no number of months or years."),
    "not_whole_months": _(
        "From the beginning to %(value)s it is no whole number of months: give the term in months."
    ),
    "not_a_boolean": _("%(value)s is neither yes nor no."),
    "unknown_word": _("%(value)s is not one of the words that are known here."),
    "unknown_word_of": _("%(value)s is not one of the words that are known here: %(words)s."),
    "mangled": _(
        "%(value)s is what a spreadsheet made of a long number: its digits are lost. "
        "Format the column as text and type it again."
    ),
    "key_blank": _("The fields that tell records apart are empty."),
    "same_key_twice": _("Line %(value)s says the same record."),
    "same_in_line": _("Line %(value)s has the same value, which must be there once."),
    "several_records": _("%(value)s records are called so: it cannot be told which is meant."),
    "not_there": _("There is no such record, and none shall be created."),
    "beside_not_ticked": _("%(value)s is not known, and was not ticked to be created."),
    "state_by_movement": _(
        "This change says too little for a movement: make it by hand. The asset is %(value)s now."
    ),
    "level_differs": _("This place is there with another level: %(value)s."),
    "changed_meanwhile": _("It was changed meanwhile: %(value)s"),
    "several_people": _("Several people are called %(value)s: give an e-mail address."),
    "several_assets": _("Several assets are called %(value)s: give the asset tag."),
    "negative_amount": _("%(value)s is less than nothing."),
    "too_many_decimals": _("%(value)s has more than two decimals."),
    "person_unknown": _("There is no person %(value)s; nobody is created unless ticked."),
    "asset_unknown": _("There is no asset %(value)s."),
}
# What a column of few words may say; that of a type is of licences and of contracts alike.
_SETS: Mapping[str, type[StrEnum]] = {
    "category": Category,
    "lifecycle_state": LifecycleState,
    "metric": Metric,
    "kind": LocationKind,
    "renewal": Renewal,
    "billing": BillingRhythm,
}
FIELDS: Mapping[str, str] = {
    "name": _("Name"),
    "number": _("Contract number"),
    "initial_months": _("Initial term (months)"),
    "renewal_months": _("Renewed for (months)"),
    "notice_months": _("Notice (months)"),
    "amount": _("Amount of a bill, before tax"),
    "billing": _("Billing"),
    "description": _("Description"),
    "to_look_at": _("To look at"),
    "line_amount": _("Amount of the line"),
    "asset_tag": _("Asset tag"),
    "serial_number": _("Serial number"),
    "category": _("Category"),
    "lifecycle_state": _("State"),
    "manufacturer": _("Manufacturer"),
    "model_name": _("Model"),
    "location": _("Place"),
    "operating_system": _("Operating system"),
    "software_revision": _("Software version"),
    "firmware_revision": _("Firmware"),
    "hardware_revision": _("Hardware revision"),
    "base_mac_address": _("MAC address"),
    "primary_address": _("Address"),
    "address": _("Address"),
    "holder": _("Holder"),
    "technician": _("Technician in charge"),
    "loan_due_on": _("Loan due on"),
    "delivered_on": _("Delivered on"),
    "in_service_on": _("In service since"),
    "warranty_starts_on": _("Warranty from"),
    "warranty_months": _("Warranty in months"),
    "warranty_ends_on": _("Warranty until"),
    "last_stocktake_on": _("Last stocktake"),
    "purchase_price": _("Purchase price"),
    "depreciation_months": _("Depreciation in months"),
    "delivery_note_number": _("Delivery note number"),
    "fixed_asset_number": _("Fixed-asset number"),
    "covered_until": _("Covered until"),
    "roles": _("Roles"),
    "support_phone": _("Support telephone"),
    "support_email": _("Support e-mail"),
    "portal_url": _("Portal"),
    "customer_number": _("Our customer number"),
    "contracts": _("Contracts"),
    "last_seen_at": _("Last seen"),
    "created_at": _("Added"),
    "notes": _("Notes"),
    "family_name": _("Family name"),
    "given_name": _("Given name"),
    "email": _("E-mail address"),
    "external_id": _("Directory or payroll number"),
    "department": _("Department"),
    "site": _in("location", "Site"),
    "manager": _in("person", "Manager"),
    "phone": _("Phone"),
    "arrived_on": _("Arrived on"),
    "left_on": _("Left on"),
    "path": _("Path"),
    "parent": _("Lies in"),
    "kind": _("Level"),
    "code": _("Code"),
    "city": _("City"),
    "postal_code": _("Postal code"),
    "country": _("Country"),
    "assets": _("Assets"),
    "outlets": _("Outlets"),
    "building": _in("location", "Building"),
    "floor": _in("location", "Floor"),
    "room": _in("location", "Room"),
    "product": _("Product"),
    "publisher": _("Publisher"),
    "version": _("Version"),
    "edition": _("Edition"),
    "type": _in("licence", "Type"),
    "metric": _("Metric"),
    "quantity": _("Quantity"),
    "keys": _("Licence keys"),
    "reference": _("Reference"),
    "contract_number": _("Contract number"),
    "order_number": _("Order number"),
    "invoice_number": _("Invoice number"),
    "invoice_date": _("Invoice date"),
    "invoice_on": _("Invoice date"),
    "supplier": _("Supplier"),
    "unit_price": _("Unit price"),
    "cost": _("Cost"),
    "currency": _("Currency"),
    "is_tax_included": _("Tax included"),
    "purchased_on": _("Bought on"),
    "starts_on": _("Begins on"),
    "ends_on": _("Ends on"),
    "renewal": _("Renewal, a new period"),
    "maintenance_ends_on": _("Maintenance until"),
    "maintenance_renewal": _("Renewal of the maintenance"),
    "is_perpetual": _("Perpetual"),
    "is_maintained": _("Maintained"),
    "has_downgrade": _("May be used in an older version"),
    "owner": _("Answerable"),
    "person": _("Given to (person)"),
    "person_email": _("Given to (e-mail address)"),
    "person_login": _("Given to (login)"),
    "asset": _("Given to (asset)"),
    "allocation": _("Seats given"),
    "company": _("Company"),
    "group": _("Group"),
    "region": _("Region"),
    "budget": _("Budget"),
    "accounting_number": _("Accounting number"),
    "status": _("Status"),
    "allows_overuse": _("Over-use allowed"),
    "version_in_use": _("Version in use"),
    "licensed_to": _("Licensed to (name)"),
    "licensed_to_email": _("Licensed to (e-mail address)"),
    "is_reassignable": _("May be given to another"),
    "consumed": _("Seats in use, as told"),
    "suspended": _("Suspended, as told"),
    "warning": _("In warning, as told"),
    "alert_days": _("Alert, in days before the end"),
}


KINDS: Mapping[str, str] = {
    "licences": _("Licences"),
    "assets": _in("kind of record", "Assets"),
    "people": _("People"),
    "contracts": _("Contracts and their lines"),
    "places": _("Places"),
    "suppliers": _("Suppliers"),
}
BESIDE: Mapping[str, str] = {
    "publisher": _("Publisher"),
    "supplier": _("Supplier"),
    "person": _("Person"),
    "place": _("Place"),
    "department": _("Department"),
}
SKIPPED: Mapping[str, str] = {
    "above": _("above the headings"),
    "total": _("a total"),
    "header_again": _("the headings again"),
}
FORMATS: Mapping[str, str] = {
    "day_first": _("day first (31/12/2026)"),
    "month_first": _("month first (12/31/2026)"),
    ",": _("decimal comma (1 234,56)"),
    ".": _("decimal point (1,234.56)"),
}


def problem_text(problem: CellProblem) -> str:
    """Say in the reader's language why a cell or a row cannot be taken."""
    if problem.code == "unknown_word" and (known := _SETS.get(problem.field)) is not None:
        words = ", ".join(str(label(one)) for one in known)
        return str(CELL_PROBLEMS["unknown_word_of"]) % {"value": problem.value, "words": words}
    text = CELL_PROBLEMS.get(problem.code)
    if text is not None:
        return str(text) % {"value": problem.detail or problem.value}
    return tell_problem(FieldProblem(problem.field, problem.code, problem.detail))


def file_text(error: FileError) -> str:
    """Say in the reader's language why a file cannot be read, and where."""
    text = FILE_PROBLEMS.get(error.code, error.code)
    said = str(text) % {"value": error.value}
    return gettext("Line %(line)s: %(text)s", line=error.line, text=said) if error.line else said


def field_text(name: str) -> str:
    """Give what a field is called."""
    if name.startswith(PREFIX):
        return custom_label(name.removeprefix(PREFIX))
    return str(FIELDS.get(name, name))


KNOWN_CODES = frozenset({*PROBLEMS, *CELL_PROBLEMS})

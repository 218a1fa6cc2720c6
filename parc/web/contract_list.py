"""The list of contracts, by the last day to give notice, and its exports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext

from parc.contract_dates import ContractState
from parc.extensions import db
from parc.models import Contract, ContractType
from parc.queries import contracts as query
from parc.queries.contracts import ContractFilter, ContractList, contract_state
from parc.queries.keyset import Order, PageReader
from parc.services.permissions import Action, may
from parc.web.access import actor
from parc.web.cells import CellWriter, badge_cell
from parc.web.context import now, today
from parc.web.formats import format_money, format_number, format_plain_date
from parc.web.labels import label
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
)

FILTERS = ("state", "type", "supplier")
SPEC = ListSpec("contracts.index", query.SORTS, "notice_by", FILTERS)


def read_wanted(spec: ListSpec = SPEC) -> tuple[ListRequest, ContractFilter, Order]:
    """Read the address of the list; what it cannot hold is refused with 422."""
    wanted = read_list(spec)
    chosen = ContractFilter(
        today(),
        wanted.text,
        members_of(ContractState, wanted, "state"),
        members_of(ContractType, wanted, "type"),
        wanted.keys("supplier"),
    )
    sort = query.sort_column(wanted.sort, chosen.today)
    return wanted, chosen, Order(sort, Contract.id, wanted.is_descending)


def contracts_view() -> ListView:
    """Read the list that the address asks for."""
    write = CellWriter(now())
    return view_of(
        SPEC,
        _columns(),
        lambda found: [
            _line(row, write, today(), found.assets.get(row.id, 0)) for row in found.page.rows
        ],
    )


def view_of(
    spec: ListSpec,
    columns: Sequence[ColumnSpec],
    lines_of: Callable[[ContractList], Sequence[Line]],
) -> ListView:
    """Read the list that the address asks for, shown by these columns."""
    wanted, chosen, order = read_wanted(spec)
    found = query.list_contracts(
        db.session(), chosen, order, wanted.cursor(order.sort), wanted.size
    )
    facets = [
        wanted.facet(
            "state",
            gettext("State"),
            found.by_state,
            lambda value: label(ContractState(value)),
            order=[state.value for state in ContractState],
        ),
        wanted.facet(
            "type", gettext("Type"), found.by_type, lambda value: label(ContractType(value))
        ),
        wanted.facet(
            "supplier",
            gettext("Supplier"),
            found.by_supplier,
            lambda value: found.supplier_names.get(value, f"#{value}"),
        ),
    ]
    previous_url, next_url = wanted.pages(found.page)
    return ListView(
        request=wanted,
        caption=gettext("Contracts"),
        heads=wanted.heads(columns),
        rows=lines_of(found),
        count=found.count,
        count_text=ngettext(
            "%(count)s contract",
            "%(count)s contracts",
            found.count,
            count=format_number(found.count),
        ),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a name, a number or a firm"),
    )


def reader() -> PageReader:
    """Read the address; give what reads the list page by page, for its exports."""
    _address, chosen, order = read_wanted()
    return lambda session, cursor, size: query.contract_page(session, chosen, order, cursor, size)


def export_heads() -> list[str]:
    """Give the headings of the exports."""
    return [
        gettext("Number"),
        gettext("Name"),
        gettext("Type"),
        gettext("State"),
        gettext("Supplier"),
        gettext("Maintainer"),
        gettext("Starts on"),
        gettext("Ends on"),
        gettext("Last day to give notice"),
        gettext("Renewal"),
        gettext("Amount"),
        gettext("Currency"),
        gettext("Billing"),
    ]


def export_row(row: Any) -> list[str]:
    """Write a row of the exports; days in ISO 8601."""
    return [
        row.number,
        row.name,
        label(row.type),
        label(contract_state(row, today())),
        row.supplier,
        row.maintainer or "",
        row.starts_on.isoformat(),
        row.ends_on.isoformat(),
        row.notice_by.isoformat() if row.notice_by else "",
        label(row.renewal),
        "" if row.amount is None else str(row.amount),
        row.currency,
        label(row.billing),
    ]


def due_text(day: date | None, state: ContractState) -> Cell:
    """Write the last day to give notice; one that is near says so by more than its colour."""
    if day is None:
        return "—"
    text = format_plain_date(day)
    return badge_cell("warning", text) if state is ContractState.NOTICE_DUE else text


def _line(row: Any, write: CellWriter, day: date, asset_count: int) -> Line:
    state = contract_state(row, day)
    cells: list[Cell] = [
        row.number,
        write.badge(state),
        due_text(row.notice_by, state),
        format_plain_date(row.ends_on),
        row.maintainer or row.supplier,
        format_number(asset_count),
        "—" if row.amount is None else format_money(row.amount, row.currency),
    ]
    return Line(row.id, url_for("contracts.show", contract_id=row.id), row.name, cells)


def _columns() -> list[ColumnSpec]:
    return [
        ColumnSpec("name", gettext("Name")),
        ColumnSpec("number", gettext("Number")),
        ColumnSpec("state", gettext("State"), is_sortable=False),
        ColumnSpec("notice_by", gettext("Notice by")),
        ColumnSpec("ends_on", gettext("Ends on")),
        ColumnSpec("supplier", gettext("Who is called"), is_sortable=False),
        ColumnSpec("assets", gettext("Covers"), is_sortable=False, is_number=True),
        ColumnSpec("amount", gettext("Amount"), is_sortable=False, is_number=True),
    ]


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("Nothing matches."), gettext("Take a filter away, or search less."))
    hint = gettext("A contract says what is covered, until when, and whom to call.")
    if may(actor(), Action.EDIT_CONTRACT):
        url = url_for("contracts.new")
        return Empty(gettext("No contract yet."), hint, url, gettext("Add a contract"))
    return Empty(gettext("No contract yet."), hint)

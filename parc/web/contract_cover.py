"""What contracts cover: their assets, their lines, their rules with a preview, lines to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from collectors.observation import Category
from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import ContractLine, Coverage
from parc.queries import contract_assets as query
from parc.queries.assets import known_words
from parc.queries.contract_assets import LineFilter, LineProblem
from parc.queries.contracts import get_contract
from parc.queries.keyset import Order, PageReader
from parc.queries.locations import read_places
from parc.services import contract_lines as service
from parc.services.contract_lines import RuleDraft
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.cells import CellWriter
from parc.web.context import now, today
from parc.web.contract_words import rule_text
from parc.web.contracts import contracts
from parc.web.exports import ListFiles
from parc.web.formats import format_money, format_number, format_plain_date
from parc.web.forms import Form, filled, read_form
from parc.web.labels import choices, label
from parc.web.line_words import PROBLEMS, problem_badge
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    members_of,
    read_ids,
    read_list,
    render_list,
)
from parc.web.messages import tell

__all__ = ["contracts"]

_LINES = ListSpec("contracts.all_lines", tuple(query.LINE_SORTS), "-line", ("problem",))
_RULE_FIELDS = tuple(RuleDraft.__dataclass_fields__)
_PREVIEWED = 50


@contracts.get("/contracts/lines")
@requires(Action.VIEW_CONTRACT)
def all_lines() -> ResponseReturnValue:
    """List the lines of all running contracts, to find those that should not be paid for."""
    wanted, chosen, order = _wanted(_LINES, None)
    return render_list("contracts/lines.html", _lines_view(wanted, chosen, order), row=None)


@contracts.get("/contracts/<int:contract_id>/lines")
@requires(Action.VIEW_CONTRACT)
def lines(contract_id: int) -> ResponseReturnValue:
    """List the lines of one contract, those that wait for their asset among them."""
    return _lines_page(contract_id, filled())


@contracts.post("/contracts/<int:contract_id>/lines")
@requires(Action.EDIT_CONTRACT)
def send_lines(contract_id: int) -> ResponseReturnValue:
    """Add lines from a list of asset tags and serial numbers."""
    form = read_form("lines")
    try:
        with transaction() as session:
            added = service.add_typed(
                session,
                actor(),
                contract_id,
                form.value("lines"),
                today=today(),
                now=now(),
            )
    except InvalidInputError as error:
        return _lines_page(contract_id, form.refused(error)), 422
    texts = [ngettext("%(num)s asset added.", "%(num)s assets added.", added.matched)]
    if added.waiting:
        texts.append(
            ngettext(
                "%(num)s serial number is not known yet and waits for its asset.",
                "%(num)s serial numbers are not known yet and wait for their assets.",
                added.waiting,
            )
        )
    if added.known:
        texts.append(ngettext("%(num)s stood there.", "%(num)s stood there already.", added.known))
    tell(" ".join(texts))
    return redirect(url_for("contracts.lines", contract_id=contract_id))


@contracts.post("/contracts/<int:contract_id>/lines/remove")
@requires(Action.EDIT_CONTRACT)
def remove_lines(contract_id: int) -> ResponseReturnValue:
    """Ask before the ticked lines are taken off, then do it."""
    form = read_form("id", "filters", "is_confirmed")
    ids = read_ids(form)
    row = get_contract(db.session(), contract_id)
    if not form.is_checked("is_confirmed"):
        return render_template("contracts/remove_lines.html", row=row, ids=ids)
    with transaction() as session:
        count = service.remove_lines(session, actor(), contract_id, ids, today=today(), now=now())
    tell(ngettext("%(num)s line is taken off.", "%(num)s lines are taken off.", count))
    return redirect(url_for("contracts.lines", contract_id=contract_id))


@contracts.get("/contracts/<int:contract_id>/assets")
@requires(Action.VIEW_CONTRACT)
def covered(contract_id: int) -> ResponseReturnValue:
    """List what a contract covers, and from when until when it covered the rest."""
    row = get_contract(db.session(), contract_id)
    return render_list("contracts/covered.html", _covered_view(contract_id), row=row)


@contracts.get("/contracts/<int:contract_id>/rules/new")
@requires(Action.EDIT_CONTRACT)
def new_rule(contract_id: int) -> ResponseReturnValue:
    """Show an empty form of a rule."""
    return _rule_page(contract_id, filled())


@contracts.post("/contracts/<int:contract_id>/rules/new")
@requires(Action.EDIT_CONTRACT)
def send_rule(contract_id: int) -> ResponseReturnValue:
    """Show what a rule takes in, or add it."""
    form = read_form(*_RULE_FIELDS, "preview")
    draft = RuleDraft(**{name: form.value(name) for name in _RULE_FIELDS})
    try:
        if form.is_checked("preview"):
            rule = service.read_rule(db.session(), draft)
            return _rule_page(
                contract_id, form, service.preview_rule(db.session(), rule, _PREVIEWED)
            )
        with transaction() as session:
            service.add_rule(session, actor(), contract_id, draft, today=today(), now=now())
    except InvalidInputError as error:
        return _rule_page(contract_id, form.refused(error)), 422
    tell(gettext("The rule is added, and what it takes in is covered."))
    return redirect(url_for("contracts.show", contract_id=contract_id, _anchor="rules"))


@contracts.get("/contracts/<int:contract_id>/rules/<int:rule_id>/delete")
@requires(Action.EDIT_CONTRACT)
def delete_rule(contract_id: int, rule_id: int) -> ResponseReturnValue:
    """Ask before a rule is taken off, and say how much it takes in."""
    session = db.session()
    row, rule = get_contract(session, contract_id), query.get_rule(session, contract_id, rule_id)
    count, _rows = service.preview_rule(session, rule, 1)
    text = rule_text(rule, read_places(session))
    return render_template("contracts/delete_rule.html", row=row, rule=rule, text=text, count=count)


@contracts.post("/contracts/<int:contract_id>/rules/<int:rule_id>/delete")
@requires(Action.EDIT_CONTRACT)
def send_delete_rule(contract_id: int, rule_id: int) -> ResponseReturnValue:
    """Take a rule off."""
    read_form()
    with transaction() as session:
        service.remove_rule(session, actor(), contract_id, rule_id, today=today(), now=now())
    tell(gettext("The rule is taken off."))
    return redirect(url_for("contracts.show", contract_id=contract_id, _anchor="rules"))


def _wanted(spec: ListSpec, contract_id: int | None) -> tuple[ListRequest, LineFilter, Order]:
    wanted = read_list(spec)
    problems = members_of(LineProblem, wanted, "problem")
    chosen = LineFilter(now(), today(), contract_id, problems, wanted.text)
    return wanted, chosen, wanted.order(query.LINE_SORTS, ContractLine.id)


def _reader() -> PageReader:
    _address, chosen, order = _wanted(_LINES, None)
    return lambda session, cursor, size: query.line_page(session, chosen, order, cursor, size)


def _lines_page(contract_id: int, form: Form) -> str:
    row = get_contract(db.session(), contract_id)
    spec = ListSpec(
        "contracts.lines",
        tuple(query.LINE_SORTS),
        "-line",
        ("problem",),
        arguments={"contract_id": contract_id},
    )
    view = _lines_view(*_wanted(spec, contract_id))
    return render_list("contracts/lines.html", view, row=row, form=form)


def _lines_view(wanted: ListRequest, chosen: LineFilter, order: Order) -> ListView:
    found = query.list_lines(db.session(), chosen, order, wanted.cursor(order.sort), wanted.size)
    facets = [
        wanted.facet(
            "problem",
            gettext("To look at"),
            found.by_problem,
            lambda value: str(PROBLEMS[LineProblem(value)]),
            order=[problem.value for problem in LineProblem],
        )
    ]
    previous_url, next_url = wanted.pages(found.page)
    is_of_one = chosen.contract_id is not None
    can_edit = is_of_one and may(actor(), Action.EDIT_CONTRACT)
    return ListView(
        request=wanted,
        caption=gettext("Lines"),
        heads=wanted.heads(_line_columns(is_of_one=is_of_one)),
        rows=[_line(row, chosen, is_of_one=is_of_one) for row in found.page.rows],
        count=found.count,
        count_text=ngettext(
            "%(count)s line", "%(count)s lines", found.count, count=format_number(found.count)
        ),
        empty=_no_lines(wanted, is_of_one=is_of_one),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a serial number or a name"),
        bulk_url=url_for("contracts.remove_lines", contract_id=chosen.contract_id)
        if can_edit
        else "",
        bulk_template="contracts/_bulk.html",
    )


def _line_columns(*, is_of_one: bool) -> list[ColumnSpec]:
    names = [gettext("Serial number"), gettext("Asset"), gettext("Description")]
    if not is_of_one:
        names.append(gettext("Contract"))
    names += [gettext("To look at"), gettext("Last seen"), gettext("Amount")]
    return [ColumnSpec(f"c{number}", name, is_sortable=False) for number, name in enumerate(names)]


def _line(row: Any, chosen: LineFilter, *, is_of_one: bool) -> Line:
    write = CellWriter(chosen.now)
    asset = f"{row.asset} ({row.asset_tag})" if row.asset_id else "—"
    cells: list[Cell] = [asset, row.description or "—"]
    if not is_of_one:
        cells.append(f"{row.contract} ({row.contract_number})")
    cells += [
        problem_badge(query.problem_of(row, chosen.now)),
        write.seen(row.last_seen_at) if row.asset_id else "—",
        "—" if row.amount is None else format_money(row.amount, row.currency),
    ]
    if row.asset_id:
        url = url_for("assets.show", asset_id=row.asset_id)
    else:
        url = url_for("contracts.lines", contract_id=row.contract_id) if not is_of_one else ""
    return Line(row.id, url, row.serial_number or row.asset_tag or f"#{row.id}", cells)


def _line_heads() -> list[str]:
    return [
        gettext("Contract"),
        gettext("Number"),
        gettext("Serial number"),
        gettext("Asset tag"),
        gettext("Asset"),
        gettext("Description"),
        gettext("To look at"),
        gettext("Amount"),
        gettext("Currency"),
    ]


def _line_row(row: Any) -> list[str]:
    problem = query.problem_of(row, now())
    return [
        row.contract,
        row.contract_number,
        row.serial_number or "",
        row.asset_tag or "",
        row.asset or "",
        row.description or "",
        str(PROBLEMS[problem]) if problem else "",
        "" if row.amount is None else str(row.amount),
        row.currency,
    ]


def _no_lines(wanted: ListRequest, *, is_of_one: bool) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("Nothing matches."), gettext("Take a filter away, or search less."))
    if is_of_one:
        return Empty(
            gettext("This contract names no asset."),
            gettext("Add asset tags or serial numbers, or a rule that takes assets in."),
        )
    return Empty(gettext("No running contract names an asset."))


def _covered_view(contract_id: int) -> ListView:
    spec = ListSpec(
        "contracts.covered",
        tuple(query.COVER_SORTS),
        "asset",
        ("past",),
        has_search=False,
        arguments={"contract_id": contract_id},
    )
    wanted = read_list(spec)
    has_past = bool(wanted.chosen.get("past"))
    sort = query.COVER_SORTS[wanted.sort]
    order = Order(sort, Coverage.id, wanted.is_descending)
    page = query.cover_page(
        db.session(), contract_id, order, wanted.cursor(sort), wanted.size, has_past=has_past
    )
    counts = query.count_cover(db.session(), contract_id)
    count = counts["now"] + (counts["past"] if has_past else 0)
    facets = [
        wanted.facet(
            "past",
            gettext("History"),
            {"1": counts["past"]},
            lambda _value: gettext("With what was covered"),
            order=["1"] if counts["past"] or has_past else [],
        )
    ]
    previous_url, next_url = wanted.pages(page)
    return ListView(
        request=wanted,
        caption=gettext("Assets covered"),
        heads=wanted.heads(
            [
                ColumnSpec("asset", gettext("Asset")),
                ColumnSpec("tag", gettext("Asset tag"), is_sortable=False),
                ColumnSpec("model", gettext("Model"), is_sortable=False, is_wide=True),
                ColumnSpec("state", gettext("State"), is_sortable=False),
                ColumnSpec("source", gettext("Why"), is_sortable=False),
                ColumnSpec("from_on", gettext("Since")),
                ColumnSpec("until_on", gettext("Until"), is_sortable=False),
            ]
        ),
        rows=_covered_lines(page.rows),
        count=count,
        count_text=ngettext(
            "%(count)s asset", "%(count)s assets", count, count=format_number(count)
        ),
        empty=Empty(
            gettext("This contract covers no asset."),
            gettext("Add asset tags or serial numbers, or a rule that takes assets in."),
        ),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
    )


def _covered_lines(rows: Sequence[Any]) -> list[Line]:
    write = CellWriter(now())
    lines = []
    for row in rows:
        cells: list[Cell] = [
            row.asset_tag,
            " ".join(filter(None, (row.manufacturer, row.model_name))) or "—",
            write.badge(row.lifecycle_state),
            label(row.source),
            format_plain_date(row.from_on),
            format_plain_date(row.until_on) if row.until_on else gettext("still"),
        ]
        url = url_for("assets.show", asset_id=row.asset_id)
        lines.append(Line(row.id, url, row.name, cells))
    return lines


def _rule_page(
    contract_id: int, form: Form, preview: tuple[int, Sequence[Any]] | None = None
) -> str:
    session = db.session()
    places = read_places(session)
    manufacturers, models = known_words(session)
    return render_template(
        "contracts/rule.html",
        row=get_contract(session, contract_id),
        form=form,
        preview=preview,
        places=[("", ""), *((str(one.id), one.path) for one in places.by_id.values())],
        categories=[("", ""), *choices(Category)],
        manufacturers=manufacturers,
        models=models,
    )


FILES = ListFiles(_line_heads, _reader, _line_row)
FILES.offer(contracts, "/contracts/lines/export", "lines")

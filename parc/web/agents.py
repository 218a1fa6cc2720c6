"""Pages of agents: who reports, files of machines off the network, and the tokens of sites."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from collectors.agent.errors import Fault, UploadError
from collectors.agent.limits import MEBIBYTE, UploadLimits
from collectors.agent.messages import MessageKind, read_message
from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import Agent
from parc.queries import agents as query
from parc.queries.keyset import Order, PageReader
from parc.queries.locations import read_places
from parc.row_keys import row_key
from parc.services import agent_tokens
from parc.services.agents import Received, Stored, store_inventory
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.cells import CellWriter, badge_cell, link_cell
from parc.web.context import now, settings
from parc.web.documents import takes_files
from parc.web.exports import ListFiles, exports
from parc.web.formats import file_moment, format_number
from parc.web.forms import Form, filled, read_form
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    read_list,
    refuse,
    render_list,
)
from parc.web.messages import tell

agents = Blueprint("agents", __name__)
_LIST: Final = ListSpec("agents.index", tuple(query.SORTS), "-seen", ("client", "token"))
_MOST_FILES: Final = 200
_TOO_MANY = _("Too many files at once: send this one again.")
FAULTS = {
    Fault.EMPTY: _("The file is empty."),
    Fault.TOO_LARGE: _("The file is too large for an inventory."),
    Fault.DAMAGED: _("The file is damaged: it cannot be read to its end."),
    Fault.NOT_AN_INVENTORY: _("The file is no inventory of an agent."),
}


@agents.get("/agents")
@requires(Action.VIEW_AGENT)
def index() -> ResponseReturnValue:
    """List agents, the one that reported last first."""
    return render_list("agents/list.html", _view())


@agents.get("/agents/upload")
@requires(Action.UPLOAD_INVENTORY)
def upload() -> ResponseReturnValue:
    """Show the form for files."""
    return render_template("agents/upload.html", form=filled(), refused=[])


@agents.post("/agents/upload")
@takes_files
@requires(Action.UPLOAD_INVENTORY)
def send_upload() -> ResponseReturnValue:
    """Take inventories in as files; what is no inventory is named, the rest is stored."""
    form = read_form()
    chosen = settings().agents
    limits = UploadLimits(wire_octets=chosen.body_megabytes * MEBIBYTE)
    refused: list[tuple[str, str]] = []
    stored: list[Stored] = []
    files = request.files.getlist("file")
    refused += [((file.filename or "")[:200], str(_TOO_MANY)) for file in files[_MOST_FILES:]]
    for file in files[:_MOST_FILES]:
        octets = file.stream.read(limits.wire_octets + 1)
        try:
            message = read_message(octets, limits)
        except UploadError as error:
            refused.append(((file.filename or "")[:200], str(FAULTS[error.fault])))
            continue
        if message.kind is not MessageKind.INVENTORY:
            refused.append(((file.filename or "")[:200], str(FAULTS[Fault.NOT_AN_INVENTORY])))
            continue
        with transaction() as session:
            received = Received(
                message,
                now(),
                keeps_people=chosen.keep_people,
                sent_by=actor().name,
                zone=ZoneInfo(settings().interface.time_zone),
            )
            stored.append(store_inventory(session, received))
    if refused or not stored:
        page = render_template(
            "agents/upload.html", form=form, refused=refused, stored=_stored_text(stored)
        )
        return page, 422
    tell(_stored_text(stored))
    return redirect(url_for("agents.index"))


@agents.get("/agents/tokens")
@requires(Action.ENROL_AGENT)
def tokens() -> ResponseReturnValue:
    """List tokens, and show the form for one more."""
    return _tokens_page(filled())


@agents.post("/agents/tokens")
@requires(Action.ENROL_AGENT)
def send_token() -> ResponseReturnValue:
    """Make a token and show it, this once."""
    form = read_form("name", "place_id")
    place_id = row_key(form.value("place_id"))
    if place_id is None and form.value("place_id"):
        refuse(gettext("There is no such place."))
    try:
        with transaction() as session:
            row, secret = agent_tokens.make_token(
                session,
                actor(),
                name=form.text("name"),
                location_id=place_id,
                at=now(),
            )
            name = row.name
    except InvalidInputError as error:
        return _tokens_page(form.refused(error)), 422
    return _tokens_page(filled(), made=(name, _report_url(secret)))


@agents.get("/agents/tokens/<int:token_id>/revoke")
@requires(Action.ENROL_AGENT)
def revoke(token_id: int) -> ResponseReturnValue:
    """Ask, and say how many agents would be refused."""
    return render_template("agents/revoke.html", one=query.get_token(db.session(), token_id))


@agents.post("/agents/tokens/<int:token_id>/revoke")
@requires(Action.ENROL_AGENT)
def send_revoke(token_id: int) -> ResponseReturnValue:
    """Let a token open nothing any more."""
    read_form()
    with transaction() as session:
        name = agent_tokens.revoke_token(session, actor(), token_id, now()).name
    tell(gettext("The token %(name)s opens nothing any more.", name=name))
    return redirect(url_for("agents.tokens"))


def _stored_text(stored: Sequence[Stored]) -> str:
    text = str(
        ngettext(
            "%(num)s inventory is stored; it is taken over in a moment.",
            "%(num)s inventories are stored; they are taken over in a moment.",
            len(stored),
        )
    )
    older = sum(one.newer_at is not None for one in stored)
    if not older:
        return text
    more = ngettext(
        "%(num)s is older than what its agent has said since: it is kept, and fills in only what"
        " is not known yet.",
        "%(num)s are older than what their agents have said since: they are kept, and fill in only"
        " what is not known yet.",
        older,
    )
    return f"{text} {more}"


def _tokens_page(form: Form, made: tuple[str, str] | None = None) -> str:
    places = read_places(db.session())
    return render_template(
        "agents/tokens.html",
        rows=query.list_tokens(db.session()),
        form=form,
        places=[("", "—"), *((str(one.id), one.path) for one in places.by_id.values())],
        made=made,
    )


def _report_url(secret: str) -> str:
    """Give the address that agents are pointed at."""
    base = settings().server.base_url or request.url_root.rstrip("/")
    return f"{base}/inventory/{secret}"


def _view() -> ListView:
    wanted = read_list(_LIST)
    order = Order(query.SORTS[wanted.sort], Agent.id, wanted.is_descending)
    found = query.list_agents(
        db.session(), _filter(wanted), order, wanted.cursor(order.sort), wanted.size
    )
    names = found.token_names
    facets = [
        wanted.facet("client", gettext("Program"), found.by_client, lambda value: value),
        wanted.facet("token", gettext("Token"), found.by_token, lambda v: names.get(v, v)),
    ]
    previous_url, next_url = wanted.pages(found.page)
    columns = [
        ColumnSpec("name", gettext("Agent"), is_wide=True),
        ColumnSpec("asset", gettext("Asset"), is_sortable=False, is_wide=True),
        ColumnSpec("client", gettext("Program"), is_sortable=False, is_wide=True),
        ColumnSpec("token", gettext("Token"), is_sortable=False),
        ColumnSpec("tag", gettext("Its tag"), is_sortable=False),
        ColumnSpec("address", gettext("Address"), is_sortable=False),
        ColumnSpec("seen", gettext("Last seen")),
        ColumnSpec("state", gettext("State"), is_sortable=False),
    ]
    write = CellWriter(now())
    return ListView(
        request=wanted,
        caption=gettext("Agents"),
        heads=wanted.heads(columns),
        rows=[_line(row, write) for row in found.page.rows],
        count=found.count,
        count_text=ngettext(
            "%(count)s agent", "%(count)s agents", found.count, count=format_number(found.count)
        ),
        empty=_empty(is_narrowed=wanted.is_narrowed),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of the agent's name or of its tag"),
    )


def _empty(*, is_narrowed: bool) -> Empty:
    if is_narrowed:
        return Empty(gettext("Nothing matches."), gettext("Take a filter away."))
    return Empty(
        gettext("No agent has reported yet."),
        gettext("Make a token and point your agents at its address, or upload their files."),
        url_for("agents.tokens"),
        gettext("Tokens"),
    )


def _line(row: Any, write: CellWriter) -> Line:
    asset: Cell = "—"
    if row.asset_id is not None:
        asset = link_cell(url_for("assets.show", asset_id=row.asset_id), row.asset_name)
    elif row.device_id is not None:
        url = url_for("devices.show", device_id=row.device_id)
        asset = link_cell(url, gettext("Unknown device"))
    state = badge_cell("good", gettext("taken over"))
    if row.problem:
        state = badge_cell("bad", gettext("not taken over"))
    elif row.is_waiting:
        state = badge_cell("busy", gettext("waits"))
    cells = [
        asset,
        row.client or "—",
        row.token_name or "—",
        row.tag or "—",
        row.address or "—",
        write.seen(row.last_seen_at),
        state,
    ]
    return Line(row.id, "", row.name, cells)


def _filter(wanted: ListRequest) -> query.AgentFilter:
    return query.AgentFilter(wanted.chosen.get("client", ()), wanted.keys("token"), wanted.text)


def _columns() -> list[tuple[str, Callable[[Any], str]]]:
    return [
        ("ID", lambda row: str(row.id)),
        (_("Agent"), lambda row: row.name),
        (_("Asset"), lambda row: row.asset_name or ""),
        (_("Program"), lambda row: row.client or ""),
        (_("Token"), lambda row: row.token_name or ""),
        (_("Its tag"), lambda row: row.tag or ""),
        (_("Address"), lambda row: row.address or ""),
        (_("Last seen"), lambda row: file_moment(row.last_seen_at)),
        (_("Last inventory"), lambda row: file_moment(row.inventoried_at)),
    ]


def _reader() -> PageReader:
    wanted = read_list(_LIST)
    chosen, order = _filter(wanted), wanted.order(query.SORTS, Agent.id)
    return lambda session, cursor, size: query.page_of_agents(session, chosen, order, cursor, size)


ListFiles.of_columns(_columns, _reader).offer(exports, "/agents/export", "agents")

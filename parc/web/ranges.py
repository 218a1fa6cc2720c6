"""Pages of address ranges: list, sheet, form, deletion, and "sweep now"."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from collectors.observation import Category
from parc.errors import ConflictError, FieldProblem, InvalidInputError
from parc.extensions import db, transaction
from parc.models import RunTrigger, ScheduleKind
from parc.queries.credentials import CredentialRow, list_credentials
from parc.queries.ranges import (
    RangeRow,
    get_range,
    list_ranges,
    site_names,
    use_of_range,
)
from parc.schedule import next_five
from parc.services import ranges as service
from parc.services.fields import FieldReader
from parc.services.permissions import Action
from parc.services.range_drafts import RangeDraft, read_schedule
from parc.services.runs import request_run
from parc.web.access import actor, requires
from parc.web.context import now, settings
from parc.web.forms import (
    SEEN,
    Form,
    check_unchanged,
    filled,
    of_stored,
    read_form,
)
from parc.web.labels import choices, label
from parc.web.messages import tell

ranges = Blueprint("ranges", __name__)

_FIELDS = (
    "name",
    "include",
    "exclude",
    "site",
    "schedule_kind",
    "every_minutes",
    "cron",
    "time_zone",
    "window_start",
    "window_end",
    "packets_per_second",
    "devices_at_once",
    "asset_categories",
    "is_enabled",
    "preview",
)
# Zones offered while typing: the mainland's neighbours and the French overseas territories.
_OVERSEAS = (
    "America/Cayenne",
    "America/Guadeloupe",
    "America/Martinique",
    "America/Miquelon",
    "Indian/Mayotte",
    "Indian/Reunion",
    "Pacific/Noumea",
    "Pacific/Tahiti",
    "Pacific/Wallis",
    "UTC",
)
CATEGORY_GROUPS: tuple[tuple[str, tuple[Category, ...]], ...] = (
    (
        _("Network"),
        (
            Category.SWITCH,
            Category.ROUTER,
            Category.FIREWALL,
            Category.ACCESS_POINT,
            Category.WIRELESS_CONTROLLER,
            Category.RADIO,
            Category.LOAD_BALANCER,
            Category.OPTICAL,
            Category.OLT,
            Category.MODEM,
            Category.NETWORK,
        ),
    ),
    (
        _("Servers and storage"),
        (
            Category.SERVER,
            Category.HYPERVISOR,
            Category.VIRTUAL_MACHINE,
            Category.NAS,
            Category.SAN,
            Category.TAPE,
            Category.BMC,
            Category.CONSOLE,
            Category.KVM,
        ),
    ),
    (_("Printers and scanners"), (Category.PRINTER, Category.SCANNER)),
    (
        _("Power and environment"),
        (Category.UPS, Category.PDU, Category.POWER, Category.ENVIRONMENT, Category.TIMING),
    ),
    (
        _("Telephones and video"),
        (
            Category.PHONE,
            Category.VOICE,
            Category.PBX,
            Category.CAMERA,
            Category.NVR,
            Category.VIDEO,
        ),
    ),
    (
        _("Workplaces and others"),
        (Category.WORKSTATION, Category.MONITOR, Category.MOBILE, Category.OTHER),
    ),
)


@ranges.get("/ranges")
@requires(Action.VIEW_RANGE)
def index() -> ResponseReturnValue:
    """List all ranges with their last and next run."""
    return render_template("ranges/list.html", rows=list_ranges(db.session()))


@ranges.get("/ranges/<int:range_id>")
@requires(Action.VIEW_RANGE)
def show(range_id: int) -> ResponseReturnValue:
    """Show one range and the next five moments at which it is due."""
    row = get_range(db.session(), range_id)
    due = next_five(row, now()) if row.is_enabled else []
    categories = [Category(value) for value in row.asset_categories]
    return render_template(
        "ranges/show.html", row=row, schedule=_schedule(row), due=due, categories=categories
    )


def _schedule(row: RangeRow) -> str:
    """Say in words when a range is swept."""
    if row.schedule_kind is ScheduleKind.INTERVAL and row.schedule.isdecimal():
        return str(ngettext("every minute", "every %(num)s minutes", int(row.schedule)))
    words = label(row.schedule_kind)
    return words + gettext(": ") + row.schedule if row.schedule else words


@ranges.get("/ranges/new")
@requires(Action.EDIT_RANGE)
def new() -> ResponseReturnValue:
    """Show a form with the defaults."""
    draft = RangeDraft(time_zone=settings().interface.time_zone)
    form = filled(
        schedule_kind=ScheduleKind.CRON.value,
        cron="0 4 * * *",
        time_zone=draft.time_zone,
        packets_per_second=draft.packets_per_second,
        devices_at_once=draft.devices_at_once,
        asset_categories=draft.asset_categories,
        is_enabled=True,
    )
    return _form_page(form)


@ranges.post("/ranges/new")
@requires(Action.EDIT_RANGE)
def send_new() -> ResponseReturnValue:
    """Add a range, or show when it would be due."""
    return _send(None)


@ranges.get("/ranges/<int:range_id>/edit")
@requires(Action.EDIT_RANGE)
def edit(range_id: int) -> ResponseReturnValue:
    """Show the form of a range; one that the file manages leads to its sheet."""
    row = get_range(db.session(), range_id)
    if row.is_managed_by_file:
        return redirect(url_for("ranges.show", range_id=range_id))
    return _form_page(_form_of(row), row)


@ranges.post("/ranges/<int:range_id>/edit")
@requires(Action.EDIT_RANGE)
def send_edit(range_id: int) -> ResponseReturnValue:
    """Change a range, or show when it would be due."""
    return _send(get_range(db.session(), range_id))


@ranges.get("/ranges/<int:range_id>/delete")
@requires(Action.EDIT_RANGE)
def delete(range_id: int) -> ResponseReturnValue:
    """Ask before deleting, and say what stays behind."""
    session = db.session()
    return render_template(
        "ranges/delete.html", row=get_range(session, range_id), use=use_of_range(session, range_id)
    )


@ranges.post("/ranges/<int:range_id>/delete")
@requires(Action.EDIT_RANGE)
def send_delete(range_id: int) -> ResponseReturnValue:
    """Delete a range."""
    read_form()
    with transaction() as session:
        name = service.delete_range(session, actor(), range_id, now=now())
    tell(gettext("The range %(name)s is deleted; its runs and devices stay.", name=name))
    return redirect(url_for("ranges.index"))


@ranges.post("/ranges/<int:range_id>/enable")
@requires(Action.EDIT_RANGE)
def send_enable(range_id: int) -> ResponseReturnValue:
    """Let the schedule start sweeps."""
    return _switch(range_id, is_enabled=True)


@ranges.post("/ranges/<int:range_id>/disable")
@requires(Action.EDIT_RANGE)
def send_disable(range_id: int) -> ResponseReturnValue:
    """Keep the schedule from starting sweeps."""
    return _switch(range_id, is_enabled=False)


@ranges.post("/ranges/<int:range_id>/sweep")
@requires(Action.START_RUN)
def send_sweep(range_id: int) -> ResponseReturnValue:
    """Ask for a sweep at once; when one is under way, go and see it."""
    read_form()
    try:
        with transaction() as session:
            run = request_run(
                session, actor(), range_id=range_id, trigger=RunTrigger.PERSON, now=now()
            )
    except ConflictError:
        under_way = use_of_range(db.session(), range_id).open_run_id
        if under_way is None:
            raise
        tell(gettext("A sweep of this range is under way already."), kind="info")
        return redirect(url_for("runs.show", run_id=under_way))
    return redirect(url_for("runs.show", run_id=run.id))


def _switch(range_id: int, *, is_enabled: bool) -> ResponseReturnValue:
    read_form()
    with transaction() as session:
        row = service.enable_range(session, actor(), range_id, is_enabled=is_enabled, now=now())
    text = (
        gettext("%(name)s is swept by its schedule.", name=row.name)
        if is_enabled
        else gettext("%(name)s is no longer swept by its schedule.", name=row.name)
    )
    back = "ranges.send_disable" if is_enabled else "ranges.send_enable"
    tell(text, undo_url=url_for(back, range_id=range_id))
    return redirect(url_for("ranges.show", range_id=range_id))


def _send(row: RangeRow | None) -> ResponseReturnValue:
    """Save what was typed, or show it again with its problems or its next moments."""
    known = list_credentials(db.session())
    form = read_form(*_FIELDS, SEEN, *(_position_field(one) for one in known))
    if row is not None:
        check_unchanged(form, _form_of(row))
    chosen, problems = _chosen(form, known)
    draft = _draft(form, chosen)
    if form.is_checked("preview"):
        return _form_page(form, row, due=_preview(draft))
    try:
        with transaction() as session:
            saved = service.save_range(
                session,
                actor(),
                draft,
                now=now(),
                allow_public=settings().discovery.allow_public_addresses,
                range_id=row.id if row else None,
                problems=problems,
            )
    except InvalidInputError as error:
        return _form_page(form.refused(error), row), 422
    tell(gettext("The range %(name)s is saved.", name=saved.name))
    return redirect(url_for("ranges.show", range_id=saved.id))


def _preview(draft: RangeDraft) -> list[datetime] | None:
    """Give the next five moments of a schedule as typed; None when it has problems."""
    reader = FieldReader()
    schedule = read_schedule(reader, draft)
    return None if reader.problems else next_five(schedule, now())


def _position_field(credential: CredentialRow) -> str:
    return f"position_{credential.id}"


def _chosen(
    form: Form, known: Sequence[CredentialRow]
) -> tuple[tuple[str, ...], list[FieldProblem]]:
    """Give the names of the credentials that have a position, by it."""
    reader = FieldReader()
    placed = [
        (reader.number("credentials", text, 1, 999), one.name)
        for one in known
        if (text := form.text(_position_field(one)))
    ]
    placed.sort(key=lambda pair: pair[0])
    return tuple(name for _position, name in placed), reader.problems


def _draft(form: Form, credentials: tuple[str, ...]) -> RangeDraft:
    return RangeDraft(
        name=form.value("name"),
        include=form.value("include"),
        exclude=form.value("exclude"),
        site=form.value("site"),
        schedule_kind=form.value("schedule_kind", ScheduleKind.NONE),
        every_minutes=form.value("every_minutes"),
        cron=form.value("cron"),
        time_zone=form.text("time_zone"),
        window_start=form.value("window_start"),
        window_end=form.value("window_end"),
        credentials=credentials,
        packets_per_second=form.value("packets_per_second"),
        devices_at_once=form.value("devices_at_once"),
        asset_categories=tuple(form.values_of("asset_categories")),
        is_enabled=form.is_checked("is_enabled"),
    )


def _form_of(row: RangeRow) -> Form:
    positions = {name: number for number, name in enumerate(row.credentials, start=1)}
    return of_stored(
        name=row.name,
        include="\n".join(row.include),
        exclude="\n".join(row.exclude),
        site=row.site,
        schedule_kind=row.schedule_kind.value,
        every_minutes=row.schedule if row.schedule_kind is ScheduleKind.INTERVAL else "",
        cron=row.schedule if row.schedule_kind is ScheduleKind.CRON else "",
        time_zone=row.time_zone,
        window_start=row.window_start.strftime("%H:%M") if row.window_start else "",
        window_end=row.window_end.strftime("%H:%M") if row.window_end else "",
        packets_per_second=row.packets_per_second,
        devices_at_once=row.devices_at_once,
        asset_categories=row.asset_categories,
        is_enabled=row.is_enabled,
        **{
            _position_field(one): positions[one.name]
            for one in list_credentials(db.session())
            if one.name in positions
        },
    )


def _form_page(form: Form, row: RangeRow | None = None, due: Sequence[datetime] | None = ()) -> str:
    """Show the form; ``due`` are moments to show, None for a schedule that cannot be followed."""
    session = db.session()
    zones = sorted(zone for zone in zoneinfo.available_timezones() if zone.startswith("Europe/"))
    return render_template(
        "ranges/edit.html",
        form=form,
        row=row,
        due=due,
        is_preview=request.form.get("preview") == "1",
        credentials=[(_position_field(one), one) for one in list_credentials(session)],
        sites=site_names(session),
        zones=[*zones, *_OVERSEAS],
        schedule_kinds=choices(ScheduleKind),
        category_groups=CATEGORY_GROUPS,
    )

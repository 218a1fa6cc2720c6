"""Two records of one machine become one, and one record of two machines becomes two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import Device
from parc.naming import device_name
from parc.queries.asset_sheet import read_asset, read_sheet
from parc.queries.assets import find_exact, suggest
from parc.reconcile.dividing import read_voices
from parc.reconcile.hanging_rows import line_choices
from parc.reconcile.linked_rows import TOLD_KINDS, links_of, records_of
from parc.reconcile.merging import Choice, choices, merge_assets
from parc.reconcile.splitting import Leaving, split_asset
from parc.reconcile.voices import Voice
from parc.row_keys import row_key
from parc.services.asset_sources import person_fields
from parc.services.permissions import Action
from parc.web.access import acting, requires
from parc.web.asset_edit import assets
from parc.web.assets import LABELS, forget_counts
from parc.web.context import now, settings
from parc.web.forms import Form, filled, read_form
from parc.web.history import field_label, value_text
from parc.web.link_words import chosen_links, link_groups
from parc.web.listing import refuse
from parc.web.messages import tell
from parc.web.settling import settle_about

__all__ = ["assets"]

_MOST_FOUND = 20
MARKS: Mapping[str, str] = {
    "serial_number": _("Serial number"),
    "engine_id": _("SNMP engine"),
    "chassis_id": _("Chassis"),
    "base_mac_address": _("MAC address"),
    "system_uuid": _("System UUID"),
    "agent_id": _("Agent"),
    "sys_name": _("Calls itself"),
    "host_name": _("Name in DNS"),
    "address": _("Address"),
}


@assets.get("/assets/<int:asset_id>/merge")
@requires(Action.MERGE_ASSET)
def merge(asset_id: int) -> ResponseReturnValue:
    """Search the other record, then show what becomes of both."""
    asset = read_asset(db.session(), asset_id)
    other_id = request.args.get("other", "")
    if other_id:
        return _merge_page(asset_id, _number(other_id), filled())
    text = request.args.get("q", "").strip()[:200]
    found = suggest(db.session(), text, _MOST_FOUND + 1) if text else []
    return render_template(
        "assets/merge_search.html",
        asset=asset,
        text=text,
        found=[row for row in found if row.id != asset_id][:_MOST_FOUND],
        exact=find_exact(db.session(), text) if text else None,
    )


@assets.post("/assets/<int:asset_id>/merge")
@requires(Action.MERGE_ASSET)
def send_merge(asset_id: int) -> ResponseReturnValue:
    """Merge the other record into this one."""
    other_id = _number(request.form.get("other", ""))
    fields = [choice.field for choice in choices(db.session(), asset_id, other_id)]
    lines = [choice.token for choice in line_choices(db.session(), asset_id, other_id)]
    named = [f"keep-{name}" for name in (*fields, *lines)]
    form = read_form("other", "reason", *named)
    taken = frozenset(n.removeprefix("keep-") for n in named if form.value(n) == "goes")
    tag = read_asset(db.session(), other_id).asset_tag
    try:
        with transaction() as session:
            author = acting(form)
            asset = merge_assets(session, author, asset_id, other_id, taken=taken, at=now())
            settle_about(session, assets=[asset_id])
    except InvalidInputError as error:
        return _merge_page(asset_id, other_id, form.refused(error)), 422
    forget_counts()
    tell(gettext("%(other)s is part of %(name)s now.", other=tag, name=asset.name))
    return redirect(url_for("assets.show", asset_id=asset_id))


@assets.get("/assets/<int:asset_id>/split")
@requires(Action.MERGE_ASSET)
def split(asset_id: int) -> ResponseReturnValue:
    """Show who spoke through this record."""
    return _split_page(asset_id, filled())


@assets.post("/assets/<int:asset_id>/split")
@requires(Action.MERGE_ASSET)
def send_split(asset_id: int) -> ResponseReturnValue:
    """Make a record of its own of what is ticked."""
    form = read_form("record", "device", "voice", "value", "link", "reason")
    voices: dict[int, set[str]] = {}
    for text in form.values_of("voice"):
        device, _colon, token = text.partition(":")
        voices.setdefault(_number(device), set()).add(token)
    leaving = Leaving(
        frozenset(_number(text) for text in form.values_of("device")),
        {number: frozenset(tokens) for number, tokens in voices.items()},
        frozenset(form.values_of("value")),
        *chosen_links(form.values_of("link")),
        record_id=_number(form.value("record")) if form.value("record") else None,
    )
    try:
        with transaction() as session:
            author = acting(form)
            new = split_asset(
                session, author, asset_id, leaving, at=now(), settings=settings().discovery
            )
            settle_about(session, assets=[asset_id, new.id])
    except InvalidInputError as error:
        return _split_page(asset_id, form.refused(error)), 422
    forget_counts()
    tell(
        gettext("%(name)s is a record of its own now.", name=new.name),
        url=url_for("assets.show", asset_id=new.id),
        link=gettext("Open"),
    )
    return redirect(url_for("assets.show", asset_id=asset_id))


def _merge_page(asset_id: int, other_id: int, form: Form) -> str:
    session = db.session()
    if asset_id == other_id:
        refuse(gettext("This is the same record."))
    ours, theirs = read_sheet(session, asset_id), read_sheet(session, other_id)
    found: Sequence[Choice] = choices(session, asset_id, other_id)
    return render_template(
        "assets/merge.html",
        asset=ours.asset,
        form=form,
        other=theirs.asset,
        devices=[(device, _name(device)) for device in theirs.devices],
        choices=[choice for choice in found if choice.field != "notes"],
        lines=line_choices(session, asset_id, other_id),
        has_both_notes=any(choice.field == "notes" for choice in found),
        labels=LABELS,
        field_label=field_label,
        value_text=value_text,
    )


def _split_page(asset_id: int, form: Form) -> str:
    session = db.session()
    sheet = read_sheet(session, asset_id)
    spoken: list[tuple[Device, str, list[Voice]]] = []
    for device in sheet.devices:
        voices = read_voices(session, device.id)
        spoken.append((device, _name(device), voices if len(voices) > 1 else []))
    links, records = links_of(session, asset_id), records_of(session, asset_id)
    told = sum(link.kind in TOLD_KINDS for link in links)
    speakers = len(spoken) + sum(len(voices) for _d, _n, voices in spoken) + told
    return render_template(
        "assets/split.html",
        asset=sheet.asset,
        spoken=spoken,
        records=records,
        can_split=bool(records) or speakers > 1,
        can_tick=speakers > 1,
        values=[
            (name, field_label(name), value_text(name, getattr(sheet.asset, name)))
            for name in person_fields(session, asset_id)
        ],
        links=link_groups(links),
        marks=MARKS,
        form=form,
    )


def _name(device: Device) -> str:
    return device_name(device.sys_name, device.host_name, device.model_name, device.address)


def _number(text: str) -> int:
    key = row_key(text)
    if key is None:
        abort(400, description=gettext("The form is not whole."))
    return key

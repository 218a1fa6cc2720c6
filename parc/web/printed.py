"""Labels, and the short address that they bear."""

from __future__ import annotations

from flask import Blueprint, Response, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.documents.labels import LAYOUTS, Label, LabelFormat, make_labels
from parc.errors import FieldProblem, InvalidInputError
from parc.extensions import db
from parc.queries.labels import LabelRow, asset_of_tag, label_rows
from parc.row_keys import row_key
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.assets import ticked
from parc.web.context import now, settings
from parc.web.forms import Form, filled, read_form

printed = Blueprint("printed", __name__)

_MOST_SKIPPED = 64
FORMATS = {
    LabelFormat.A4_24: _("A4, 24 labels of 70 x 37 mm"),
    LabelFormat.A4_40: _("A4, 40 labels of 52.5 x 29.7 mm"),
    LabelFormat.A4_65: _("A4, 65 labels of 38.1 x 21.2 mm"),
    LabelFormat.ROLL_62: _("Roll, 62 x 29 mm"),
}


@printed.get("/a/<tag>")
@requires(Action.OWN_ACCOUNT)
def short(tag: str) -> ResponseReturnValue:
    """Lead from a label to the sheet; who may not see it is shown what they hold in their hand."""
    row = asset_of_tag(db.session(), tag)
    if row is None:
        abort(404, description=gettext("No asset has the tag %(tag)s.", tag=tag[:60]))
    if may(actor(), Action.VIEW_INVENTORY):
        return redirect(url_for("assets.show", asset_id=row.asset_id))
    report_url = url_for("my_incidents.report_asset", tag=row.asset_tag)
    return render_template("printed/tag.html", row=row, report_url=report_url)


@printed.get("/assets/<int:asset_id>/label")
@requires(Action.EXPORT_INVENTORY)
def one_label(asset_id: int) -> ResponseReturnValue:
    """Ask how to print the label of one asset."""
    return _page(filled(), label_rows(db.session(), [asset_id]), f"{asset_id}")


@printed.post("/assets/labels")
@requires(Action.EXPORT_INVENTORY)
def choose() -> ResponseReturnValue:
    """Ask how to print the labels of the ticked assets."""
    ids = ticked(read_form("id", "all", "filters"))
    return _page(filled(), label_rows(db.session(), ids), ",".join(map(str, ids)))


@printed.post("/assets/labels.pdf")
@requires(Action.EXPORT_INVENTORY)
def labels() -> ResponseReturnValue:
    """Print labels."""
    form = read_form("chosen", "format", "skipped")
    rows = label_rows(db.session(), _chosen(form))
    kind = form.value("format")
    skipped = row_key(form.text("skipped") or "0")
    problems = []
    if kind not in set(LabelFormat):
        problems.append(FieldProblem("format", "not_valid", kind[:40]))
    if skipped is None or skipped > _MOST_SKIPPED:
        problems.append(FieldProblem("skipped", "not_valid", form.text("skipped")[:40]))
    if problems or skipped is None:
        form = form.refused(InvalidInputError(problems))
        return _page(form, rows, form.value("chosen")), 422
    owner = settings().interface.organisation
    content = make_labels(
        [_label(row, owner) for row in rows],
        LabelFormat(kind),
        made_at=now(),
        title=gettext("Labels"),
        skipped=skipped,
    )
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="parc-labels.pdf"'},
    )


def _label(row: LabelRow, owner: str) -> Label:
    path = url_for("printed.short", tag=row.asset_tag)
    base = settings().server.base_url
    url = f"{base}{path}" if base else url_for("printed.short", tag=row.asset_tag, _external=True)
    return Label(url, row.asset_tag, tuple(filter(None, (row.name, row.model, owner))))


def _chosen(form: Form) -> list[int]:
    keys = map(row_key, form.value("chosen").split(","))
    return [key for key in keys if key is not None]


def _page(form: Form, rows: list[LabelRow], chosen: str) -> str:
    if not rows:
        abort(404)
    return render_template(
        "printed/labels.html",
        form=form,
        rows=rows,
        chosen=chosen,
        formats=[(kind.value, text) for kind, text in FORMATS.items()],
        most_skipped=max(layout.count for layout in LAYOUTS.values()) - 1,
        is_local=not settings().server.base_url,
    )

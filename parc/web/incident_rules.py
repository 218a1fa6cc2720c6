"""The rules that make drafts of what the inventory shows: how they are set, and setting them."""

from __future__ import annotations

from collections.abc import Mapping

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import IncidentRuleCode, Level
from parc.queries.ranges import range_names
from parc.row_keys import row_key
from parc.services.incident_rules import BOUNDS, RuleInput, RuleSetting, read_rules, save_rule
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.context import now
from parc.web.formats import format_percent
from parc.web.forms import Form, filled, read_form
from parc.web.incident_sheet import incidents
from parc.web.incident_words import urgency_choices, urgency_text
from parc.web.labels import choices, label
from parc.web.messages import tell

__all__ = ["incidents"]

_C = IncidentRuleCode
MEANINGS: Mapping[IncidentRuleCode, str] = {
    _C.MEMORY_SMALLER: _("A run finds less memory than before in a machine that is an asset."),
    _C.DISK_SMALLER: _("A run finds a disk that is smaller than before, or gone."),
    _C.SERIAL_CHANGED: _("A run reads another serial number of the same machine."),
    _C.SUPPLY_LOW: _("A supply of a printer in use is nearly empty."),
    _C.DEVICE_SILENT: _("An asset in use has not answered in several whole runs of its range."),
    _C.UNKNOWN_DEVICE: _("A device that is no asset answers in a range that is critical."),
}
THRESHOLDS: Mapping[IncidentRuleCode, str] = {
    _C.MEMORY_SMALLER: _("Smaller by at least (percent)"),
    _C.DISK_SMALLER: _("Smaller by at least (percent)"),
    _C.SUPPLY_LOW: _("Less left than (percent)"),
    _C.DEVICE_SILENT: _("Runs in a row"),
}
_LABELS = {
    "threshold": _("Threshold"),
    "impact": _("Impact"),
    "urgency": _("Urgency"),
    "range_ids": _("Critical ranges"),
}


@incidents.get("/incidents/rules")
@requires(Action.VIEW_INCIDENT)
def rules() -> ResponseReturnValue:
    """Show all rules as they are set."""
    found = read_rules(db.session())
    return render_template(
        "incidents/rules.html",
        rules=[found[code] for code in IncidentRuleCode],
        meanings=MEANINGS,
        threshold_text=_threshold_text,
        urgency_text=urgency_text,
    )


@incidents.get("/incidents/rule")
@requires(Action.EDIT_INCIDENT_RULE)
def rule() -> ResponseReturnValue:
    """Show the form of the rule that the address names."""
    setting = read_rules(db.session())[_code(request.args.get("code", _C.SUPPLY_LOW.value))]
    form = filled(
        is_enabled=setting.is_enabled,
        threshold=setting.threshold,
        impact=setting.impact.value,
        urgency=setting.urgency.value,
        range_ids=[str(number) for number in setting.range_ids],
    )
    return _page(form, setting.code)


@incidents.post("/incidents/rule")
@requires(Action.EDIT_INCIDENT_RULE)
def send_rule() -> ResponseReturnValue:
    """Set a rule."""
    form = read_form("code", "is_enabled", "threshold", "impact", "urgency", "range_ids")
    code = _code(form.value("code"))
    ranges = [row_key(one) for one in form.values_of("range_ids")]
    if None in ranges:
        abort(400)
    given = RuleInput(
        code,
        form.is_checked("is_enabled"),
        form.value("threshold"),
        form.value("impact"),
        form.value("urgency"),
        tuple(one for one in ranges if one is not None),
    )
    try:
        with transaction() as session:
            save_rule(session, actor(), given, at=now())
    except InvalidInputError as error:
        return _page(form.refused(error), code), 422
    tell(gettext("The rule is set; it counts from the next run on."))
    return redirect(url_for("incidents.rules"))


def _code(text: str) -> IncidentRuleCode:
    if text not in set(IncidentRuleCode):
        abort(404)
    return IncidentRuleCode(text)


def _threshold_text(setting: RuleSetting) -> str:
    """Write the threshold of a rule; empty where it has none."""
    if setting.code is _C.DEVICE_SILENT:
        return str(ngettext("%(num)s run", "%(num)s runs", setting.threshold))
    if setting.code is _C.UNKNOWN_DEVICE:
        count = len(setting.range_ids)
        text = ngettext("%(num)s range", "%(num)s ranges", count)
        return str(text if count else gettext("no range"))
    return format_percent(setting.threshold) if setting.code in BOUNDS else "—"


def _page(form: Form, code: IncidentRuleCode) -> str:
    return render_template(
        "incidents/rule.html",
        form=form,
        code=code,
        title=label(code),
        meaning=MEANINGS[code],
        threshold=THRESHOLDS.get(code, ""),
        bounds=BOUNDS.get(code),
        labels=_LABELS,
        levels=choices(Level),
        urgencies=urgency_choices(),
        ranges=[(str(number), name) for number, name in range_names(db.session())]
        if code is _C.UNKNOWN_DEVICE
        else [],
    )

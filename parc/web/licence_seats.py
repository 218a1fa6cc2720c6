"""Giving many seats at once: who is meant, the plan, and the act; also from ticked assets."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from collectors.observation import Category
from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.queries import licences as query
from parc.queries.departments import read_departments
from parc.queries.locations import read_places
from parc.queries.movements import basket_assets
from parc.row_keys import row_key
from parc.services.permissions import Action
from parc.services.seat_bulk import Meant, SeatPlan, give_seats, plan_seats
from parc.services.seat_rules import drop_rule, keep_rule
from parc.web.access import actor, requires
from parc.web.bulk import chosen_ids
from parc.web.context import now
from parc.web.forms import Form, filled, read_form
from parc.web.labels import choices
from parc.web.licences import licences
from parc.web.messages import tell

__all__ = ["licences"]

_FIELDS = ("lines", "department_id", "category", "location_id")
_SHOWN = 100
_OFFERED = 200


@licences.get("/licences/<int:entitlement_id>/seats/many")
@requires(Action.EDIT_LICENCE)
def many(entitlement_id: int) -> ResponseReturnValue:
    """Ask who is meant."""
    return _page(entitlement_id, filled(), None)


@licences.post("/licences/<int:entitlement_id>/seats/many")
@requires(Action.EDIT_LICENCE)
def give_many(entitlement_id: int) -> ResponseReturnValue:
    """Show what giving the seats would do; give them when that was seen."""
    form = read_form(*_FIELDS, "is_installed", "is_kept", "is_confirmed")
    meant = _meant(form)
    try:
        if not form.is_checked("is_confirmed"):
            return _page(entitlement_id, form, plan_seats(db.session(), entitlement_id, meant))
        with transaction() as session:
            give = keep_rule if form.is_checked("is_kept") else give_seats
            done = give(session, actor(), entitlement_id, meant, at=now())
    except InvalidInputError as error:
        return _page(entitlement_id, form.refused(error), None), 422
    count = len(done.new)
    tell(
        ngettext("%(num)s seat is given.", "%(num)s seats are given.", count),
        url=url_for("changes.index") if count else "",
        link=gettext("Undo it under Changes") if count else "",
    )
    return redirect(url_for("licences.show", entitlement_id=entitlement_id))


@licences.post("/licences/rules/<int:seat_rule_id>/delete")
@requires(Action.EDIT_LICENCE)
def delete_rule(seat_rule_id: int) -> ResponseReturnValue:
    """Delete a rule; the seats that it gave stay."""
    read_form()
    with transaction() as session:
        number = drop_rule(session, actor(), seat_rule_id, at=now())
    tell(gettext("The rule is deleted; the seats that it gave stay."))
    return redirect(url_for("licences.show", entitlement_id=number))


@licences.post("/licences/give")
@requires(Action.EDIT_LICENCE)
def give_ticked() -> ResponseReturnValue:
    """Ask of which licence the ticked assets get a seat, then show the plan."""
    form = read_form("id", "all", "filters", "chosen", "to", "licence")
    ids = chosen_ids(form)
    found = query.find_licence(db.session(), form.text("licence"))
    if found is None:
        if form.text("licence"):
            tell(gettext("There is no %(value)s.", value=form.text("licence")[:100]), kind="error")
        offered = query.offered_licences(db.session(), _OFFERED)
        return render_template("licences/give.html", form=form, ids=ids, offered=offered)
    lines = "\n".join(row.asset_tag for row in basket_assets(db.session(), ids))
    asked = filled(lines=lines)
    plan = plan_seats(db.session(), found, Meant(tuple(lines.splitlines())))
    return _page(found, asked, plan)


def _meant(form: Form) -> Meant:
    category = form.value("category")
    return Meant(
        tuple(form.value("lines").splitlines()),
        row_key(form.value("department_id")),
        form.is_checked("is_installed"),
        Category(category) if category in set(Category) else None,
        row_key(form.value("location_id")),
    )


def _page(entitlement_id: int, form: Form, plan: SeatPlan | None) -> str:
    session = db.session()
    none = [("", "—")]
    departments = read_departments(session)
    places = read_places(session).by_id.values()
    return render_template(
        "licences/many.html",
        row=query.get_licence(session, entitlement_id),
        form=form,
        plan=plan,
        shown=plan.new[:_SHOWN] if plan else (),
        departments=[*none, *((str(n), departments.path(n) or "") for n in departments.by_id)],
        places=[*none, *((str(place.id), place.path) for place in places)],
        categories=[*none, *sorted(choices(Category), key=lambda pair: pair[1])],
    )

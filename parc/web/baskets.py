"""Moving many assets at once: their tags typed, scanned or pasted, the plan, and the act."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from parc.errors import FieldProblem, InvalidInputError
from parc.extensions import db, transaction
from parc.models import MovementKind
from parc.queries.asset_tags import tagged_assets
from parc.queries.movements import basket_assets, latest_movement
from parc.services import movements as service
from parc.services.movement_drafts import holds_data, missing_proof, read_order
from parc.services.movement_kinds import KINDS, Standing, allowed_states
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.assets import forget_counts, ticked
from parc.web.context import now, today
from parc.web.formats import format_plain_date
from parc.web.forms import Form, filled, read_form
from parc.web.labels import label
from parc.web.listing import refuse
from parc.web.messages import tell
from parc.web.movements import movements
from parc.web.moving import FIELDS, draft_of, form_context
from parc.web.names import know_people, name_of
from parc.web.settling import settle_about

__all__ = ["movements"]

_BETWEEN: Final = re.compile(r"[\n\r\t,;]+")
_MOST_CHARACTERS: Final = 100_000
_SHORT: Final = "/a/"


@dataclass(frozen=True, slots=True)
class Basket:
    """The tags of a basket, read: assets by id, and what cannot be read."""

    assets: Sequence[Any]
    unknown: Sequence[str]
    doubled: Sequence[str]

    @property
    def ids(self) -> list[int]:
        """Give the ids of the assets."""
        return [row.id for row in self.assets]


@movements.get("/movements/basket")
@requires(Action.MOVE_ASSET)
def basket() -> ResponseReturnValue:
    """Ask for tags and for the kind of movement."""
    tags = request.args.get("tags", "")[:_MOST_CHARACTERS]
    return _tags_page(filled(kind=MovementKind.ASSIGNMENT.value, tags=tags))


@movements.post("/movements/basket/check")
@requires(Action.MOVE_ASSET)
def check_basket() -> ResponseReturnValue:
    """Say what the tags are while one scans."""
    form = read_form("tags", "kind", "step")
    return render_template("movements/_basket.html", basket=_read(form.value("tags")))


@movements.post("/movements/basket")
@requires(Action.MOVE_ASSET)
def send_basket() -> ResponseReturnValue:
    """Go on with a basket: its fields, its plan, and when that was seen, the act."""
    form = read_form(*FIELDS, "tags", "step", "id", "all", "filters", "to")
    step = form.value("step")
    if not step:  # from a list with ticks
        rows = basket_assets(db.session(), ticked(form))
        tags = "\n".join(row.asset_tag for row in rows)
        return _tags_page(filled(kind=MovementKind.ASSIGNMENT.value, tags=tags))
    if step == "tags":
        return _tags_page(form)
    if form.value("kind") not in set(MovementKind) or step not in {"fields", "plan", "apply"}:
        refuse(gettext("The form is not whole."))
    read = _read(form.value("tags"))
    if problem := _problem(read):
        return _tags_page(form.refused(InvalidInputError([problem]))), 422
    if step == "fields":
        given = filled(
            kind=form.value("kind"), tags=form.value("tags"), effective_on=today().isoformat()
        )
        return _fields_page(given, read)
    if step == "apply":
        return _apply(form, read)
    return _plan(form, read)


def _plan(form: Form, read: Basket) -> ResponseReturnValue:
    session = db.session()
    try:
        order = read_order(session, draft_of(form), today=today())
    except InvalidInputError as error:
        return _fields_page(form.refused(error), read), 422
    problems = service.check_order(session, order, now()) + missing_proof(session, read.ids, order)
    if problems:
        return _fields_page(form.refused(InvalidInputError(problems)), read), 422
    return _plan_page(form, service.plan_basket(db.session(), read.ids, order))


def _apply(form: Form, read: Basket) -> ResponseReturnValue:
    try:
        with transaction() as session:
            order = read_order(session, draft_of(form), today=today())
            done = service.apply_basket(session, actor(), read.ids, order, at=now())
            settle_about(session, assets=read.ids)
    except InvalidInputError as error:
        return _fields_page(form.refused(error), read), 422
    forget_counts()
    count = len(done.lines)
    can_print = may(actor(), Action.EXPORT_INVENTORY)
    first = latest_movement(db.session(), done.lines[0].asset_id)
    tell(
        ngettext("%(num)s asset was moved.", "%(num)s assets were moved.", count),
        url=url_for("movements.sheet", movement_id=first.id) if can_print else "",
        link=gettext("Sheet to sign (PDF)"),
        undo_url=url_for("changes.send_undo", change_set_id=first.change_set_id),
    )
    return redirect(url_for("movements.index"))


def _read(text: str) -> Basket:
    """Read tags: one a line, or between commas; of an address on a label, what follows /a/."""
    given = [_tag(part) for part in _BETWEEN.split(text[:_MOST_CHARACTERS]) if part.strip()]
    known = tagged_assets(db.session(), given)
    seen: set[int | str] = set()
    unknown, doubled = [], []
    for tag in given:
        key = known.get(tag, tag)
        if key in seen:
            doubled.append(tag)
        elif tag not in known:
            unknown.append(tag)
        seen.add(key)
    return Basket(basket_assets(db.session(), set(known.values())), unknown, doubled)


def _tag(text: str) -> str:
    text = " ".join(text.split())
    if text.startswith(("http://", "https://")) and _SHORT in text:
        return unquote(text.rpartition(_SHORT)[2])
    return text


def _problem(read: Basket) -> FieldProblem | None:
    if read.unknown:
        return FieldProblem("tags", "not_found", ", ".join(read.unknown)[:200])
    if not read.assets:
        return FieldProblem("tags", "required")
    if len(read.assets) > service.MOST_ASSETS:
        return FieldProblem("tags", "too_many_lines", str(service.MOST_ASSETS))
    return None


def _tags_page(form: Form) -> str:
    kinds = [kind for kind in MovementKind if kind is not MovementKind.CORRECTION]
    return render_template(
        "movements/basket.html",
        form=form,
        basket=_read(form.value("tags")),
        kinds=[(kind.value, label(kind)) for kind in kinds],
        labels=_labels(),
    )


def _labels() -> dict[str, str]:
    return {
        "tags": gettext("Asset tags"),
        "kind": gettext("Kind"),
        "assets": gettext("Assets"),
    }


def _fields_page(form: Form, read: Basket) -> str:
    kind = MovementKind(form.value("kind"))
    states = KINDS[kind].states or tuple({row.lifecycle_state for row in read.assets})
    if read.assets and KINDS[kind].states:
        common = [set(allowed_states(kind, row.lifecycle_state)) for row in read.assets]
        states = tuple(state for state in states if all(state in one for one in common)) or states
    has_data = kind is MovementKind.EXIT and holds_data(db.session(), read.ids)
    context = form_context(kind, states, has_data=has_data)
    return render_template(
        "movements/basket_fields.html",
        form=form,
        basket=read,
        **{**context, "labels": {**context["labels"], **_labels()}},
    )


def _plan_page(form: Form, plan: service.BasketPlan) -> str:
    standings = [one for line in plan.lines for one in (line.before, line.after)]
    know_people({one.person_id for one in standings if one.person_id is not None})
    return render_template(
        "movements/basket_plan.html",
        form=form,
        plan=plan,
        kind=MovementKind(form.value("kind")),
        values={name: form.value(name) for name in (*FIELDS, "tags") if form.value(name)},
        changes=[(line, _changes(line.before, line.after)) for line in plan.lines],
    )


def _changes(before: Standing, after: Standing) -> list[tuple[str, str, str]]:
    pairs = [
        (gettext("State"), label(before.state), label(after.state)),
        (gettext("Holder"), _holder(before), _holder(after)),
        (gettext("Place"), _place(before), _place(after)),
        (
            gettext("To be returned by"),
            format_plain_date(before.due_on),
            format_plain_date(after.due_on),
        ),
    ]
    return [one for one in pairs if one[1] != one[2]]


def _holder(standing: Standing) -> str:
    for name in ("person_id", "department_id"):
        number = getattr(standing, name)
        if number is not None:
            return name_of(name, number) or ""
    return ""


def _place(standing: Standing) -> str:
    number = standing.location_id
    return "" if number is None else name_of("location_id", number) or ""

"""The short form by which one asset is moved: it asks only what the kind of movement needs."""

from __future__ import annotations

from typing import Any, Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import Asset, LifecycleState, MovementKind
from parc.queries.asset_sheet import read_asset
from parc.services import movements as service
from parc.services.movement_drafts import (
    PROOF,
    MovementDraft,
    asked_fields,
    holds_data,
    read_order,
)
from parc.services.movement_kinds import KINDS, Holder, allowed_states, possible_kinds
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.assets import assets, forget_counts
from parc.web.context import now, today
from parc.web.forms import Form, filled, read_form
from parc.web.labels import label
from parc.web.listing import refuse
from parc.web.messages import tell
from parc.web.movement_words import LABELS, labels_of
from parc.web.settling import settle_about

__all__ = ["assets"]

FIELDS: Final = tuple(LABELS)
_S, _K = LifecycleState, MovementKind
# What one does next most often, by the state; where it can be, an assignment comes before all.
_USUAL: Final = {
    _S.EXPECTED: _K.ENTRY,
    _S.IN_STOCK: _K.ASSIGNMENT,
    _S.RESERVED: _K.ASSIGNMENT,
    _S.IN_PREPARATION: _K.ASSIGNMENT,
    _S.IN_USE: _K.ASSIGNMENT,
    _S.ON_LOAN: _K.RETURN,
    _S.IN_REPAIR: _K.BACK_FROM_REPAIR,
    _S.IN_TRANSIT: _K.PUT_IN_STOCK,
    _S.MISSING: _K.FOUND,
    _S.STOLEN: _K.FOUND,
    _S.TO_DISPOSE: _K.EXIT,
}


def usual_kind(asset: Asset) -> MovementKind | None:
    """Give the movement that the sheet offers first; what somebody holds comes back."""
    is_held = asset.custodian_person_id is not None or asset.custodian_department_id is not None
    if asset.lifecycle_state is _S.IN_USE and is_held:
        return _K.RETURN
    return _USUAL.get(asset.lifecycle_state)


def other_kinds(asset: Asset) -> list[MovementKind]:
    """Give the other movements that can be now."""
    usual = usual_kind(asset)
    return [kind for kind in possible_kinds(asset.lifecycle_state) if kind is not usual]


@assets.get("/assets/<int:asset_id>/move")
@requires(Action.MOVE_ASSET)
def move(asset_id: int) -> ResponseReturnValue:
    """Show the form of the kind that the address names, or all kinds that can be."""
    asset = read_asset(db.session(), asset_id)
    kind = _kind(request.args.get("kind", ""))
    if kind is None:
        return render_template(
            "movements/kinds.html",
            asset=asset,
            kinds=possible_kinds(asset.lifecycle_state),
            can_correct=may(actor(), Action.DELETE_ASSET),
        )
    return _page(asset, kind, filled(effective_on=today().isoformat()))


@assets.post("/assets/<int:asset_id>/move")
@requires(Action.MOVE_ASSET)
def send_move(asset_id: int) -> ResponseReturnValue:
    """Move the asset."""
    form = read_form(*FIELDS)
    kind = _kind(form.value("kind"))
    if kind is None:
        refuse(gettext("The form is not whole."))
    try:
        with transaction() as session:
            order = read_order(session, draft_of(form), today=today())
            row = service.apply(session, actor(), asset_id, order, at=now())
            settle_about(session, assets=[asset_id])
            number = row.id
    except InvalidInputError as error:
        asset = read_asset(db.session(), asset_id)
        return _page(asset, kind, form.refused(error)), 422
    forget_counts()
    name = read_asset(db.session(), asset_id).name
    tell(
        gettext("%(name)s: %(kind)s is entered.", name=name, kind=label(kind)),
        url=url_for("movements.show", movement_id=number),
        link=gettext("Show the movement"),
    )
    return redirect(url_for("assets.show", asset_id=asset_id))


def draft_of(form: Form) -> MovementDraft:
    """Give what a form says of a movement."""
    return MovementDraft(**{name: form.value(name) for name in FIELDS})


def form_context(
    kind: MovementKind, states: tuple[LifecycleState, ...], *, has_data: bool
) -> dict[str, Any]:
    """Give what the fields of a movement need on a page.

    Args:
        has_data: what leaves has storage, so that it must be said how it was wiped.
    """
    rule = KINDS[kind]
    asked = asked_fields(kind)
    needed = {"effective_on"} | ({"due_on"} if rule.needs_due else set())
    needed |= {"reason"} if rule.needs_reason else set()
    needed |= {"person"} if rule.holder is Holder.PERSON_NEEDED else set()
    if kind is MovementKind.EXIT:
        needed |= {"counterparty", "variant", *(PROOF if has_data else ())}
    return {
        "kind": kind,
        "labels": labels_of(kind),
        "asked": [name for name in asked if name != "to_state" or len(states) > 1],
        "needed": needed,
        "states": [(state.value, label(state)) for state in states],
        "holds_data": has_data,
        "variants": [(variant.value, label(variant)) for variant in rule.variants],
    }


def _page(asset: Asset, kind: MovementKind, form: Form) -> str:
    states = allowed_states(kind, asset.lifecycle_state)
    has_data = kind is MovementKind.EXIT and holds_data(db.session(), [asset.id])
    return render_template(
        "movements/form.html",
        asset=asset,
        form=form,
        is_possible=bool(states),
        due_now=asset.loan_due_on if kind is MovementKind.LOAN_EXTENSION else None,
        **form_context(kind, states, has_data=has_data),
    )


def _kind(text: str) -> MovementKind | None:
    if not text:
        return None
    if text not in set(MovementKind):
        refuse(gettext("%(name)s is no kind of movement.", name=text[:40]))
    return MovementKind(text)

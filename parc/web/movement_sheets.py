"""Hand-over, return and exit sheets of movements, as PDF in the reader's language."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.documents.sheets import Sheet, make_sheet
from parc.extensions import db
from parc.models import MovementKind
from parc.naming import movement_number
from parc.queries.movements import act_movements, read_movement
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.baskets import movements
from parc.web.context import now, settings
from parc.web.formats import format_plain_date
from parc.web.labels import label
from parc.web.movement_words import LABELS, details_of, holder_text, place_text, read_names

__all__ = ["movements"]

_K = MovementKind
_RETURNS: Final = frozenset({_K.RETURN, _K.PUT_IN_STOCK, _K.FOUND, _K.BACK_FROM_REPAIR})
_SAID: Final = ("accessories", "condition")
_EXITS: Final = frozenset({_K.EXIT, _K.SHIPMENT, _K.SEND_TO_REPAIR})


@movements.get("/movements/<int:movement_id>/sheet.pdf")
@requires(Action.EXPORT_INVENTORY)
def sheet(movement_id: int) -> ResponseReturnValue:
    """Print the sheet of a movement, with all that moved in the same act."""
    first = read_movement(db.session(), movement_id)
    rows = act_movements(db.session(), first)
    read_names(rows)
    content = make_sheet(_sheet(first, rows), made_at=now())
    name = f"parc-{first.kind.value}-{movement_id}.pdf"
    return Response(
        content,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _sheet(first: Any, rows: list[Any]) -> Sheet:
    is_return, is_exit = first.kind in _RETURNS, first.kind in _EXITS
    title = gettext("Hand-over sheet")
    agreed = gettext("I have received what is listed above, in the condition that is stated.")
    signs = (gettext("For the IT department"), gettext("Received by"))
    if is_return:
        title = gettext("Return sheet")
        agreed = gettext("What is listed above was given back in the condition that is stated.")
        signs = (gettext("Given back by"), gettext("For the IT department"))
    elif is_exit:
        title = gettext("Exit slip")
        agreed = gettext("What is listed above leaves the premises.")
        signs = (gettext("For the IT department"), gettext("Taken by"))
    common = _common(rows)
    own = [name for name in _SAID if name not in common]
    return Sheet(
        title=title,
        organisation=settings().interface.organisation,
        reference=movement_number(first.id),
        facts=(
            *_facts(first, is_return=is_return),
            *((str(LABELS[name]), text) for name, text in common.items()),
        ),
        heads=(
            gettext("Asset tag"),
            gettext("Name and model"),
            gettext("Serial number"),
            *(str(LABELS[name]) for name in own),
        ),
        rows=tuple(
            (
                row.asset_tag,
                " · ".join(filter(None, (row.asset_name, row.manufacturer, row.model_name))),
                row.serial_number or "",
                *(getattr(row, name) or "" for name in own),
            )
            for row in rows
        ),
        widths=(16, 34, 20, *(15 for _name in own)),
        paragraphs=(agreed,),
        signatures=signs,
        page_word=gettext("page"),
    )


def _common(rows: list[Any]) -> dict[str, str]:
    """Give what was said alike of all of several machines: it stands once, above their table."""
    found = {}
    for name in _SAID if len(rows) > 1 else ():
        said = {getattr(row, name) for row in rows}
        if len(said) == 1 and (text := said.pop()):
            found[name] = text
    return found


def _facts(first: Any, *, is_return: bool) -> list[tuple[str, str]]:
    side = "from" if is_return else "to"
    lines = [
        (gettext("Kind"), label(first.kind)),
        (gettext("How"), label(first.variant)),
        (gettext("Date"), format_plain_date(first.effective_on)),
        (gettext("Holder"), holder_text(first, side)),
        (gettext("Place"), place_text(first, "to")),
        (gettext("To be returned by"), format_plain_date(first.to_due_on)),
        (gettext("Reason"), first.reason or ""),
        *(one for one in details_of(first) if one[1] not in {first.accessories, first.condition}),
    ]
    return [(name, value) for name, value in lines if value]

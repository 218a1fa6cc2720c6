"""Covering the ticked assets of a list by a contract: which one, then doing it."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.extensions import db, transaction
from parc.queries.contracts import find_contract, open_contracts
from parc.services.contract_lines import add_assets
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.assets import forget_counts
from parc.web.bulk import chosen_ids
from parc.web.context import now, today
from parc.web.contract_cover import contracts
from parc.web.forms import Form, read_form
from parc.web.messages import tell

__all__ = ["contracts"]

_OFFERED = 500


@contracts.post("/contracts/add-assets")
@requires(Action.EDIT_CONTRACT)
def add_ticked() -> ResponseReturnValue:
    """Ask for the contract, then add the ticked assets to it."""
    form = read_form("id", "all", "filters", "chosen", "to", "number", "is_confirmed")
    ids = chosen_ids(form)
    if not form.is_checked("is_confirmed"):
        return _page(form, ids)
    try:
        contract = find_contract(db.session(), form.text("number"))
    except NotFoundError:
        problem = FieldProblem("number", "not_found", form.text("number")[:100])
        return _page(form.refused(InvalidInputError([problem])), ids), 422
    with transaction() as session:
        added = add_assets(session, actor(), contract.id, ids, today=today(), now=now())
    forget_counts()
    text = ngettext("%(num)s asset added.", "%(num)s assets added.", added.matched)
    if added.known:
        more = ngettext("%(num)s stood there.", "%(num)s stood there already.", added.known)
        text = f"{text} {more}"
    tell(text)
    return redirect(url_for("contracts.show", contract_id=contract.id))


def _page(form: Form, ids: list[int]) -> str:
    return render_template(
        "contracts/add_ticked.html",
        form=form,
        ids=ids,
        offered=open_contracts(db.session(), today(), _OFFERED),
        title=gettext("Cover by a contract"),
    )

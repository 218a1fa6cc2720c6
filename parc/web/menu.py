"""The pages of the menu's groups: what is in a group that other pages show closed."""

from __future__ import annotations

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue

from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.navigation import menu_for

menu = Blueprint("menu", __name__)


@menu.get("/menu/<slug>")
@requires(Action.OWN_ACCOUNT)
def show(slug: str) -> ResponseReturnValue:
    """List the pages of a group that the person may open; a group without any is not found."""
    group = next((one for one in menu_for(actor()) if one.slug and one.slug == slug), None)
    if group is None:
        abort(404)
    return render_template("menu/show.html", group=group)

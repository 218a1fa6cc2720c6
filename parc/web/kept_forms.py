"""A form that came too late, because its session had ended: kept, so that nothing typed is lost.

Its fields stand in the page that answers, and are sent once more by a button that the person
presses after signing in. Passwords and files are not kept. What comes from another site is not
either: there a browser says so, and a button that somebody else filled must not be pressed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.services.permissions import Action
from parc.web.addresses import local_path
from parc.web.context import signed_in
from parc.web.forms import Form

_MOST_CHARACTERS = 200_000
_NOT_KEPT = ("password", "passphrase", "community", "secret", "key")
_SIGN_IN = "session.send_sign_in"


@dataclass(frozen=True, slots=True)
class KeptForm:
    """Where a form was sent, its fields, and whether they are all there."""

    path: str
    fields: tuple[tuple[str, str], ...]
    is_whole: bool

    def text(self) -> str:
        """Write it for a hidden field."""
        return json.dumps([self.path, self.fields, self.is_whole], separators=(",", ":"))


def kept_form() -> KeptForm | None:
    """Give the form that this request sent; None for one without fields, or from elsewhere."""
    if not _is_ours() or "HX-Request" in request.headers:
        return None
    sent = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
    kept = [(name, text) for name, text in sent if not any(word in name for word in _NOT_KEPT)]
    if not sent or sum(len(name) + len(text) for name, text in kept) > _MOST_CHARACTERS:
        return None
    is_whole = len(kept) == len(sent) and not any(one.filename for one in request.files.values())
    return KeptForm(request.full_path.rstrip("?"), tuple(kept), is_whole)


def _is_ours() -> bool:
    """Tell whether a page of Parc sent this; by plain HTTP browsers give the origin only."""
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    return site == "same-origin" if site else origin == f"{request.scheme}://{request.host}"


def read_kept(text: str) -> KeptForm | None:
    """Read what a hidden field gave back; None for what leads to no form of Parc."""
    try:
        path, fields, is_whole = json.loads(text)
        kept = KeptForm(
            local_path(path), tuple((str(name), str(value)) for name, value in fields), is_whole
        )
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not kept.path or not adapter.test(kept.path.partition("?")[0], "POST"):
        return None
    return kept


def again_page(kept: KeptForm) -> str:
    """Show the button that sends the form once more."""
    return render_template("session/again.html", kept=kept)


def sign_in_page(kept: KeptForm) -> str:
    """Ask to sign in before the form is sent once more."""
    told = gettext("Your session has ended. Sign in again: what you typed is kept.")
    form = Form({"again": [kept.text()]})
    return render_template("session/sign_in.html", form=form, told=told)


def late_answer() -> ResponseReturnValue | None:
    """Answer a form whose token holds no more: nothing was done, nothing is lost.

    None for a form that cannot be kept.
    """
    if request.endpoint == _SIGN_IN:
        told = gettext("This page was open for too long: sign in once more.")
        fields = {name: request.form.getlist(name) for name in ("login", "next", "again")}
        return render_template("session/sign_in.html", form=Form(fields), told=told), 400
    kept = kept_form()
    if kept is None:
        return None
    view = current_app.view_functions.get(request.endpoint or "")
    is_public = getattr(view, "required_action", None) is Action.PUBLIC
    page = again_page(kept) if signed_in() or is_public else sign_in_page(kept)
    return page, 400

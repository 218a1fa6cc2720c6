"""One door in: every route names the right it needs, or the application does not start."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, abort, g, redirect, request, url_for

from parc.errors import StartError
from parc.services.actor import NOBODY, Actor
from parc.services.permissions import Action, may
from parc.web.context import signed_in
from parc.web.forms import Form
from parc.web.kept_forms import kept_form, sign_in_page

View = TypeVar("View", bound=Callable[..., Any])
_FREE = frozenset({"static"})


def requires(action: Action) -> Callable[[View], View]:
    """Let a view be called only by who may do ``action``.

    Nobody is sent to sign in, and what was typed is kept meanwhile; who is signed in and lacks the
    right gets 404, as if the page were not there.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if may(actor(), action):
                return view(*args, **kwargs)
            if actor().role is not None:
                abort(404)
            if request.headers.get("HX-Request"):
                shown = urlsplit(request.headers.get("HX-Current-URL", ""))
                target = f"{shown.path}?{shown.query}".rstrip("?") or None
                return "", 401, {"HX-Redirect": url_for("session.sign_in", next=target)}
            kept = kept_form() if request.method == "POST" else None
            if kept is not None:
                return sign_in_page(kept), 401
            target = request.full_path.rstrip("?") if request.method == "GET" else None
            return redirect(url_for("session.sign_in", next=target))

        cast("Any", guarded).required_action = action
        return cast("View", guarded)

    return decorate


def actor() -> Actor:
    """Give who makes this request."""
    return cast("Actor", g.get("actor", NOBODY))


def sight() -> int | None:
    """Give the session whose login's places narrow this request, or None: it reads everything.

    What is kept from one request for others is kept by it; other places begin another session.
    """
    person = signed_in()
    return person.session_id if person is not None and person.is_limited else None


def acting(form: Form) -> Actor:
    """Give who makes this request, with the reason that the form gives.

    Raises:
        InvalidInputError: of ``reason``.
    """
    return actor().because(form.text("reason"))


def check_all_routes_are_guarded(app: Flask) -> None:
    """Refuse to start with a route that names no right.

    Raises:
        StartError: names the endpoints.
    """
    bare = [
        name
        for name, view in app.view_functions.items()
        if name not in _FREE and not hasattr(view, "required_action")
    ]
    if bare:
        raise StartError(f"routes without a right: {', '.join(sorted(bare))}")

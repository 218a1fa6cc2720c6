"""A browser without a screen: signs in as a role, sends the token against forged requests."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from parc.clock import now
from parc.extensions import transaction
from parc.models import Role
from parc.services.actor import SYSTEM
from parc.services.sign_in import open_session
from parc.services.users import UserInput, add_user

_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)">')


class FreshClient(FlaskClient):
    """A client each of whose requests has an application context of its own, as on a server.

    Without it a request would share ``g`` with the test and with the requests before it.
    """

    def open(self, *args: Any, **options: Any) -> TestResponse:
        """Send a request."""
        options.setdefault("buffered", True)  # a stream ends inside the context, too
        with self.application.app_context():
            return super().open(*args, **options)


class Browser:
    """One browser with its own cookies; ``role`` None is nobody.

    Signing in goes through the session's row, not through the form, because argon2 is slow on
    purpose.
    """

    def __init__(self, app: Flask, role: Role | None = None, *, language: str = "en") -> None:
        self.app = app
        self.client = FreshClient(app, app.response_class, use_cookies=True)
        self.language = language
        self.user_id = make_user(app, role) if role else None
        if self.user_id is not None:
            self.sign_in(self.user_id)

    def sign_in(self, user_id: int) -> None:
        """Hold a session of this login from now on."""
        with transaction() as session:
            moment = self.app.extensions["parc_clock"]()
            token = open_session(session, user_id, "127.0.0.1", moment)
        with self.client.session_transaction() as cookie:
            cookie.clear()
            cookie["token"] = token

    def get(self, path: str, **options: Any) -> TestResponse:
        """Ask for a page."""
        headers = {"Accept-Language": self.language, **options.pop("headers", {})}
        return self.client.get(path, headers=headers, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form with its token."""
        page = self.get("/sign-in" if self.user_id is None else "/account", follow_redirects=True)
        found = _TOKEN.search(page.text)
        token = found.group(1) if found else ""
        headers = {"Accept-Language": self.language, **options.pop("headers", {})}
        return self.client.post(
            path, data={"csrf_token": token, **(data or {})}, headers=headers, **options
        )


def make_user(app: Flask, role: Role, login: str = "", password: str | None = None) -> int:
    """Add a login of this role and give its id."""
    login = login or f"{role.value}-{app.extensions.setdefault('test_logins', 0)}"
    app.extensions["test_logins"] = app.extensions.get("test_logins", 0) + 1
    with transaction() as session:
        entered = UserInput(login, login.title(), role.value)
        return add_user(session, SYSTEM, entered, password, now()).id

"""What a view may ask of the application: settings, the time, the key ring, who is signed in."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from flask import current_app, g, request

from parc.clock import Clock
from parc.config import Settings
from parc.queries.users import SignedIn
from parc.secret_box import SecretBox


def settings() -> Settings:
    """Give the settings of the application that answers."""
    return cast("Settings", current_app.extensions["parc_settings"])


def now() -> datetime:
    """Give the time in UTC, from the application's clock."""
    return cast("Clock", current_app.extensions["parc_clock"])()


def today() -> date:
    """Give the day where the readers are."""
    return now().astimezone(ZoneInfo(settings().interface.time_zone)).date()


def box() -> SecretBox:
    """Give the key ring, for services that seal secrets."""
    return cast("SecretBox", current_app.extensions["parc_box"])


def signed_in() -> SignedIn | None:
    """Give the login and its preferences, None for nobody."""
    return cast("SignedIn | None", g.get("signed_in"))


def is_htmx() -> bool:
    """Tell whether htmx asks, so that a fragment is enough; restoring history needs the page."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def remote_address() -> str:
    """Give the browser's address, through as many proxies as the settings trust."""
    return (request.remote_addr or "")[:45]

"""Browsers for the tests of pages: any of them may ask for ``browse``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from parc.models import Role
from tests.web import Browser

Browse = Callable[[Role | None], Browser]


@pytest.fixture
def browse(sqlite_app: Flask) -> Browse:
    """Give a maker of browsers that are signed in as a role, on SQLite."""
    return lambda role: Browser(sqlite_app, role)


@pytest.fixture
def administrator(sqlite_app: Flask) -> Browser:
    """A browser that is signed in as an administrator."""
    return Browser(sqlite_app, Role.ADMINISTRATOR)

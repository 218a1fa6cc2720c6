"""What many tests need: settings, databases of both kinds, the application, a clock.

A database is made by the migrations once for each worker and kind. Each test has a copy of the file
of SQLite, and the database of PostgreSQL as it was.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from hypothesis import settings as hypothesis_settings
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

from parc.app import create_app
from parc.config import DatabaseSettings, Settings
from parc.extensions import db
from tests.postgresql import TEMPLATE, Cluster, find_programs, start_cluster
from tests.web import FreshClient

# What `make test` finds, it finds everywhere; --hypothesis-profile=search looks for new cases.
hypothesis_settings.register_profile("same", derandomize=True, deadline=None)
hypothesis_settings.register_profile("search", max_examples=1000, deadline=None)
hypothesis_settings.load_profile("same")

# An environment may forbid to keep bytecode, as images of containers do: each program that a test
# starts would then compile all its sources anew, which takes longer than most of what it does.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_compile_route = Rule.compile
_Builder = Callable[..., tuple[str, str]]
_ROUTES: dict[tuple[object, ...], tuple[Rule, _Builder, _Builder]] = {}


def _compile_route_once(rule: Rule) -> None:
    """Compile a route as Werkzeug does, but the same one only once in a worker.

    Each test makes an application of its own, of which the 300 routes are the dearest part.
    """
    key = (rule.rule, rule.endpoint, str(rule.defaults), rule.subdomain, rule.host)
    if key not in _ROUTES:
        _compile_route(rule)
        _ROUTES[key] = (rule, rule._build.__func__, rule._build_unknown.__func__)  # type: ignore[attr-defined]
        return
    made, build, build_unknown = _ROUTES[key]
    rule._parts, rule._trace, rule._converters = made._parts, made._trace, made._converters
    rule.arguments = made.arguments
    rule._build = build.__get__(rule)
    rule._build_unknown = build_unknown.__get__(rule)


Rule.compile = _compile_route_once  # type: ignore[method-assign, assignment]

SOME_MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


class SteppingClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, moment: datetime = SOME_MOMENT) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def step(self, **duration: float) -> None:
        """Go on by what ``timedelta`` takes."""
        self.moment += timedelta(**duration)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="rewrite the expected results")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> bool:
    """Whether expected results are to be rewritten; the difference is read by a person."""
    return bool(request.config.getoption("--golden"))


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real PostgreSQL server of this test worker, on a socket in a folder of its own."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL's programs are not installed (Debian: postgresql)")
    with start_cluster(programs) as started:
        started.make_template()
        settings = Settings(
            data_folder=tmp_path_factory.mktemp("pg-data"),
            database=DatabaseSettings(url=started.url(TEMPLATE)),
        )
        _migrate(create_app(settings))
        yield started


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    folder = tmp_path_factory.mktemp("sqlite")
    _migrate(create_app(Settings(data_folder=folder)))
    return folder / "parc.db"


def _migrate(app: Flask) -> None:
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Settings]:
    """Settings whose database is migrated and empty, on each of the two databases."""
    if request.param == "sqlite":
        yield _sqlite_settings(request, tmp_path)
        return
    started: Cluster = request.getfixturevalue("cluster")
    url = started.url(started.fresh_database())
    yield Settings(data_folder=tmp_path / "var", database=DatabaseSettings(url=url))


@pytest.fixture
def sqlite_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings on SQLite alone, for tests that no database could tell apart."""
    return _sqlite_settings(request, tmp_path)


def _sqlite_settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    folder = tmp_path / "var"
    folder.mkdir()
    shutil.copy(request.getfixturevalue("sqlite_template"), folder / "parc.db")
    return Settings(data_folder=folder)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application on each of the two databases, inside an application context."""
    yield from _application(settings)


@pytest.fixture
def sqlite_app(sqlite_settings: Settings) -> Iterator[Flask]:
    """The application on SQLite alone, inside an application context."""
    yield from _application(sqlite_settings)


class _CompiledTemplates(BytecodeCache):
    """Templates that another application of this worker has compiled already."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        if bucket.code is not None:
            self._kept[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _CompiledTemplates()
_COMPILERS: dict[str, tuple[sa.Dialect, Any]] = {}


def _share_compiled(engine: sa.Engine) -> None:
    """Let the statements be compiled that another application of this worker has compiled.

    SQLAlchemy keeps them by dialect, of which each engine has its own; those of one database are
    alike. A fifth of what the tests of pages take is saved.
    """
    known = _COMPILERS.get(engine.dialect.name)
    if known is None:
        with engine.connect():  # the dialect learns what it speaks to
            _COMPILERS[engine.dialect.name] = (engine.dialect, engine._compiled_cache)
        return
    engine.dialect, engine._compiled_cache = known


def _application(settings: Settings) -> Iterator[Flask]:
    application = create_app(settings)
    application.jinja_env.bytecode_cache = _COMPILED
    application.config["TESTING"] = True
    application.test_client_class = FreshClient
    with application.app_context():
        _share_compiled(db.engine)
        yield application
        db.session.remove()
        db.engine.dispose()

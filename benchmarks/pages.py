"""CPU of Parc's pages at 100,000 assets and 1,000,000 interfaces beside a bare page.

The bare page is Flask and SQLAlchemy alone: it reads the same rows of the same database by the
same index and writes them with one small template, in the same process. ``python -m
benchmarks.pages [assets] [postgresql] [day | limited]`` prints a table in Markdown; the goal is at
most eight times the bare page, the aim four times, and for each page of a technician's day (``day``
measures these alone, ``limited`` the lists as logins that see some sites) at most 100 ms. With
``postgresql`` the fleet is copied to a server of its own; the processor time is then that of our
process, the wall time that of both.
"""

from __future__ import annotations

import re
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, render_template_string, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from benchmarks.contracts import add_contracts
from benchmarks.differences import add_differences
from benchmarks.fleet import fleet_settings
from benchmarks.fleet_copy import copy_fleet
from benchmarks.links import SOME_MAC, add_links
from benchmarks.movements import add_movements
from parc.app import create_app
from parc.clock import now
from parc.config import DatabaseSettings, Settings
from parc.extensions import db, transaction
from parc.jobs.incident_reports import make_reports
from parc.models import Asset, Interface, Role, User
from parc.services.actor import SYSTEM
from parc.services.sign_in import open_session
from parc.services.users import UserInput, add_user, limit_to_places
from tests.postgresql import find_programs, start_cluster

_ROUNDS = 40
_BUDGET_MS = 100
_LOGIN = "benchmark"
_ROW = "<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>"
_TEMPLATE = f"<!doctype html><table>{{% for row in rows %}}{_ROW}{{% endfor %}}</table>"
_COLUMNS = (
    Asset.name,
    Asset.asset_tag,
    Asset.serial_number,
    Asset.lifecycle_state,
    Asset.category,
    Asset.manufacturer,
    Asset.model_name,
    Asset.primary_address,
    Asset.location_id,
    Asset.last_seen_at,
)
Read = Callable[[], object]
OK = 200
_DAY_ROUNDS = 9
_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)">')
DAY_PAGES = (
    ("dashboard", "/"),
    ("assets", "/assets"),
    ("assets in use without cover", "/assets?state=in_use&cover=no"),
    ("an asset", "/assets/5000"),
    ("movements of an asset", "/assets/5000/movements"),
    ("form of a movement", "/assets/5000/move?kind=transfer"),
    ("movements", "/movements"),
    ("movements of a kind", "/movements?kind=loan"),
    ("movements of a person", "/movements?person=77"),
    ("movements of a place", "/movements?place=25"),
    ("movements of an author", "/movements?author=technicien7"),
    ("a movement", "/movements/150000"),
    ("loans that are due", "/loans"),
    ("people", "/people"),
    ("people of a site", "/people?site=7"),
    ("a person", "/people/77"),
    ("departments", "/departments"),
    ("a department", "/departments/7"),
    ("places", "/places"),
    ("a site", "/places/7"),
    ("a room", "/places/25"),
    ("contracts by their next date", "/contracts"),
    ("contracts whose notice is due", "/contracts?state=notice_due"),
    ("a contract", "/contracts/7"),
    ("assets of a contract", "/contracts/7/assets"),
    ("lines of all contracts", "/contracts/lines"),
    ("lines that pay for what is retired", "/contracts/lines?problem=retired"),
    ("timeline of contracts", "/contracts/timeline"),
    ("suppliers", "/suppliers"),
    ("a supplier", "/suppliers/7"),
    ("open incidents by priority", "/incidents"),
    ("all incidents, the latest first", "/incidents/all"),
    ("incidents of an asset", "/incidents/all?asset=7"),
    ("search for a word of every incident", "/incidents/all?q=panne+77"),
    ("an incident", "/incidents/5000"),
    ("form of an incident", "/incidents/new"),
    ("drafts of incidents", "/incidents/drafts"),
    ("search for one incident", "/incidents/all?q=77123"),
    ("changes", "/changes"),
    ("differences", "/differences"),
    ("assets with differences", "/assets?differences=open"),
    ("inbox", "/inbox"),
    ("closed entries of the inbox", "/inbox/closed"),
    ("history of an asset", "/assets/5000/history"),
    ("keys that identify nothing", "/ignored-keys"),
)
# Of twenty sites; a login that sees half of them shows what cannot be hidden behind an index.
LIMITS = (("one site", ("Site 07",)), ("ten sites", tuple(f"Site {n:02}" for n in range(1, 11))))
LIMITED_PAGES = (
    ("dashboard", "/"),
    ("assets", "/assets"),
    ("assets of a manufacturer", "/assets?manufacturer=Cisco"),
    ("search by part of a serial", "/assets?q=sn123&sort=name"),
    ("suggestions while typing", "/assets/suggest?q=sn123"),
    ("inbox", "/inbox"),
    ("unknown devices", "/devices"),
    ("movements", "/movements"),
    ("movements of a kind", "/movements?kind=loan"),
    ("loans that are due", "/loans"),
    ("open incidents by priority", "/incidents"),
    ("all incidents, the latest first", "/incidents/all"),
    ("search for one incident", "/incidents/all?q=77123"),
    ("places", "/places"),
    ("a contract", "/contracts/7"),
    ("changes", "/changes"),
)
DAY_FIGURES = (
    ("indicators of 4 weeks by category", "by=category"),
    ("indicators of 4 weeks by model", "by=model"),
    ("indicators of 52 weeks by site", "days=364&by=site"),
    ("indicators of 52 weeks by model", "days=364&by=model"),
)
DAY_EXPORTS = (
    ("movements", "/movements/export.csv"),
    ("people", "/people/export.csv"),
    ("places", "/places/export.csv"),
    ("contracts", "/contracts/export.csv"),
    ("lines of contracts", "/contracts/lines/export.csv"),
    ("incidents", "/incidents/export.csv"),
)


def bare_app(uri: str) -> Flask:
    """Make the application to compare with."""
    app = Flask("bare")
    engine = sa.create_engine(uri)

    def answer(query: sa.Select[*tuple[object, ...]]) -> str:
        with engine.connect() as connection:
            return render_template_string(_TEMPLATE, rows=connection.execute(query).all())

    rows = sa.select(*_COLUMNS)
    in_order = rows.order_by(Asset.name, Asset.id).limit(50)

    @app.get("/list")
    def show_list() -> str:
        return answer(in_order)

    @app.get("/filter")
    def show_filter() -> str:
        maker = sa.literal(request.args["maker"])
        return answer(in_order.where(Asset.manufacturer == maker))

    @app.get("/search")
    def show_search() -> str:
        if engine.dialect.name == "postgresql":
            return answer(rows.where(Asset.search_text.like("%sn123%")).limit(50))
        found = sa.text("SELECT rowid FROM asset_search WHERE asset_search MATCH :t")
        ids = found.bindparams(t=" AND ".join(f'"{part}"' for part in ("sn1", "n12", "123")))
        return answer(rows.where(Asset.id.in_(ids)).limit(50))

    @app.get("/asset")
    def show_asset() -> str:
        columns = (Interface.if_name, Interface.if_phys_address, Interface.if_oper_status)
        return answer(rows.where(Asset.id == 1)) + answer(
            sa.select(*columns).where(Interface.device_id == 1)
        )

    @app.get("/dashboard")
    def show_dashboard() -> str:
        return answer(sa.select(Asset.lifecycle_state, sa.func.count()).group_by("lifecycle_state"))

    return app


def measure(read: Read, rounds: int = _ROUNDS) -> tuple[float, float]:
    """Give the median CPU and wall time of a call in milliseconds, after three to warm up."""
    for _round in range(3):
        read()
    cpu, wall = [], []
    for _round in range(rounds):
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        read()
        cpu.append(time.process_time() - cpu_before)
        wall.append(time.perf_counter() - wall_before)
    return statistics.median(cpu) * 1000, statistics.median(wall) * 1000


def main() -> None:
    """Make the fleet, and measure."""
    words = sys.argv[1:]
    count = next((int(word) for word in words if word.isdigit()), 100_000)
    settings = fleet_settings(count)
    add_links(settings, count)
    add_contracts(settings, count)
    add_movements(settings, count)
    add_differences(settings, count)
    kinds = {"day": _measure_day, "limited": _measure_limited}
    measured = next((kinds[word] for word in words if word in kinds), _measure_pages)
    if "postgresql" not in words:
        measured(settings)
        return
    programs = find_programs()
    if programs is None:
        sys.exit("PostgreSQL's programs are not installed (Debian: postgresql)")
    with tempfile.TemporaryDirectory() as folder, start_cluster(programs) as cluster:
        database = DatabaseSettings(url=cluster.url("postgres"))
        target = Settings(data_folder=Path(folder), database=database)
        copy_fleet(settings, target)
        measured(target)


def _measure_pages(settings: Settings) -> None:
    app = create_app(settings)
    bare = bare_app(settings.database_url).test_client()
    with app.app_context():
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["token"] = _sign_in()
        pages = (
            ("list of 50", "/assets", "/list"),
            ("list filtered by state + manufacturer + site",
             "/assets?state=in_use&manufacturer=Cisco&site=3", "/filter?maker=Cisco"),
            ("list filtered by manufacturer", "/assets?manufacturer=Cisco", "/filter?maker=Cisco"),
            ("search by part of a serial", "/assets?q=sn123&sort=name", "/search"),
            ("suggestions while typing", "/assets/suggest?q=sn123", "/search"),
            ("asset sheet", "/assets/1", "/asset"),
            ("dashboard", "/", "/dashboard"),
            ("unknown devices", "/devices", "/list"),
            ("where is it, by MAC", f"/where?q={SOME_MAC}", "/asset"),
            ("where is it, by name", "/where?q=P050000", "/asset"),
            ("ports of a switch", "/assets/1/ports", "/asset"),
            ("network map of 100 devices", "/map?site=1", "/list"),
            ("contracts by their next date", "/contracts", "/list"),
            ("contracts whose notice is due", "/contracts?state=notice_due", "/list"),
            ("a contract", "/contracts/7", "/asset"),
            ("assets of a contract", "/contracts/7/assets", "/list"),
            ("lines of all contracts", "/contracts/lines", "/list"),
            ("lines that pay for what is retired", "/contracts/lines?problem=retired", "/list"),
            ("suppliers", "/suppliers", "/list"),
            ("a supplier with its contracts", "/suppliers/7", "/asset"),
            ("timeline of contracts", "/contracts/timeline", "/list"),
            ("open incidents by priority", "/incidents", "/list"),
            ("all incidents, the latest first", "/incidents/all", "/list"),
            ("incidents of an asset", "/incidents/all?asset=7", "/list"),
            ("incidents of a contract", "/incidents/all?contract=7", "/list"),
            ("incidents of a supplier", "/incidents/all?supplier=7", "/list"),
            ("search in incidents", "/incidents/all?q=panne+77", "/list"),
            ("an incident", "/incidents/7", "/asset"),
            ("drafts of incidents", "/incidents/drafts", "/list"),
            ("indicators of 4 weeks", "/incidents/figures", "/list"),
            ("indicators of 52 weeks by model", "/incidents/figures?days=364&by=model", "/list"),
            ("assets in use without cover", "/assets?state=in_use&cover=no", "/list"),
        )  # fmt: skip
        print("| page | CPU ms | p50 ms | kB | bare CPU ms | ratio |")
        print("|---|---|---|---|---|---|")
        for name, ours, theirs in pages:
            answer = client.get(ours)
            if answer.status_code != 200:
                sys.exit(f"{ours} answered {answer.status_code}")
            cpu, wall = measure(lambda ours=ours: client.get(ours).data)  # type: ignore[misc]
            plain, _wall = measure(lambda theirs=theirs: bare.get(theirs).data)  # type: ignore[misc]
            size = len(answer.data) / 1000
            ratio = cpu / plain
            print(f"| {name} | {cpu:.1f} | {wall:.1f} | {size:.0f} | {plain:.1f} | {ratio:.1f} |")
        _measure_exports(client)
        db.session.remove()


def _measure_day(settings: Settings) -> None:
    """Measure the lists, sheets and files of movements, contracts and incidents."""
    app = create_app(settings)
    with app.app_context():
        client = app.test_client()
        with client.session_transaction() as cookie:
            cookie["token"] = _sign_in()
        found = _TOKEN.search(client.get("/account").text)
        token = found.group(1) if found else ""
        print("| page | CPU ms | p50 ms | kB | |")
        print("|---|---|---|---|---|")
        for name, address in DAY_PAGES:
            _measure_day_page(name, lambda at=address: client.get(at))  # type: ignore[misc]
        _measure_figures(app, client)
        tags = "\n".join(f"P{number:06d}" for number in range(3_001, 3_201))
        basket = {"csrf_token": token, "tags": tags, "kind": "correction", "to_state": "in_stock"}
        basket |= {"step": "plan", "effective_on": now().date().isoformat(), "reason": "x"}
        _measure_day_page(
            "plan of a basket of 200", lambda: client.post("/movements/basket", data=basket)
        )
        print("\n| export | seconds of CPU | rows | MB |")
        print("|---|---|---|---|")
        for name, address in DAY_EXPORTS:
            before, answer = time.process_time(), client.get(address, buffered=False)
            size = lines = 0
            for block in answer.iter_encoded():
                size += len(block)
                lines += block.count(b"\n")
            took = time.process_time() - before
            print(f"| {name} | {took:.2f} | {lines - 1} | {size / 1e6:.1f} |")
        db.session.remove()


def _measure_figures(app: Flask, client: FlaskClient) -> None:
    """Measure indicators that nobody asked for lately: computed, and as the worker makes them."""
    asks = [
        (name, lambda at=f"/incidents/figures?{words}": _ask_anew(app, client, at))
        for name, words in DAY_FIGURES
    ]
    for name, ask in asks:
        _measure_day_page(f"{name}, computed", ask)
    before = time.process_time()
    make_reports(transaction, now, lambda: None)
    took = time.process_time() - before
    for name, ask in asks:
        _measure_day_page(name, ask)
    print(f"| all indicators, made by the worker | {took * 1000:.0f} | | | |")


def _measure_limited(settings: Settings) -> None:
    """Measure the lists as logins that see some of the sites."""
    app = create_app(settings)
    with app.app_context():
        tokens = [_sign_in(places) for _title, places in LIMITS]
        for (title, _places), token in zip(LIMITS, tokens, strict=True):
            client = app.test_client()
            with client.session_transaction() as cookie:
                cookie["token"] = token
            print(f"\n| {title}: page | CPU ms | p50 ms | kB | |")
            print("|---|---|---|---|---|")
            for name, address in LIMITED_PAGES:
                _measure_day_page(name, partial(client.get, address))
        db.session.remove()


def _ask_anew(app: Flask, client: FlaskClient, address: str) -> TestResponse:
    """Ask for indicators that nobody has asked for lately."""
    app.extensions.pop("parc_incident_reports", None)
    return client.get(address)


def _measure_day_page(name: str, ask: Callable[[], TestResponse]) -> None:
    """Print a row."""
    answer = ask()
    if answer.status_code != OK:
        sys.exit(f"{name} answered {answer.status_code}")
    cpu, wall = measure(lambda: ask().data, _DAY_ROUNDS)
    mark = "over" if cpu > _BUDGET_MS else ""
    print(f"| {name} | {cpu:.0f} | {wall:.0f} | {len(answer.data) / 1000:.0f} | {mark} |")


def _sign_in(places: Sequence[str] = ()) -> str:
    """Sign in an administrator, or a technician who sees some places; gives the token."""
    moment = now()
    login = f"{_LOGIN}{len(places) or ''}"
    with transaction() as session:
        user_id = session.scalar(sa.select(User.id).where(User.login == login))
        if user_id is None:
            role = Role.TECHNICIAN if places else Role.ADMINISTRATOR
            entered = UserInput(login, login, role.value)
            user_id = add_user(session, SYSTEM, entered, None, moment).id
            limit_to_places(session, SYSTEM, user_id, places, moment)
        return open_session(session, user_id, "127.0.0.1", moment)


def _measure_exports(client: FlaskClient) -> None:
    """Read each export to its end; memory is the growth of the process's peak."""
    print("\n| export | seconds | first byte ms | MB | memory growth MB |")
    print("|---|---|---|---|---|")
    for ending in ("csv", "xlsx"):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        answer = client.get(f"/assets/export.{ending}", buffered=False)
        size, first = 0, 0.0
        for block in answer.iter_encoded():
            first = first or time.perf_counter() - started
            size += len(block)
        took = time.perf_counter() - started
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        print(f"| {ending} | {took:.2f} | {first * 1000:.0f} | {size / 1e6:.1f} | {grown:.0f} |")


if __name__ == "__main__":
    main()

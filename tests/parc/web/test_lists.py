"""Lists of assets and devices: their address is the whole truth, and takes no SQL."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from flask import Flask

from parc.extensions import db, transaction
from parc.models import Role, SoftwareProduct, User
from parc.services.actor import SYSTEM
from parc.services.departments import create_department_path
from parc.services.entitlements import create_entitlement
from parc.services.places import create_path
from parc.services.products import product_for
from parc.web.listing import DEFAULT_SIZE
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device
from tests.parc.web.conftest import Browse
from tests.statements import statements
from tests.web import Browser

_MARK = "sqlmark7319"
_SHAPES = (
    "{m}", "'{m}", "{m}'--", "{m}' OR '1'='1", '{m}" OR "1"="1', "{m}') OR 1=1 --",
    "1; DROP TABLE asset; --{m}", "{m}' UNION SELECT password_hash FROM user --",
    "{m}'; UPDATE asset SET name='x", "({m})", "{m}%", "%{m}%", "_{m}_", "\\{m}", "{m}\\",
    "{m}\\'", "`{m}`", "[{m}]", "{m} AND SLEEP(5)", "{m}||pg_sleep(5)", "{m}/**/OR/**/1=1",
    "{m}' AND 1=CAST((SELECT 1) AS int) --", "{m} ORDER BY 1", "name {m}", "-name {m}",
    "name;{m}", "name,{m}", "name--{m}", "asset.{m}", "CASE WHEN {m} THEN 1 END",
    "{m} ASC NULLS FIRST", "0x{m}", "{m} LIMIT 1", "{m} OFFSET 1", "1 OR {m}", "-1 UNION {m}",
    "{m}\t", "{m}\n", "{m}\r\nX: y", "{m}\x00", "\x00{m}", "{m}é", "{m}\u2019", "\uff07{m}",
    "%27{m}", "%2527{m}", "${{{m}}}", "{{{{{m}}}}}", "$1{m}", ":{m}", "?{m}", "%s{m}", "%({m})s",
    "@{m}", "{m}::text", '"{m}"', '"{m}" AND "b', "{m}*", "NEAR({m})", "search_text:{m}",
    "{m} MATCH 'a'", "^{m}",
)  # fmt: skip
_PARAMETERS = (
    "q", "sort", "size", "after", "before", "more", "category", "state", "manufacturer", "site",
    "freshness", "origin", "unknown",
)  # fmt: skip


@pytest.fixture
def browser(app: Flask) -> Browser:
    """An administrator's browser, on each of the two databases."""
    with transaction() as session:
        make_asset(session)
        make_device(session)
    return Browser(app, Role.ADMINISTRATOR)


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/assets", _PARAMETERS),
        ("/assets/suggest", ("q",)),
        ("/assets/export.csv", ("q", "sort", "manufacturer")),
        ("/devices", ("q", "sort", "after", "category")),
    ],
)
def test_sql_in_any_parameter_is_bound_or_refused(
    browser: Browser, path: str, names: tuple[str, ...]
) -> None:
    """All shapes in the search, which puts most of them into conditions; some in the others."""
    assert len(_SHAPES) >= 60
    with statements() as seen:
        for place, name in enumerate(names):
            for shape in _SHAPES if name == "q" else _SHAPES[place::6]:
                answer = browser.get(f"{path}?{name}={quote(shape.format(m=_MARK))}&size=50")
                assert answer.status_code in {400 if "\x00" in shape else 200, 422}, (name, shape)
    assert seen
    assert not [statement for statement in seen if _MARK in statement]
    assert browser.get("/assets").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "sort=password_hash",
        "sort=id",
        "sort=--name",
        "size=7",
        "size=1000000",
        "page=2",
        "state=unknown",
        "category=spoon",
        "site=x",
        "freshness=soon",
        "after=x",
        "before=x",
        "after=" + "A" * 3000,
    ],
)
def test_what_a_list_does_not_declare_is_refused_with_a_page(
    administrator: Browser, query: str
) -> None:
    answer = administrator.get(f"/assets?{query}")
    assert answer.status_code == 422
    assert "<h1>" in answer.text


def test_pages_of_a_list_lead_forward_and_back(administrator: Browser) -> None:
    with transaction() as session:
        for number in range(DEFAULT_SIZE + 5):
            make_asset(session, person_fields=(), name=f"host-{number:03}")
    first = administrator.get("/assets?q=").text
    assert "55 assets" in first
    assert 'rel="prev"' not in first
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = administrator.get(following.group(1).replace("&amp;", "&")).text
    assert 'rel="next"' not in second
    assert second.count("<tr>") == 6
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back
    again = administrator.get(back.group(1).replace("&amp;", "&")).text
    assert re.findall(r"host-\d+", again) == re.findall(r"host-\d+", first)


def test_htmx_is_given_the_part_that_changes(administrator: Browser) -> None:
    headers = {"HX-Request": "true", "HX-Target": "list"}
    part = administrator.get("/assets?q=x", headers=headers).text
    assert "<html" not in part
    assert 'id="list"' in part
    assert 'hx-swap-oob="innerHTML"' in part
    whole = administrator.get("/assets?sort=name", headers={"HX-Request": "true"}).text
    assert "<html" in whole


def test_chips_and_hidden_fields_carry_the_filters(administrator: Browser) -> None:
    with transaction() as session:
        make_asset(session)
    page = administrator.get("/assets?state=in_use&category=switch&sort=-name&q=a").text
    assert 'name="state" value="in_use"' in page
    assert 'name="sort" value="-name"' in page
    assert 'aria-label="Remove the filter State: In use"' in page
    assert "/assets?q=a&amp;category=switch&amp;sort=-name" in page
    assert 'aria-sort="descending"' in page


def test_empty_list_says_what_to_do_next(administrator: Browser) -> None:
    assert "There is no asset yet." in administrator.get("/assets").text
    narrowed = administrator.get("/assets?q=zzz&sort=name").text
    assert "No asset matches." in narrowed
    assert "Clear all filters" in narrowed
    assert "Nothing is waiting for a decision." in administrator.get("/devices").text


def test_exact_number_in_the_box_on_top_leads_to_the_sheet(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session, serial_number="FOC77")
    answer = administrator.get("/assets?q=foc77")
    assert answer.headers["Location"] == f"/assets/{asset.id}"
    assert administrator.get("/assets?q=foc77&sort=name").status_code == 200
    assert administrator.get("/assets?q=foc").status_code == 200


def test_suggestions_are_a_fragment(administrator: Browser) -> None:
    with transaction() as session:
        make_asset(session, name="core", search_text="core <b>")
    part = administrator.get("/assets/suggest?q=cor").text
    assert "<b>core</b>" in part
    assert "<html" not in part
    assert "No asset matches." in administrator.get("/assets/suggest?q=zzz").text


def test_search_finds_departments_licences_and_software_and_leads_to_their_lists(
    administrator: Browser,
) -> None:
    with transaction() as session:
        create_department_path(session, SYSTEM, "Finance > Fabrication", at=SOME_MOMENT)
        product = product_for(session, SYSTEM, "Fabulator", None, at=SOME_MOMENT)
        session.get_one(SoftwareProduct, product).machine_count = 3
        values = {"name": "Fabulator 2026", "product_id": product, "reference": "L-7"}
        create_entitlement(session, SYSTEM, values, at=SOME_MOMENT)
    page = administrator.get("/assets/suggest?q=fab").text
    for text in ("Finance &gt; Fabrication", "<b>Fabulator</b>", "<b>Fabulator 2026</b>", "L-7"):
        assert text in page
    shown = administrator.get("/assets?q=fab").text
    for url in ("/licences?q=fab", "/software?q=fab"):
        assert url in shown
        assert administrator.get(url).status_code == 200


def test_columns_are_kept_for_the_person(administrator: Browser) -> None:
    with transaction() as session:
        make_asset(session, operating_system="IOS-XE 17")
    data = {"column": ["operating_system", "nonsense"], "next": "/assets?sort=-name"}
    answer = administrator.post("/assets/columns", data)
    assert answer.headers["Location"] == "/assets?sort=-name"
    page = administrator.get("/assets").text
    assert "IOS-XE 17" in page
    assert 'data-label="Serial number"' not in page
    administrator.post("/assets/columns", {"reset": "1", "next": "https://elsewhere.test/?x=1"})
    user = db.session.get(User, administrator.user_id)
    assert user is not None
    db.session.refresh(user)
    assert user.asset_columns is None


def test_list_asks_the_database_as_much_for_many_rows_as_for_few(browse: Browse) -> None:
    browser = browse(Role.TECHNICIAN)
    counts = []
    for _round in range(2):
        with transaction() as session:
            for _number in range(15):
                asset = make_asset(session)
                make_device(session, serial_number=asset.serial_number, sys_name=asset.name)
        asked = []
        for path in ("/assets", "/assets?q=ass&state=in_use", "/devices", "/"):
            browser.get(path)
            browser.app.extensions["parc_facets"][None].forget()
            with statements() as seen:
                assert browser.get(path).status_code == 200
            asked.append(len([text for text in seen if text.startswith("SELECT")]))
        counts.append(asked)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 27


@pytest.mark.parametrize("role", [None, Role.REQUESTER])
def test_who_may_not_see_the_inventory_sees_none_of_it(browse: Browse, role: Role | None) -> None:
    browser = browse(role)
    with transaction() as session:
        asset = make_asset(session, name="secret-name")
    for path in (
        "/assets", f"/assets/{asset.id}", "/assets/suggest?q=secret", "/assets/export.csv",
        "/assets/export.xlsx", "/devices", "/devices/1", "/", "/differences",
        f"/assets/{asset.id}/history", f"/assets/{asset.id}/interfaces",
        f"/assets/{asset.id}/observations", f"/assets/{asset.id}/observations/1",
    ):  # fmt: skip
        answer = browser.get(path)
        assert answer.status_code == (302 if role is None else 404), path
        assert "secret-name" not in answer.text


def test_read_only_role_is_offered_and_allowed_no_change(browse: Browse) -> None:
    browser = browse(Role.READ_ONLY)
    with transaction() as session:
        asset = make_asset(session)
        device = make_device(session)
    for path in ("/assets", "/devices", f"/assets/{asset.id}", f"/devices/{device.id}"):
        assert 'name="action"' not in browser.get(path).text
        assert "/edit" not in browser.get(path).text
    for path in (
        "/assets/new", "/assets/bulk-state", "/assets/bulk-edit",
        f"/assets/{asset.id}/edit", f"/assets/{asset.id}/state",
        f"/assets/{asset.id}/delete", f"/assets/{asset.id}/release",
        f"/assets/{asset.id}/difference", "/devices/decide", "/devices/attach",
        "/devices/ignore", "/devices/restore/1",
    ):  # fmt: skip
        assert browser.post(path, {"id": "1"}).status_code == 404, path


def test_cells_that_hold_nothing_are_not_named_and_places_are_short(browse: Browse) -> None:
    technician = browse(Role.TECHNICIAN)
    with transaction() as session:
        place = create_path(session, SYSTEM, "Lyon > Tour A > 2 > Salle 214", at=SOME_MOMENT)
        place_id = place.id
        asset = make_asset(session, name="pc-1", location_id=place_id, serial_number="AB-12-34")
        number = asset.id
        make_asset(session, name="The machine at the end of the corridor", search_text="corridor")
    page = technician.get("/assets").text
    whole = "Lyon &gt; Tour A &gt; 2 &gt; Salle 214"
    assert f'<span title="{whole}">Lyon … Salle 214</span>' in page
    assert f'<span title="{whole}">Lyon … Salle 214</span>' in technician.get("/movements").text
    sheet = technician.get(f"/assets/{number}").text
    assert f'<a href="/places/{place_id}" title="{whole}">Lyon … Salle 214</a>' in sheet
    of_site = technician.get("/places/1").text
    assert '<td data-label="Place">Tour A &gt; 2 &gt; Salle 214</td>' in of_site
    assert '<td class="whole" data-label="Serial number">AB-12-34</td>' in page
    assert "<td>—</td>" in page
    assert '<th scope="row" class="sentence">' in page

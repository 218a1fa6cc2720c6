"""Search, filters, counts and the ways of reading a list, on both databases."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.extensions import db, transaction
from parc.models import Asset, LifecycleState, Location, LocationKind
from parc.queries import assets as query
from parc.queries.assets import AssetFilter, AssetList, FilterError, Lookup, make_filter
from parc.queries.facets import Facet, FacetCache, Freshness, Origin, read_snapshot
from parc.queries.keyset import Order
from parc.queries.locations import read_places
from parc.services.asset_search import search_text
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device, make_linked_device


def _asset(session: Session, **values: object) -> Asset:
    texts = [str(value) for value in values.values()]
    return make_asset(session, person_fields=(), search_text=search_text(texts), **values)


def _place(session: Session, name: str, parent: int | None = None) -> int:
    kind = LocationKind.ROOM if parent else LocationKind.SITE
    place = Location(name=name, kind=kind, parent_id=parent)
    session.add(place)
    session.flush()
    return place.id


def _read(asset_filter: AssetFilter, sort: str = "name", size: int = 50) -> AssetList:
    session = db.session()
    lookup = Lookup(read_snapshot(session, SOME_MOMENT), SOME_MOMENT)
    order = Order(query.SORTS[sort], Asset.id)
    return query.list_assets(session, asset_filter, order, None, size, ("name",), lookup)


def _names(text: str = "", **chosen: list[str]) -> list[str]:
    found = _read(make_filter(text, {Facet(name): values for name, values in chosen.items()}))
    assert found.count == len(found.page.rows)
    return [row.name for row in found.page.rows]


@pytest.fixture
def fleet(app: Flask) -> Flask:
    with transaction() as session:
        paris = _place(session, "Paris")
        room = _place(session, "Salle 1", paris)
        _asset(
            session,
            name="Écran-salle",
            serial_number="FOC12%34",
            manufacturer="Cisco",
            location_id=room,
            last_seen_at=SOME_MOMENT - timedelta(hours=2),
        )
        _asset(
            session,
            name="srv_01",
            serial_number="X9",
            manufacturer="HP",
            category=Category.SERVER,
            lifecycle_state=LifecycleState.IN_REPAIR,
            location_id=paris,
            last_seen_at=SOME_MOMENT - timedelta(days=3),
        )
        _asset(session, name="srvA01", manufacturer="HP", category=Category.SERVER)
        _asset(
            session,
            name="vieux",
            manufacturer="Cisco",
            last_seen_at=SOME_MOMENT - timedelta(days=90),
        )
    return app


@pytest.mark.usefixtures("fleet")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ecran", ["Écran-salle"]),
        ("ÉCRAN", ["Écran-salle"]),
        ("ran-sal", ["Écran-salle"]),
        ("2%3", ["Écran-salle"]),
        ("12_34", []),
        ("srv_0", ["srv_01"]),
        ("srv 01", ["srv_01", "srvA01"]),
        ("01 srva", ["srvA01"]),
        ("cisco vieux", ["vieux"]),
        ("nothing", []),
        ('"', []),
        ('"""', []),
        ("' OR '", []),
        ("* AND NOT", []),
        ("sr", ["srv_01", "srvA01"]),
        ("V", ["vieux"]),
        ("", ["srv_01", "srvA01", "vieux", "Écran-salle"]),
    ],
)
def test_search_finds_any_part_without_accents_or_case(text: str, expected: list[str]) -> None:
    assert sorted(_names(text)) == sorted(expected)


@pytest.mark.usefixtures("fleet")
def test_filters_narrow_by_each_facet_and_by_several() -> None:
    assert sorted(_names(category=["server"])) == ["srvA01", "srv_01"]
    assert _names(state=["in_repair"]) == ["srv_01"]
    assert sorted(_names(manufacturer=["Cisco"])) == ["vieux", "Écran-salle"]
    assert len(_names(manufacturer=["Cisco", "HP"])) == 4
    assert _names(freshness=[Freshness.DAY]) == ["Écran-salle"]
    assert _names(freshness=[Freshness.WEEK]) == ["srv_01"]
    assert _names(freshness=[Freshness.OLDER]) == ["vieux"]
    assert _names(freshness=[Freshness.NEVER]) == ["srvA01"]
    assert _names(origin=[Origin.HAND]) == ["srvA01"]
    assert len(_names(origin=[Origin.HAND, Origin.NETWORK])) == 4
    assert _names("srv", category=["server"], manufacturer=["HP"], state=["in_use"]) == ["srvA01"]
    assert _names(manufacturer=["Nobody"]) == []


@pytest.mark.usefixtures("fleet")
def test_site_holds_what_stands_in_its_rooms() -> None:
    places = read_places(db.session())
    paris = next(place for place in places.by_id.values() if place.name == "Paris")
    room = next(place for place in places.by_id.values() if place.name == "Salle 1")
    assert places.path(room.id) == "Paris > Salle 1"
    assert len(_names(site=[str(paris.id)])) == 2
    snapshot = read_snapshot(db.session(), SOME_MOMENT)
    assert snapshot.counts(Facet.SITE, {}) == {str(paris.id): 2}


@pytest.mark.usefixtures("fleet")
def test_counts_of_a_facet_follow_the_choices_of_the_others() -> None:
    snapshot = read_snapshot(db.session(), SOME_MOMENT)
    assert snapshot.counts(Facet.CATEGORY, {}) == {"switch": 2, "server": 2}
    under = snapshot.counts(Facet.CATEGORY, {Facet.STATE: ["in_repair"]})
    assert under == {"switch": 0, "server": 1}
    own = snapshot.counts(Facet.STATE, {Facet.STATE: ["in_repair"]})
    assert own == {"in_use": 3, "in_repair": 1}
    assert snapshot.count({Facet.MANUFACTURER: ["Cisco"], Facet.ORIGIN: ["network"]}) == 2


@pytest.mark.usefixtures("app")
def test_every_way_of_reading_finds_the_same_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    with transaction() as session:
        for number in range(60):
            _asset(
                session,
                name=f"host-{number:02}",
                manufacturer="Cisco" if number % 3 else "HP",
                lifecycle_state=LifecycleState.IN_USE if number % 2 else LifecycleState.IN_STOCK,
            )
    chosen = {Facet.MANUFACTURER: ["Cisco"], Facet.STATE: ["in_use"]}
    for text in ("", "host", "host-1", "ost 2"):
        expected = None
        for few, cheap in ((1000, 1500), (0, 1500), (0, 0), (5, 0)):
            monkeypatch.setattr(query, "_FEW_IDS", few)
            monkeypatch.setattr(query, "_CHEAP_COUNT", cheap)
            for size in (1, 7, 60):
                found = _read(make_filter(text, chosen), size=size)
                names = [row.name for row in found.page.rows]
                expected = expected or _read(make_filter(text, chosen), size=60)
                assert names == [row.name for row in expected.page.rows][:size]
                assert found.count == expected.count


@pytest.mark.usefixtures("app")
def test_count_is_exact_up_to_its_limit_and_says_so_beyond(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(query, "COUNT_LIMIT", 3)
    with transaction() as session:
        for number in range(3):
            _asset(session, name=f"host-{number}")
    assert _read(AssetFilter()).is_count_exact
    with transaction() as session:
        _asset(session, name="host-3")
    for text in ("", "host"):
        found = _read(AssetFilter(text))
        assert (found.count, found.is_count_exact) == (4, False)
    assert _read(AssetFilter("host")).is_cut


@pytest.mark.parametrize(
    ("facet", "value"),
    [
        (Facet.CATEGORY, "x"),
        (Facet.STATE, "' OR 1=1"),
        (Facet.SITE, "1 OR 1=1"),
        (Facet.SITE, "²"),
        (Facet.SITE, "9" * 30),
        (Facet.FRESHNESS, "now"),
        (Facet.ORIGIN, "moon"),
        (Facet.MANUFACTURER, "a\x00b"),
    ],
)
def test_value_that_cannot_be_is_refused(facet: Facet, value: str) -> None:
    with pytest.raises(FilterError):
        make_filter("", {facet: [value]})


def test_empty_choices_of_a_form_are_no_filter() -> None:
    assert make_filter(" a ", {Facet.STATE: ["", ""]}) == AssetFilter("a", {})
    with pytest.raises(FilterError):
        make_filter("", {Facet.MANUFACTURER: [str(number) for number in range(500)]})


@pytest.mark.usefixtures("app")
def test_exact_number_mac_or_address_leads_to_one_asset() -> None:
    with transaction() as session:
        asset = make_asset(session, serial_number="FOC1", primary_address="192.0.2.7")
        make_linked_device(
            session, asset, base_mac_address="00:11:22:33:44:55", address="192.0.2.8"
        )
        make_asset(session, serial_number="TWICE")
        make_asset(session, serial_number="TWICE")
        make_device(session, base_mac_address="00:11:22:33:44:99")
    for text in (
        "foc1",
        " FOC1 ",
        asset.asset_tag.lower(),
        "192.0.2.7",
        "192.0.2.8",
        "0011.2233.4455",
    ):
        assert query.find_exact(db.session(), text) == asset.id, text
    for text in ("", "TWICE", "FOC", "00:11:22:33:44:99", "192.0.2.9", "x\x00", "%"):
        assert query.find_exact(db.session(), text) is None, text


@pytest.mark.usefixtures("fleet")
def test_suggestions_are_few_and_by_name() -> None:
    rows = query.suggest(db.session(), "srv", 1)
    assert [row.name for row in rows] == [min("srvA01", "srv_01")] or len(rows) == 1
    assert query.suggest(db.session(), " ", 5) == []


@pytest.mark.usefixtures("app")
def test_counts_of_a_small_inventory_are_kept_a_second_however_slow_the_database() -> None:
    @event.listens_for(db.engine, "before_cursor_execute")
    def be_slow(*_details: object) -> None:
        time.sleep(0.02)

    cache = FacetCache()
    cache.get(db.session(), SOME_MOMENT)
    assert cache._good_until - time.monotonic() <= 1


@pytest.mark.usefixtures("app")
def test_snapshot_is_kept_for_a_while_and_forgotten_on_demand() -> None:
    cache = FacetCache()
    first = cache.get(db.session(), SOME_MOMENT)
    assert cache.get(db.session(), SOME_MOMENT) is first
    with transaction() as session:
        make_asset(session)
    cache.forget()
    again = cache.get(db.session(), SOME_MOMENT)
    assert again.everything.bit_count() == 1

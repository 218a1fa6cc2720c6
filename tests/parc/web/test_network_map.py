"""Tests of the network map: links of both ends merged, the drawing, the page."""

from __future__ import annotations

from itertools import combinations

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from parc.extensions import db, transaction
from parc.models import Location, LocationKind, Role
from parc.queries.network_map import End, bundle_links, merge_links
from parc.web.map_layout import HEIGHT, WIDTH, lay_out
from parc.web.network_map import short_name, short_port
from tests.links import connect, make_switch, port_of
from tests.web import Browser


def _end(node: str, port: str) -> End:
    return End(node, port, frozenset({port.casefold()}))


def test_what_both_ends_say_is_one_link() -> None:
    a, b = _end("a", "Gi1/0/1"), _end("b", "Gi1/0/24")
    links = merge_links([(a, End("b", "gi1/0/24")), (b, End("a", "Gi1/0/1"))])
    assert [(one.near, one.far, one.is_mutual) for one in links] == [(a, b, True)]


def test_two_links_between_the_same_switches_stay_two() -> None:
    told = [(_end("a", f"p{n}"), End("b", f"q{n}")) for n in (1, 2)]
    back = [(_end("b", f"q{n}"), End("a", f"p{n}")) for n in (2, 1)]
    links = merge_links([*told, *back])
    assert [(one.near.port, one.far.port) for one in links] == [("p1", "q1"), ("p2", "q2")]


def test_ends_that_name_ports_otherwise_are_paired_in_order() -> None:
    links = merge_links(
        [(_end("a", "p1"), End("b", "ifindex 7")), (_end("b", "q1"), End("a", "9"))]
    )
    assert [(one.near.port, one.far.port, one.is_mutual) for one in links] == [("p1", "q1", True)]


def test_links_between_the_members_of_an_aggregate_are_one() -> None:
    members = [
        (
            End("a", f"Gi0/{n}", is_up=n == 1, vlans=frozenset({n}), aggregate="Po1"),
            _end("b", f"g{n}"),
        )
        for n in (1, 2)
    ]
    alone = [(End("a", f"Gi0/{n}"), _end("b", f"g{n}")) for n in (8, 9)]
    bundled = bundle_links(merge_links([*members, *alone]))
    assert [link.near.port for link in bundled] == ["Gi0/1, Gi0/2", "Gi0/8", "Gi0/9"]
    first = bundled[0]
    assert (first.near.aggregate, first.far.port, first.is_up) == ("Po1", "g1, g2", True)
    assert first.vlans == {1, 2}


def test_link_that_one_end_tells_stands_alone() -> None:
    links = merge_links([(_end("b", "q1"), End("a", "p1"))])
    assert [(one.near.node, one.far.port, one.is_mutual) for one in links] == [("b", "p1", False)]


ends = st.tuples(
    st.sampled_from("abc"), st.integers(1, 4), st.sampled_from("abc"), st.integers(1, 4)
)


@given(st.lists(ends), st.randoms())
def test_merging_does_not_depend_on_order(
    told: list[tuple[str, int, str, int]], chance: object
) -> None:
    rows = {(a, p): (_end(a, f"p{p}"), End(b, f"p{q}")) for a, p, b, q in told if a != b}
    directed = list(rows.values())
    links = merge_links(directed)
    chance.shuffle(directed)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert merge_links(directed) == links
    assert len(links) <= len(directed) <= 2 * len(links)


keys = st.lists(st.text("abcdef", min_size=1, max_size=3), unique=True, max_size=30)


@given(keys, st.data())
def test_no_two_boxes_overlap_and_all_fit(found: list[str], data: st.DataObject) -> None:
    pairs = st.tuples(st.sampled_from(found), st.sampled_from(found)) if found else st.nothing()
    links = data.draw(st.lists(pairs, max_size=40 if found else 0))
    layout = lay_out(found, links)
    assert set(layout.corners) == set(found)
    for x, y in layout.corners.values():
        assert 0 <= x <= layout.width - WIDTH
        assert 0 <= y <= layout.height - HEIGHT
    for (x1, y1), (x2, y2) in combinations(layout.corners.values(), 2):
        assert abs(x1 - x2) >= WIDTH or abs(y1 - y2) >= HEIGHT
    assert lay_out(found, links) == layout


def test_nodes_without_links_do_not_widen_the_picture() -> None:
    tree = lay_out(["a", "b", "c", "d", "e", "f"], [("a", one) for one in "bcdef"])
    loose = lay_out(list("abcdefghijklmnop"), [("a", one) for one in "bcdef"])
    assert loose.width == tree.width


def test_core_is_on_top() -> None:
    layout = lay_out(["a", "b", "c", "d"], [("a", "c"), ("c", "b"), ("c", "d")])
    assert min(layout.corners, key=lambda key: layout.corners[key][1]) == "c"


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("GigabitEthernet1/0/24", "Gi1/0/24"),
        ("Ethernet1/1", "Eth1/1"),
        ("ethernet1/2/1", "e1/2/1"),
        ("ge-0/0/0.0", "ge-0/0/0.0"),
    ],
)
def test_ports_are_abbreviated(name: str, short: str) -> None:
    assert short_port(name) == short


def test_names_lose_their_domain_and_addresses_nothing() -> None:
    assert short_name("sw-etage1-01.example.org") == "sw-etage1-01"
    assert short_name("192.0.2.1") == "192.0.2.1"
    assert short_name("x" * 30) == "x" * 18 + "…"


@pytest.fixture
def browser(app: Flask) -> Browser:
    """Lyon: sw1 and sw2 linked, VLAN 10 on it; sw1 has an unknown neighbour and one in Paris."""
    with transaction() as session:
        lyon = Location(kind=LocationKind.SITE, name="Lyon")
        paris = Location(kind=LocationKind.SITE, name="Paris")
        session.add_all([lyon, paris])
        session.flush()
        _a, sw1 = make_switch(session, "sw1", location_id=lyon.id)
        _b, sw2 = make_switch(session, "sw2", location_id=lyon.id)
        _c, far = make_switch(session, "sw-paris", location_id=paris.id)
        make_switch(session, "sw-nowhere")
        connect(session, sw1, 1, sw2, "sw2", "Gi1/0/2")
        connect(session, sw2, 2, sw1, "sw1", "Gi1/0/1")
        connect(session, sw1, 3, None, "<b>stranger</b>", "eth0")
        connect(session, sw1, 4, far, "sw-paris", "Gi1/0/1")
        telephone = connect(session, sw2, 4, None, "phone-7")
        telephone.capabilities = ["bridge", "telephone"]
        port_of(session, sw1, 1).tagged_vlans = [10, 20]
    db.session.rollback()
    return Browser(app, Role.READ_ONLY)


def _boxes(page: str) -> list[str]:
    return [part.partition('"')[0] for part in page.split('<a class="map-node ')[1:]]


def test_first_site_is_drawn_with_unknown_neighbours_and_other_sites(browser: Browser) -> None:
    page = browser.get("/map").text
    assert sorted(_boxes(page)) == ["elsewhere", "known", "known", "unknown"]
    assert page.count('<g class="map-link') == 3
    assert "phone-7" not in page
    assert "<b>stranger" not in page
    assert "&lt;b&gt;stranger" in page
    assert "style=" not in page


def test_vlan_leaves_its_links(browser: Browser) -> None:
    page = browser.get("/map?vlan=10").text
    assert _boxes(page) == ["known", "known"]
    assert "1 link" in page


def test_switches_without_a_site_have_a_map_of_their_own(browser: Browser) -> None:
    page = browser.get("/map?site=0").text
    assert _boxes(page) == ["known"]
    assert "No link matches." in page


@pytest.mark.parametrize("query", ["site=9999", "site=x", "vlan=x", "vlan=12345", "other=1"])
def test_wrong_filter_is_refused(browser: Browser, query: str) -> None:
    assert browser.get(f"/map?{query}").status_code == 422


def test_large_map_shows_its_core_and_says_so(app: Flask) -> None:
    with transaction() as session:
        _core, core = make_switch(session, "core", ports=1)
        for number in range(230):
            connect(session, core, 1, None, f"far-{number:03}")
    page = Browser(app, Role.READ_ONLY).get("/map?site=0&size=50").text
    assert len(_boxes(page)) == 200
    assert "The map has 231 devices" in page
    assert 'rel="next"' in page


def test_no_network_says_what_to_do(app: Flask) -> None:
    page = Browser(app, Role.READ_ONLY).get("/map").text
    assert "No link is known." in page

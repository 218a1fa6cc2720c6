"""The table of signs, and how votes are combined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.nmap.votes import combine, table, weigh
from collectors.nmap.xml import NmapPort
from collectors.observation import Category, CategoryVote


def tcp(*numbers: int) -> tuple[NmapPort, ...]:
    return tuple(NmapPort("tcp", number) for number in numbers)


def test_the_table_is_sound() -> None:
    for sign in table().sign:
        assert 0 < sign.weight < 1
        assert sign.tcp or sign.only_tcp or sign.manufacturer or sign.mac or sign.text or sign.cpe
        assert ("{manufacturer}" in sign.reason) <= bool(sign.manufacturer)
        assert all(mac == mac.lower() for mac in sign.mac)
        assert all(cpe == cpe.lower() for cpe in sign.cpe)


def test_a_printer_is_known_by_ports_banner_and_maker() -> None:
    ports = (*tcp(515, 631, 9100), NmapPort("tcp", 21, product="X", device_type="print server"))
    verdict = weigh(ports, manufacturer="Hewlett Packard")
    assert verdict.category is Category.PRINTER
    assert verdict.confidence == pytest.approx(0.8690, abs=0.0001)
    assert verdict.votes[0].weight == 0.6


def test_network_signs_strengthen_the_special_kind() -> None:
    port = NmapPort("tcp", 23, device_type="switch", cpes=("cpe:/o:cisco:ios",))
    verdict = weigh([port], manufacturer="Cisco", vendor="Cisco Systems")
    assert verdict.category is Category.SWITCH
    assert verdict.confidence == pytest.approx(0.8625)


def test_network_equipment_of_no_special_kind_stays_general() -> None:
    verdict = weigh([NmapPort("tcp", 22, cpes=("cpe:/o:cisco:ios:15",))], manufacturer="Cisco")
    assert verdict.category is Category.NETWORK


def test_a_weak_sign_gives_a_probable_category_only() -> None:
    verdict = weigh(tcp(445), manufacturer="Dell")
    assert verdict.category is None
    assert verdict.probable_category is Category.WORKSTATION
    assert verdict.confidence == pytest.approx(0.48)


@pytest.mark.parametrize(
    ("ports", "maker", "mac", "category"),
    [
        ((5060,), "Yealink", None, Category.PHONE),
        ((554,), "Axis", None, Category.CAMERA),
        ((62078,), None, None, Category.MOBILE),
        ((8291,), "MikroTik", None, Category.ROUTER),
        ((8006, 22), None, None, Category.HYPERVISOR),
        ((22,), None, "52:54:00:aa:00:01", Category.VIRTUAL_MACHINE),
        ((3389,), "Microsoft", "00:15:5d:aa:00:01", Category.VIRTUAL_MACHINE),
        ((135, 445), None, None, Category.WORKSTATION),
        ((5060,), "Cisco", None, None),
        ((80,), None, None, None),
        ((), "Hewlett Packard", None, None),
    ],
)
def test_signs_name_the_category(
    ports: tuple[int, ...], maker: str | None, mac: str | None, category: Category | None
) -> None:
    assert weigh(tcp(*ports), manufacturer=maker, mac_address=mac).category is category


def test_the_same_evidence_counts_once() -> None:
    once = weigh(tcp(135))
    assert weigh(tcp(135, 3389, 5985, 445)).confidence == once.confidence
    both = weigh(manufacturer="VMware", vendor="VMware")
    assert both.confidence == 0.7


def test_a_name_inside_another_word_is_no_sign() -> None:
    assert weigh(manufacturer="Canonical").votes == ()
    assert weigh([NmapPort("tcp", 80, product="Switchboard")]).votes == ()


def test_nothing_seen_gives_no_verdict() -> None:
    assert weigh().confidence is None
    assert weigh().category is None


votes = st.lists(
    st.builds(CategoryVote, st.sampled_from(Category), st.floats(0.01, 0.99), st.text(max_size=3)),
    max_size=8,
)


@given(
    votes.flatmap(lambda given_votes: st.tuples(st.just(given_votes), st.permutations(given_votes)))
)
def test_the_order_of_votes_does_not_matter(
    orders: tuple[list[CategoryVote], list[CategoryVote]],
) -> None:
    assert combine(orders[0]) == combine(orders[1])


@given(votes)
def test_another_vote_never_weakens_its_category(given_votes: list[CategoryVote]) -> None:
    more = combine([*given_votes, CategoryVote(Category.PRINTER, 0.9, "x")])
    assert more.confidence is not None
    assert more.confidence >= 0.9
    assert more.confidence >= (combine(given_votes).confidence or 0)

"""nmap's XML, written by hand: what is kept, what is refused."""

from __future__ import annotations

import unicodedata
from xml.sax.saxutils import quoteattr

from hypothesis import given
from hypothesis import strategies as st

from collectors.nmap.xml import NmapPort, NmapReport, read_report
from tests.collectors.nmap.fake_nmap import FINISHED, START, host_xml, mac_xml, port_xml


def read(*parts: str) -> NmapReport:
    return read_report("".join([START, *parts, FINISHED]).encode())


def test_a_host_is_read_with_mac_and_open_ports() -> None:
    service = (
        '<service name="ssh" product="OpenSSH" version="9.2" method="probed" conf="10">'
        "<cpe>cpe:/a:openbsd:openssh:9.2</cpe></service>"
    )
    inside = mac_xml("00:1B:54:AA:00:15", "Cisco Systems") + (
        f"<ports>{port_xml(22, service=service)}{port_xml(23, state='closed')}</ports>"
    )
    (host,) = read(host_xml("10.0.0.5", reason="arp-response", inside=inside)).hosts
    assert (host.address, host.proof, host.is_proven) == ("10.0.0.5", "arp-response", True)
    assert (host.mac_address, host.vendor) == ("00:1b:54:aa:00:15", "Cisco Systems")
    assert host.ports == (
        NmapPort(
            "tcp",
            22,
            "ssh",
            "OpenSSH",
            "9.2",
            None,
            ("cpe:/a:openbsd:openssh:9.2",),
            is_guess=False,
        ),
    )
    assert host.has_ports


def test_truncated_xml_keeps_the_hosts_before_the_break() -> None:
    whole = START + host_xml("10.0.0.1") + host_xml("10.0.0.2") + host_xml("10.0.0.3") + FINISHED
    cut = whole.index("10.0.0.3") + 4
    report = read_report(whole[:cut].encode())
    assert [host.address for host in report.hosts] == ["10.0.0.1", "10.0.0.2"]
    assert not report.is_complete
    assert report.detail


@given(st.integers(0, 500))
def test_no_cut_loses_a_whole_host_or_raises(cut: int) -> None:
    whole = (START + host_xml("10.0.0.1") + host_xml("10.0.0.2") + FINISHED).encode()
    report = read_report(whole[:cut])
    assert len(report.hosts) == whole[:cut].count(b"</host>")
    assert report.is_complete == (cut >= len(whole))


@given(st.binary(max_size=300))
def test_any_octets_give_a_report(body: bytes) -> None:
    assert not read_report(body).is_complete


def test_a_run_that_failed_is_incomplete_and_says_why() -> None:
    body = START + '<runstats><finished exit="error" errormsg="no route"/></runstats></nmaprun>'
    assert read_report(body.encode()) == NmapReport((), is_complete=False, detail="no route")


def test_early_notices_are_no_hosts() -> None:
    hint = host_xml("10.0.0.9").replace("host>", "hosthint>")
    assert read(hint).hosts == ()


def test_hosts_that_are_down_and_nameless_hosts_are_left_out() -> None:
    down = host_xml("10.0.0.9").replace('"up"', '"down"')
    assert read(down, host_xml("nonsense"), "<host/>").hosts == ()


def test_a_host_said_to_be_up_is_no_proof() -> None:
    (host,) = read(host_xml("10.0.0.9", reason="user-set")).hosts
    assert not host.is_proven


def test_a_host_that_took_too_long_has_no_complete_ports() -> None:
    late = host_xml("10.0.0.9", inside="<ports></ports>").replace(
        "<host>", '<host timedout="true">'
    )
    assert not read(late).hosts[0].has_ports


def test_a_port_without_an_answer_is_not_open() -> None:
    ports = port_xml(161, state="open|filtered", protocol="udp") + port_xml(80, state="filtered")
    (host,) = read(host_xml("10.0.0.9", inside=f"<ports>{ports}</ports>")).hosts
    assert host.ports == ()
    assert host.has_ports


def test_a_name_from_the_port_number_is_a_guess() -> None:
    guess = port_xml(80, service='<service name="http" method="table" conf="3"/>')
    (host,) = read(host_xml("10.0.0.9", inside=f"<ports>{guess}</ports>")).hosts
    assert host.ports[0].is_guess


def test_wrong_ports_are_left_out() -> None:
    ports = port_xml(70000) + port_xml(0) + port_xml(22, protocol="sctp")
    ports += port_xml(22).replace('"22"', '"٢٢"') + '<port protocol="tcp" portid="22"/>'
    assert read(host_xml("10.0.0.9", inside=f"<ports>{ports}</ports>")).hosts[0].ports == ()


def test_the_community_that_nmap_found_is_never_kept() -> None:
    service = (
        '<service name="snmp" product="SNMPv1 server" extrainfo="geheim" method="probed"/>'
        '<script id="snmp-info" output="geheim"/>'
    )
    port = port_xml(161, protocol="udp", service=service)
    report = read(host_xml("10.0.0.9", inside=f"<ports>{port}</ports>"))
    assert report.hosts[0].ports[0].product == "SNMPv1 server"
    assert "geheim" not in repr(report)


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"), max_size=400
).map(lambda text: "".join(c for c in text if c >= " " or c in "\t\n"))


@given(XML_TEXT)
def test_hostile_text_comes_out_clean(text: str) -> None:
    service = f"<service product={quoteattr(text)} method='probed'/>"
    port = port_xml(80, service=service)
    (host,) = read(host_xml("10.0.0.9", inside=f"<ports>{port}</ports>")).hosts
    product = host.ports[0].product
    if product is None:
        return
    assert len(product) <= 200
    assert unicodedata.is_normalized("NFC", product)
    assert not any(unicodedata.category(character) == "Cc" for character in product)
    assert not set(product) & {chr(code) for code in (*range(0x202A, 0x202F), 0x200B, 0x2066)}


def test_an_entity_bomb_is_refused() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY a "aaaaaaaaaa">'
        '<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><nmaprun>'
        + host_xml("10.0.0.9").replace("echo-reply", "&b;")
        + FINISHED
    )
    report = read_report(bomb.encode())
    assert report.hosts == ()
    assert not report.is_complete
    assert "entities" in report.detail


def test_a_document_from_elsewhere_is_not_fetched() -> None:
    body = (
        '<?xml version="1.0"?><!DOCTYPE nmaprun [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
        "<nmaprun>&a;</nmaprun>"
    )
    assert "entities" in read_report(body.encode()).detail


def test_too_much_xml_is_not_read() -> None:
    assert "64 MiB" in read_report(b" " * (64 * 1024 * 1024 + 1)).detail

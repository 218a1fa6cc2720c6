"""Who made a device and what runs on it, as its services say."""

from __future__ import annotations

import pytest

from collectors.evidence import Means
from collectors.nmap.makers import origins_of, table
from collectors.nmap.xml import NmapHost, NmapPort
from collectors.registries.enterprise import manufacturer_named_in
from collectors.sweep import describe


def told(*ports: NmapPort) -> dict[str, str]:
    """Give what the services tell by field."""
    return {one.field: one.value for one in origins_of(ports)}


def test_makers_have_the_names_that_snmp_gives_them() -> None:
    makers = set(table().makers.values())
    unknown = {name for name in makers if manufacturer_named_in(name) != name}
    assert unknown <= {"ASUS", "AVM", "Foscam", "Linksys", "Yealink"}


@pytest.mark.parametrize(
    ("cpe", "maker", "system"),
    [
        ("cpe:/o:mikrotik:routeros", "MikroTik", "RouterOS"),
        ("cpe:/h:hikvision:ds-2cd", "Hikvision", None),
        ("cpe:/o:cisco:ios_xe:16", "Cisco", "Cisco IOS XE"),
        ("cpe:/o:microsoft:windows_10", None, "Windows"),
        ("cpe:/o:linux:linux_kernel", None, None),
        ("cpe:/a:hp:system_management_homepage", None, None),
        ("nonsense", None, None),
        ("cpe:/h:", None, None),
    ],
)
def test_names_of_hardware_and_systems_name_their_maker(
    cpe: str, maker: str | None, system: str | None
) -> None:
    found = told(NmapPort("tcp", 80, cpes=(cpe,)))
    assert found.get("manufacturer") == maker
    assert found.get("operating_system") == system


def test_a_product_counts_only_where_it_is_hardware() -> None:
    printer = NmapPort("tcp", 80, product="Brother HL-L2350DW http admin", device_type="printer")
    assert told(printer) == {"manufacturer": "Brother"}
    assert told(NmapPort("tcp", 22, product="Cisco SSH")) == {}


def test_services_that_contradict_each_other_name_nobody() -> None:
    ports = (
        NmapPort("tcp", 80, cpes=("cpe:/h:axis:p1346",)),
        NmapPort("tcp", 22, cpes=("cpe:/o:mikrotik:routeros",)),
    )
    assert told(*ports) == {"operating_system": "RouterOS"}


def test_a_presence_says_which_service_named_the_maker() -> None:
    port = NmapPort("tcp", 80, cpes=("cpe:/h:axis:p1346",))
    host = NmapHost("192.0.2.7", "arp-response", is_proven=True, ports=(port,))
    (origin,) = describe(host).origins
    assert (origin.value, origin.how.means) == ("Axis", Means.SERVICE)
    assert origin.how.raw == "80/tcp cpe:/h:axis:p1346"

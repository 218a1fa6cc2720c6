"""What a recording must not tell, and what it must still say."""

from __future__ import annotations

import pytest

from collectors import oids
from collectors.scrub import scrub
from collectors.walks import read_walk, write_snmprec

_WALK = """\
1.3.6.1.2.1.1.1.0|4|Linux rack7-core 5.4 FOC1234A0B1 by 00:1a:2b:3c:4d:5e at 192.0.2.9 (10.1.2.3)
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.1
1.3.6.1.2.1.1.3.0|67|128
1.3.6.1.2.1.1.4.0|4|Jo <jo@corp.example>
1.3.6.1.2.1.1.5.0|4|rack7-core.corp.example
1.3.6.1.2.1.1.6.0|4|Room 4
1.3.6.1.2.1.2.2.1.2.1|4|eth0
1.3.6.1.2.1.2.2.1.6.1|4x|001a2b3c4d5e
1.3.6.1.2.1.4.20.1.1.192.0.2.9|64|192.0.2.9
1.3.6.1.2.1.4.20.1.3.192.0.2.9|64|255.255.255.0
1.3.6.1.2.1.4.22.1.2.1.192.0.2.77|4x|001a2b000001
1.3.6.1.2.1.17.2.5.0|4x|8000001a2b3c4d5e
1.3.6.1.2.1.17.4.3.1.1.0.26.43.0.0.2|4x|001a2b000002
1.3.6.1.2.1.25.4.2.1.5.1|4|--password hunter2
1.3.6.1.2.1.31.1.1.1.18.1|4|1
1.3.6.1.2.1.47.1.1.1.1.11.1|4|FOC1234A0B1
1.3.6.1.4.1.99999.1.0|4|1
1.3.6.1.4.1.99999.2.0|4|W-2000
1.3.6.1.4.1.99999.3.0.26.43.60.77.94|2|-5
1.3.6.1.4.1.99999.4.0|4|admin jo@corp.example
"""


def _scrubbed(key: bytes = b"k") -> str:
    done = scrub(read_walk(_WALK.encode()), key, kept=["W-2000"])
    assert done.left_out == 3
    return write_snmprec(done.varbinds)


def _values(text: str) -> dict[str, bytes]:
    return {oids.decode(one.oid): one.value for one in read_walk(text.encode())}


@pytest.mark.parametrize(
    "secret",
    [
        "rack7",
        "corp.example",
        "Room 4",
        "FOC1234A0B1",
        "192.0.2.",
        "2b3c4d5e",
        "3c:4d:5e",
        "jo@",
        "hunter2",
        "26.43.60.77.94",
        "Jo <",
    ],
)
def test_recording_does_not_tell_whose_device_it_is(secret: str) -> None:
    assert secret in _WALK
    assert secret not in _scrubbed()


def test_equal_things_stay_equal_and_keep_their_shape() -> None:
    values = _values(_scrubbed())
    serial = values["1.3.6.1.2.1.47.1.1.1.1.11.1"]
    assert serial[:3] == b"FOC"
    assert len(serial) == len(b"FOC1234A0B1")
    mac = values["1.3.6.1.2.1.2.2.1.6.1"]
    assert mac[:3] == bytes.fromhex("001a2b")
    assert values["1.3.6.1.2.1.17.2.5.0"] == b"\x80\x00" + mac
    address = next(oid for oid in values if oid.startswith("1.3.6.1.2.1.4.20.1.1."))
    dotted = ".".join(map(str, values[address]))
    assert address.endswith(dotted)
    sys_descr = values["1.3.6.1.2.1.1.1.0"].decode()
    name = values["1.3.6.1.2.1.1.5.0"].decode()
    told = f"Linux {name} 5.4 {serial.decode()} by {mac.hex(':')} at {dotted} (10.1.2.3)"
    assert sys_descr == told
    assert f"1.3.6.1.4.1.99999.3.{'.'.join(map(str, mac))}" in values


def test_what_names_nobody_stays() -> None:
    values = _values(_scrubbed())
    assert values["1.3.6.1.2.1.2.2.1.2.1"] == b"eth0"
    assert values["1.3.6.1.4.1.99999.1.0"] == b"1"
    assert values["1.3.6.1.4.1.99999.2.0"] == b"W-2000"
    assert values[next(oid for oid in values if ".4.20.1.3." in oid)] == b"\xff\xff\xff\x00"
    assert values["1.3.6.1.2.1.1.3.0"] == b"\x00\x80"


def test_replacements_depend_on_a_key_that_is_forgotten() -> None:
    assert _scrubbed() == _scrubbed()
    assert _scrubbed() != _scrubbed(b"other")

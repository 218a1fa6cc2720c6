"""What agents on the invented organisation's machines upload, a month ago and now; pure.

Bodies are those of GLPI Agent, and are read as those of real agents are.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

from parc.demo.organisation import Organisation
from parc.demo.people import DemoAsset
from parc.demo.year import Step
from parc.models import MovementKind

_WORDS: Final = Path(__file__).parent / "data" / "software.toml"
_IN_USE: Final = (MovementKind.ASSIGNMENT, MovementKind.LOAN, MovementKind.TRANSFER)
_WINDOWS: Final = {False: ("Microsoft Windows 11 Professionnel", "25H2", "10.0.26200"),
                   True: ("Microsoft Windows 10 Professionnel", "22H2", "10.0.19045")}  # fmt: skip
_SERVER: Final = ("Microsoft Windows Server 2022 Standard", "21H2", "10.0.20348")
_OLD_AFTER_DAYS: Final = 1_000


def inventories(organisation: Organisation, today: date, *, is_now: bool) -> Iterator[bytes]:
    """Give the uploads of the machines that are in use, and of the servers.

    Args:
        is_now: as it is today, else as it was a month ago.
    """
    words = read_words()
    last: dict[int, Step] = {}
    for step in organisation.steps:
        last[step.asset] = step
    machines = [
        asset
        for number, asset in enumerate(organisation.assets)
        if asset.category == "workstation" and last[number].kind in _IN_USE
    ]
    for number, asset in enumerate(machines):
        found = [one for one in words["program"] if _has(one, number, is_now=is_now)]
        is_old = (today - asset.purchased_on).days > _OLD_AFTER_DAYS
        yield _body(asset, number, _WINDOWS[is_old], [6], [_row(one, is_now) for one in found])
    for number, one in enumerate(words["server"], start=len(machines)):
        asset = DemoAsset(
            one["name"], "server", "Dell", one["model"], one["serial"], today, "", "", ""
        )
        programs = [{"name": name, "arch": "x86_64"} for name in one["programs"]]
        yield _body(asset, number, _SERVER, one["processors"], programs)


def read_words() -> Mapping[str, Any]:
    """Read what is found, and whether it may be used."""
    return tomllib.loads(_WORDS.read_text(encoding="utf-8"))


def _has(program: Mapping[str, Any], number: int, *, is_now: bool) -> bool:
    if program.get("is_old" if is_now else "is_fresh", False):
        return False
    every: int = program["every"]
    first: int = program.get("first", 0)
    return number % every == first % every


def _row(program: Mapping[str, Any], is_now: bool) -> dict[str, str]:  # noqa: FBT001 -- when it was
    version = program.get("new", program["version"]) if is_now else program["version"]
    return {"name": program["name"], "publisher": program["publisher"], "version": version,
            "arch": "x86_64", "from": "registry"}  # fmt: skip


def _body(
    asset: DemoAsset,
    number: int,
    system: Sequence[str],
    processors: Sequence[int],
    programs: Sequence[Mapping[str, str]],
) -> bytes:
    full_name, version, kernel = system
    mac = f"02:5a:00:00:{number // 256:02x}:{number % 256:02x}"
    content = {
        "versionclient": "GLPI-Agent_v1.12",
        "hardware": {"name": asset.name, "vmsystem": "Physical", "memory": 16384,
                     "chassis_type": "Main Server Chassis" if asset.category == "server"
                     else "Laptop"},
        "bios": {"smanufacturer": asset.manufacturer, "smodel": asset.model_name,
                 "ssn": asset.serial_number},
        "operatingsystem": {"name": "Windows", "full_name": full_name, "version": version,
                            "kernel_version": kernel, "arch": "64-bit"},
        "cpus": [{"name": "Intel Xeon" if asset.category == "server" else "Intel Core i5",
                  "core": cores, "thread": 2 * cores} for cores in processors],
        "networks": [{"description": "Ethernet", "mac": mac, "status": "up", "type": "ethernet",
                      "ipaddress": f"198.51.100.{number + 1}", "ipmask": "255.255.255.0"}],
        "softwares": list(programs),
    }  # fmt: skip
    body = {"action": "inventory", "deviceid": f"{asset.name}-2026-01-05-09-00-00",
            "itemtype": "Computer", "content": content}  # fmt: skip
    return json.dumps(body).encode()

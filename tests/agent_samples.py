"""Inventories as agents send them, written by hand; the machines, people and keys are made up."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

SAMPLES = Path(__file__).parent / "collectors" / "agent" / "samples"
LICENSE_KEY = "AB2CD-3EF4G-5HI6J-7KL8M-N9PQR"


def sample(name: str) -> bytes:
    """Give a sample as an agent would send it."""
    return (SAMPLES / name).read_bytes()


def edid(
    maker: str = "DEL", name: str = "PARC U24", serial: str = "PRCMON001", number: int = 7
) -> str:
    """Give the base64 of the description of a monitor made in week 12 of 2022."""
    packed = sum(
        (ord(letter) - 64) << shift for letter, shift in zip(maker, (10, 5, 0), strict=True)
    )
    head = bytes.fromhex("00ffffffffffff00") + packed.to_bytes(2, "big") + b"\x12\x34"
    head += number.to_bytes(4, "little") + bytes([12, 32, 1, 4]) + bytes(34)
    texts = [(0xFF, serial), (0xFC, name)]
    parts = [bytes([0, 0, 0, tag, 0]) + f"{text}\n".encode().ljust(13)[:13] for tag, text in texts]
    body = head + b"".join(parts) + bytes(36) + b"\0"
    return base64.b64encode(body + bytes([-sum(body) % 256])).decode()


def computer(serial: str = "PRC0001", name: str = "PC-0001", **sections: Any) -> dict[str, Any]:
    """Give an inventory of GLPI Agent of a small desktop; ``sections`` replace or add."""
    digits = f"{sum(map(ord, serial)) * 7919 % 2**24:06x}"
    mac = f"00:1b:21:{digits[:2]}:{digits[2:4]}:{digits[4:]}"
    content: dict[str, Any] = {
        "versionclient": "GLPI-Agent_v1.11",
        "hardware": {
            "name": name,
            "chassis_type": "Desktop",
            "vmsystem": "Physical",
            "memory": 8192,
            "uuid": f"7d5a0c11-52a1-4d4e-9b7e-000000{digits}",
        },
        "bios": {"smanufacturer": "Dell Inc.", "smodel": "OptiPlex 7010", "ssn": serial},
        "operatingsystem": {
            "name": "Windows",
            "full_name": "Microsoft Windows 11 Professionnel",
            "version": "23H2",
            "kernel_version": "10.0.22631",
        },
        "cpus": [{"name": "Intel(R) Core(TM) i5-10500", "core": 6, "thread": 12, "speed": 3100}],
        "networks": [
            {
                "description": "Ethernet",
                "mac": mac,
                "ipaddress": f"192.0.2.{10 + int(digits, 16) % 200}",
                "ipmask": "255.255.255.0",
                "status": "up",
                "type": "ethernet",
                "virtualdev": False,
            }
        ],
        "softwares": [
            {"name": "7-Zip 23.01 (x64)", "version": "23.01", "publisher": "Igor Pavlov"},
            {"name": "Mozilla Firefox (x64 fr)", "version": "128.0", "publisher": "Mozilla"},
        ],
    }
    content |= sections
    return {
        "action": "inventory",
        "deviceid": f"{name}-2026-01-05-09-00-00",
        "itemtype": "Computer",
        "content": {key: value for key, value in content.items() if value is not None},
    }


def body(inventory: dict[str, Any]) -> bytes:
    """Give an inventory as it goes over the wire, without compression."""
    return json.dumps(inventory).encode()

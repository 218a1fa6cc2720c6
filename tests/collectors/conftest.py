"""A real snmpd on a free high port of the loopback, for the tests that are marked ``network``."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential, SnmpVersion

SNMPD = Path("/usr/sbin/snmpd")
AUTH_PASSPHRASE = "correct horse auth"
PRIV_PASSPHRASE = "correct horse priv"
START_SECONDS = 10.0

_AUTH_WORDS = {
    AuthProtocol.MD5: "MD5",
    AuthProtocol.SHA1: "SHA",
    AuthProtocol.SHA224: "SHA-224",
    AuthProtocol.SHA256: "SHA-256",
    AuthProtocol.SHA384: "SHA-384",
    AuthProtocol.SHA512: "SHA-512",
}
_PRIV_WORDS = {
    PrivProtocol.DES: "DES",
    PrivProtocol.AES128: "AES",
    PrivProtocol.AES192_BLUMENTHAL: "AES-192",
    PrivProtocol.AES256_BLUMENTHAL: "AES-256",
    PrivProtocol.AES192: "AES-192-C",
    PrivProtocol.AES256: "AES-256-C",
}
LEVELS = [
    (AuthProtocol.NONE, PrivProtocol.NONE),
    *((auth, PrivProtocol.NONE) for auth in _AUTH_WORDS),
    *((auth, priv) for auth in _AUTH_WORDS for priv in _PRIV_WORDS),
]

CONFIGURATION = """\
agentaddress udp:127.0.0.1:{port},udp6:[::1]:{port}
rocommunity correct 127.0.0.1
rocommunity6 correct ::1
sysName test-agent
sysLocation Room 4
sysContact somebody@example.com
rouser open noauth
"""


@dataclass(frozen=True, slots=True)
class Agent:
    """A running snmpd."""

    port: int
    address: str = "127.0.0.1"

    def community(self, version: SnmpVersion = SnmpVersion.V2C) -> SnmpCredential:
        """Give what it lets in."""
        return SnmpCredential(version, community="correct", port=self.port)

    def user(self, auth: AuthProtocol, priv: PrivProtocol) -> SnmpCredential:
        """Give the v3 user of this level."""
        return SnmpCredential(
            SnmpVersion.V3,
            user_name=user_name(auth, priv),
            auth_protocol=auth,
            auth_passphrase="" if auth is AuthProtocol.NONE else AUTH_PASSPHRASE,
            priv_protocol=priv,
            priv_passphrase="" if priv is PrivProtocol.NONE else PRIV_PASSPHRASE,
            port=self.port,
        )


def user_name(auth: AuthProtocol, priv: PrivProtocol) -> str:
    return "open" if auth is AuthProtocol.NONE else f"{auth}-{priv}"


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _write_configuration(folder: Path, port: int) -> Path:
    lines = [CONFIGURATION.format(port=port), "createUser open"]
    for auth, priv in LEVELS[1:]:
        name = user_name(auth, priv)
        words = f'createUser {name} {_AUTH_WORDS[auth]} "{AUTH_PASSPHRASE}"'
        if priv is not PrivProtocol.NONE:
            words += f' {_PRIV_WORDS[priv]} "{PRIV_PASSPHRASE}"'
        level = "auth" if priv is PrivProtocol.NONE else "priv"
        lines += [words, f"rouser {name} {level}"]
    path = folder / "snmpd.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    # sysUpTime by v2c; an snmpd that is not there yet makes the port refuse at once.
    question = (
        bytes.fromhex("302a0201010407")
        + b"correct"
        + bytes.fromhex(
            "a01c02040000000102010002010030" + "0e300c06082b060102010103000500",
        )
    )
    end = time.monotonic() + START_SECONDS
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", port))
        client.settimeout(0.2)
        while time.monotonic() < end and process.poll() is None:
            try:
                client.send(question)
                client.recv(1500)
            except OSError:
                continue
            return
    pytest.fail("snmpd does not start")


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """A real snmpd with one community and a user for every level it offers."""
    if not SNMPD.exists():
        pytest.skip("snmpd is not installed (Debian package snmpd)")
    folder = tmp_path_factory.mktemp("snmpd")
    port = free_udp_port()
    path = _write_configuration(folder, port)
    process = subprocess.Popen(
        [SNMPD, "-f", "-Lf", folder / "log", "-C", "-c", path, "-p", folder / "pid"],
        env={"SNMP_PERSISTENT_DIR": str(folder / "persistent"), "PATH": "/usr/sbin:/usr/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_listens(process, port)
        yield Agent(port)
    finally:
        process.terminate()
        process.wait(timeout=10)

"""nginx as the guide sets it up lets in agents with certificates, and nobody who only says so."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import sqlite3
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.functional.served import ROOT, serving_parc

_GUIDE = ROOT / "docs" / "howto" / "point-your-agents-at-parc.md"
_PROLOG = b"<REQUEST><DEVICEID>pc-1</DEVICEID><QUERY>PROLOG</QUERY><TOKEN>1</TOKEN></REQUEST>"
_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"
_SAYS_SO = {"X-SSL-Client-Verify": "SUCCESS", "X-Forwarded-For": "127.0.0.1"}
_CLIENT = """package ClientCertificate;
use IO::Socket::SSL;
IO::Socket::SSL::set_client_defaults(
    SSL_use_cert => 1, SSL_cert_file => '{0}', SSL_key_file => '{0}'
);
1;
"""


class _Authority:
    """Signs certificates; each is a file with its key."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.file = self._write(name, self.name, self.key, is_authority=True)

    def sign(self, name: str) -> Path:
        """Give a certificate of this machine."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return self._write(name, subject, ec.generate_private_key(ec.SECP256R1()))

    def _write(
        self,
        name: str,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        *,
        is_authority: bool = False,
    ) -> Path:
        now = datetime.now(UTC)  # noqa: TID251 -- what OpenSSL compares with
        places = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
            .add_extension(x509.SubjectAlternativeName(places), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        file = self.folder / f"{name}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        return file


@contextmanager
def _nginx(folder: Path, port: int, parc: str, server: Path, authority: Path) -> Iterator[None]:
    """Run nginx by the block of the guide, with other places and ports only."""
    program = shutil.which("nginx", path=_PATH)
    if program is None:
        pytest.skip("nginx is not installed (Debian: nginx)")
    block = _GUIDE.read_text().partition("```nginx\n")[2].partition("```")[0]
    for theirs, ours in (
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("/etc/nginx/parc.pem", str(server)),
        ("/etc/nginx/parc.key", str(server)),
        ("/etc/nginx/agents-ca.pem", str(authority)),
        ("http://127.0.0.1:8000", parc),
    ):
        assert theirs in block
        block = block.replace(theirs, ours)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/pid;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{block}}}\n"
    )
    arguments = ("-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "log"))
    with subprocess.Popen([program, *arguments]) as process:
        try:
            _wait_for(port, process)
            yield
        finally:
            process.terminate()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("nginx does not listen")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _status(connection: http.client.HTTPConnection, headers: dict[str, str]) -> int:
    connection.request("POST", "/inventory", _PROLOG, headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.long
def test_certificates_let_agents_in_and_headers_do_not(tmp_path: Path) -> None:
    ours, others = _Authority(tmp_path, "ours"), _Authority(tmp_path, "others")
    port = _free_port()
    settings = {
        "PARC_AGENTS_CERTIFICATE_HEADER": "X-SSL-Client-Verify",
        "PARC_SERVER_TRUSTED_PROXIES": "1",
        "PARC_SERVER_BASE_URL": f"https://localhost:{port}",
    }
    with (
        serving_parc(tmp_path / "var", settings) as served,
        _nginx(tmp_path, port, served.url, ours.sign("server"), ours.file),
    ):

        def through(certificate: Path | None, **headers: str) -> int:
            context = ssl.create_default_context(cafile=str(ours.file))
            if certificate:
                context.load_cert_chain(certificate)
            return _status(http.client.HTTPSConnection("localhost", port, context=context), headers)

        agent = ours.sign("agent")
        assert through(agent) == 200
        assert through(None) == 401
        assert through(None, **_SAYS_SO) == 401
        assert through(others.sign("stranger"), **_SAYS_SO) == 400
        at = served.url.removeprefix("http://")
        past_it = http.client.HTTPConnection(at, source_address=("127.0.0.2", 0))
        assert _status(past_it, _SAYS_SO) == 401
        _let_fusioninventory_report(tmp_path, port, ours.file, agent)
        with sqlite3.connect(served.folder / "parc.db") as connection:
            agents = connection.execute("SELECT substr(client, 1, 15), token_id FROM agent")
            assert agents.fetchall() == [("FusionInventory", None)]


def _let_fusioninventory_report(folder: Path, port: int, authority: Path, agent: Path) -> None:
    """Run Debian's agent; it has no setting for a certificate of its own, its TLS library has."""
    program = shutil.which("fusioninventory-agent", path=_PATH)
    if program is None or not os.access("/var/lib/fusioninventory-agent", os.W_OK):
        pytest.skip("fusioninventory-agent is not installed, or cannot write its state")
    (folder / "ClientCertificate.pm").write_text(_CLIENT.format(agent))
    command = (
        program, f"--server=https://localhost:{port}/plugins/fusioninventory/", "--force",
        f"--ca-cert-file={authority}", "--tasks=inventory", "--config=none", "--logger=stderr",
        "--no-category=software,process,environment,printer,usb,local_user,local_group",
    )  # fmt: skip
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=180,
        cwd=folder,
        env={
            "PATH": _PATH,
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "PERL5LIB": str(folder),
            "PERL5OPT": "-MClientCertificate",
        },
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr

"""A program that stands in nmap's place: it records its call and prints what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FINISHED = '<runstats><finished exit="success"/></runstats></nmaprun>'
START = '<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun scanner="nmap">'

SCRIPT = """\
#!/bin/sh
if [ "$1" = "-V" ]; then
    echo "Nmap version 7.93 ( https://nmap.org )"
    exit 0
fi
printf '%s\\0' "$@" > {folder}/argv.$$.part
mv {folder}/argv.$$.part {folder}/argv.$$
env > {folder}/environment
cat {folder}/output.xml
cat {folder}/messages >&2
{end}
"""


@dataclass(frozen=True, slots=True)
class FakeNmap:
    """Where it is and what it was asked."""

    path: Path

    @property
    def runs(self) -> list[list[str]]:
        """The arguments of each run, without the program's name."""
        files = sorted(
            file for file in self.path.parent.glob("argv.*") if not file.name.endswith("part")
        )
        return [file.read_bytes().decode().split("\0")[:-1] for file in files]

    @property
    def environment(self) -> dict[str, str]:
        """What the last run had around it."""
        lines = (self.path.parent / "environment").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)


def make_fake_nmap(
    folder: Path, output: str = START + FINISHED, *, messages: str = "", end: str = "exit 0"
) -> FakeNmap:
    """Write the program; ``end`` is its last line of shell."""
    (folder / "output.xml").write_text(output)
    (folder / "messages").write_text(messages)
    path = folder / "nmap"
    path.write_text(SCRIPT.format(folder=folder, end=end))
    path.chmod(0o755)
    return FakeNmap(path)


def host_xml(address: str, *, reason: str = "echo-reply", inside: str = "") -> str:
    """One host as nmap writes it."""
    kind = "ipv6" if ":" in address else "ipv4"
    return (
        f'<host><status state="up" reason="{reason}"/>'
        f'<address addr="{address}" addrtype="{kind}"/>{inside}</host>'
    )


def mac_xml(mac: str, vendor: str = "") -> str:
    """The second address of a host on the same segment."""
    return f'<address addr="{mac}" addrtype="mac" vendor="{vendor}"/>'


def port_xml(number: int, *, state: str = "open", protocol: str = "tcp", service: str = "") -> str:
    """One port; ``service`` is the element inside."""
    return (
        f'<port protocol="{protocol}" portid="{number}"><state state="{state}" reason="syn-ack"/>'
        f"{service}</port>"
    )

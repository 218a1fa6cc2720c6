"""Installed software as an agent tells it, each program once."""

from __future__ import annotations

from collections import Counter
from typing import Final

from msgspec.structs import replace

from collectors.agent.sections import Sections
from collectors.agent.values import Row, day, real, text
from collectors.details import Package

_KEY_CHARACTERS: Final = 280
_SYSTEM: Final = "operatingSystem"  # as hrSWInstalledType calls it
# dpkg's way to name a package of another architecture: ``libc6:amd64``.
_DEBIAN_ARCHITECTURES: Final = frozenset(
    {"all", "amd64", "arm64", "armel", "armhf", "i386", "mips64el", "ppc64el", "riscv64", "s390x"}
)


def read_packages(sections: Sections) -> tuple[Package, ...]:
    """Give the programs in the order of their keys; what is told twice in the same words once."""
    told = dict.fromkeys(
        package for row in sections.get("softwares", ()) if (package := _package(row))
    )
    counts = Counter(package.key for package in told)
    found: dict[str, Package] = {}
    for package in told:
        key = package.key
        if counts[key] > 1:  # several versions side by side
            key = f"{key} {package.version or ''} {package.publisher or ''}".strip()
        found.setdefault(key[: _KEY_CHARACTERS + 20], _with_key(package, key))
    return tuple(found[key] for key in sorted(found))


def with_system(
    packages: tuple[Package, ...], name: str | None, version: str | None
) -> tuple[Package, ...]:
    """Add Windows itself, which inventories tell apart: a right is needed for it as for the rest.

    Other systems are no software that is bought by the machine.
    """
    if not packages or name is None or "windows" not in name.casefold():
        return packages
    system = Package(
        key=f"{name} {_SYSTEM}"[:_KEY_CHARACTERS],
        name=name,
        version=version,
        publisher="Microsoft",
        software_type=_SYSTEM,
    )
    return tuple(sorted((*packages, system), key=lambda package: package.key))


def _package(row: Row) -> Package | None:
    name = text(row, "name") or text(row, "guid")
    if name is None:
        return None
    origin = text(row, "from")
    architecture = text(row, "arch")
    if origin == "deb":
        name, architecture = _debian(name, architecture)
    user = text(row, "username", "userid") if origin != "Android" else None
    parts = (name, architecture, user)
    return Package(
        key=" ".join(part for part in parts if part)[:_KEY_CHARACTERS],
        name=name,
        version=text(row, "version"),
        publisher=real(row, "publisher"),
        architecture=architecture,
        software_type=text(row, "release_type", "system_category"),
        origin=origin,
        user_name=user,
        installed_on=day(row, "install_date"),
    )


def _debian(name: str, architecture: str | None) -> tuple[str, str | None]:
    """Take the architecture out of a name that OCS took over from dpkg."""
    bare, colon, suffix = name.rpartition(":")
    if colon and suffix in _DEBIAN_ARCHITECTURES:
        return bare, architecture or suffix
    return name, architecture


def _with_key(package: Package, key: str) -> Package:
    return package if key == package.key else replace(package, key=key[: _KEY_CHARACTERS + 20])

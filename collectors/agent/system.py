"""What runs on a host and who uses it: protection, licences, databases, accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from collectors.agent.kinds import MEBI, Kind, make_entry
from collectors.agent.sections import Sections
from collectors.agent.values import Row, amount, day, facts, number, text, truth
from collectors.details import HostEntry


def antivirus(row: Row) -> HostEntry | None:
    """Give one antivirus product and whether it protects."""
    name = text(row, "name")
    if name is None:
        return None
    state = None
    if truth(row, "enabled") is False:
        state = "disabled"
    elif truth(row, "uptodate") is False:
        state = "outdated"
    elif truth(row, "enabled"):
        state = "enabled"
    return make_entry(
        Kind.ANTIVIRUS,
        (name, text(row, "guid")),
        name=name,
        manufacturer=text(row, "company"),
        version=text(row, "version"),
        state=state,
        facts=facts(
            base=text(row, "base_version"),
            base_date=day(row, "base_creation"),
            expires=day(row, "expiration"),
        ),
    )


def firewall(row: Row) -> HostEntry | None:
    """Give one firewall."""
    status = truth(row, "status")
    name = text(row, "description", "profile")
    if name is None and status is None:
        return None
    return make_entry(
        Kind.FIREWALL,
        (name, text(row, "profile")),
        name=name,
        state=None if status is None else ("on" if status else "off"),
        facts=facts(profile=text(row, "profile")),
    )


def remote_control(row: Row) -> HostEntry | None:
    """Give one program by which others take over the screen."""
    kind = text(row, "type")
    if kind is None:
        return None
    identifier = text(row, "id")
    return make_entry(
        Kind.REMOTE_CONTROL,
        (kind,),
        name=kind,
        serial_number=identifier,
        version=text(row, "version"),
    )


def license_info(row: Row) -> HostEntry | None:
    """Give one licence as the machine has it."""
    name = text(row, "fullname", "name")
    if name is None:
        return None
    identifier = text(row, "productid")
    return make_entry(
        Kind.LICENSE,
        (name, identifier),
        name=name,
        serial_number=identifier,
        version=text(row, "update"),
        state="trial" if truth(row, "trial") else None,
        dated=day(row, "activation_date"),
        facts=facts(
            key_end=text(row, "key"),
            components=text(row, "components"),
            oem=truth(row, "oem") or None,
        ),
    )


def user(row: Row) -> HostEntry | None:
    """Give who is signed in."""
    login, domain = text(row, "login"), text(row, "domain")
    if login is None:
        return None
    name = f"{domain}\\{login}" if domain else login
    return make_entry(Kind.USER, (name.casefold(),), name=name)


def account(row: Row) -> HostEntry | None:
    """Give one local account."""
    login = text(row, "login", "name")
    if login is None:
        return None
    return make_entry(
        Kind.ACCOUNT,
        (login,),
        name=login,
        facts=facts(
            id=text(row, "id"),
            full_name=text(row, "name"),
            home=text(row, "home"),
            login_program=text(row, "shell"),
        ),
    )


def databases(sections: Sections) -> Iterator[HostEntry]:
    """Give each database server, and each database of it."""
    for row in sections.get("databases_services", ()):
        server = text(row, "name", "type")
        if server is None:
            continue
        made = make_entry(
            Kind.DATABASE,
            (server, text(row, "port")),
            name=server,
            manufacturer=text(row, "manufacturer"),
            version=text(row, "version"),
            state=_running(row),
            used_bytes=amount(row, MEBI, "size"),
            facts=facts(
                type=text(row, "type"),
                port=number(row, "port"),
                backup=day(row, "last_backup_date"),
            ),
        )
        if made is not None:
            yield made
        inside = row.get("databases")
        for one in inside if isinstance(inside, list) else [inside]:
            name = text(one, "name") if isinstance(one, Mapping) else None
            if name is not None and isinstance(one, Mapping):
                yield HostEntry(
                    kind=Kind.DATABASE.value,
                    key=f"{Kind.DATABASE.value} {server} {name}",
                    name=f"{server} · {name}",
                    state=_running(one),
                    used_bytes=amount(one, MEBI, "size"),
                    facts=facts(backup=day(one, "last_backup_date")),
                )


def _running(row: Row) -> str | None:
    is_active = truth(row, "is_active")
    return None if is_active is None else ("on" if is_active else "off")

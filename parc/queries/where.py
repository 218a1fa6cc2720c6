"""From what a person typed to the machine that is meant: MAC, IP address, tag, serial, name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.registries.oui import manufacturer_of
from collectors.text import normalise_mac
from parc.models import Asset, Device, DeviceStatus, Interface, MappedAddress, WirelessStation
from parc.naming import address_sort, device_name
from parc.queries.assets import find_exact, suggest
from parc.queries.places import Subject, Whereabouts, read_whereabouts, subject_of

MOST_TEXT = 200
_MOST_FOUND = 20
_MOST_DEVICES = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of several machines that may be meant; ``query`` finds this one alone."""

    name: str
    detail: str
    query: str


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that is meant; ``name`` is what was typed where nothing knows it by name."""

    name: str
    macs: Sequence[str]
    asset_id: int | None = None
    asset_tag: str | None = None
    device_id: int | None = None
    location_id: int | None = None
    address: str | None = None
    manufacturer: str | None = None
    is_bridge: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A machine and where it is, or several that may be meant, or nothing."""

    machine: Machine | None = None
    whereabouts: Whereabouts | None = None
    candidates: Sequence[Candidate] = ()


def find(session: Session, text: str) -> Answer:
    """Find what ``text`` names, by the surest of its readings, and where it is."""
    text = text.replace("\x00", " ").strip()[:MOST_TEXT]
    if not text:
        return Answer()
    asset_id = find_exact(session, text)
    if asset_id is not None:
        return _of_asset(session, asset_id)
    if mac := normalise_mac(text):
        return _of_macs(session, mac, [mac])
    if address_sort(text) is not None:
        return _of_address(session, text)
    return _of_name(session, text)


def _of_asset(session: Session, asset_id: int) -> Answer:
    asset = session.get_one(Asset, asset_id)
    devices = session.scalars(
        sa.select(Device).where(Device.asset_id == asset_id).order_by(Device.id).limit(50)
    ).all()
    subject = subject_of(session, devices)
    own = normalise_mac(asset.base_mac_address or "")
    if own is not None and own not in subject.macs:
        subject = Subject((*subject.macs, own), subject.device_ids, subject.is_bridge)
    machine = Machine(
        asset.name,
        subject.macs,
        asset.id,
        asset.asset_tag,
        devices[0].id if devices else None,
        asset.location_id,
        asset.primary_address,
        asset.manufacturer,
        subject.is_bridge,
    )
    return Answer(machine, read_whereabouts(session, subject))


def _of_devices(session: Session, devices: Sequence[Device], text: str) -> Answer:
    """Give the one device, or let the person choose."""
    assets = {device.asset_id for device in devices}
    if len(assets) == 1 and None not in assets:
        return _of_asset(session, next(number for number in assets if number is not None))
    if len(devices) > 1:
        return Answer(candidates=[_candidate(device) for device in devices])
    device = devices[0]
    subject = subject_of(session, devices)
    mac = normalise_mac(text)
    if mac is not None and mac not in subject.macs:
        subject = Subject((*subject.macs, mac), subject.device_ids, subject.is_bridge)
    machine = Machine(
        _name(device),
        subject.macs,
        device_id=device.id,
        address=device.address,
        manufacturer=device.manufacturer or device.oui_manufacturer,
        is_bridge=subject.is_bridge,
    )
    return Answer(machine, read_whereabouts(session, subject))


def _of_macs(session: Session, text: str, macs: Sequence[str]) -> Answer:
    ports = sa.select(Interface.device_id).where(Interface.if_phys_address.in_(macs))
    devices = session.scalars(
        sa.select(Device)
        .where(sa.or_(Device.base_mac_address.in_(macs), Device.id.in_(ports)))
        .order_by(Device.last_seen_at.desc())
        .limit(_MOST_DEVICES)
    ).all()
    if devices:
        return _of_devices(session, devices, text)
    makers = {maker for mac in macs if (maker := manufacturer_of(mac))}
    machine = Machine(text, list(macs), manufacturer=", ".join(sorted(makers)) or None)
    return Answer(machine, read_whereabouts(session, Subject(tuple(macs))))


def _of_address(session: Session, text: str) -> Answer:
    devices = session.scalars(
        sa.select(Device)
        .where(Device.address == text)
        .order_by(Device.last_seen_at.desc())
        .limit(_MOST_DEVICES)
    ).all()
    if devices:
        return _of_devices(session, devices, text)
    latest = session.scalar(
        sa.select(MappedAddress.mac_address)
        .where(MappedAddress.address == text)
        .order_by(MappedAddress.last_seen_at.desc(), MappedAddress.id)
        .limit(1)
    )
    if latest is None:
        latest = session.scalar(
            sa.select(WirelessStation.mac_address)
            .where(WirelessStation.address == text)
            .order_by(WirelessStation.last_seen_at.desc())
            .limit(1)
        )
    return _of_macs(session, text, [latest]) if latest is not None else Answer()


def _of_name(session: Session, text: str) -> Answer:
    spellings = list({text, text.lower(), text.upper()})
    named = session.scalars(sa.select(Asset.id).where(Asset.name.in_(spellings)).limit(2)).all()
    if len(named) == 1:
        return _of_asset(session, named[0])
    unknown = session.scalars(
        sa.select(Device)
        .where(
            Device.status != DeviceStatus.LINKED,
            sa.or_(Device.sys_name.in_(spellings), Device.host_name.in_(spellings)),
        )
        .limit(_MOST_DEVICES)
    ).all()
    rows = suggest(session, text, _MOST_FOUND)
    if len(rows) == 1 and not unknown:
        return _of_asset(session, rows[0].id)
    if unknown and not rows:
        return _of_devices(session, unknown, text)
    candidates = [
        Candidate(
            row.name,
            " · ".join(filter(None, (row.asset_tag, row.serial_number, row.primary_address))),
            row.asset_tag,
        )
        for row in rows
    ]
    return Answer(candidates=[*candidates, *map(_candidate, unknown)])


def _candidate(device: Device) -> Candidate:
    return Candidate(_name(device), device.address, device.address)


def _name(device: Device) -> str:
    return device_name(device.sys_name, device.host_name, device.model_name, device.address)

"""What an unknown device's own texts are by their form and by what stands beside them; pure.

A maker's MIB puts what identifies a device into one group of scalars: its model, its versions and
its serial number. Where such a group has one text of the form of a serial number, and another that
is a version or that sysDescr repeats, it is one; where a group has two, none is.
"""

from __future__ import annotations

import ipaddress
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from collectors.kinship import Told
from collectors.registries import oui
from collectors.registries.placeholders import is_placeholder
from collectors.snmp.private_texts import PrivateTexts, Text
from collectors.text import normalise_mac

_SERIAL: Final = re.compile(r"[A-Z0-9]+(?:[-/][A-Z0-9]+){0,4}", re.IGNORECASE)
_SHORTEST_SERIAL: Final = 8
_LONGEST_SERIAL: Final = 26
_FEWEST_DIGITS: Final = 7
_FEWEST_DIFFERENT: Final = 4
_NO_SERIAL: Final = (
    re.compile(r"\d{1,8}"),  # article numbers, dates, counters
    re.compile(r"\d+(?:[-/]\d+)+"),  # part numbers
    re.compile(r"(?=.*[a-f])[125][0-9a-f]{15}", re.IGNORECASE),  # World Wide Names
    re.compile(r"1[4-9]\d{8}"),  # seconds since 1970
    re.compile(r"(?:19|20)\d\d[-/]?[01]\d[-/]?[0-3]\d(?:\D?\d{4,6})?"),
    re.compile(r".*V\d+[.R]\d.*", re.IGNORECASE),  # versions
    re.compile(r"89\d{17,18}F?", re.IGNORECASE),  # of a SIM (ITU-T E.118)
    re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}.*", re.IGNORECASE),  # UUID
)
_DAY: Final = re.compile(r"\d\d?\.\d\d?\.(?:19|20)\d\d")
_BARE_NUMBER: Final = re.compile(r"\d{6,}\.?")
_IMEI: Final = re.compile(r"\d{15}")
_VERSION: Final = re.compile(
    r"[vVrR]?(?:er(?:sion)?)?[. ]{0,2}\d{1,4}(?:\.[vV]?\d+){1,4}[\w.()-]{0,16}"
)
_NAMED_VERSION: Final = re.compile(
    r"[A-Za-z][\w-]*[ _-]?[vVrR]?(?:er(?:sion)?)?[. ]{0,2}\d{1,4}(?:\.\d+){1,4}"
    r"[\w.()-]{0,24}(?: .{0,30})?"
)
_SAID_VERSION: Final = re.compile(r"[vVrR].*|\d+\.\d+\..*|\d+\.\d+[A-Za-z-].*")
_CODE: Final = re.compile(r"(?=[^\d]*\d)(?=.*[A-Za-z])[A-Za-z0-9][\w+/.() -]{3,35}")
_CODE_WORD: Final = re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])\S+|\S*\d{2,}\S*")
# Measures, dates, versions, hexadecimal numbers and names of counted parts.
_NO_CODE: Final = re.compile(
    r"\d{7}|(?i:version|\bver\b|build|bps|linux|disk|port|hours?|minutes?|slot|admin"
    r"|humid|temp|sensor|input|output|relay|outlet|alarm| for "
    r"|\d ?(?:mhz|ghz|vac|vdc|va|v|w|a|c|f|hz|db|dbm|mb|gb|kb|s|ms|days?)\b)"
    r"|\d+\.\d+\.\d+|\b[vV]\d+\.\d|^[0-9A-Fa-f]+$|\d{4}-\d\d|\d:\d\d"
)
_WEAKEST_PURE_DIGITS: Final = 9
_HIGHEST_FIRST_NUMBER: Final = 20  # of a version that has the form of an IPv4 address


class Device(NamedTuple):
    """What is known of a device beside its maker's texts."""

    sys_descr: str = ""
    names: tuple[str, ...] = ()  # what people called it


class _Group(NamedTuple):
    """A group of texts: what in it has the form of a serial number, and what stands beside it.

    Attributes:
        is_named: sysDescr repeats a product's code of it.
    """

    texts: tuple[Text, ...]
    serials: tuple[Text, ...]
    is_named: bool
    is_vouched_for: bool
    has_code: bool
    has_bare_number: bool


def tell_by_likeness(private: PrivateTexts, device: Device) -> Iterator[Told]:
    """Give serial number, model and version as far as their forms leave no doubt."""
    texts = [one for one in private.texts if one.value not in device.names]
    groups = _groups_of(texts)
    scalars = [one for group in groups.values() for one in group]
    serial = _serial(groups, device, complete=private.complete) or _of_only_row(texts, device)
    around = () if serial is None else groups.get(serial.group, ())
    if serial is not None:
        yield Told("serial_number", serial.value, serial.oid)
    model = _model(scalars, around, groups, device)
    if model is not None:
        yield Told("model_name", model.value, model.oid)
    version = _only(one for one in around or scalars if _is_version(one.value))
    if version is not None and (_SAID_VERSION.fullmatch(version.value)):
        yield Told("software_revision", version.value, version.oid)


def _groups_of(texts: Iterable[Text]) -> Mapping[tuple[int, ...], tuple[Text, ...]]:
    """Give the scalars by what they lie below; rows of tables may have the instance 0 too."""
    groups = defaultdict(list)
    tables = set()
    for one in texts:
        if one.is_scalar:
            groups[one.group].append(one)
        else:
            tables.add(one.group)
    return {group: tuple(found) for group, found in groups.items() if group not in tables}


def _serial(
    groups: Mapping[tuple[int, ...], tuple[Text, ...]], device: Device, *, complete: bool
) -> Text | None:
    """Choose the one serial number that its neighbours vouch for, else the only one there is."""
    found = [one for one in (_read(group, device) for group in groups.values()) if one.serials]
    vouched = [one for one in found if one.is_vouched_for]
    if any(_only(group.serials) is None for group in found):
        return None
    if vouched:
        return _only(one for group in vouched for one in group.serials)
    alone = _only(one for group in found for one in group.serials)
    if alone is None or not complete or any(group.has_bare_number for group in found):
        return None
    has_code = any(group.has_code for group in found)
    return alone if _is_surely_serial(alone.value, has_code=has_code) else None


def _of_only_row(texts: Iterable[Text], device: Device) -> Text | None:
    """Choose that of a table with nothing but a first row, whose model sysDescr repeats."""
    rows = defaultdict(list)
    for one in texts:
        if not one.is_scalar:
            rows[one.group].append(one)
    alone = [found for found in rows.values() if {one.arcs[-1] for one in found} == {1}]
    read = [_read(tuple(found), device) for found in alone]
    return _only(one for row in read if row.is_named for one in row.serials)


def _read(group: tuple[Text, ...], device: Device) -> _Group:
    told = device.sys_descr.casefold()
    serials = tuple(
        one for one in group if is_serial(one.value) and one.value.casefold() not in told
    )
    others = [one for one in group if one not in serials]
    codes = [one for one in others if _is_code(one.value)]
    repeated = any(one.value.casefold() in told for one in codes)
    versions = any(_is_version(one.value) or _NAMED_VERSION.fullmatch(one.value) for one in others)
    bare = any(_BARE_NUMBER.fullmatch(one.value) for one in others)
    return _Group(group, serials, repeated, repeated or versions, bool(codes), bare)


def _only(found: Iterable[Text]) -> Text | None:
    """Give the first of texts that all say the same."""
    by_value = {one.value.casefold(): one for one in reversed(list(found))}
    return next(iter(by_value.values())) if len(by_value) == 1 else None


def is_serial(text: str) -> bool:
    """Whether it has the form of a serial number and of nothing else."""
    if not _SHORTEST_SERIAL <= len(text) <= _LONGEST_SERIAL or not _SERIAL.fullmatch(text):
        return False
    if is_placeholder(text) or any(one.fullmatch(text) for one in _NO_SERIAL):
        return False
    digits = sum(one.isdigit() for one in text)
    if digits < _FEWEST_DIGITS and not re.search(r"\d{5}", text):
        return False
    mac = normalise_mac(text)
    if mac is not None and oui.manufacturer_of(mac) is not None:
        return False
    if _IMEI.fullmatch(text) and _has_check_digit(text):
        return False
    return len(set(text) - set("-/")) >= _FEWEST_DIFFERENT


def _is_surely_serial(text: str, *, has_code: bool) -> bool:
    """Whether it is one without anything that vouches for it but the form."""
    if text.isdigit():
        return has_code and len(text) >= _WEAKEST_PURE_DIGITS
    digits = sum(one.isdigit() for one in text)
    return digits >= _FEWEST_DIGITS - 1 and text == text.upper() and text.count("-") <= 1


def _has_check_digit(digits: str) -> bool:
    """Whether the last digit is that of Luhn's formula (ISO/IEC 7812-1)."""
    doubled = [int(one) * (1 + (place + 1) % 2) for place, one in enumerate(reversed(digits), 1)]
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0


def _is_version(text: str) -> bool:
    if not _VERSION.fullmatch(text) or _DAY.fullmatch(text):
        return False
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return True
    return address.packed[0] < _HIGHEST_FIRST_NUMBER and not address.is_private


def _is_code(text: str) -> bool:
    """Whether it may be a product's code."""
    return (
        _CODE.fullmatch(text) is not None
        and _NO_CODE.search(text) is None
        and _CODE_WORD.search(text) is not None
        and not _VERSION.fullmatch(text)
        and not is_serial(text)
        and normalise_mac(text) is None
        and not is_placeholder(text)
    )


def _model(
    scalars: list[Text],
    around: tuple[Text, ...],
    groups: Mapping[tuple[int, ...], tuple[Text, ...]],
    device: Device,
) -> Text | None:
    """Choose what sysDescr repeats, else the only code beside the serial number or a version."""
    told = device.sys_descr.casefold()
    for one in scalars:
        if _is_code(one.value) and one.value.casefold() in told:
            return one
    if around:
        return _only(one for one in around if _is_code(one.value))
    with_version = (
        group for group in groups.values() if any(_is_version(one.value) for one in group)
    )
    return _only(one for group in with_version for one in group if _is_code(one.value))

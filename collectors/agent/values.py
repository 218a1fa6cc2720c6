"""Cells of agents' sections as texts, numbers and days; whatever does not fit gives None.

Numbers come as numbers or as texts with units, dates in five orders, and many texts that mean
"not known" as words.

Source: the samples and the table of dates in the agents' protocol documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any, Final

from collectors.registries.placeholders import is_placeholder
from collectors.text import clean_name

Row = Mapping[str, Any]

_NOTHING: Final = frozenset({"", "n/a", "none", "null", "unknown", "undef", "not specified"})
_NUMBER: Final = re.compile(r"\s*(-?\d{1,18})(?:[.,](\d{1,6}))?\s*([a-zA-Z/]{0,5})")
_ISO_DAY: Final = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:\D|$)")
_EUROPEAN_DAY: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:\D|$)")
_MOMENT: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"([+-])([01]\d):?([0-5]\d)")
_PACKED_DAY: Final = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_FIRST_YEAR: Final = 1980  # before it, dates are the zero of some clock
_LAST_YEAR: Final = 2100
_YES: Final = frozenset({"1", "yes", "true", "on", "enabled", "running", "oui"})
_NO: Final = frozenset({"0", "no", "false", "off", "disabled", "stopped", "non"})
_FACT_CHARACTERS: Final = 200


def text(row: Row, *names: str) -> str | None:
    """Give the first of these cells that says something, on one line of at most 255 characters."""
    for name in names:
        cell = row.get(name)
        if isinstance(cell, list):
            cell = cell[0] if cell else None
        if isinstance(cell, bool) or not isinstance(cell, str | int | float):
            continue
        cleaned = clean_name(str(cell))
        if cleaned is not None and cleaned.casefold() not in _NOTHING:
            return cleaned
    return None


def real(row: Row, *names: str) -> str | None:
    """Give the first of these cells that is no placeholder of a maker."""
    for name in names:
        found = text(row, name)
        if found is not None and not is_placeholder(found):
            return found
    return None


def number(row: Row, *names: str) -> int | None:
    """Give the first of these cells that is a whole number or begins with one, not below zero."""
    for name in names:
        found = _number(row.get(name))
        if found is not None:
            return round(found)
    return None


def amount(row: Row, unit: float, *names: str) -> int | None:
    """Give the first of these cells in units, as a whole number of what the unit is counted in."""
    for name in names:
        found = _number(row.get(name))
        if found is not None and found > 0:
            return round(found * unit)
    return None


def _number(cell: object) -> float | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, int | float):
        return float(cell) if 0 <= cell < 2**62 else None  # infinities and NaN fall out as well
    match = _NUMBER.match(cell) if isinstance(cell, str) else None
    if match is None:
        return None
    value = float(f"{match[1]}.{match[2] or 0}")
    return value if 0 <= value < 2**62 else None


def speed_mhz(row: Row, *names: str) -> int | None:
    """Give a clock in MHz; agents write 1600, ``1600 MT/s``, ``2.4 GHz``."""
    for name in names:
        cell = row.get(name)
        found = _number(cell)
        if found:
            is_giga = isinstance(cell, str) and "ghz" in cell.casefold()
            return round(found * 1000) if is_giga else round(found)
    return None


def truth(row: Row, *names: str) -> bool | None:
    """Give the first of these cells that means yes or no."""
    for name in names:
        cell = row.get(name)
        if isinstance(cell, bool):
            return cell
        word = str(cell).strip().casefold() if isinstance(cell, str | int) else ""
        if word in _YES:
            return True
        if word in _NO:
            return False
    return None


def day(row: Row, *names: str, is_american: bool = False) -> str | None:
    """Give the first of these cells that is a date, as ISO text.

    Args:
        is_american: month before day where a date is written with the year last.
    """
    for name in names:
        cell = row.get(name)
        if isinstance(cell, str) and (found := _day(cell.strip(), is_american=is_american)):
            return found
    return None


def moment(row: Row, name: str, zone: tzinfo) -> datetime | None:
    """Give a cell that is a date with its time where the machine stands, or None."""
    cell = row.get(name)
    match = _MOMENT.match(cell.strip()) if isinstance(cell, str) else None
    if match is None:
        return None
    try:
        year, month, number, hour, minute, second = map(int, match.groups())
        found = datetime(year, month, number, hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return found.astimezone(UTC) if _FIRST_YEAR <= year <= _LAST_YEAR else None


def told_zone(system: Row) -> tzinfo | None:
    """Give the zone of a machine's clock as it stood, from its section of the system."""
    told = system.get("timezone")
    match = _OFFSET.fullmatch(str(told.get("offset"))) if isinstance(told, Mapping) else None
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def _day(cell: str, *, is_american: bool) -> str | None:
    if match := _ISO_DAY.match(cell) or _PACKED_DAY.match(cell):
        year, month, number = map(int, match.groups())
    elif match := _EUROPEAN_DAY.match(cell):
        number, month, year = map(int, match.groups())
        if is_american:
            number, month = month, number
    else:
        return None
    try:
        found = date(year, month, number)
    except ValueError:
        return None
    return found.isoformat() if _FIRST_YEAR <= year <= _LAST_YEAR else None


def facts(**words: str | int | bool | None) -> tuple[str, ...]:
    """Give ``word=value`` for what is known, in the order given."""
    return tuple(
        f"{word}={_fact(value)}"[:_FACT_CHARACTERS]
        for word, value in words.items()
        if value is not None and value != ""
    )


def _fact(value: str | int | bool) -> str:  # noqa: FBT001 -- a cell
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)

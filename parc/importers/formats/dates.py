"""Dates as people write them; what comes first, day or month, is settled once a column.

Source: the forms that files of licences hold: ``12/03/2022``, ``11/24/2008``, ``2022-03-12``,
``12.03.22``, ``mars 2022``, Excel's ``44632``, ``31/12/9999``, ``00/00/0000``, ``perpétuelle``.
"""

from __future__ import annotations

import calendar
import enum
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from parc.importers.formats.cells import Said, Unreadable, empty_cell, is_blank, key_of

_TIME: Final = r"(?:[t ]+[0-9]{1,2}[:h][0-9]{2}(?:[:.][0-9.]+)*(?: ?[ap]m)?(?:z|[+-][0-9:]+)?)?"
_ISO: Final = re.compile(rf"([0-9]{{4}})[-/.]([0-9]{{1,2}})[-/.]([0-9]{{1,2}}){_TIME}")
_COMPACT: Final = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_NUMERIC: Final = re.compile(
    rf"([0-9]{{1,2}}) ?[-/. ] ?([0-9]{{1,2}}) ?[-/. ] ?([0-9]{{4}}|[0-9]{{2}}){_TIME}"
)
_MONTH: Final = re.compile(r"([0-9]{1,2})[-/.]([0-9]{4})")
_SERIAL: Final = re.compile(r"([0-9]{5})(?:[.,][0-9]+)?")
_DAY_NAMED: Final = re.compile(
    rf"([0-9]{{1,2}})(?:er|st|nd|rd|th)?[-/. ]*([a-z]{{3,9}})[-/., ]*([0-9]{{4}}|[0-9]{{2}}){_TIME}"
)
_NAMED_DAY: Final = re.compile(
    rf"([a-z]{{3,9}})[. ]+([0-9]{{1,2}})(?:st|nd|rd|th)?,? +([0-9]{{4}}){_TIME}"
)
_MONTH_NAMED: Final = re.compile(r"([a-z]{3,9})[-/. ']*([0-9]{4}|[0-9]{2})")
_WEEKDAY: Final = re.compile(
    r"(?:lun(?:di)?|mar(?=[., ]+[0-9]{1,2}(?:er)? [a-z])|mardi"
    r"|mer(?:credi)?|jeu(?:di)?|ven(?:dredi)?|sam(?:edi)?|dim(?:anche)?"
    r"|(?:mon|tues?|wednes|wed|thurs?|thu|fri|satur|sun)(?:day)?)[., ]+(?=[0-9a-z])"
)
_MONTHS: Final = (
    *("janvier january", "fevrier february", "mars march", "avril april", "mai may"),
    *("juin june", "juillet july", "aout august", "septembre september", "octobre october"),
    *("novembre november", "decembre december"),
)
_NEVER: Final = frozenset(
    {
        *("perpetuelle", "perpetuel", "perpetuite", "a perpetuite", "perpetual", "perpetuelles"),
        *("permanente", "permanent", "illimitee", "illimite", "unlimited", "jamais", "never"),
        *("sans fin", "sans limite", "sans expiration", "a vie", "lifetime", "indeterminee"),
        *("n'expire pas", "n'expire jamais", "does not expire", "never expires", "no expiry"),
        *("no end", "no expiration", "aucune", "aucune expiration", "pas d'expiration", "\u221e"),
        *("duree illimitee", "licence perpetuelle", "perpetual license", "none"),
    }
)
_NO_DATE: Final = re.compile(r"0{1,4}[-/. ]0{1,2}[-/. ]0{1,4}(?: 00:00(?::00)?)?|0")
_EPOCH: Final = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 25_569, 73_050  # 1970 to 2099
_FIRST_YEAR, _LAST_YEAR = 1971, 2100  # 1970 is what a lost date looks like
_NEVER_YEAR: Final = 2999
_PIVOT: Final = 80  # 79 is 2079, 80 is 1980
_TWELVE: Final = 12


class DateOrder(enum.StrEnum):
    """What comes first in ``03/04/2022``."""

    DAY_FIRST = "day_first"
    MONTH_FIRST = "month_first"


@dataclass(slots=True)
class DateColumn:
    """What all cells of a column tell of the order; ``add`` each, then ask ``order``."""

    day_first: int = 0
    month_first: int = 0
    either: int = 0
    months: int = 0
    serials: int = 0

    def add(self, text: str) -> None:
        """Note what one cell tells."""
        plain = _plain(text)
        if (found := _NUMERIC.fullmatch(plain)) is not None:
            first, second = int(found[1]), int(found[2])
            if first > _TWELVE >= second:
                self.day_first += 1
            elif second > _TWELVE >= first:
                self.month_first += 1
            elif first != second:
                self.either += 1
        elif _SERIAL.fullmatch(plain):
            self.serials += 1
        elif _MONTH.fullmatch(plain) or (
            _MONTH_NAMED.fullmatch(plain) and not _DAY_NAMED.fullmatch(plain)
        ):
            self.months += 1

    @property
    def order(self) -> DateOrder:
        """Give the order: the month first only when cells say so and none says otherwise."""
        if self.month_first and not self.day_first:
            return DateOrder.MONTH_FIRST
        return DateOrder.DAY_FIRST

    @property
    def is_assumed(self) -> bool:
        """Tell whether cells could be read either way and none tells which."""
        return bool(self.either) and not (self.day_first or self.month_first)

    @property
    def is_mixed(self) -> bool:
        """Tell whether some cells say day first and others month first."""
        return bool(self.day_first and self.month_first)


def read_date(
    text: str, order: DateOrder, *, is_end: bool = False, is_mixed: bool = False
) -> date | Said | Unreadable:
    """Read one date.

    Args:
        order: of the column.
        is_end: a month alone ends on its last day; else it begins on its first.
        is_mixed: the column holds both orders; what could be either is then not taken.
    """
    if (empty := empty_cell(text)) is not None:
        return empty
    plain = _plain(text)
    if is_blank(plain) or _NO_DATE.fullmatch(plain):
        return Said.BLANK
    if plain in _NEVER:
        return Said.NEVER
    parts = _parts(plain, order, is_mixed=is_mixed)
    return Unreadable(parts, text[:60]) if isinstance(parts, str) else _day(parts, text, is_end)


def _day(parts: tuple[int, int, int], text: str, is_end: bool) -> date | Said | Unreadable:  # noqa: FBT001
    year, month, day = parts
    if year >= _NEVER_YEAR:
        return Said.NEVER
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return Unreadable("date_implausible", text[:60])
    try:
        last = calendar.monthrange(year, month)[1]
        return date(year, month, day or (last if is_end else 1))
    except (ValueError, calendar.IllegalMonthError):
        return Unreadable("no_such_day", text[:60])


def _plain(text: str) -> str:
    return _WEEKDAY.sub("", key_of(text), count=1)


def _parts(plain: str, order: DateOrder, *, is_mixed: bool) -> tuple[int, int, int] | str:
    """Give year, month and day (0 for none), or the code of what is wrong."""
    if found := _ISO.fullmatch(plain) or _COMPACT.fullmatch(plain):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _NUMERIC.fullmatch(plain):
        return _numeric(int(found[1]), int(found[2]), _year(found[3]), order, is_mixed=is_mixed)
    if found := _MONTH.fullmatch(plain):
        return int(found[2]), int(found[1]), 0
    if found := _SERIAL.fullmatch(plain):
        return _serial(int(found[1]))
    return _named_parts(plain)


def _numeric(
    first: int, second: int, year: int, order: DateOrder, *, is_mixed: bool
) -> tuple[int, int, int] | str:
    is_day_first = order is DateOrder.DAY_FIRST
    if is_mixed:
        if first <= _TWELVE and second <= _TWELVE and first != second:
            return "date_ambiguous"
        is_day_first = second <= _TWELVE
    return (year, second, first) if is_day_first else (year, first, second)


def _serial(number: int) -> tuple[int, int, int] | str:
    if not _FIRST_SERIAL < number <= _LAST_SERIAL:
        return "not_a_date"
    day = _EPOCH + timedelta(days=number)
    return day.year, day.month, day.day


def _named_parts(plain: str) -> tuple[int, int, int] | str:
    if found := _DAY_NAMED.fullmatch(plain):
        month, day, year = _month(found[2]), int(found[1]), _year(found[3])
        return (year, month, day or 99) if month else "not_a_date"
    if found := _NAMED_DAY.fullmatch(plain):
        month = _month(found[1])
        return (int(found[3]), month, int(found[2]) or 99) if month else "not_a_date"
    if found := _MONTH_NAMED.fullmatch(plain):
        month = _month(found[1])
        return (_year(found[2]), month, 0) if month else "not_a_date"
    return "not_a_date"


def _month(word: str) -> int:
    """Give the month that a word names in full or by its beginning; 0 for none or for two."""
    hits = [
        number
        for number, names in enumerate(_MONTHS, 1)
        if any(name.startswith(word) for name in names.split())
    ]
    return hits[0] if len(hits) == 1 else 0


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) > 2:  # noqa: PLR2004 -- all digits of the year
        return year
    return year + (1900 if year >= _PIVOT else 2000)

"""How dates, durations and numbers look on pages, in the language and zone of the reader."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import cast

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_currency, format_decimal
from babel.numbers import format_percent as babel_percent
from flask import Flask
from flask_babel import get_locale, get_timezone

from parc.web.author_words import author_text
from parc.web.context import now

_MOMENT = {"fr": "dd/MM/yyyy HH:mm", "en": "d MMM yyyy HH:mm"}
_DATE = {"fr": "dd/MM/yyyy", "en": "d MMM yyyy"}
_NARROW_NO_BREAK_SPACE = "\u202f"
_KIBI = 1024
_KILO = 1000
_JUST_NOW = timedelta(seconds=5)


def init_formats(app: Flask) -> None:
    """Give templates their filters: moments, days, money, numbers, sizes and durations."""
    app.jinja_env.filters.update(
        author=author_text,
        moment=format_moment,
        day=format_day,
        date=format_plain_date,
        money=format_money,
        ago=format_ago,
        number=format_number,
        octets=format_octets,
        seconds=format_seconds,
        megabits=format_megabits,
    )


def format_moment(moment: datetime) -> str:
    """Write a moment as local time: 22/11/2026 14:17 or 22 Nov 2026 14:17."""
    return format_datetime(moment, _MOMENT[_language()], tzinfo=get_timezone(), locale=get_locale())


def file_moment(moment: datetime | None) -> str:
    """Write a moment in a file: UTC, to the second, as ISO 8601; empty for none."""
    return moment.isoformat(timespec="seconds")[:19] + "Z" if moment else ""


def format_day(moment: datetime) -> str:
    """Write the local date of a moment: 22/11/2026 or 22 Nov 2026."""
    local = moment.astimezone(get_timezone())
    return format_date(local, _DATE[_language()], locale=get_locale())


def format_plain_date(day: date | None) -> str:
    """Write a day that has no zone: 22/11/2026 or 22 Nov 2026; nothing for None."""
    return format_date(day, _DATE[_language()], locale=get_locale()) if day else ""


def format_told_day(text: str | None) -> str:
    """Write an ISO day as readers do; what is none as it stands."""
    try:
        return format_plain_date(date.fromisoformat(text or ""))
    except ValueError:
        return text or ""


def format_money(amount: Decimal, currency: str) -> str:
    """Write an amount: 1 234,56 € or €1,234.56."""
    return format_currency(amount, currency, locale=get_locale())


def format_short_day(moment: datetime) -> str:
    """Write the local date of a moment without the year, if that is this one: 22 nov., 22 Nov."""
    local = moment.astimezone(get_timezone())
    is_this_year = local.year == now().astimezone(get_timezone()).year
    return format_date(local, "d MMM" if is_this_year else "d MMM y", locale=get_locale())


def format_ago(moment: datetime) -> str:
    """Write how long ago or in how long: il y a 3 jours, in 2 hours."""
    distance = moment - now()
    if abs(distance) < _JUST_NOW:
        distance = timedelta(seconds=-1)
    return format_timedelta(distance, add_direction=True, locale=get_locale())


def format_number(value: float) -> str:
    """Write a number with the reader's separators: 12 345,6 (narrow no-break) or 12,345.6."""
    return format_decimal(value, locale=get_locale())


def format_percent(value: float) -> str:
    """Write a share given in hundredths: 5% in English, 5 % with its space in French."""
    return str(babel_percent(value / 100, locale=get_locale()))


def format_octets(count: int) -> str:
    """Write a size in binary multiples: 1,5 Gio or 1.5 GiB."""
    units = ("o", "Kio", "Mio", "Gio", "Tio", "Pio")
    if _language() == "en":
        units = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
    size, step = float(count), 0
    while size >= _KIBI and step < len(units) - 1:
        size, step = size / _KIBI, step + 1
    return f"{format_number(round(size, 1))}{_NARROW_NO_BREAK_SPACE}{units[step]}"


def format_megabits(speed: int) -> str:
    """Write a speed given in Mbit/s: 100 Mbit/s, 2,5 Gbit/s, 10 Gbit/s."""
    if speed < _KILO:
        return f"{speed}{_NARROW_NO_BREAK_SPACE}Mbit/s"
    return f"{format_number(round(speed / _KILO, 2))}{_NARROW_NO_BREAK_SPACE}Gbit/s"


def format_seconds(seconds: float) -> str:
    """Write a duration: 0,4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    gap = _NARROW_NO_BREAK_SPACE
    if seconds < 10:  # noqa: PLR2004 -- below ten seconds a tenth still tells something
        return f"{format_number(round(seconds, 1))}{gap}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}{gap}h {minutes:02}{gap}min"
    return f"{minutes}{gap}min {rest:02}{gap}s" if minutes else f"{rest}{gap}s"


def _language() -> str:
    return cast("str", get_locale().language)

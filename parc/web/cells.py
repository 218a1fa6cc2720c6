"""Cells of lists, written once a distinct value: fifty rows share a few states and ages."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from babel.dates import format_timedelta
from flask_babel import get_locale, gettext
from markupsafe import Markup

from parc.queries.locations import Places
from parc.web.formats import format_number
from parc.web.labels import badge_kind, label

_BADGE = Markup('<span class="badge {}">{}</span>')
_LINK = Markup('<a href="{}">{}</a>')
_SEEN = Markup('<span class="seen {}">{}</span>')
_PLACE = Markup('<span title="{}">{}</span>')
_STEPS = (timedelta(days=30), timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))
_PLAIN = 1_000


def badge_cell(kind: str, text: str) -> Markup:
    """Write a word with its colour: good, warning, bad, busy or neutral."""
    return _BADGE.format(kind, text)


def link_cell(url: str, text: str) -> Markup:
    """Write a name that leads to its page."""
    return _LINK.format(url, text)


def known_label(member: enum.StrEnum) -> str:
    """Name a member of a closed set; translated once a language."""
    return _label(str(get_locale()), type(member), member)


def known_number(count: int) -> str:
    """Write a count with the reader's separators."""
    return str(count) if 0 <= count < _PLAIN else _number(str(get_locale()), count)


@lru_cache(maxsize=2_000)
def _label(locale: str, kind: type, member: enum.StrEnum) -> str:
    del locale, kind  # members of two sets with the same value are equal: the kind keeps them apart
    return label(member)


@lru_cache(maxsize=10_000)
def _number(locale: str, count: int) -> str:
    del locale
    return format_number(count)


@lru_cache(maxsize=2_000)
def _ago(locale: str, seconds: int) -> str:
    """Write an age of whole seconds, minutes, hours or days."""
    age = timedelta(seconds=-seconds)
    # Short as "il y a 5 min", but not "il y a 2 m.", which nobody reads as months.
    length: Literal["long", "short"] = "long" if -age >= _STEPS[0] else "short"
    return format_timedelta(age, add_direction=True, threshold=1, format=length, locale=locale)


class CellWriter:
    """Writes the cells of one page; remembers what it has written."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._locale = str(get_locale())
        self._badges: dict[enum.StrEnum, Markup] = {}
        self._ages: dict[tuple[str, str], Markup] = {}
        self._places: dict[int, Markup | str] = {}

    def label(self, member: enum.StrEnum | None) -> str:
        """Name a member of a closed set; a dash for none."""
        return "—" if member is None else _label(self._locale, type(member), member)

    def badge(self, member: enum.StrEnum) -> Markup:
        """Name and colour a state."""
        if member not in self._badges:
            self._badges[member] = badge_cell(badge_kind(member), self.label(member))
        return self._badges[member]

    def place(self, places: Places, place_id: int | None) -> Markup | str:
        """Name a place by its site and its own name; the whole path shows where one points."""
        if place_id is None:
            return "—"
        if place_id not in self._places:
            short, whole = places.short(place_id), places.path(place_id)
            named = short or gettext("a place that is gone")
            self._places[place_id] = named if short == whole else _PLACE.format(whole, named)
        return self._places[place_id]

    def seen(self, moment: datetime | None) -> Markup | str:
        """Say how long ago, with its freshness as a class."""
        if moment is None:
            return "—"
        age = max(self._now - moment, timedelta(0))
        freshness = "day" if age.days < 1 else "week" if age.days < 7 else "older"  # noqa: PLR2004 -- days of a week
        step = next((step for step in _STEPS if age >= step), timedelta(seconds=1))
        seconds = max(age // step, 1) * int(step.total_seconds())
        key = (freshness, _ago(self._locale, seconds))
        if key not in self._ages:
            self._ages[key] = _SEEN.format(*key)
        return self._ages[key]

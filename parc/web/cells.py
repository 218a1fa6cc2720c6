"""Cells of lists, written once a distinct value: fifty rows share a few states and ages."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

from babel.dates import format_timedelta
from flask_babel import get_locale
from markupsafe import Markup

from parc.web.labels import badge_kind, label

_BADGE = Markup('<span class="badge {}">{}</span>')
_TIME = Markup('<time class="seen {}" datetime="{}">{}</time>')
_STEPS = (timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(days=30))


class CellWriter:
    """Writes the cells of one list; remembers what it has written."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._locale = get_locale()
        self._labels: dict[tuple[type, str], str] = {}
        self._badges: dict[tuple[type, str], Markup] = {}
        self._ages: dict[int, str] = {}

    def label(self, member: enum.StrEnum | None) -> str:
        """Name a member of a closed set; a dash for none."""
        if member is None:
            return "—"
        key = (type(member), str(member))
        if key not in self._labels:
            self._labels[key] = label(member)
        return self._labels[key]

    def badge(self, member: enum.StrEnum) -> Markup:
        """Name and colour a state."""
        key = (type(member), str(member))
        if key not in self._badges:
            self._badges[key] = _BADGE.format(badge_kind(member), self.label(member))
        return self._badges[key]

    def seen(self, moment: datetime | None) -> Markup | str:
        """Say how long ago, with its freshness as a class and the moment for machines."""
        if moment is None:
            return "—"
        age = max(self._now - moment, timedelta(0))
        freshness = "day" if age.days < 1 else "week" if age.days < 7 else "older"  # noqa: PLR2004 -- days of a week
        return _TIME.format(freshness, f"{moment:%Y-%m-%dT%H:%M:%SZ}", self._ago(age))

    def _ago(self, age: timedelta) -> str:
        step = next((s for s in reversed(_STEPS) if age >= s), timedelta(seconds=1))
        seconds = max(int(age / step) * int(step.total_seconds()), 1)
        if seconds not in self._ages:
            self._ages[seconds] = str(
                format_timedelta(
                    timedelta(seconds=-seconds),
                    add_direction=True,
                    threshold=1,
                    locale=self._locale,
                )
            )
        return self._ages[seconds]

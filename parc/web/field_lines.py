"""The fields of the sheet: each value with its origin, its lock and the values before, in words."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext
from markupsafe import Markup

from collectors.observation import Category
from parc.extensions import db
from parc.models import LockRule, ValueSource
from parc.naming import MACHINE_FIELDS
from parc.precedence import STATED, Rules, is_in_force, rule_of
from parc.queries.asset_sheet import Sheet
from parc.queries.field_rules import read_rules
from parc.queries.provenance import Earlier, FieldSource, earlier_values
from parc.queries.told_words import OtherWord, other_words
from parc.services.permissions import Action, may
from parc.web.access import actor
from parc.web.assets import LABELS
from parc.web.author_words import author_text
from parc.web.cells import CellWriter
from parc.web.context import now, settings
from parc.web.formats import format_ago, format_moment, format_short_day
from parc.web.labels import label
from parc.web.lock_words import lock_end_text
from parc.web.names import name_of
from parc.web.origins import OriginLine, origin_lines

_FIELDS = (
    "name", "category", "manufacturer", "model_name", "serial_number", "operating_system",
    "software_revision", "firmware_revision", "hardware_revision", "location_id",
    "primary_address", "base_mac_address", "notes",
)  # fmt: skip
_TODAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LockLine:
    """A lock that holds: until when in few words, and the whole of it in a sentence.

    Attributes:
        has_end: it ends by itself, so that the words are worth their place on the sheet.
    """

    text: str
    sentence: str
    has_end: bool


@dataclass(frozen=True, slots=True)
class EarlierLine:
    """A value that stood before; ``origin`` is empty for one that nobody remembers writing."""

    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class WordLine:
    """What a source says otherwise than what stands.

    Attributes:
        text: in one sentence.
        run_id: of the run in which it first said so.
        is_aside: it needs no look: ports only suggest it, or somebody has stated the value, and
            what counts against that is a difference.
    """

    text: str
    run_id: int | None
    is_aside: bool


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field of the identity card.

    Attributes:
        origin: in few words; empty for what has none.
        set_at, run_id: when it was written, and by which run.
        is_lockable: the reader may lock it, or lock it in another way.
        rule: the present lock, for the form; days for one that has none.
        readings: where devices were read for it.
        words: what sources say otherwise.
    """

    name: str
    label: str
    value: str
    origin: Markup | str = ""
    set_at: str = ""
    run_id: int | None = None
    lock: LockLine | None = None
    is_lockable: bool = False
    rule: str = ""
    kept_against: str = ""
    readings: Sequence[OriginLine] = ()
    earlier: Sequence[EarlierLine] = ()
    words: Sequence[WordLine] = ()


@dataclass(frozen=True, slots=True)
class DifferenceLine:
    """What a machine says against the value that stands."""

    field: str
    label: str
    seen: str
    own: str
    source: str
    since: datetime


def field_lines(sheet: Sheet, write: CellWriter) -> list[FieldLine]:
    """Give the fields of the identity card, those without a value too."""
    session, asset = db.session(), sheet.asset
    values = {name: _written(getattr(asset, name)) for name in _FIELDS}
    earlier = earlier_values(session, asset.id, values)
    readings, rules = origin_lines(sheet.devices), read_rules(session)
    can_edit = may(actor(), Action.EDIT_ASSET)
    words = other_words(session, asset, settings().discovery.source_silent_days)
    lines = []
    for name in _FIELDS:
        source = sheet.sources.get(name)
        value = _text(name, values[name])
        lines.append(
            FieldLine(
                name,
                str(LABELS[name]),
                value,
                _origin(name, source, write),
                format_moment(source.set_at) if source else "",
                source.run_id if source else None,
                _lock(name, source, rules),
                can_edit and name in MACHINE_FIELDS and bool(value),
                source.lock.value if source and source.lock else LockRule.NEVER.value,
                _kept_against(source),
                readings.get(name, ()),
                [_earlier(name, one) for one in earlier.get(name, ())],
                [_word(name, one, source) for one in words.get(name, ())],
            )
        )
    return lines


def difference_lines(sheet: Sheet) -> list[DifferenceLine]:
    """Give what machines say otherwise."""
    return [
        DifferenceLine(
            one.field,
            str(LABELS.get(one.field, one.field)),
            _text(one.field, one.seen_value),
            _text(one.field, _written(getattr(sheet.asset, one.field, None))) or "—",
            label(one.source),
            one.since,
        )
        for one in sheet.differences
    ]


def _written(value: Any) -> Any:
    """Give a value as the history writes it."""
    return value.value if isinstance(value, enum.Enum) else value


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "category" and value in set(Category):
        return label(Category(value))
    if name == "location_id" and isinstance(value, int):
        return name_of(name, value) or ""
    return str(value)


def _origin(name: str, source: FieldSource | None, write: CellWriter) -> Markup | str:
    """Say where a field's value comes from, and when; a machine knows no place."""
    if source is None:
        return ""
    if source.source in STATED:
        return _stated(source)
    if name == "location_id":
        return str(gettext("by its address range"))
    return Markup("{}, {}").format(label(source.source), write.seen(source.set_at))


def _stated(source: FieldSource) -> str:
    """Name the person who typed a value, or let it in from a file or a program."""
    when = _when(source.set_at)
    is_own_lock = source.locked_at == source.set_at  # of a command, only the lock keeps the name
    author = source.author or (author_text(source.locked_by) if is_own_lock else "")
    if author:
        text = gettext("by %(name)s, %(when)s", name=author, when=when)
    elif source.source is ValueSource.PERSON:
        return str(gettext("by hand, %(when)s", when=when))
    else:
        return f"{label(source.source)}, {when}"
    return str(text) if source.source is ValueSource.PERSON else f"{label(source.source)} {text}"


def _when(moment: datetime) -> str:
    """Write a moment shortly: how long ago on the same day, else its day."""
    if now() - moment < _TODAY:
        return format_ago(moment)
    return format_short_day(moment)


def _lock(name: str, source: FieldSource | None, rules: Rules) -> LockLine | None:
    """Say how a value is kept from machines; nothing when they may write it."""
    if source is None or source.source not in STATED or name not in MACHINE_FIELDS:
        return None
    is_safe = source.lock is not None or rule_of(rules, name).protects(source.source)
    if not is_safe or not is_in_force(source.locked_until, now()):
        return None
    until = lock_end_text(source.lock, source.locked_until)
    since = format_short_day(source.locked_at or source.set_at)
    who = author_text(source.locked_by or source.author)
    if who:
        sentence = gettext(
            "Locked by %(name)s since %(since)s, %(until)s.", name=who, since=since, until=until
        )
    else:
        sentence = gettext("Locked since %(since)s, %(until)s.", since=since, until=until)
    has_end = source.locked_until is not None or source.lock is LockRule.STATE
    return LockLine(until, str(sentence), has_end)


def _kept_against(source: FieldSource | None) -> str:
    return ", ".join(label(one) for one in source.kept_against) if source else ""


def _word(name: str, one: OtherWord, standing: FieldSource | None) -> WordLine:
    """Say what a source says otherwise, since when, and whether it has fallen silent."""
    told = {"source": label(one.source), "value": _text(name, one.value)}
    if one.is_silent and one.heard_at:
        heard = format_short_day(one.heard_at)
        text = gettext("%(source)s said %(value)s, silent since %(day)s", **told, day=heard)
    elif one.since:
        since = format_short_day(one.since)
        text = gettext("%(source)s says %(value)s, since %(day)s", **told, day=since)
    else:
        text = gettext("%(source)s says %(value)s", **told)
    is_stated = standing is not None and standing.source in STATED
    return WordLine(str(text), one.run_id, is_stated or one.source is ValueSource.NMAP)


def _earlier(name: str, one: Earlier) -> EarlierLine:
    value = _text(name, one.value)
    if one.at is None:
        return EarlierLine(value, "")
    when = format_short_day(one.at)
    if one.run_id is not None:
        text = gettext("run of %(name)s, %(when)s", name=one.author, when=when)
    else:
        text = gettext("by %(name)s, %(when)s", name=author_text(one.author), when=when)
    told = ", ".join(label(ValueSource(word)) for word in one.told_by)
    return EarlierLine(value, ", ".join(filter(None, (told, str(text)))))

"""What each source last said of a device, field by field, and which of them stands; pure.

Of a field that several means may tell, a device has one value, and beside it the last word of each
source, as JSON takes it::

    {"agent": {"at": "2026-11-02T08:00:00+00:00", "run": null, "said": {"model_name": "X1"}},
     "snmp": {"at": "…", "run": 7, "said": {…}, "later": {"operating_system": ["…", 9]}}}

``at`` and ``run`` are those of the first words of a source; ``later`` names the fields that it has
said otherwise since. When a source was heard last is kept apart: that changes with every sight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from collectors.observation import Category
from parc.precedence import Rules, ValueSource, rule_of

# Fields of a device that several means may tell, with the field whose rule says who wins.
SHARED_FIELDS: Final[Mapping[str, str]] = {
    "sys_name": "name",
    "category": "category",
    "manufacturer": "manufacturer",
    "model_name": "model_name",
    "serial_number": "serial_number",
    "operating_system": "operating_system",
    "software_revision": "software_revision",
    "firmware_revision": "firmware_revision",
    "hardware_revision": "hardware_revision",
    "base_mac_address": "base_mac_address",
    "system_uuid": "system_uuid",
    "asset_tag": "asset_tag",
    "processor_count": "processor_count",
    "memory_bytes": "memory_bytes",
}
# Fields of an asset in which one source says more than another, and both the same.
_MORE_OR_LESS: Final = frozenset({"name", "manufacturer", "operating_system"})


@dataclass(frozen=True, slots=True)
class Word:
    """What a source last said of a field.

    Attributes:
        since: when it first said so; None for what was known before words were kept.
        run_id: of the run in which it did; None for an agent.
    """

    value: Any
    since: datetime | None = None
    run_id: int | None = None


Words = Mapping[ValueSource, Mapping[str, Word]]
Heard = Mapping[ValueSource, datetime]
NO_WORDS: Final[Words] = MappingProxyType({})
NOT_HEARD: Final[Heard] = MappingProxyType({})


def read_words(stored: Any) -> Words:
    """Read words as they are stored; what is none is left out."""
    if not isinstance(stored, dict):
        return NO_WORDS
    return {
        ValueSource(name): _words_of(one)
        for name, one in stored.items()
        if name in set(ValueSource) and isinstance(one, dict)
    }


def _words_of(stored: Mapping[str, Any]) -> dict[str, Word]:
    first = (stored.get("at"), stored.get("run"))
    later = stored.get("later", {})
    words = {}
    for name, value in stored.get("said", {}).items():
        at, run_id = later.get(name, first)
        plain = Category(value) if name == "category" else value
        words[name] = Word(plain, datetime.fromisoformat(at) if at else None, run_id)
    return words


def stored_words(words: Words) -> dict[str, Any]:
    """Give words as they are stored."""
    return {source.value: _stored(said) for source, said in sorted(words.items()) if said}


def _stored(said: Mapping[str, Word]) -> dict[str, Any]:
    moments = {(_text(word.since), word.run_id) for word in said.values()}
    at, run_id = first = min(moments, key=lambda pair: (pair[0] or "", pair[1] or 0))
    later = {
        name: [_text(word.since), word.run_id]
        for name, word in sorted(said.items())
        if (_text(word.since), word.run_id) != first
    }
    values = {name: getattr(word.value, "value", word.value) for name, word in sorted(said.items())}
    stored: dict[str, Any] = {"at": at, "run": run_id, "said": values}
    return stored | {"later": later} if later else stored


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def read_heard(stored: Any) -> Heard:
    """Read when each source was heard last."""
    if not isinstance(stored, dict):
        return NOT_HEARD
    return {
        ValueSource(name): datetime.fromisoformat(at)
        for name, at in stored.items()
        if name in set(ValueSource)
    }


def stored_heard(heard: Heard) -> dict[str, str]:
    """Give when each source was heard last, as it is stored."""
    return {source.value: at.isoformat() for source, at in sorted(heard.items())}


def teller(words: Words, name: str, value: Any, rules: Rules) -> ValueSource | None:
    """Give whose value of a field stands: the best of those who say it, or None without any.

    Of a value that nobody says any more (an act was undone) it is the best of those who have ever
    said anything of the field, so that a weaker one does not take it.

    Args:
        rules: those that people changed.
    """
    told: list[ValueSource] = []
    same: list[ValueSource] = []
    for source, said in words.items():
        word = said.get(name)
        if word is not None:
            (same if word.value == value else told).append(source)
    best = same or told
    if len(best) < 2:  # noqa: PLR2004 -- most often there is nothing to choose
        return best[0] if best else None
    return min(best, key=rule_of(rules, SHARED_FIELDS[name]).place)


def tellers(words: Words, fields: Mapping[str, Any], rules: Rules) -> dict[str, ValueSource]:
    """Give whose value stands, of the fields that are told; for no other.

    Args:
        rules: those that people changed.
    """
    found = {}
    for name in SHARED_FIELDS:
        if fields[name] is not None:
            source = teller(words, name, fields[name], rules)
            if source is not None:
                found[name] = source
    return found


def is_silent(heard_at: datetime | None, at: datetime, days: int) -> bool:
    """Tell whether a source has not been heard for so long that it gives way to others."""
    return heard_at is not None and at - heard_at > timedelta(days=days)


def says_other(field: str, one: Any, other: Any) -> bool:
    """Tell whether two values of a field of an asset say different things to a person.

    Case and blanks do not; of names and systems one may say more than the other does.
    """
    first, second = (" ".join(str(text).split()).casefold() for text in (one, other))
    if field in _MORE_OR_LESS:
        return first not in second and second not in first
    return first != second

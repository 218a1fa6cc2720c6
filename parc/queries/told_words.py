"""What sources say of an asset otherwise than what stands on it."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from parc.models import Asset, ValueSource
from parc.naming import MACHINE_FIELDS
from parc.queries.devices_of_assets import leading_devices
from parc.told_values import (
    SHARED_FIELDS,
    Word,
    Words,
    is_silent,
    read_heard,
    read_words,
    says_other,
)


@dataclass(frozen=True, slots=True)
class OtherWord:
    """What one source says of a field, otherwise than the value that stands.

    Attributes:
        value: as the history writes it.
        since: when it first said so; None for what was known before words were kept.
        heard_at: when it last said anything of the device.
        is_silent: that was long before others did.
    """

    source: ValueSource
    value: Any
    since: datetime | None
    run_id: int | None
    heard_at: datetime | None
    is_silent: bool = False


def other_words(session: Session, asset: Asset, silent_days: int) -> Mapping[str, list[OtherWord]]:
    """Give what is said otherwise of an asset by the sources of the device that speaks for it.

    Args:
        silent_days: after how many days without a word a source is silent.

    Returns:
        words by field of the asset, in the order of their sources' names; a field of which all say
        what stands is not there.
    """
    device = leading_devices(session, [asset.id]).get(asset.id)
    if device is None:
        return {}
    words, heard = read_words(device.words), read_heard(device.heard)
    found: dict[str, list[OtherWord]] = defaultdict(list)
    for name, said in _by_field(words).items():
        present = getattr(asset, name, None)
        for source, word in said:
            if present is None or not says_other(name, word.value, present):
                continue
            at = heard.get(source)
            value = word.value.value if isinstance(word.value, enum.Enum) else word.value
            silent = is_silent(at, device.last_seen_at, silent_days)
            found[name].append(OtherWord(source, value, word.since, word.run_id, at, silent))
    return found


def _by_field(words: Words) -> Mapping[str, list[tuple[ValueSource, Word]]]:
    by_field: dict[str, list[tuple[ValueSource, Word]]] = defaultdict(list)
    for source, said in sorted(words.items()):
        for name, word in said.items():
            if SHARED_FIELDS.get(name) in MACHINE_FIELDS:
                by_field[SHARED_FIELDS[name]].append((source, word))
    return by_field

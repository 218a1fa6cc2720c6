"""Where an identified value was read: kept beside the value, as codes and not as sentences.

The words for the codes belong to whoever shows them. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec

RAW_CHARACTERS: Final = 255
_PARTS: Final = 8


class Means(StrEnum):
    """How a value was come by; the names of verbs (``collectors.definitions.model``) too."""

    DEFINITION = "definition"
    OBJECT = "object"
    GET = "get"
    GET_REGEX = "get_regex"
    OBJECT_SAYS = "object_says"
    SYS_DESCR_REGEX = "sys_descr_regex"
    ENTITY_CHASSIS = "entity_chassis"
    TABLE_FIRST = "table_first"
    GET_BELOW = "get_below"
    KIN = "kin"
    LIKENESS = "likeness"
    SYS_OBJECT_ID_NAME = "sys_object_id_name"
    SYS_DESCR_NAME = "sys_descr_name"
    SYS_DESCR_SAYS = "sys_descr_says"
    ENTERPRISE_NUMBER = "enterprise_number"
    ONLY_MAKER = "only_maker"
    WORDS = "words"
    BANNER = "banner"
    HAS_TABLE = "has_table"
    FORWARDING = "forwarding"
    TRADE = "trade"
    CONTROLLER = "controller"
    SERVICE = "service"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class How:
    """How a value was read, before it is known whether it is chosen.

    Attributes:
        means: a code of ``Means``; what later versions add is kept as it is.
        definition: id of the device definition that told to read it.
        oid: the object with its instance, dotted.
        object_name: its name in its MIB, where known.
        raw: what the device gave, when that is not the value itself; at most 255 characters.
    """

    means: str
    definition: str | None = None
    oid: str | None = None
    object_name: str | None = None
    raw: str | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """One value of an identity and where it came from.

    Attributes:
        field: name of the field of ``Identity``.
        value: what was made of it.
        how: where it was read.
        is_chosen: false for what another source gave, which is kept beside the chosen one.
    """

    field: str
    value: str
    how: How
    is_chosen: bool = True


def differs(one: str, other: str) -> bool:
    """Whether two texts say different things: neither holds the other, in any case of letters."""
    first, second = one.casefold(), other.casefold()
    return first not in second and second not in first


def to_text(origin: Origin) -> str:
    """Give a short text for storage: a JSON list, nothing for what is not known at its end."""
    how = origin.how
    parts = [origin.field, origin.value, how.means, int(origin.is_chosen)]
    parts += [how.definition, how.oid, how.object_name, how.raw]
    while parts[-1] is None:
        parts.pop()
    return msgspec.json.encode(parts).decode()


def from_text(text: str) -> Origin | None:
    """Read what ``to_text`` gave; None for the sentences that were stored in its place before."""
    try:
        parts = msgspec.json.decode(text)
    except ValueError:
        return None
    if not isinstance(parts, list) or not 4 <= len(parts) <= _PARTS:  # noqa: PLR2004 -- to_text's
        return None
    field, value, means, is_chosen, *rest = parts
    if not all(isinstance(one, str) for one in (field, value, means)):
        return None
    texts = [one if isinstance(one, str) else None for one in rest]
    definition, oid, object_name, raw = [*texts, None, None, None, None][:4]
    how = How(means, definition, oid, object_name, raw)
    return Origin(field, value, how, bool(is_chosen))

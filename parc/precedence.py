"""Which source of a value wins, field by field, and how long a person's value is locked; pure.

A rule is data: the sources in the order in which they win, and the lock that a value gets when a
person types it. What people changed is stored (``parc.models.FieldRule``); the rest is the default.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

MOST_LOCK_DAYS: Final = 3_650
USUAL_LOCK_DAYS: Final = 30


class ValueSource(enum.StrEnum):
    """Who or what set a value."""

    PERSON = "person"
    SNMP = "snmp"
    NMAP = "nmap"
    SSH = "ssh"
    AGENT = "agent"
    CSV = "csv"
    API = "api"
    CONTROLLER = "controller"  # of access points, host of virtual machines


class LockRule(enum.StrEnum):
    """When scanners may write a person's value again by themselves."""

    NEVER = "never"
    STATE = "state"
    DAYS = "days"


_S = ValueSource
DEFAULT_ORDER: Final = (
    _S.PERSON, _S.API, _S.CSV, _S.AGENT, _S.SSH, _S.SNMP, _S.CONTROLLER, _S.NMAP,
)  # fmt: skip
# What a machine is called on the network: the name that it answers with there.
_NAME_ORDER: Final = (
    _S.PERSON, _S.API, _S.CSV, _S.SNMP, _S.AGENT, _S.SSH, _S.CONTROLLER, _S.NMAP,
)  # fmt: skip
# After how many days without a word a source gives way, unless the settings say another.
SILENT_DAYS: Final = 30
# What somebody has said on purpose: a machine that may not write it is told as a difference.
STATED: Final = frozenset({_S.PERSON, _S.API, _S.CSV})


@dataclass(frozen=True, slots=True)
class SourceRule:
    """Who wins in one field.

    Attributes:
        order: every source once, the one that wins first.
        lock, lock_days: what a value is locked with when a person types it.
    """

    order: tuple[ValueSource, ...] = DEFAULT_ORDER
    lock: LockRule = LockRule.NEVER
    lock_days: int = USUAL_LOCK_DAYS

    def wins(self, seen: ValueSource | str, present: ValueSource | str | None) -> bool:
        """Tell whether a value of ``seen`` may stand where one of ``present`` does."""
        if present not in set(self.order):
            return True
        return self.order.index(ValueSource(seen)) <= self.order.index(ValueSource(present))

    def place(self, source: ValueSource) -> int:
        """Give how many sources win over this one."""
        return self.order.index(source)

    def protects(self, present: ValueSource) -> bool:
        """Tell whether a value of ``present`` is safe from every machine without a lock."""
        place = self.order.index(present)
        return not any(source not in STATED for source in self.order[:place])

    @property
    def is_peoples(self) -> bool:
        """Tell whether nothing outranks a person, so that what one types is locked."""
        return self.order[0] is ValueSource.PERSON


DEFAULT_RULE: Final = SourceRule()
_DEFAULTS: Final = {"name": SourceRule(_NAME_ORDER)}
Rules = Mapping[str, SourceRule]
NO_RULES: Final[Rules] = MappingProxyType({})


def default_rule(field: str) -> SourceRule:
    """Give the rule of a field that nobody has changed."""
    return _DEFAULTS.get(field, DEFAULT_RULE)


def rule_of(rules: Rules, field: str) -> SourceRule:
    """Give the rule of a field.

    Args:
        rules: those that people changed.
    """
    return rules.get(field) or default_rule(field)


@dataclass(frozen=True, slots=True)
class LockChoice:
    """The lock that a person chose; ``days`` counts only with ``LockRule.DAYS``."""

    rule: LockRule
    days: int = USUAL_LOCK_DAYS

    def end(self, at: datetime) -> datetime | None:
        """Give when it runs out by itself; None for what only an act ends."""
        return at + timedelta(days=self.days) if self.rule is LockRule.DAYS else None


@dataclass(frozen=True, slots=True)
class Stated:
    """How somebody states a value.

    Attributes:
        source: a person who types, or the file or program that they let in.
        lock: what the person chose; None for what the rule of the field says.
    """

    source: ValueSource = ValueSource.PERSON
    lock: LockChoice | None = None


BY_HAND: Final = Stated()
FROM_FILE: Final = Stated(ValueSource.CSV)


def first_lock(rule: SourceRule) -> LockChoice | None:
    """Give the lock of a value that a person types; none where a scanner wins anyway."""
    return LockChoice(rule.lock, rule.lock_days) if rule.is_peoples else None


def is_in_force(until: datetime | None, now: datetime | None) -> bool:
    """Tell whether a lock still holds.

    Args:
        until: when it ran or runs out: by its days, by the state, or because it was lifted.
        now: None stands before every end.
    """
    return until is None or now is None or now < until

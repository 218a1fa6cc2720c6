"""The rules that make drafts of what the inventory shows, and how people set them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import AddressRange, IncidentCategory, IncidentRule, IncidentRuleCode, Level
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require

_C = IncidentRuleCode


@dataclass(frozen=True, slots=True)
class RuleSetting:
    """How a rule is set.

    Attributes:
        threshold: percent of the size before (memory, disk) or of a full supply, or runs in a row;
            0 of a rule that needs none.
        range_ids: critical ranges.
    """

    code: IncidentRuleCode
    is_enabled: bool
    threshold: int
    impact: Level
    urgency: Level
    range_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleInput:
    """What a form says of a rule, as texts."""

    code: IncidentRuleCode
    is_enabled: bool
    threshold: str
    impact: str
    urgency: str
    range_ids: tuple[int, ...] = ()


# As they are until somebody sets them otherwise. The one about unknown devices looks at no range
# before ranges are named.
DEFAULTS: Final[Mapping[IncidentRuleCode, RuleSetting]] = {
    one.code: one
    for one in (
        RuleSetting(_C.MEMORY_SMALLER, True, 5, Level.LOW, Level.MEDIUM),  # noqa: FBT003 -- on
        RuleSetting(_C.DISK_SMALLER, True, 5, Level.LOW, Level.HIGH),  # noqa: FBT003 -- on
        RuleSetting(_C.SERIAL_CHANGED, True, 0, Level.MEDIUM, Level.MEDIUM),  # noqa: FBT003 -- on
        RuleSetting(_C.SUPPLY_LOW, True, 10, Level.LOW, Level.MEDIUM),  # noqa: FBT003 -- on
        RuleSetting(_C.DEVICE_SILENT, False, 3, Level.MEDIUM, Level.MEDIUM),  # noqa: FBT003 -- off
        RuleSetting(_C.UNKNOWN_DEVICE, True, 0, Level.HIGH, Level.HIGH),  # noqa: FBT003 -- on
    )
}
# Least and most of each threshold; a rule without one has none.
BOUNDS: Final[Mapping[IncidentRuleCode, tuple[int, int]]] = {
    _C.MEMORY_SMALLER: (1, 90),
    _C.DISK_SMALLER: (1, 90),
    _C.SUPPLY_LOW: (1, 90),
    _C.DEVICE_SILENT: (1, 100),
}
CATEGORIES: Final[Mapping[IncidentRuleCode, IncidentCategory]] = {
    _C.MEMORY_SMALLER: IncidentCategory.HARDWARE,
    _C.DISK_SMALLER: IncidentCategory.HARDWARE,
    _C.SERIAL_CHANGED: IncidentCategory.HARDWARE,
    _C.SUPPLY_LOW: IncidentCategory.SUPPLY,
    _C.DEVICE_SILENT: IncidentCategory.NETWORK,
    _C.UNKNOWN_DEVICE: IncidentCategory.SECURITY,
}
# Told once, by a run that sees the change; the cause of the others is looked at after each run, so
# that one that has ended may come back only once its cause was gone.
EVENT_RULES: Final = frozenset({_C.MEMORY_SMALLER, _C.DISK_SMALLER, _C.SERIAL_CHANGED})


def read_rules(session: Session) -> dict[IncidentRuleCode, RuleSetting]:
    """Give all rules as they are set."""
    found = dict(DEFAULTS)
    for row in session.scalars(sa.select(IncidentRule)):
        found[row.code] = RuleSetting(
            row.code,
            row.is_enabled,
            row.threshold,
            row.impact,
            row.urgency,
            tuple(row.range_ids),
        )
    return found


def save_rule(session: Session, actor: Actor, given: RuleInput, *, at: datetime) -> IncidentRule:
    """Set a rule.

    Raises:
        InvalidInputError: by field.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_INCIDENT_RULE)
    fields, code = FieldReader(), given.code
    before, range_ids = read_rules(session)[code], given.range_ids
    number = 0
    if code in BOUNDS:
        number = fields.number("threshold", given.threshold, *BOUNDS[code])
    how_wide = fields.word("impact", given.impact, Level, before.impact)
    how_soon = fields.word("urgency", given.urgency, Level, before.urgency)
    known = set(session.scalars(sa.select(AddressRange.id).where(AddressRange.id.in_(range_ids))))
    missing = [str(one) for one in range_ids if one not in known]
    if missing:
        fields.add("range_ids", "not_found", ", ".join(missing)[:100])
    fields.raise_problems()
    row = session.get(IncidentRule, code)
    if row is None:
        row = IncidentRule(code=code)
        session.add(row)
    row.is_enabled, row.threshold = given.is_enabled, number
    row.impact, row.urgency = how_wide, how_soon
    row.range_ids = sorted(known) if code is _C.UNKNOWN_DEVICE else []
    row.updated_at = at
    session.flush()
    _record(session, actor, before, row, at)
    return row


def _record(
    session: Session, actor: Actor, before: RuleSetting, row: IncidentRule, at: datetime
) -> None:
    pairs: dict[str, tuple[Any, Any]] = {
        "is_enabled": (before.is_enabled, row.is_enabled),
        "threshold": (before.threshold, row.threshold),
        "impact": (before.impact.value, row.impact.value),
        "urgency": (before.urgency.value, row.urgency.value),
        "range_ids": (list(before.range_ids), list(row.range_ids)),
    }
    record(
        session,
        actor,
        at=at,
        subject_kind="incident_rule",
        subject_id=0,
        subject_name=row.code.value,
        action="changed",
        changes={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
    )

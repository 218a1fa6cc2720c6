"""How locks of values are told: their rule, until when they hold, and what the history keeps."""

from __future__ import annotations

from datetime import UTC, datetime

from flask_babel import gettext, ngettext

from parc.models import LockRule
from parc.web.formats import format_day


def lock_rule_text(rule: LockRule, days: int) -> str:
    """Say until when a value that is typed is locked."""
    if rule is LockRule.STATE:
        return str(gettext("until the state changes"))
    if rule is LockRule.DAYS:
        return str(ngettext("for %(num)s day", "for %(num)s days", days))
    return str(gettext("until lifted"))


def lock_end_text(rule: LockRule | None, until: datetime | None) -> str:
    """Say until when a lock holds that stands."""
    if until is not None:
        return str(gettext("until %(day)s", day=format_day(until)))
    return lock_rule_text(rule or LockRule.NEVER, 0)


def lock_code_text(code: str) -> str:
    """Write a lock as the history keeps it."""
    if code in set(LockRule):
        return lock_rule_text(LockRule(code), 0)
    word, _space, day = code.partition(" ")
    try:
        moment = datetime.strptime(day, "%Y-%m-%d").replace(hour=12, tzinfo=UTC)
    except ValueError:
        return code
    return lock_end_text(LockRule.DAYS, moment) if word == "until" else code

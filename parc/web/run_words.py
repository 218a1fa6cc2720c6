"""What runs and their log say, in the reader's language; the collectors' sentences are English."""

from __future__ import annotations

import re

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from collectors.errors import Failure
from parc.models import RunState, TargetOutcome
from parc.queries.runs import RunRow, TargetRow
from parc.web.formats import format_percent
from parc.web.labels import label

_UNSAFE = re.compile(
    r"(?P<risky>\d+) of (?P<total>\d+) known devices would vanish or change their identity; "
    r"more than (?P<percent>\d+) % need a person's decision"
)
_ERRORS = {
    "The plan was dropped by a person.": _("The plan was dropped by a person."),
    "The server ended during this run.": _("The server ended during this run."),
}
# Sentences that say no more than the reason before them does.
_SAYS_NO_MORE = frozenset(
    {
        "It is up, but does not answer SNMP with the credentials of this range.",
        "its reply cannot be read",
        "no reply to SNMP",
        "no reply to SNMPv3",
        "the run was stopped",
    }
)


def reason_of(row: TargetRow) -> str:
    """Say why an address was not read, or not to the end; nothing when it was."""
    if row.outcome is TargetOutcome.PRESENT and row.failure is Failure.NO_ANSWER:
        return str(gettext("Does not answer SNMP with these credentials"))
    return label(row.failure)


def detail_of(row: TargetRow) -> str:
    """Give what the log adds to the reason, in English as it was kept; mostly nothing."""
    return "" if row.detail in _SAYS_NO_MORE else row.detail


def advice_of(row: RunRow) -> str:
    """Say what to do about a run that has ended without reading anything; else nothing."""
    if row.state is not RunState.DONE or row.collected_count:
        return ""
    if not row.responder_count:
        return str(
            gettext(
                "Nothing answered. Check the addresses of the range, and that this server reaches "
                "that network: a firewall may stand between."
            )
        )
    return str(
        ngettext(
            "The device that answers could not be read. Check the credentials of the range, and "
            "that it has SNMP switched on and lets this server in.",
            "None of the %(num)s devices that answer could be read. Check the credentials of the "
            "range, and that they have SNMP switched on and let this server in.",
            row.responder_count,
        )
    )


def error_text(error: str | None) -> str:
    """Say why a run failed or waits for a decision."""
    if not error:
        return ""
    unsafe = _UNSAFE.fullmatch(error)
    if unsafe:
        return str(
            gettext(
                "%(risky)s of %(total)s known devices would vanish or change their identity: more "
                "than %(percent)s need a person's decision.",
                risky=unsafe["risky"],
                total=unsafe["total"],
                percent=format_percent(float(unsafe["percent"])),
            )
        )
    return str(_ERRORS.get(error, error))

"""Reasons of the position in words; ``docs/explanation/licence-position.md`` explains each."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_pgettext as _in

from parc.software.position_facts import Use

CODES: Mapping[str, str] = {
    "free": _in("position", "Free to use"),
    "bound": _in("position", "OEM licence of this machine"),
    "allocated_machine": _in("position", "This machine was given a seat"),
    "allocated_person": _in("position", "Its holder was given a seat"),
    "host": _in("position", "Its host is licensed"),
    "site": _in("position", "Its site is licensed"),
    "unlimited": _in("position", "Licence without limit"),
    "concurrent": _in("position", "Concurrent licence"),
    "pool": _in("position", "A seat that nobody was given"),
    "trial": _in("position", "Trial"),
    "no_right": _in("position", "No licence of this software"),
    "access_only": _in("position", "Access licences (CAL) only, which cover no installation"),
    "not_yet": _in("position", "The licence has not begun yet"),
    "trial_ended": _in("position", "The trial has ended"),
    "lapsed": _in("position", "The subscription has lapsed"),
    "version_older": _in("position", "Older version, without the right to downgrade"),
    "version_newer": _in("position", "Newer than the version that was bought"),
    "maintenance_ended": _in("position", "Released after the maintenance had ended"),
    "bound_elsewhere": _in("position", "The OEM licence is another machine's"),
    "bound_nowhere": _in("position", "The OEM licence was given to no machine yet"),
    "none_left": _in("position", "No seat is left"),
}
NOTES: Mapping[str, str] = {
    "downgrade": _in("position", "by the right to downgrade"),
    "maintenance": _in("position", "newer version, by the maintenance in force"),
    "released_in_time": _in("position", "released before the maintenance ended"),
    "release_unsure": _in("position", "to check: was it released before the maintenance ended?"),
    "version_unsure": _in("position", "to check: the versions cannot be compared"),
    "suite": _in("position", "as a part of the suite"),
    "not_measured": _in("position", "to check: how many use it at a time is not measured"),
    "edition_unknown": _in(
        "position", "to check: the edition is not known, counted as one that is not free"
    ),
    "size_unknown": _in("position", "to check: cores and processors are not known"),
}
UNUSED: Mapping[str, str] = {
    "not_installed": _in("position", "Not installed"),
    "not_seen": _in("position", "Installed, but the machine was not seen for long"),
    "not_known": _in("position", "Not known: nothing tells what is installed"),
}
STATES: Mapping[str, str] = {
    "in_force": _in("position", "In force"),
    "not_yet": _in("position", "Not begun"),
    "lapsed": _in("position", "Lapsed"),
    "trial_ended": _in("position", "Trial ended"),
}


def reason_text(use: Use) -> str:
    """Say why an installation takes its right, or has none."""
    notes = "; ".join(str(NOTES[note]) for note in use.notes)
    return f"{CODES[use.code]} ({notes})" if notes else str(CODES[use.code])

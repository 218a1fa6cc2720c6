"""Whether a right is in force, and whether it may be used for a version: pure rules.

What the data does not say is not held against anybody: it is covered, and noted to be checked.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from parc.software.position_facts import Finding, Machine, Right

_NUMBERS: Final = re.compile(r"\d+")
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2100


def state_of(right: Right, on: date) -> str:
    """Give ``in_force``, ``not_yet``, ``lapsed`` or ``trial_ended``.

    A perpetual licence does not end with its maintenance; one with an end ends on that day.
    """
    if right.starts_on is not None and right.starts_on > on:
        return "not_yet"
    if right.ends_on is not None and right.ends_on < on:
        return "trial_ended" if right.type == "trial" else "lapsed"
    return "in_force"


def compared(bought: str, found: str) -> int | None:
    """Tell whether what was found is older (-1), the same (0) or newer (1) than what was bought.

    Only as many numbers are compared as were bought: 16.0.5 is 16. A year and a build number say
    nothing of each other; neither does an empty version: None.
    """
    ours = [int(part) for part in _NUMBERS.findall(bought)[:4]]
    theirs = [int(part) for part in _NUMBERS.findall(found)[:4]]
    if not ours or not theirs or _is_year(ours[0]) != _is_year(theirs[0]):
        return None
    theirs = theirs[: len(ours)]
    ours = ours[: len(theirs)]
    return (theirs > ours) - (theirs < ours)


def fit(right: Right, finding: Finding, on: date) -> tuple[bool, str]:
    """Tell whether a right in force may be used for what was found; gives a note, or why not.

    Notes: ``downgrade``, ``maintenance``, ``released_in_time``, ``version_unsure``,
    ``release_unsure``. Reasons: ``version_newer``, ``version_older``, ``maintenance_ended``.
    """
    if right.type in {"subscription", "free"} or not right.version:
        return True, ""
    order = compared(right.version, finding.version)
    if order is None:
        return True, "version_unsure" if finding.version else ""
    if order == 0:
        return True, ""
    if order < 0:
        return (True, "downgrade") if right.has_downgrade else (False, "version_older")
    return _newer(right, finding, on)


def units_of(right: Right, machine: Machine) -> tuple[int, str]:
    """Give what a machine takes of a right by its size, with ``size_unknown`` where it is a guess.

    An unknown size counts as the least that is counted for one machine.
    """
    least = right.minimums
    processors = machine.processor_count or 1
    if right.metric == "processor":
        return processors, "" if machine.processor_count else "size_unknown"
    cores = max(
        machine.core_count or 1,
        least.cores_of_processor * processors,
        least.cores_of_machine,
    )
    return cores, "" if machine.core_count else "size_unknown"


def _newer(right: Right, finding: Finding, on: date) -> tuple[bool, str]:
    """Judge a version that is newer than the one bought: maintenance may have brought it."""
    until = right.maintenance_ends_on
    if until is None:
        return False, "version_newer"
    if until >= on:
        return True, "maintenance"
    if finding.released_on is None:
        return True, "release_unsure"
    if finding.released_on <= until:
        return True, "released_in_time"
    return False, "maintenance_ended"


def _is_year(number: int) -> bool:
    return _FIRST_YEAR <= number <= _LAST_YEAR

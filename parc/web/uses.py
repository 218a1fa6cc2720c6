"""What stands in the way of deleting a place, a person, a department or a supplier, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from flask_babel import ngettext

from parc.services.uses import Use

_TEXTS: Mapping[str, Callable[[int], str]] = {
    "asset": lambda n: ngettext("%(num)s asset", "%(num)s assets", n),
    "movement": lambda n: ngettext("%(num)s movement", "%(num)s movements", n),
    "location": lambda n: ngettext("%(num)s place in it", "%(num)s places in it", n),
    "department": lambda n: ngettext("%(num)s department below", "%(num)s departments below", n),
    "person": lambda n: ngettext("%(num)s person", "%(num)s people", n),
    "contract_rule": lambda n: ngettext(
        "%(num)s rule of a contract", "%(num)s rules of contracts", n
    ),
    "contract": lambda n: ngettext("%(num)s contract", "%(num)s contracts", n),
    "entitlement": lambda n: ngettext("%(num)s licence", "%(num)s licences", n),
    "entitlement_period": lambda n: ngettext(
        "%(num)s period of a licence", "%(num)s periods of licences", n
    ),
    "allocation": lambda n: ngettext("%(num)s seat of a licence", "%(num)s seats of licences", n),
    "incident": lambda n: ngettext("%(num)s incident", "%(num)s incidents", n),
    "address_range": lambda n: ngettext("%(num)s address range", "%(num)s address ranges", n),
}


def use_texts(uses: Sequence[Use]) -> list[str]:
    """Say how many things of each kind point at a record."""
    counts: dict[str, int] = {}
    for use in uses:
        counts[use.table] = counts.get(use.table, 0) + use.count
    return [
        _TEXTS[table](count) if table in _TEXTS else f"{table}: {count}"
        for table, count in counts.items()
    ]

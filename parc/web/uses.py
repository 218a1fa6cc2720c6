"""What stands in the way of deleting a place, a person or a department, in words."""

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

"""What the network knows of the records of a file: told beside its dry run, and decides nothing.

Names and numbers are collected while the file is planned, and asked for once at its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from collectors.registries.placeholders import is_placeholder
from parc.importers.entries import Entry
from parc.importers.formats.quantities import Quantity
from parc.importers.targets.licence_values import names_of
from parc.importers.targets.values import text_of
from parc.naming import folded
from parc.queries.known_serials import assets_bear, named_assets, network_has
from parc.queries.seen_software import count_seen

_MOST_PRODUCTS: Final = 300
_MOST_TEXTS: Final = 100_000

_SERIAL: Final = "serial"
_MACHINE: Final = "machine"
_PRODUCT: Final = "product"


@dataclass(frozen=True, slots=True)
class _Named:
    """Something of a file that the network may know.

    Attributes:
        count: seats that are bought; None for no limit, or where that is not asked.
    """

    what: str
    text: str
    count: int | None = None


def _named_in(kind: str, entry: Entry, *, is_per_seat: bool) -> Iterator[_Named]:
    """Give what an entry names that the network may know."""
    serial = text_of(entry.values, "serial_number")
    if kind in {"assets", "contracts"} and serial and not is_placeholder(serial):
        yield _Named(_SERIAL, serial)
    if kind != "licences":
        return
    if product := names_of(entry.values)[1]:
        yield _Named(_PRODUCT, product, _seats(entry, is_per_seat=is_per_seat))
    for row in entry.rows:
        if machine := text_of(row.values, "asset"):
            yield _Named(_MACHINE, machine)


@dataclass(slots=True)
class NetworkFacts:
    """Collects what a file names, within bounds; ``to_json`` asks for it."""

    _texts: dict[str, set[str]] = field(default_factory=dict)
    _products: dict[str, str] = field(default_factory=dict)
    _seats: dict[str, int | None] = field(default_factory=dict)

    def take(self, kind: str, entries: Iterable[Entry], *, is_per_seat: bool) -> None:
        """Note what some entries name."""
        for entry in entries:
            for one in _named_in(kind, entry, is_per_seat=is_per_seat):
                self._add(one)

    def _add(self, one: _Named) -> None:
        if one.what == _PRODUCT:
            self._add_product(one)
            return
        texts = self._texts.setdefault(one.what, set())
        if len(texts) < _MOST_TEXTS:
            texts.add(one.text)

    def to_json(self, session: Session) -> dict[str, Any]:
        """Give what the network knows, as it is kept with the dry run."""
        facts: dict[str, Any] = {}
        seen = count_seen(session, list(self._products.values()))
        if seen:
            facts["products"] = [
                [name, self._seats[key], seen[name]]
                for key, name in self._products.items()
                if name in seen
            ]
        if serials := self._texts.get(_SERIAL):
            borne = assets_bear(session, serials)
            facts["serials"] = {
                "named": len(serials),
                "assets": len(borne),
                "seen": len(network_has(session, serials)),
                "only_seen": len(network_has(session, serials - borne)),
            }
        if machines := self._texts.get(_MACHINE):
            there = named_assets(session, machines)
            facts["machines"] = {
                "named": len(machines),
                "assets": len(there),
                "by_serial": len(assets_bear(session, machines)),
            }
        return facts

    def _add_product(self, one: _Named) -> None:
        key = folded(one.text)
        if key not in self._products:
            if len(self._products) >= _MOST_PRODUCTS:
                return
            self._products[key] = one.text
            self._seats[key] = one.count
            return
        before = self._seats[key]
        is_limited = before is not None and one.count is not None
        self._seats[key] = before + one.count if is_limited else None  # type: ignore[operator]


def _seats(entry: Entry, *, is_per_seat: bool) -> int | None:
    """Give how many seats an entry buys; a row without a quantity is one."""
    quantity = entry.values.get("quantity")
    if not isinstance(quantity, Quantity):
        return len(entry.rows)
    if quantity.count is None:
        return None
    is_one_each = is_per_seat and quantity.count <= 1
    return len(entry.rows) if is_one_each else quantity.count

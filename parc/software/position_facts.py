"""What the position of a product is made of, and what it says: plain values in and out.

Rights are what was bought, findings what was seen, uses which right each of them takes and why.
Metrics and types are the words of the licence's own columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

BY_MACHINE_SIZE: Final = frozenset({"core", "processor"})
BY_PERSON: Final = frozenset({"named_user"})
ACCESS: Final = "cal"  # to a server: it covers no installation, and each one given is needed


@dataclass(frozen=True, slots=True)
class Minimums:
    """How many cores are counted at least, for a processor and for a machine; data, not law."""

    cores_of_processor: int = 0
    cores_of_machine: int = 0


@dataclass(frozen=True, slots=True)
class Right:
    """One licence on the day that is looked at.

    Attributes:
        products: its own, first, and those that it holds as a suite.
        quantity: None with ``is_unlimited``, or when nobody knows it: then nothing is held.
        unit_cost: of its last period that has a cost.
        machines, people: who was given a seat, in the order in which it was given.
    """

    id: int
    name: str
    products: tuple[int, ...]
    type: str = ""
    metric: str = "device"
    quantity: int | None = None
    is_unlimited: bool = False
    version: str = ""
    has_downgrade: bool = False
    starts_on: date | None = None
    ends_on: date | None = None
    maintenance_ends_on: date | None = None
    unit_cost: Decimal | None = None
    currency: str = "EUR"
    machines: tuple[int, ...] = ()
    people: tuple[int, ...] = ()
    minimums: Minimums = Minimums()


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine, as far as licences go; ``host_id`` is where a virtual one runs."""

    id: int
    name: str
    core_count: int | None = None
    processor_count: int | None = None
    host_id: int | None = None
    person_id: int | None = None
    site_id: int | None = None
    seen_on: date | None = None
    is_inventoried: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """A product that was found on a machine.

    Attributes:
        released_on: where the data says it.
        is_edition_unknown: some editions are free, and nothing tells which one this is.
    """

    machine_id: int
    product_id: int
    version: str = ""
    released_on: date | None = None
    is_edition_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Use:
    """One installation with the right it takes, and why; ``right_id`` None: it has none.

    Attributes:
        code: of the reason, see ``docs/explanation/licence-position.md``.
        units: seats, cores or processors that it takes; 0 when another of it takes them already.
    """

    machine_id: int
    product_id: int
    version: str
    right_id: int | None
    units: int
    code: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unused:
    """A seat that was given and is not used: ``not_installed``, ``not_seen``, ``not_known``."""

    right_id: int
    machine_id: int | None
    person_id: int | None
    code: str


@dataclass(frozen=True, slots=True)
class RightLine:
    """How much of a right is taken; ``held`` None: as many as one likes."""

    right_id: int
    state: str
    held: int | None
    used: int


@dataclass(frozen=True, slots=True)
class Position:
    """Purchased less needed for one product.

    Attributes:
        held: of all rights in force that may be used for it; None: without limit.
        needed: units that its installations take, with those that have no right.
        missing: units of installations without a right.
        true_up: what as many more would cost, by the last price; None: no price is known.
        reclaimable: what the seats are worth that are given and not used.
    """

    product_id: int
    held: int | None
    needed: int
    missing: int
    true_up: Decimal | None
    reclaimable: Decimal | None
    currency: str
    uses: tuple[Use, ...]
    unused: tuple[Unused, ...]
    rights: tuple[RightLine, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that decides about some products on one day.

    Products that one suite holds belong together: what it covers of one, it need not for another.
    """

    on: date
    products: tuple[int, ...]
    rights: tuple[Right, ...] = ()
    findings: tuple[Finding, ...] = ()
    machines: Mapping[int, Machine] = field(default_factory=dict)
    unseen_days: int = 90

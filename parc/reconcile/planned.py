"""What a plan is: changes before any is made, how many they are, and whether too many; pure.

A plan can be printed, and refuses itself when it would change too much at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from parc.errors import ParcError
from parc.reconcile.change import (
    Absent,
    Change,
    Conflict,
    CreateAsset,
    CreateDevice,
    LinkAsset,
    Returned,
    RowChange,
    SeeDifference,
    Sighting,
    UpdateDevice,
)
from parc.reconcile.policy import Policy
from parc.reconcile.printing import PlanRow, rows_of


class UnsafePlanError(ParcError):
    """Too large a share of what is known would be lost or become something else.

    Attributes:
        risky, total: devices; ``percent`` is the share that is allowed.
    """

    def __init__(self, risky: int, total: int, percent: int) -> None:
        super().__init__(
            f"{risky} of {total} known devices would vanish or change their identity; "
            f"more than {percent} % need a person's decision"
        )
        self.risky = risky
        self.total = total
        self.percent = percent


@dataclass(frozen=True, slots=True)
class Counts:
    """How much a plan changes; ``changed`` counts devices, not their fields."""

    seen: int = 0
    created: int = 0
    changed: int = 0
    gone: int = 0
    returned: int = 0
    assets: int = 0
    linked: int = 0
    differences: int = 0
    conflicts: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes in a stable order, and sightings beside them.

    Attributes:
        in_scope: known devices that this plan could lose or change.
        risky: those of them that it does lose, or whose identity it changes.
        policy: under which it was made.
    """

    changes: tuple[Change, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    in_scope: int = 0
    risky: int = 0
    policy: Policy = field(default_factory=Policy)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing changed; being seen again is no change."""
        return not self.changes

    @property
    def counts(self) -> Counts:
        """Count the changes."""
        kinds: dict[type, int] = defaultdict(int)
        for change in self.changes:
            kinds[type(change)] += 1
        changed = {c.device for c in self.changes if isinstance(c, UpdateDevice | RowChange)}
        return Counts(
            seen=len(self.sightings),
            created=kinds[CreateDevice],
            changed=len(changed),
            gone=kinds[Absent],
            returned=kinds[Returned],
            assets=kinds[CreateAsset],
            linked=kinds[LinkAsset],
            differences=kinds[SeeDifference],
            conflicts=kinds[Conflict],
        )

    def raise_if_unsafe(self, policy: Policy) -> None:
        """Refuse a plan that needs a person's decision.

        Raises:
            UnsafePlanError: more than the policy's share of the devices in scope would vanish or
                change their identity.
        """
        share = policy.unsafe_share_percent
        if self.in_scope >= policy.unsafe_minimum and self.risky * 100 > share * self.in_scope:
            raise UnsafePlanError(self.risky, self.in_scope, share)

    def rows(self) -> Iterator[PlanRow]:
        """Give the plan line by line, for text and JSON."""
        for change in self.changes:
            yield from rows_of(change)

"""What a plan may do without asking, and how much at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from collectors.observation import Category
from parc.reconcile.known import FieldSource


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one range.

    Attributes:
        range_id: the range that was swept; devices of other ranges never count as absent.
        location_id: where assets of this range are put when they are created.
        asset_categories: categories that become assets without asking.
        guess_confidence: least confidence from which a category that only ports and banners speak
            for makes an asset; what a device says of itself needs none.
        asset_tag_pattern: for ``str.format`` with ``number``.
        unsafe_share_percent, unsafe_minimum: a plan that changes the identity of, or loses, more
            than this share of at least so many devices refuses itself.
    """

    range_id: int | None = None
    location_id: int | None = None
    asset_categories: Collection[Category] = field(default_factory=frozenset)
    guess_confidence: float = 0.7
    asset_tag_pattern: str = "P{number:06d}"
    unsafe_share_percent: int = 30
    unsafe_minimum: int = 10

    def makes_asset(
        self, category: Category | None, source: str | None, confidence: float | None
    ) -> bool:
        """Tell whether a device of this category becomes an asset without asking."""
        if category is None or category not in self.asset_categories:
            return False
        return source != FieldSource.NMAP or (confidence or 0.0) >= self.guess_confidence


def may_replace(present: FieldSource | str | None, seen: FieldSource | str) -> bool:
    """Tell whether a value seen by ``seen`` may stand where one of ``present`` does.

    A person's value is nobody's to replace; what a device says of itself outweighs what its
    ports suggest.
    """
    if present == FieldSource.PERSON:
        return False
    return not (seen == FieldSource.NMAP and present in {FieldSource.SNMP, FieldSource.AGENT})

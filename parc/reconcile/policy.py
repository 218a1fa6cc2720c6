"""What a plan may do without asking, and how much at once; pure: the clock is handed in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from collectors.observation import Category
from parc.precedence import SILENT_DAYS, STATED, Rules, SourceRule, is_in_force, rule_of
from parc.reconcile.known import FieldSource, KnownAsset, Missed

# After how many complete readings that lack it a row is gone, unless the settings say another.
GONE_AFTER: Final = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one range.

    Attributes:
        range_id: the range that was swept; devices of other ranges never count as absent.
        location_id: where assets of this range are put when they are created.
        asset_categories: categories that become assets without asking.
        guess_confidence: least confidence from which a category that only ports and banners speak
            for makes an asset; what a device says of itself needs none.
        unsafe_share_percent, unsafe_minimum: a plan that changes the identity of, or loses, more
            than this share of at least so many devices refuses itself.
        rules: which source wins, of the fields that do not follow the default.
        gone_after: how many complete readings must lack a row until it is gone.
        silent_days: after how many days without a word a source gives way to others.
        run_id: of the run, if it is one: whose words are new.
        started_at: of the run; a row counts as missed once in it, however often it is planned.
        now: when locks are looked at; None stands before the end of any.
        may_be_late: what is planned may have been said before what is known (files of agents).
    """

    range_id: int | None = None
    location_id: int | None = None
    asset_categories: Collection[Category] = field(default_factory=frozenset)
    guess_confidence: float = 0.7
    unsafe_share_percent: int = 30
    unsafe_minimum: int = 10
    rules: Rules = field(default_factory=dict)
    gone_after: int = GONE_AFTER
    silent_days: int = SILENT_DAYS
    run_id: int | None = None
    started_at: datetime | None = None
    now: datetime | None = None
    may_be_late: bool = False

    def makes_asset(
        self, category: Category | None, source: str | None, confidence: float | None
    ) -> bool:
        """Tell whether a device of this category becomes an asset without asking."""
        if category is None or category not in self.asset_categories:
            return False
        return source != FieldSource.NMAP or (confidence or 0.0) >= self.guess_confidence

    def rule(self, name: str) -> SourceRule:
        """Give who wins in a field."""
        return rule_of(self.rules, name)

    def may_write(
        self,
        asset: KnownAsset,
        name: str,
        seen: FieldSource,
        others: Collection[FieldSource] = (),
    ) -> bool:
        """Tell whether a value seen by ``seen`` may be written into a field of an asset.

        A lock holds against everything while it lasts, and lets everything in when it has ended;
        without one the order of the sources decides.

        Args:
            others: who else speaks of the field on the device that speaks for the asset. What
                stands there was decided between them already.
        """
        if name in asset.locks:
            return not is_in_force(asset.locks[name], self.now)
        present = asset.sources.get(name)
        if present in others and present not in STATED:
            return True
        return self.rule(name).wins(seen, present)

    def is_counted(self, before: Missed | None, read_at: datetime) -> bool:
        """Tell whether a reading counts that lacks a row: once a run, and not the same again."""
        return before is None or before.at < (self.started_at or read_at)

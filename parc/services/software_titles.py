"""Titles of found software: each raw name is folded when it first appears, and counted.

How often a title is installed, and on how many machines a product is, stands beside them and moves
by what comes and goes: nobody counts all installations. What is written here follows from what was
found, so it stands in no history and is no part of an act; undo makes it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    EndOfSupport,
    Installation,
    Publisher,
    SoftwareProduct,
    SoftwareRule,
    SoftwareTitle,
)
from parc.naming import folded
from parc.services.software_counts import parts, recount_products
from parc.software.folding import Folded, fold
from parc.software.licensing import usual_need
from parc.software.patterns import compile_pattern
from parc.software.rules import FoldingRule, SoftwareKind, rules_print, usual_rules
from parc.software.versions import begins_with, version_sort

OWN: Final = "own"
_NAME: Final = 255


@dataclass(frozen=True, slots=True, order=True)
class RawTitle:
    """What an inventory says of one installation; empty for nothing."""

    name: str
    publisher: str = ""
    version: str = ""
    architecture: str = ""

    @property
    def digest(self) -> str:
        """Give what the title is found by."""
        text = f"{self.name}\x1f{self.publisher}\x1f{self.version}\x1f{self.architecture}"
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def raw_title(row: Any) -> RawTitle:
    """Give the title of a row of installations, a mapping by column."""
    return RawTitle(
        row["name"],
        row.get("publisher") or "",
        row.get("version") or "",
        row.get("architecture") or "",
    )


def own_rule(row: SoftwareRule) -> FoldingRule:
    """Give a rule of ours as folding takes it."""
    return FoldingRule(
        f"{OWN} {row.id}",
        compile_pattern(row.pattern),
        row.product,
        row.publisher,
        row.edition,
        row.kind,
    )


def all_rules(session: Session) -> tuple[FoldingRule, ...]:
    """Give the rules in the order in which they are tried: ours first, the latest before."""
    query = sa.select(SoftwareRule).where(SoftwareRule.is_active)
    own = session.scalars(query.order_by(SoftwareRule.id.desc()))
    return (*(own_rule(row) for row in own), *usual_rules())


def fold_raw(raw: RawTitle, rules: Sequence[FoldingRule]) -> Folded:
    """Fold one raw title."""
    return fold(
        raw.name, raw.publisher or None, raw.version or None, raw.architecture or None, rules
    )


def titles_for(session: Session, raws: Iterable[RawTitle], at: datetime) -> dict[RawTitle, int]:
    """Give the titles of raw texts; those that were never seen are folded and made."""
    wanted = {raw.digest: raw for raw in raws}
    found: dict[RawTitle, int] = {}
    for part in parts(sorted(wanted)):
        query = sa.select(SoftwareTitle.digest, SoftwareTitle.id)
        for digest, number in session.execute(query.where(SoftwareTitle.digest.in_(part))):
            found[wanted[digest]] = number
    missing = sorted(raw for raw in wanted.values() if raw not in found)
    if not missing:
        return found
    rules = all_rules(session)
    folds = [fold_raw(raw, rules) for raw in missing]
    products = products_for(session, folds)
    ends = SupportEnds.read(session)
    rows = [
        {
            "digest": raw.digest,
            "raw_name": raw.name,
            "raw_publisher": raw.publisher or None,
            "raw_version": raw.version or None,
            "raw_architecture": raw.architecture or None,
            "first_seen_at": at,
            "last_seen_at": at,
            "installation_count": 0,
            "folded_by": rules_print(),
            "product_id": product_id,
            "support_ends_on": ends.of(one.publisher, one.product, one.version, one.edition),
            **meaning_of(one),
        }
        for raw, one, product_id in zip(missing, folds, products, strict=True)
    ]
    statement = sa.insert(SoftwareTitle).returning(SoftwareTitle.id, sort_by_parameter_order=True)
    numbers = session.scalars(statement, rows).all()
    return found | dict(zip(missing, numbers, strict=True))


def meaning_of(one: Folded) -> dict[str, Any]:
    """Give the columns of a title that follow from its folding, but for the product."""
    return {
        "edition": one.edition and one.edition[:_NAME],
        "version": one.version and one.version[:_NAME],
        "version_sort": version_sort(one.version),
        "architecture": one.architecture and one.architecture[:40],
        "kind": one.kind,
        "rule": one.rule,
    }


def products_for(session: Session, folds: Sequence[Folded]) -> list[int]:
    """Give the product of each folded title, and make those that are missing.

    A product that a licence has named without its publisher is that of the publisher too; a title
    without publisher is the product of that name when only one has it.
    """
    names = {_short(one.product) for one in folds}
    publishers = _publishers_for(session, {_short(one.publisher) for one in folds if one.publisher})
    known = _products_named(session, {folded(name)[:_NAME] for name in names})
    found: list[int] = []
    flipped: set[int] = set()
    missing: list[dict[str, Any]] = []  # each stands in ``known`` by its place, below zero
    for one in folds:
        publisher_id = publishers[folded(_short(one.publisher))[:_NAME]] if one.publisher else None
        key = folded(_short(one.product))[:_NAME]
        number = _pick(known[key], publisher_id)
        if number is None:
            missing.append(
                {
                    "publisher_id": publisher_id,
                    "name": _short(one.product),
                    "name_folded": key,
                    "kind": one.kind,
                    "usual_need": usual_need(one.product, one.publisher),
                }
            )
            number = known[key][publisher_id] = -len(missing)
        elif one.kind is SoftwareKind.PRODUCT:
            flipped.add(number)
        found.append(number)
    row = SoftwareProduct
    made = _insert(session, sa.insert(row).returning(row.id, sort_by_parameter_order=True), missing)
    found = [number if number > 0 else made[-number - 1] for number in found]
    _make_whole(session, {number if number > 0 else made[-number - 1] for number in flipped})
    return found


def _insert(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> Sequence[int]:
    """Insert rows in few statements, however many they are; gives their numbers in their order."""
    return session.scalars(statement, rows).all() if rows else []


def _make_whole(session: Session, product_ids: Collection[int]) -> None:
    """Let what only updates or language packs were known of be a product: they count no more."""
    row = SoftwareProduct
    for part in parts(sorted(product_ids)):
        query = sa.select(row.id).where(row.id.in_(part), row.kind != SoftwareKind.PRODUCT)
        ids = list(session.scalars(query))
        if ids:
            session.execute(sa.update(row).where(row.id.in_(ids)).values(kind=SoftwareKind.PRODUCT))
            recount_products(session, ids)


def _pick(known: Mapping[int | None, int], publisher_id: int | None) -> int | None:
    if publisher_id in known:
        return known[publisher_id]
    if publisher_id is not None:
        return known.get(None)
    return next(iter(known.values())) if len(known) == 1 else None


def _products_named(session: Session, keys: Collection[str]) -> dict[str, dict[int | None, int]]:
    known: dict[str, dict[int | None, int]] = defaultdict(dict)
    row = SoftwareProduct
    for part in parts(sorted(keys)):
        query = sa.select(row.name_folded, row.publisher_id, row.id)
        for key, publisher_id, number in session.execute(query.where(row.name_folded.in_(part))):
            known[key][publisher_id] = number
    return known


def _publishers_for(session: Session, names: Collection[str]) -> dict[str, int]:
    by_key = {folded(name)[:_NAME]: name for name in sorted(names)}
    found: dict[str, int] = {}
    for part in parts(sorted(by_key)):
        query = sa.select(Publisher.name_folded, Publisher.id)
        rows = session.execute(query.where(Publisher.name_folded.in_(part)))
        found |= {key: number for key, number in rows}  # noqa: C416 -- rows are no pairs to mypy
    missing = [{"name": by_key[key], "name_folded": key} for key in sorted(by_key.keys() - found)]
    statement = sa.insert(Publisher).returning(Publisher.id, sort_by_parameter_order=True)
    numbers = _insert(session, statement, missing)
    return found | {row["name_folded"]: n for row, n in zip(missing, numbers, strict=True)}


def _short(name: str | None) -> str:
    return (name or "").strip()[:_NAME] or "?"


class SupportEnds:
    """Until when versions are supported, as far as it is known."""

    def __init__(self, rows: Iterable[EndOfSupport]) -> None:
        self.by_product: dict[str, list[EndOfSupport]] = defaultdict(list)
        for row in rows:
            self.by_product[row.product_folded].append(row)

    @classmethod
    def read(cls, session: Session) -> SupportEnds:
        """Read all that is known."""
        return cls(session.scalars(sa.select(EndOfSupport)))

    def row_of(
        self, publisher: str | None, product: str, version: str | None, edition: str | None = None
    ) -> EndOfSupport | None:
        """Give what is known of a version: of several the one that names most of it.

        After the version a row may name an edition, which is then supported for another time.
        """
        maker = folded(publisher or "")
        version = f"{version or ''} {edition or ''}".strip()
        rows = [
            row
            for row in self.by_product.get(folded(product)[:_NAME], ())
            if row.publisher_folded in {"", maker} and begins_with(version, row.version_prefix)
        ]
        return max(rows, key=lambda row: len(row.version_prefix), default=None)

    def of(
        self, publisher: str | None, product: str, version: str | None, edition: str | None = None
    ) -> date | None:
        """Give the end of the support of a version."""
        row = self.row_of(publisher, product, version, edition)
        return row.ends_on if row else None


def settle_titles(session: Session, device_ids: Collection[int], at: datetime) -> None:
    """Give the installations of these devices the titles that their texts have."""
    row = Installation
    for part in parts(sorted(device_ids)):
        query = sa.select(
            row.id, row.title_id, row.name, row.publisher, row.version, row.architecture
        ).where(row.device_id.in_(part))
        found = [(one.id, one.title_id, raw_title(one._mapping)) for one in session.execute(query)]  # noqa: SLF001 -- SQLAlchemy's public name
        titles = titles_for(session, {raw for _id, _title, raw in found}, at)
        wrong = [
            {"id": number, "title_id": titles[raw]}
            for number, title_id, raw in found
            if title_id != titles[raw]
        ]
        if wrong:
            session.execute(sa.update(Installation), wrong)

"""What a search finds assets by: one folded text each, made anew from what they show now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset, Device, Interface, MergedAsset
from parc.naming import folded
from parc.services.custom_values import searched_values
from parc.services.touched_assets import follow_later

SEARCH_CHARACTERS: Final = 4000
_TOUCHED: Final = "parc_touched_assets"
SEARCHED: Final = (
    "name",
    "asset_tag",
    "serial_number",
    "manufacturer",
    "model_name",
    "primary_address",
    "base_mac_address",
)


def search_text(texts: Iterable[str | None]) -> str:
    """Give what a search compares: the distinct texts, folded, within a limit of length."""
    parts = dict.fromkeys(folded(text) for text in texts if text)
    return " ".join(parts)[:SEARCH_CHARACTERS]


@contextmanager
def searched_once(session: Session) -> Iterator[None]:
    """Make the search texts of all assets that are touched inside anew at its end, together."""
    touched: set[int] = set()
    session.info[_TOUCHED] = touched
    try:
        yield
    finally:
        del session.info[_TOUCHED]
    refresh_search_texts(session, touched)


def touch_many(session: Session, assets: Collection[Asset], at: datetime) -> None:
    """Note that a person changed these, inside ``searched_once``; their search texts come last."""
    for asset in assets:
        asset.updated_at = at
        asset.version += 1
    session.info[_TOUCHED].update(asset.id for asset in assets)


def touch(session: Session, asset: Asset, at: datetime) -> None:
    """Note that a person changed the asset, and what a search finds it by."""
    asset.updated_at = at
    asset.version += 1
    session.flush()
    if (touched := session.info.get(_TOUCHED)) is not None:
        touched.add(asset.id)
    else:
        refresh_search_texts(session, [asset.id])


def refresh_search_texts(session: Session, asset_ids: Collection[int]) -> None:
    """Make the search texts of assets anew from what they and their devices show now.

    Whatever changes an asset ends here, so what follows from it is looked at again as well.
    """
    follow_later(session, asset_ids)
    ordered = sorted(asset_ids)
    for start in range(0, len(ordered), 1000):
        part = ordered[start : start + 1000]
        texts: dict[int, list[str | None]] = {}
        for number, *own in session.execute(
            sa.select(Asset.id, *(getattr(Asset, name) for name in SEARCHED)).where(
                Asset.id.in_(part)
            )
        ):
            texts[number] = list(own)
        for number, *shown in session.execute(
            sa.select(
                Device.asset_id,
                Device.address,
                Device.sys_name,
                Device.host_name,
                Device.base_mac_address,
            )
            .where(Device.asset_id.in_(part))
            .order_by(Device.id)
        ):
            texts[number or 0] += shown
        for number, mac, addresses in session.execute(
            sa.select(Device.asset_id, Interface.if_phys_address, Interface.addresses)
            .join(Interface, Interface.device_id == Device.id)
            .where(Device.asset_id.in_(part), Interface.gone_at.is_(None))
            .order_by(Interface.id)
        ):
            texts[number or 0] += [mac, *(text.partition("/")[0] for text in addresses)]
        merged = sa.select(MergedAsset.asset_id, MergedAsset.asset_tag, MergedAsset.name)
        former_names = merged.where(MergedAsset.asset_id.in_(part))
        for number, *former in session.execute(former_names.union_all(searched_values(part))):
            texts[number] += former
        rows = [{"id": number, "search_text": search_text(text)} for number, text in texts.items()]
        if rows:
            session.execute(sa.update(Asset), rows)

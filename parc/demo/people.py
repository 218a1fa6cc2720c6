"""Who works in the demo's organisation, where, and which machines were bought for them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any, Final

from parc.naming import folded

DAYS: Final = 365
# Days before today on which a lot was bought, and its share of all that was.
_LOTS: Final = ((1_480, 0.14), (940, 0.26), (560, 0.24), (290, 0.2), (110, 0.1), (18, 0.06))
_LEAVERS: Final = 5
_ARRIVALS: Final = 9
_SERIAL_SIGNS: Final = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class DemoPlace:
    """A site with its rooms and the place of its stock, as paths."""

    name: str
    address: str
    postal_code: str
    city: str
    rooms: tuple[str, ...]
    stock: str


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who works there."""

    name: str
    email: str
    phone: str
    department: str
    site: str
    room: str
    arrived_on: date
    left_on: date | None
    external_id: str


@dataclass(frozen=True, slots=True)
class DemoAsset:
    """A machine that was bought; ``name`` is written on it."""

    name: str
    category: str
    manufacturer: str
    model_name: str
    serial_number: str
    purchased_on: date
    price: str
    order_number: str
    site: str


def place_of(site: Mapping[str, Any]) -> DemoPlace:
    """Read a site of the file of words."""

    def path(names: Sequence[str]) -> str:
        return " > ".join((site["name"], *names))

    return DemoPlace(
        site["name"],
        site["address"],
        site["postal_code"],
        site["city"],
        tuple(path(names) for names in site["rooms"]),
        path(site["stock"]),
    )


def make_people(
    words: Mapping[str, Any],
    language: str,
    places: Sequence[DemoPlace],
    today: date,
    chance: random.Random,
) -> Iterator[DemoPerson]:
    """Invent everybody; some arrive in the year, some leave."""
    pairs = list(product(words["first_names"], words["last_names"]))
    chance.shuffle(pairs)
    departments = [one[language] for one in words["department"]]
    shares = [one["share"] for one in words["department"]]
    sites = [
        place
        for place, site in zip(places, words["site"], strict=True)
        for _ in range(site["people"])
    ]
    for number, place in enumerate(sites):
        first, last = pairs[number]
        arrived = today - timedelta(days=chance.randint(DAYS + 30, 4_000))
        left = None
        if number % (len(sites) // _ARRIVALS) == 1:
            arrived = today - timedelta(days=chance.randint(10, DAYS - 30))
        elif number % (len(sites) // _LEAVERS) == 0:
            left = today - timedelta(days=chance.randint(5, DAYS - 60))
        yield DemoPerson(
            name=f"{first} {last}",
            email=f"{_plain(first)}.{_plain(last)}@example.org",
            phone=f"04 78 00 1{number // 100} {number % 100:02d}",
            department=chance.choices(departments, shares)[0],
            site=place.name,
            room=chance.choice(place.rooms),
            arrived_on=arrived,
            left_on=left,
            external_id=f"M{2000 + number}",
        )


def _plain(name: str) -> str:
    return folded(name).replace(" ", "-")


def make_assets(
    words: Mapping[str, Any], places: Sequence[DemoPlace], today: date, chance: random.Random
) -> Iterator[DemoAsset]:
    """Invent what was bought, lot by lot."""
    numbers: dict[str, int] = {}
    for model in words["model"]:
        lots = [lot for lot, (_, share) in enumerate(_LOTS) for _ in range(round(share * 100))]
        for number in range(model["count"]):
            lot = lots[number * len(lots) // model["count"]]
            prefix = model["name_prefix"]
            numbers[prefix] = numbers.get(prefix, 0) + 1
            serial = "".join(chance.choices(_SERIAL_SIGNS, k=5))
            yield DemoAsset(
                name=f"{prefix}-{numbers[prefix]:04d}",
                category=model["category"],
                manufacturer=model["manufacturer"],
                model_name=model["name"],
                serial_number=model["prefix"] + serial,
                purchased_on=today - timedelta(days=_LOTS[lot][0]),
                price=model["price"],
                order_number=f"BC-{(today - timedelta(days=_LOTS[lot][0])).year}-{110 + lot}",
                site=places[0].name if number % 5 else places[-1].name,
            )

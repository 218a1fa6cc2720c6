"""An invented organisation and a year of its life: who works where, what they got, what broke.

Pure and seeded: the same seed, language and day make the same organisation. ``fill`` writes it.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from parc.demo.people import (
    DAYS,
    DemoAsset,
    DemoPerson,
    DemoPlace,
    make_assets,
    make_people,
    place_of,
)
from parc.demo.year import Step, Year

_WORDS: Final = Path(__file__).parent / "data" / "organisation.toml"
_REPORTS_A_DAY: Final = 0.5
_WORKING_DAYS: Final = 5
_DAYS_TO_RESOLVE: Final = (0, 0, 0, 1, 1, 2, 3, 5, 9, 20, 45)
_WORKING_MINUTES: Final = 9 * 60


@dataclass(frozen=True, slots=True)
class DemoIncident:
    """A report; ``asset`` is a place in the assets, None where it is about no machine.

    Attributes:
        minute: of the working day.
    """

    opened_on: date
    minute: int
    person: int
    category: str
    asset: int | None
    title: str
    text: str
    resolution: str
    cause: str
    urgency: str
    is_request: bool
    resolved_after_days: int | None


@dataclass(frozen=True, slots=True)
class Organisation:
    """All of it; steps and incidents by day."""

    places: tuple[DemoPlace, ...]
    departments: tuple[str, ...]
    people: tuple[DemoPerson, ...]
    assets: tuple[DemoAsset, ...]
    steps: tuple[Step, ...]
    incidents: tuple[DemoIncident, ...]
    suppliers: tuple[Mapping[str, Any], ...]
    contracts: tuple[Mapping[str, Any], ...]
    licences: tuple[Mapping[str, Any], ...]
    waits_for: str
    technicians: tuple[str, ...]
    requester: str
    said: tuple[str, ...]
    noted: tuple[str, ...]


def make_organisation(*, language: str, today: date, seed: int = 7) -> Organisation:
    """Invent it.

    Args:
        language: of departments and of what people write, ``fr`` or ``en``.
        today: the last day of the year that is told.
    """
    words = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    chance = random.Random(f"{seed} {language}")  # noqa: S311 -- an invented world, no secret
    places = tuple(place_of(site) for site in words["site"])
    people = tuple(make_people(words, language, places, today, chance))
    assets = tuple(make_assets(words, places, today, chance))
    year = Year(places, people, assets, today, chance, language)
    steps = year.live()
    return Organisation(
        places,
        tuple(one[language] for one in words["department"]),
        people,
        assets,
        tuple(sorted(steps, key=lambda step: step.day)),
        tuple(_incidents(words, language, year, chance)),
        tuple(words["supplier"]),
        tuple(words["contract"]),
        tuple(words["licence"]),
        words["waits_for"][language],
        tuple(words["technicians"]["logins"]),
        words["requester"]["login"],
        tuple(words["said"][language]),
        tuple(words["noted"][language]),
    )


def _incidents(
    words: Mapping[str, Any], language: str, year: Year, chance: random.Random
) -> Iterator[DemoIncident]:
    kinds = words["incident"]
    weights = [one["weight"] for one in kinds]
    first = year.today - timedelta(days=DAYS)
    for day in (first + timedelta(days=n) for n in range(DAYS + 1)):
        if (
            day.weekday() >= _WORKING_DAYS or chance.random() > _REPORTS_A_DAY
        ):  # nobody reports on a Sunday
            continue
        kind = chance.choices(kinds, weights)[0]
        present = _present(year, kind["on"], day)
        if not present:
            continue
        asset, person = chance.choice(present)
        age = (year.today - day).days
        days = chance.choice(_DAYS_TO_RESOLVE)
        title, text = kind[language]
        yield DemoIncident(
            opened_on=day,
            minute=chance.randint(0, _WORKING_MINUTES),
            person=person,
            category=kind["category"],
            asset=asset if kind["on"] else None,
            title=title,
            text=text,
            resolution=kind[f"cause_{language}"],
            cause=kind["cause"],
            urgency=kind["urgency"],
            is_request=kind.get("is_request", False),
            resolved_after_days=days if days < age else None,
        )


def _present(year: Year, category: str, day: date) -> list[tuple[int, int]]:
    """Give what may break on a day with who may report it; a printer, somebody of its site."""
    holding = [
        (asset, person) for asset, person, since, until in year.held if since <= day <= until
    ]
    if category != "printer":
        return [pair for pair in holding if category in {"", year.assets[pair[0]].category}]
    people = sorted({person for _asset, person in holding})
    return [
        (printer, person)
        for printer, since in year.printers.items()
        for person in people
        if since <= day and year.people[person].site == year.assets[printer].site
    ]

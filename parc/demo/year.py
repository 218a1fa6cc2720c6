"""A year in the life of the demo's organisation: machines are handed out, move, break, get lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from parc.demo.people import DAYS, DemoAsset, DemoPerson, DemoPlace
from parc.models import MovementKind

# What may happen on a day, in thousandths.
_FATES: Final = {
    "": 737,
    "move": 100,
    "breakdown": 60,
    "meeting": 60,
    "theft": 6,
    "loss": 12,
    "age": 25,
}
_BACK_IN_HAND: Final = 0.8  # of what leavers hold; the rest leaves with them, for the inbox
_FOUND_AGAIN: Final = 0.5
_FOUND_AFTER: Final = timedelta(days=25)
_SET_UP_AFTER: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to one of the assets on a day.

    Attributes:
        asset: place in ``Organisation.assets``.
        person: place in ``Organisation.people``, who holds it since.
        room: the path of where it stands since.
    """

    day: date
    kind: MovementKind
    asset: int
    person: int | None = None
    room: str | None = None
    due_on: date | None = None
    reason: str = ""


_REASONS: Final = {
    "fr": {
        "arrival": "Arrivée",
        "set_up": "Mise en service",
        "departure": "Départ",
        "move": "Changement de bureau",
        "meeting": "Salon professionnel",
        "breakdown": "Panne, sous garantie",
        "theft": "Volé dans le train, plainte déposée",
        "loss": "Introuvable depuis le déménagement",
        "found": "Retrouvé dans un carton",
        "age": "Trop ancien pour le système actuel",
    },
    "en": {
        "arrival": "Arrival",
        "set_up": "Set up",
        "departure": "Departure",
        "move": "Change of office",
        "meeting": "Trade fair",
        "breakdown": "Broken down, under warranty",
        "theft": "Stolen on the train, reported to the police",
        "loss": "Not found since the move",
        "found": "Found at the bottom of a box",
        "age": "Too old for the present system",
    },
}


@dataclass(slots=True)
class Year:
    """Lives through the days; who holds what is kept here."""

    places: Sequence[DemoPlace]
    people: Sequence[DemoPerson]
    assets: Sequence[DemoAsset]
    today: date
    chance: random.Random
    language: str
    holder: dict[int, int] = field(default_factory=dict)
    held: list[tuple[int, int, date, date]] = field(default_factory=list)
    since: dict[int, date] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    printers: dict[int, date] = field(default_factory=dict)
    away: dict[int, date] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    def live(self) -> list[Step]:
        """Give all that happened."""
        for number, asset in enumerate(self.assets):
            self._step(asset.purchased_on, MovementKind.ENTRY, number, room=self._stock(asset))
        self._set_up_printers()
        first = min(asset.purchased_on for asset in self.assets)
        for day in (first + timedelta(days=n) for n in range((self.today - first).days + 1)):
            self._people(day)
            if day > self.today - timedelta(days=DAYS):
                self._things(day)
        for one, person in self.holder.items():
            self.held.append((one, person, self.since[one], self.today))
        return self.steps

    def _set_up_printers(self) -> None:
        """Let printers stand in the rooms of their site, one after the other."""
        for number, asset in enumerate(self.assets):
            if asset.category == "printer":
                rooms = next(place.rooms for place in self.places if place.name == asset.site)
                self.printers[number] = asset.purchased_on + _SET_UP_AFTER
                self.gone.add(number)
                room = rooms[number % len(rooms)]
                day = self.printers[number]
                self._step(day, MovementKind.ASSIGNMENT, number, room=room, reason="set_up")

    def _step(self, day: date, kind: MovementKind, asset: int, **more: Any) -> None:
        reason = more.pop("reason", "")
        words = _REASONS[self.language].get(reason, "")
        self.steps.append(Step(day, kind, asset, reason=words, **more))

    def _stock(self, asset: DemoAsset) -> str:
        return next(place.stock for place in self.places if place.name == asset.site)

    def _free(self, category: str, site: str, day: date) -> int | None:
        """Give the newest machine that is in stock at a site."""
        free = [
            number
            for number, asset in enumerate(self.assets)
            if asset.category == category
            and asset.site == site
            and asset.purchased_on < day
            and number not in self.holder
            and number not in self.gone
            and self.away.get(number, day) <= day
        ]
        return max(free, key=lambda number: self.assets[number].purchased_on, default=None)

    def _people(self, day: date) -> None:
        """Hand out to who is there and has nothing, take back from who leaves."""
        for number, person in enumerate(self.people):
            if person.left_on == day:
                for asset in [one for one, holder in self.holder.items() if holder == number]:
                    # One in five leaves with a machine in their bag: the inbox will say so.
                    if self.chance.random() < _BACK_IN_HAND:
                        self._take_back(day, asset, "departure")
            if day < person.arrived_on or (person.left_on and day >= person.left_on):
                continue
            has = {self.assets[one].category for one, who in self.holder.items() if who == number}
            for category in ("workstation", "mobile"):
                if category in has or (category == "mobile" and number % 3):
                    continue
                free = self._free(category, person.site, day)
                if free is not None:
                    self._give(day, free, number)

    def _give(self, day: date, asset: int, person: int) -> None:
        room = self.people[person].room
        self.holder[asset], self.since[asset] = person, day
        self._step(day, MovementKind.ASSIGNMENT, asset, person=person, room=room, reason="arrival")

    def _take_back(self, day: date, asset: int, reason: str) -> None:
        person = self.holder.pop(asset)
        self.held.append((asset, person, self.since.pop(asset), day))
        room = self._stock(self.assets[asset])
        self._step(day, MovementKind.RETURN, asset, room=room, reason=reason)

    def _things(self, day: date) -> None:
        """Let some of what can happen to a machine happen."""
        busy = [one for one in self.holder if self.since[one] < day]
        if not busy:
            return
        asset = self.chance.choice(sorted(busy))
        fate = self.chance.choices(tuple(_FATES), tuple(_FATES.values()))[0]
        if fate == "move":
            place = next(one for one in self.places if one.name == self.assets[asset].site)
            room = self.chance.choice(place.rooms)
            self._step(day, MovementKind.TRANSFER, asset, room=room, reason="move")
        elif fate == "breakdown":
            self._repair(day, asset)
        elif fate == "meeting":
            self._lend(day)
        elif fate == "theft":
            self._lose(day, asset, MovementKind.THEFT, "theft")
        elif fate == "loss":
            self._lose(day, asset, MovementKind.LOSS, "loss")
        elif fate == "age":
            self._retire(day)

    def _repair(self, day: date, asset: int) -> None:
        back = day + timedelta(days=self.chance.randint(4, 20))
        person = self.holder.pop(asset)
        self.held.append((asset, person, self.since.pop(asset), day))
        self._step(day, MovementKind.SEND_TO_REPAIR, asset, reason="breakdown")
        if back <= self.today:
            self._step(
                back, MovementKind.BACK_FROM_REPAIR, asset, room=self._stock(self.assets[asset])
            )
            self.away[asset] = back + timedelta(days=1)
        else:
            self.gone.add(asset)

    def _lend(self, day: date) -> None:
        present = [
            number
            for number, one in enumerate(self.people)
            if one.arrived_on < day
            and (one.left_on is None or one.left_on > day + timedelta(days=40))
        ]
        person = self.chance.choice(present)
        free = self._free("workstation", self.people[person].site, day)
        if free is None:
            return
        due = day + timedelta(days=self.chance.choice((7, 14, 21)))
        self._step(day, MovementKind.LOAN, free, person=person, due_on=due, reason="meeting")
        back = due + timedelta(days=self.chance.choice((-2, -1, 0, 0, 0, 3, 60)))
        if back <= self.today:
            self._step(back, MovementKind.RETURN, free, room=self._stock(self.assets[free]))
            self.away[free] = back + timedelta(days=1)
        else:
            self.gone.add(free)

    def _lose(self, day: date, asset: int, kind: MovementKind, reason: str) -> None:
        person = self.holder.pop(asset)
        self.held.append((asset, person, self.since.pop(asset), day))
        self._step(day, kind, asset, reason=reason)
        self.gone.add(asset)
        found = day + _FOUND_AFTER
        if (
            kind is MovementKind.LOSS
            and self.chance.random() < _FOUND_AGAIN
            and found <= self.today
        ):
            room = self._stock(self.assets[asset])
            self._step(found, MovementKind.FOUND, asset, room=room, reason="found")

    def _retire(self, day: date) -> None:
        """Decide to dispose of one of the oldest that nobody holds."""
        old = min(asset.purchased_on for asset in self.assets)
        for number, asset in enumerate(self.assets):
            is_free = number not in self.holder and number not in self.gone
            if asset.purchased_on == old and is_free and self.away.get(number, day) <= day:
                self._step(day, MovementKind.DISPOSAL_DECISION, number, reason="age")
                self.gone.add(number)
                return

"""The position (ELP) of products that belong together: which right each installation takes, why.

Pure: the same facts give the same position, in whatever order they come. Rights are taken in a
fixed order, so that a person can follow it by hand; see ``docs/explanation/licence-position.md``:
free ones; those bound to or given to the machine; those given to its person; those of its host or
site; without limit; concurrent ones; then seats that nobody was given, own product before suite,
what ends first first; trials last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from parc.software.position_facts import (
    ACCESS,
    BY_MACHINE_SIZE,
    BY_PERSON,
    Facts,
    Finding,
    Machine,
    Position,
    Right,
    RightLine,
    Unused,
    Use,
)
from parc.software.position_fit import fit, state_of, units_of

_Holder = tuple[str, int]
_NEVER: Final = "9999"


def positions(facts: Facts) -> tuple[Position, ...]:
    """Give the position of each product, in the order of ``facts.products``."""
    ledger = _Ledger(facts)
    uses = ledger.settle()
    return tuple(_position(facts, ledger, product, uses) for product in facts.products)


class _Ledger:
    """What is taken of each right while installations are settled one after the other."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.rights = sorted(facts.rights, key=_order)
        self.states = {right.id: state_of(right, facts.on) for right in self.rights}
        self.taken: dict[int, dict[_Holder, int]] = defaultdict(dict)
        self.given: dict[int, set[_Holder]] = {r.id: _within(r) for r in self.rights}

    def settle(self) -> list[Use]:
        """Give each installation its right, one pass over all of them for each way to have one."""
        rest = sorted(set(self.facts.findings), key=_place)
        found: list[Use] = []
        for way in _WAYS:
            left = []
            for finding in rest:
                use = self._by(way, finding)
                if use is None:
                    left.append(finding)
                else:
                    found.append(use)
            rest = left
        bare: set[tuple[int, int]] = set()
        for finding in rest:
            one = self._uncovered(finding)
            place = (finding.machine_id, finding.product_id)
            # Two versions side by side need one right, as they would use one.
            found.append(replace(one, units=0) if place in bare else one)
            bare.add(place)
        return sorted(found, key=lambda use: (use.machine_id, use.product_id, use.version))

    def machine(self, finding: Finding) -> Machine:
        """Give the machine of an installation."""
        known = self.facts.machines.get(finding.machine_id)
        return known or Machine(finding.machine_id, "")

    def used(self, right: Right) -> int:
        """Give what is taken of a right so far."""
        return sum(self.taken[right.id].values())

    def take(self, right: Right, holder: _Holder, units: int) -> int:
        """Take units for a holder who has none yet; gives what was taken now."""
        if holder in self.taken[right.id]:
            return 0
        self.taken[right.id][holder] = units
        return units

    def spare(self, right: Right) -> int:
        """Give the units that are neither taken nor kept for who was given a seat."""
        if right.quantity is None:
            return 0
        waiting = len(self.given[right.id] - set(self.taken[right.id]))
        kept = 0 if right.metric in BY_MACHINE_SIZE else waiting
        return right.quantity - self.used(right) - kept

    def _by(self, way: _Way, finding: Finding) -> Use | None:
        for right in self.rights:
            if self.states[right.id] != "in_force" or finding.product_id not in right.products:
                continue
            if right.metric == ACCESS:
                continue
            is_fit, note = fit(right, finding, self.facts.on)
            if not is_fit:
                continue
            outcome = way(self, right, self.machine(finding))
            if outcome is not None:
                code, units, more = outcome
                notes = [one for one in (note, more) if one]
                if finding.product_id != right.products[0]:
                    notes.append("suite")
                return _use(finding, right.id, units, code, notes)
        return None

    def _uncovered(self, finding: Finding) -> Use:
        """Say of an installation without a right what comes nearest to being one."""
        code, units = "no_right", 1
        for right in self.rights:
            if finding.product_id not in right.products:
                continue
            state = self.states[right.id]
            is_fit, why = fit(right, finding, self.facts.on)
            if state != "in_force":
                reason = state
            elif right.metric == ACCESS:
                reason = "access_only"
            elif not is_fit:
                reason = why
            elif right.type == "oem":
                reason = "bound_elsewhere" if right.machines else "bound_nowhere"
            else:
                reason = "none_left"
            if _NEARNESS.index(reason) >= _NEARNESS.index(code):
                code = reason
                if right.metric in BY_MACHINE_SIZE:
                    units = units_of(right, self.machine(finding))[0]
        return _use(finding, None, units, code, [])


_Outcome = tuple[str, int, str] | None
_Way = Callable[[_Ledger, Right, Machine], _Outcome]
# What is told of an installation without a right: the last of these that is true of any right.
_NEARNESS: Final = (
    *("no_right", "access_only", "not_yet", "trial_ended", "lapsed", "version_older"),
    *("version_newer", "maintenance_ended", "bound_elsewhere", "bound_nowhere", "none_left"),
)


def _free(ledger: _Ledger, right: Right, machine: Machine) -> _Outcome:
    del ledger, machine
    return ("free", 0, "") if right.type == "free" else None


def _given_to_machine(ledger: _Ledger, right: Right, machine: Machine) -> _Outcome:
    """Use what the machine was given; beyond what was bought only the first count."""
    holder = ("machine", machine.id)
    if holder not in ledger.given[right.id]:
        return None
    if right.metric in BY_MACHINE_SIZE:
        return _sized(ledger, right, machine, "allocated_machine")
    code = "bound" if right.type == "oem" else "allocated_machine"
    return code, ledger.take(right, holder, 1), ""


def _given_to_person(ledger: _Ledger, right: Right, machine: Machine) -> _Outcome:
    holder = ("person", machine.person_id or 0)
    if right.type == "oem" or holder not in ledger.given[right.id]:
        return None
    return "allocated_person", ledger.take(right, holder, 1), ""


def _of_host(ledger: _Ledger, right: Right, machine: Machine) -> _Outcome:
    """Use what the host of a virtual machine has: its cores are counted once."""
    host = ledger.facts.machines.get(machine.host_id) if machine.host_id is not None else None
    if host is None or right.metric not in BY_MACHINE_SIZE:
        return None
    holder = ("machine", host.id)
    if holder not in ledger.given[right.id] and holder not in ledger.taken[right.id]:
        return None
    return _sized(ledger, right, host, "host")


def _of_site(ledger: _Ledger, right: Right, machine: Machine) -> _Outcome:
    if right.metric != "site" or right.is_unlimited:
        return None
    holder = ("site", machine.site_id or 0)
    if holder in ledger.taken[right.id]:
        return "site", 0, ""
    if ledger.used(right) >= (right.quantity or 0):
        return None
    return "site", ledger.take(right, holder, 1), ""


def _unlimited(ledger: _Ledger, right: Right, machine: Machine) -> _Outcome:
    del ledger, machine
    return ("unlimited", 0, "") if right.is_unlimited and right.type != "trial" else None


def _concurrent(ledger: _Ledger, right: Right, machine: Machine) -> _Outcome:
    """Allow it anywhere: how many use it at a time is not seen, so it is noted to be checked."""
    del ledger, machine
    return ("concurrent", 0, "not_measured") if right.metric == "concurrent" else None


def _pool(ledger: _Ledger, right: Right, machine: Machine) -> _Outcome:
    """Use a seat that nobody was given."""
    if right.type in {"oem", "trial"} or right.metric in {"site", "concurrent"}:
        return None
    return _spare(ledger, right, machine, "pool")


def _trial(ledger: _Ledger, right: Right, machine: Machine) -> _Outcome:
    if right.type != "trial":
        return None
    if right.is_unlimited or right.quantity is None:
        return "trial", 0, ""
    return _spare(ledger, right, machine, "trial")


def _spare(ledger: _Ledger, right: Right, machine: Machine, code: str) -> _Outcome:
    if right.metric in BY_MACHINE_SIZE:
        return _sized(ledger, right, machine, code)
    holder = ("machine", machine.id)
    if right.metric in BY_PERSON and machine.person_id is not None:
        holder = ("person", machine.person_id)
    if holder in ledger.taken[right.id]:
        return code, 0, ""
    if ledger.spare(right) < 1:
        return None
    return code, ledger.take(right, holder, 1), ""


def _sized(ledger: _Ledger, right: Right, machine: Machine, code: str) -> _Outcome:
    holder = ("machine", machine.id)
    units, note = units_of(right, machine)
    if holder in ledger.taken[right.id]:
        return code, 0, note
    if not right.is_unlimited and ledger.used(right) + units > (right.quantity or 0):
        return None
    return code, ledger.take(right, holder, units), note


_WAYS: Final[tuple[_Way, ...]] = (
    _free,
    _given_to_machine,
    _given_to_person,
    _of_host,
    _of_site,
    _unlimited,
    _concurrent,
    _pool,
    _trial,
)


def _position(facts: Facts, ledger: _Ledger, product: int, uses: Sequence[Use]) -> Position:
    mine = tuple(use for use in uses if use.product_id == product)
    rights = [right for right in ledger.rights if product in right.products]
    counted = [r for r in rights if ledger.states[r.id] == "in_force" and r.type != "free"]
    access = [right for right in counted if right.metric == ACCESS]
    seats = [right for right in counted if right.metric != ACCESS]  # of what is on machines
    is_unlimited = any(r.is_unlimited for r in counted) or any(r.type == "free" for r in rights)
    used = sum(use.units for use in mine if use.right_id is not None)
    bare = sum(use.units for use in mine if use.right_id is None)
    beyond = sum(map(_beyond, access))
    currency = _currency(rights)
    unused = tuple(one for right in seats for one in _unused(facts, right, uses))
    return Position(
        product_id=product,
        held=None if is_unlimited else sum(right.quantity or 0 for right in counted),
        needed=used + bare + sum(map(_given, access)),
        missing=bare + beyond,
        true_up=_true_up(rights, bare - _left_of_size(ledger, counted, mine), beyond, currency),
        reclaimable=_worth(counted, unused, currency),
        currency=currency,
        uses=mine,
        unused=unused,
        rights=tuple(
            RightLine(
                right.id,
                ledger.states[right.id],
                None if right.is_unlimited else right.quantity,
                _given(right) if right.metric == ACCESS else ledger.used(right),
            )
            for right in rights
        ),
    )


def _given(right: Right) -> int:
    """Give how many seats were given: of access licences each is needed, nothing measures it."""
    return len(right.machines) + len(right.people)


def _beyond(right: Right) -> int:
    """Give how many seats were given beyond what was bought."""
    return 0 if right.is_unlimited else max(0, _given(right) - (right.quantity or 0))


def _left_of_size(ledger: _Ledger, counted: Sequence[Right], mine: Sequence[Use]) -> int:
    """Give the cores and processors that are left, too few for a whole machine: none to buy."""
    short = sum(use.units for use in mine if use.code == "none_left")
    sized = [r for r in counted if r.metric in BY_MACHINE_SIZE and not r.is_unlimited]
    return min(short, sum((r.quantity or 0) - ledger.used(r) for r in sized))


def _true_up(rights: Sequence[Right], missing: int, beyond: int, currency: str) -> Decimal | None:
    """Give what would have to be paid: for installations, and for access beyond what was bought."""
    access = [right for right in rights if right.metric == ACCESS]
    costs = [
        _times(_last_price([one for one in rights if one not in access], currency), missing),
        _times(_last_price(access, currency), beyond) if beyond else None,
    ]
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal()) if known else None


def _unused(facts: Facts, right: Right, uses: Iterable[Use]) -> list[Unused]:
    """Find the seats that were given and are not used; who knows nothing says so."""
    using = {use.machine_id for use in uses if use.product_id in right.products}
    early = facts.on - timedelta(days=facts.unseen_days)
    found = []
    for number in right.machines:
        machine = facts.machines.get(number)
        if number in using:
            if machine is not None and machine.seen_on is not None and machine.seen_on < early:
                found.append(Unused(right.id, number, None, "not_seen"))
        elif machine is None or not machine.is_inventoried:
            found.append(Unused(right.id, number, None, "not_known"))
        else:
            found.append(Unused(right.id, number, None, "not_installed"))
    theirs: dict[int, set[int]] = defaultdict(set)
    for machine in facts.machines.values():
        if machine.person_id is not None and machine.is_inventoried:
            theirs[machine.person_id].add(machine.id)
    for number in right.people:
        if number not in theirs:
            found.append(Unused(right.id, None, number, "not_known"))
        elif not theirs[number] & using:
            found.append(Unused(right.id, None, number, "not_installed"))
    return found


def _worth(rights: Sequence[Right], unused: Sequence[Unused], currency: str) -> Decimal | None:
    """Give what seats are worth that could be given to others; OEM cannot."""
    prices = {r.id: r.unit_cost for r in _priced(rights) if r.currency == currency}
    loose = [one for one in unused if one.code != "not_known" and one.right_id in prices]
    return sum((prices[one.right_id] or Decimal() for one in loose), Decimal()) if prices else None


def _priced(rights: Iterable[Right]) -> list[Right]:
    """Give those that have a price at which more could be bought, the last one first."""
    found = [right for right in rights if right.unit_cost is not None and right.type != "oem"]
    return sorted(found, key=_begun, reverse=True)


def _begun(right: Right) -> tuple[bool, date, int]:
    return right.starts_on is not None, right.starts_on or date.min, right.id


def _last_price(rights: Sequence[Right], currency: str) -> Decimal | None:
    return next((one.unit_cost for one in _priced(rights) if one.currency == currency), None)


def _currency(rights: Sequence[Right]) -> str:
    """Give the currency of the last price: amounts of two currencies are never added."""
    last = next(iter(_priced(rights)), None)
    return last.currency if last else next((r.currency for r in rights if r.unit_cost), "EUR")


def _times(price: Decimal | None, count: int) -> Decimal | None:
    return None if price is None else price * count


def _within(right: Right) -> set[_Holder]:
    """Give those of who was given a seat that what was bought is enough for, the first first."""
    holders: list[_Holder] = [("machine", number) for number in right.machines]
    holders += [("person", number) for number in right.people]
    is_bounded = right.quantity is not None and not right.is_unlimited
    if is_bounded and right.metric not in BY_MACHINE_SIZE:
        holders = holders[: right.quantity]
    return set(holders)


def _order(right: Right) -> tuple[bool, str, int]:
    """Sort rights: those of one product before suites, what ends first first."""
    ends = right.ends_on.isoformat() if right.ends_on else _NEVER
    return len(right.products) > 1, ends, right.id


def _place(finding: Finding) -> tuple[int, int, str]:
    return finding.machine_id, finding.product_id, finding.version


def _use(finding: Finding, right_id: int | None, units: int, code: str, notes: list[str]) -> Use:
    if finding.is_edition_unknown:
        notes = [*notes, "edition_unknown"]
    return Use(
        finding.machine_id,
        finding.product_id,
        finding.version,
        right_id,
        units,
        code,
        tuple(notes),
    )

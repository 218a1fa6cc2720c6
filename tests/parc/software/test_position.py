"""The rules of the position, as a table of cases; ``docs/explanation/licence-position.md``."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from parc.software.minimums import minimums_of
from parc.software.position import positions
from parc.software.position_facts import Facts, Finding, Machine, Minimums, Position, Right
from parc.software.position_fit import compared

ON = date(2026, 6, 15)
WORD, EXCEL = 1, 2
LATER, EARLIER = date(2026, 12, 31), date(2026, 1, 1)


def _right(number: int = 1, **values: Any) -> Right:
    given: dict[str, Any] = {"name": "R", "products": (WORD,), "quantity": 1, **values}
    return Right(number, **given)


def _facts(rights: list[Right], found: list[Any], **machines: Machine) -> Facts:
    """Put Word, or what a pair names, on machines 1, 2 and so on."""
    findings, known = [], {}
    for number, one in enumerate(found, 1):
        known[number] = Machine(number, f"PC-{number}", seen_on=ON)
        for product, version in one if isinstance(one, list) else [(WORD, one)]:
            findings.append(Finding(number, product, version))
    known |= {machine.id: machine for machine in machines.values()}
    return Facts(ON, (WORD, EXCEL), tuple(rights), tuple(findings), known)


def _word(facts: Facts) -> Position:
    return positions(facts)[0]


def _codes(facts: Facts) -> list[str]:
    return [use.code for use in _word(facts).uses]


def test_unknown_edition_is_noted_with_each_use() -> None:
    facts = _facts([_right()], ["", ""])
    unknown = tuple(replace(one, is_edition_unknown=True) for one in facts.findings)
    uses = _word(replace(facts, findings=unknown)).uses
    assert [(use.code, use.notes[-1]) for use in uses] == [
        ("pool", "edition_unknown"),
        ("none_left", "edition_unknown"),
    ]


CASES: dict[str, tuple[list[Right], list[Any], list[str]]] = {
    "nothing bought": ([], [""], ["no_right"]),
    "seat left": ([_right()], [""], ["pool"]),
    "one too many": ([_right()], ["", ""], ["pool", "none_left"]),
    "quantity unknown": ([_right(quantity=None)], [""], ["none_left"]),
    "unlimited": ([_right(quantity=None, is_unlimited=True)], ["", ""], ["unlimited"] * 2),
    "given to the machine": ([_right(machines=(2,))], ["", ""], ["none_left", "allocated_machine"]),
    "given twice, bought once": (
        [_right(machines=(1, 2))], ["", ""], ["allocated_machine", "none_left"],
    ),
    "seat given is kept for its machine": ([_right(machines=(9,))], [""], ["none_left"]),
    "free": ([_right(type="free", quantity=None)], ["", ""], ["free", "free"]),
    "trial in time": ([_right(type="trial", ends_on=LATER)], [""], ["trial"]),
    "trial without a count": ([_right(type="trial", quantity=None)], [""], ["trial"]),
    "trial ended": ([_right(type="trial", ends_on=EARLIER)], [""], ["trial_ended"]),
    "trial comes last": (
        [_right(type="trial", ends_on=LATER), _right(2)], ["", ""], ["pool", "trial"],
    ),
    "subscription": (
        [_right(type="subscription", ends_on=LATER, version="1")], ["9"], ["pool"],
    ),
    "subscription on its last day": ([_right(type="subscription", ends_on=ON)], [""], ["pool"]),
    "subscription lapsed": ([_right(type="subscription", ends_on=EARLIER)], [""], ["lapsed"]),
    "not begun": ([_right(starts_on=LATER)], [""], ["not_yet"]),
    "perpetual, maintenance expired": (
        [_right(type="perpetual", version="2021", maintenance_ends_on=EARLIER)],
        ["2021.4"], ["pool"],
    ),
    "newer without maintenance": ([_right(version="2019")], ["2021"], ["version_newer"]),
    "newer with maintenance": (
        [_right(version="2019", maintenance_ends_on=LATER)], ["2021"], ["pool"],
    ),
    "newer, release unknown": (
        [_right(version="2019", maintenance_ends_on=EARLIER)], ["2021"], ["pool"],
    ),
    "older without downgrade": ([_right(version="2021")], ["2019"], ["version_older"]),
    "older with downgrade": ([_right(version="2021", has_downgrade=True)], ["2019"], ["pool"]),
    "year against build": ([_right(version="2021")], ["16.0.14332"], ["pool"]),
    "OEM on its machine": ([_right(type="oem", machines=(1,))], [""], ["bound"]),
    "OEM elsewhere": (
        [_right(type="oem", quantity=5, machines=(2,))], ["", ""], ["bound_elsewhere", "bound"],
    ),
    "concurrent": ([_right(metric="concurrent")], ["", ""], ["concurrent", "concurrent"]),
    "what ends first is taken first": (
        [_right(1), _right(2, type="subscription", ends_on=LATER)], [""], ["pool"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_installation_takes_the_right_of_the_table(case: str) -> None:
    rights, found, codes = CASES[case]
    assert _codes(_facts(rights, found)) == codes


@pytest.mark.parametrize(
    ("rights", "found", "notes"),
    [
        ([_right(version="2021", has_downgrade=True)], ["2019"], ("downgrade",)),
        ([_right(version="2019", maintenance_ends_on=LATER)], ["2021"], ("maintenance",)),
        ([_right(version="2019", maintenance_ends_on=EARLIER)], ["2021"], ("release_unsure",)),
        ([_right(version="2021")], ["16.0"], ("version_unsure",)),
        ([_right(products=(EXCEL, WORD))], [""], ("suite",)),
        ([_right(metric="concurrent")], [""], ("not_measured",)),
        ([_right(metric="core", quantity=9)], [""], ("size_unknown",)),
    ],
)
def test_use_says_what_is_special_or_unsure(
    rights: list[Right], found: list[Any], notes: tuple[str, ...]
) -> None:
    assert _word(_facts(rights, found)).uses[0].notes == notes


def test_version_that_came_after_the_maintenance_is_not_covered_and_one_before_is() -> None:
    right = _right(version="2019", maintenance_ends_on=EARLIER)
    facts = _facts([right], [])
    for released_on, code, notes in (
        (date(2025, 1, 1), "pool", ("released_in_time",)),
        (date(2026, 3, 1), "maintenance_ended", ()),
    ):
        found = (Finding(1, WORD, "2021", released_on),)
        (use,) = _word(replace(facts, findings=found)).uses
        assert (use.code, use.notes) == (code, notes)


def test_suite_counts_once_for_all_its_parts_and_after_what_was_bought_alone() -> None:
    both = [(WORD, ""), (EXCEL, "")]
    suite, alone = _right(1, products=(9, WORD, EXCEL)), _right(2)
    one, other = positions(_facts([suite, alone], [both, [(EXCEL, "")]]))
    assert [(use.right_id, use.units) for use in one.uses] == [(2, 1)]
    assert [(use.right_id, use.units, use.code) for use in other.uses] == [
        (1, 1, "pool"), (None, 1, "none_left"),
    ]  # fmt: skip
    one, other = positions(_facts([suite], [both]))
    assert [use.units for use in (*one.uses, *other.uses)] == [1, 0]


def test_person_takes_one_seat_for_all_machines() -> None:
    right = _right(metric="named_user", quantity=2, people=(7,))
    facts = _facts(
        [right], ["", "", "", ""],
        a=Machine(1, "a", person_id=7), b=Machine(2, "b", person_id=7),
        c=Machine(3, "c", person_id=8), d=Machine(4, "d", person_id=9),
    )  # fmt: skip
    found = _word(facts)
    assert [(use.code, use.units) for use in found.uses] == [
        ("allocated_person", 1), ("allocated_person", 0), ("pool", 1), ("none_left", 1),
    ]  # fmt: skip
    assert (found.held, found.needed) == (2, 3)


def test_access_licences_cover_no_installation_and_are_needed_as_they_were_given() -> None:
    access = _right(
        1, metric="cal", quantity=2, people=(7, 8, 9), unit_cost=Decimal(30), starts_on=ON
    )
    alone = _word(_facts([access], [""]))
    assert [(use.code, use.right_id) for use in alone.uses] == [("access_only", None)]
    assert (alone.held, alone.needed, alone.missing) == (2, 4, 2)
    assert alone.unused == ()
    assert alone.rights[0].used == 3

    server = _right(2, quantity=1, unit_cost=Decimal(900), starts_on=EARLIER)
    both = _word(_facts([access, server], ["", ""]))
    assert [use.code for use in both.uses] == ["pool", "none_left"]
    assert both.true_up == Decimal(930)


def test_oem_licence_that_no_machine_was_given_says_so() -> None:
    unbound, bound = _right(type="oem"), _right(type="oem", machines=(5,))
    assert _word(_facts([unbound], [""])).uses[0].code == "bound_nowhere"
    assert _word(_facts([bound], [""])).uses[0].code == "bound_elsewhere"


def test_amounts_of_two_currencies_are_never_added() -> None:
    rights = [
        _right(1, machines=(9,), unit_cost=Decimal(90), starts_on=EARLIER),
        _right(2, machines=(8,), unit_cost=Decimal(70), currency="USD", starts_on=ON),
    ]
    other = {"h": Machine(8, "h"), "i": Machine(9, "i")}
    found = _word(_facts(rights, [""], **other))
    assert (found.true_up, found.reclaimable) == (Decimal(70), Decimal(70))
    assert found.currency == "USD"


def test_concurrent_licence_is_held_as_it_was_bought_though_its_use_is_not_measured() -> None:
    found = _word(_facts([_right(metric="concurrent", quantity=5)], ["", ""]))
    assert (found.held, found.needed, found.missing) == (5, 0, 0)
    assert {use.notes for use in found.uses} == {("not_measured",)}


def test_cores_that_are_left_need_no_buying() -> None:
    right = _right(metric="core", quantity=24, unit_cost=Decimal(10))
    machines = {
        name: Machine(number, name, core_count=16, processor_count=1)
        for number, name in ((1, "a"), (2, "b"))
    }
    found = _word(_facts([right], ["", ""], **machines))
    assert (found.held, found.needed, found.missing) == (24, 32, 16)
    assert found.true_up == Decimal(80)


def test_sites_are_counted_and_not_machines() -> None:
    facts = _facts(
        [_right(metric="site")], ["", "", ""],
        a=Machine(1, "a", site_id=1), b=Machine(2, "b", site_id=1), c=Machine(3, "c", site_id=2),
    )  # fmt: skip
    assert [(u.code, u.units) for u in _word(facts).uses] == [
        ("site", 1), ("site", 0), ("none_left", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "quantity", "least", "cores", "processors", "used", "missing"),
    [
        ("core", 16, Minimums(), 12, 2, 12, 0),
        ("core", 16, Minimums(8, 16), 4, 1, 16, 0),
        ("core", 16, Minimums(8, 16), 12, 3, 24, 24),
        ("core", 8, Minimums(), 12, 1, 12, 12),
        ("core", 8, Minimums(), None, None, 1, 0),
        ("processor", 2, Minimums(), 32, 2, 2, 0),
        ("processor", 1, Minimums(), 32, 2, 2, 2),
    ],
)
def test_size_of_the_machine_counts(
    metric: str,
    quantity: int,
    least: Minimums,
    cores: int | None,
    processors: int | None,
    used: int,
    missing: int,
) -> None:
    right = _right(metric=metric, quantity=quantity, minimums=least)
    found = _word(_facts([right], [""], a=Machine(1, "a", cores, processors)))
    assert (found.needed, found.missing) == (used, missing)


@pytest.mark.parametrize(
    ("product", "least"),
    [
        ("Windows Server", Minimums(8, 16)),
        ("Microsoft SQL Server 2022 Standard", Minimums(4, 4)),
        ("SQL Serveur", Minimums()),
        ("", Minimums()),
    ],
)
def test_minimums_are_those_of_the_table(product: str, least: Minimums) -> None:
    assert minimums_of(product) == least


def test_virtual_machine_uses_what_its_host_was_given() -> None:
    host, guest = Machine(5, "host", 16, 2), Machine(1, "guest", 4, 1, host_id=5)
    other = Machine(2, "other", 4, 1, host_id=6)
    right = _right(metric="core", quantity=20, machines=(5,))
    facts = _facts([right], ["", ""], a=guest, b=other, c=host)
    assert [(u.code, u.units) for u in _word(facts).uses] == [("host", 16), ("pool", 4)]
    small = _word(replace(facts, rights=(replace(right, quantity=8),)))
    assert [use.code for use in small.uses] == ["pool", "pool"]


def test_seats_that_nobody_uses_are_worth_what_they_cost() -> None:
    right = _right(quantity=5, machines=(1, 2, 3, 4), people=(7, 8), unit_cost=Decimal(100))
    machines = {
        "b": Machine(2, "b", seen_on=date(2026, 1, 1)),
        "c": Machine(3, "c", person_id=7),
        "d": Machine(4, "d", is_inventoried=False),
    }
    found = _word(_facts([right], ["", ""], **machines))
    assert [(one.machine_id or one.person_id, one.code) for one in found.unused] == [
        (2, "not_seen"), (3, "not_installed"), (4, "not_known"),
        (7, "not_installed"), (8, "not_known"),
    ]  # fmt: skip
    assert found.reclaimable == 300


def test_true_up_is_what_is_missing_at_the_last_price() -> None:
    rights = [
        _right(1, unit_cost=Decimal(90), starts_on=date(2020, 1, 1)),
        _right(2, unit_cost=Decimal(120), starts_on=date(2025, 1, 1)),
        _right(3, type="oem", unit_cost=Decimal(5), machines=()),
    ]
    found = _word(_facts(rights, [""] * 5))
    assert (found.held, found.needed, found.missing) == (3, 5, 3)
    assert found.true_up == 360
    assert _word(_facts([], [""])).true_up is None


def test_position_does_not_depend_on_the_order_of_facts() -> None:
    rights, found = [], []
    for number, (some, on, _) in enumerate(CASES.values()):
        rights += [replace(one, id=number * 10 + one.id) for one in some]
        found += on
    facts = _facts(rights, found)
    first = positions(facts)
    lot = random.Random(1)  # noqa: S311 -- an order, no secret
    for _ in range(3):
        mixed_rights, findings = list(facts.rights), list(facts.findings)
        lot.shuffle(mixed_rights)
        lot.shuffle(findings)
        mixed = replace(facts, rights=tuple(mixed_rights), findings=tuple(findings))
        assert positions(mixed) == first


@pytest.mark.parametrize(
    ("bought", "found", "result"),
    [("2021", "2021.3", 0), ("10", "9.5", -1), ("2.1", "2", 0), ("", "1", None), ("x", "y", None)],
)
def test_versions_are_compared_as_far_as_they_were_bought(
    bought: str, found: str, result: int | None
) -> None:
    assert compared(bought, found) == result

"""``parc policy``: which source wins in each field of assets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table

if TYPE_CHECKING:
    from parc.precedence import SourceRule

_LOCKS = ("never", "state", "days")


@click.group()
def policy() -> None:
    """Look after which source wins: a person, SNMP, nmap, an agent, a file, a program."""


@policy.command("list")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_all(*, is_json: bool) -> None:
    """List the fields with the order of their sources, and the lock of what people type."""
    from parc.extensions import reading
    from parc.naming import RULED_FIELDS
    from parc.precedence import LockRule, default_rule, rule_of
    from parc.queries.field_rules import read_rules

    with reading() as session:
        rules = read_rules(session)
    found = [(name, rule_of(rules, name)) for name in RULED_FIELDS]
    if is_json:
        print_json(
            [
                {
                    "field": name,
                    "order": rule.order,
                    "lock": rule.lock if _locks(name, rule) else None,
                    "lock_days": rule.lock_days if rule.lock is LockRule.DAYS else None,
                    "is_default": rule == default_rule(name),
                }
                for name, rule in found
            ]
        )
        return
    print_table(
        ("FIELD", "ORDER", "LOCK"),
        [(name, ",".join(rule.order), _lock(name, rule)) for name, rule in found],
    )


@policy.command("set")
@click.argument("field")
@click.option("--order", help="Sources with commas, the one that wins first; the rest comes last.")
@click.option("--lock", type=click.Choice(_LOCKS), help="When scanners win again by themselves.")
@click.option("--days", type=int, help="Of the lock “days”.")
@click.option("--default", "is_default", is_flag=True, help="Follow the default again.")
@with_database
def set_one(
    field: str, *, order: str | None, lock: str | None, days: int | None, is_default: bool
) -> None:
    """Change the rule of FIELD; what is not given stays as it is."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.precedence import default_rule, rule_of
    from parc.queries.field_rules import read_rules
    from parc.services.field_rules import reset_rule, set_rule

    with transaction() as session:
        if is_default:
            reset_rule(session, operator(), field, at=now())
            rule = default_rule(field)
        else:
            before = rule_of(read_rules(session), field)
            rule = set_rule(
                session,
                operator(),
                field,
                order=order.split(",") if order else before.order,
                lock=lock or before.lock,
                lock_days=str(days or before.lock_days),
                at=now(),
            )
    click.echo(f"{field}: {', '.join(rule.order)}; lock: {_lock(field, rule)}")


def _locks(field: str, rule: SourceRule) -> bool:
    """Tell whether what people type is locked: nobody types some, and some sources outrank them."""
    from parc.naming import DEVICE_ONLY_FIELDS

    return rule.is_peoples and field not in DEVICE_ONLY_FIELDS


def _lock(field: str, rule: SourceRule) -> str:
    """Write the lock of what people type."""
    if not _locks(field, rule):
        return "-"
    return f"{rule.lock_days} days" if rule.lock == "days" else rule.lock.value

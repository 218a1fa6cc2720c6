"""``parc values``: whose the values of an asset are; their locks, and differences."""

from __future__ import annotations

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table
from parc.cli.settling import settle_about

_LOCKS = ("never", "state", "days")
_DECISIONS = ("take", "keep", "keep_until_changed")


@click.group()
def values() -> None:
    """Look after single values of assets: where they come from, locks, differences."""


@values.command()
@click.argument("text", metavar="ID|TAG|NAME")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def show(text: str, *, is_json: bool) -> None:
    """Show each field of an asset with its source and lock, and what machines say otherwise.

    A difference is what may not be written over what somebody has stated; others are all sources
    whose last word is not the value that stands.
    """
    from parc.discovery.explain import asset_of
    from parc.extensions import reading
    from parc.naming import MACHINE_FIELDS
    from parc.queries.asset_sheet import read_sheet
    from parc.queries.custom_fields import own_values
    from parc.queries.told_words import other_words
    from parc.services.custom_values import PREFIX

    with reading() as session:
        sheet = read_sheet(session, asset_of(session, text).id)
        words = other_words(session, sheet.asset, settings().discovery.source_silent_days)
        seen = {one.field: (one.seen_value, one.source) for one in sheet.differences}
        found = {
            name: (getattr(sheet.asset, name), sheet.sources.get(name), seen.get(name))
            for name in MACHINE_FIELDS
        }
        for key, (value, source) in own_values(session, sheet.asset.id).items():
            found[PREFIX + key] = (value, source, None)
    if is_json:
        print_json(
            {
                name: {
                    "value": value,
                    "origin": source,
                    "difference": other,
                    "said_otherwise": words.get(name, []),
                }
                for name, (value, source, other) in found.items()
            }
        )
        return
    print_table(
        ("FIELD", "VALUE", "SOURCE", "BY", "SINCE", "LOCK", "DIFFERENCE", "OTHERS"),
        [
            (
                name,
                str(value if value is not None else "-"),
                source.source.value if source else "-",
                (source.author if source else None) or "-",
                f"{source.set_at:%Y-%m-%d}" if source else "-",
                _lock(source),
                f"{other[1].value}: {other[0]}" if other else "-",
                "; ".join(f"{one.source}: {one.value}" for one in words.get(name, ())) or "-",
            )
            for name, (value, source, other) in found.items()
        ],
    )


@values.command()
@click.option("--field", "fields", multiple=True, metavar="FIELD", help="Only of this field.")
@click.option("--text", default="", help="Only of assets with these words.")
@click.option("--kept", "has_kept", is_flag=True, help="Those too kept until they change.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def differences(*, fields: tuple[str, ...], text: str, has_kept: bool, is_json: bool) -> None:
    """List what machines say against values that stand, the latest first; at most 10,000."""
    from parc.extensions import reading
    from parc.naming import MACHINE_FIELDS
    from parc.queries import differences as query

    if unknown := sorted(set(fields) - set(MACHINE_FIELDS)):
        message = f"{unknown[0]} is none of {', '.join(MACHINE_FIELDS)}"
        raise click.BadParameter(message, param_hint="--field")
    chosen = query.DifferenceFilter(text, fields, has_kept=has_kept)
    order = query.order_of("since", is_descending=True)
    with reading() as session:
        rows = query.differences_page(session, chosen, order, None, query.COUNT_LIMIT).rows
    if is_json:
        print_json([dict(row._mapping) for row in rows])  # noqa: SLF001 -- SQLAlchemy's public name
        return
    print_table(
        ("TAG", "NAME", "FIELD", "STANDS", "SET BY", "SEEN", "SOURCE", "SINCE"),
        [
            (
                row.asset_tag,
                row.name,
                row.field,
                row.own_value or "-",
                row.own_author or (row.own_source.value if row.own_source else "-"),
                row.seen_value,
                row.source.value,
                f"{row.since:%Y-%m-%d}",
            )
            for row in rows
        ],
    )


@values.command()
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def fields(*, is_json: bool) -> None:
    """List the fields that your organisation has added, by the names that commands know them by."""
    from parc.extensions import reading
    from parc.queries.custom_fields import read_fields, value_counts
    from parc.services.custom_values import PREFIX

    with reading() as session:
        found, counts = read_fields(session), value_counts(session)
    rows = [
        {
            "field": PREFIX + one.key,
            "type": one.type.value,
            "category": one.category.value if one.category else None,
            "label_en": one.label_en,
            "label_fr": one.label_fr,
            "choices": one.choices,
            "is_required": one.is_required,
            "is_unique": one.is_unique,
            "assets": counts.get(one.id, 0),
        }
        for one in found
    ]
    if is_json:
        print_json({"fields": rows})
        return
    heads = ("field", "type", "category", "label_en", "label_fr", "assets")
    shown = [tuple(str(row[name] or "-") for name in heads[:-1]) for row in rows]
    counted = [(*texts, str(row["assets"])) for texts, row in zip(shown, rows, strict=True)]
    print_table(tuple(name.upper() for name in heads), counted)


@values.command(name="set")
@click.argument("text", metavar="ID|TAG|NAME")
@click.argument("field")
@click.argument("value")
@click.option("--reason", default="", help="Why; kept with it.")
@with_database
def set_value(text: str, field: str, value: str, *, reason: str) -> None:
    """Set FIELD of an asset; an empty VALUE empties it. Your own fields are custom/KEY."""
    from parc.clock import now
    from parc.discovery.explain import asset_of
    from parc.extensions import transaction
    from parc.services.assets import edit_asset
    from parc.services.custom_values import PREFIX

    own = {field.removeprefix(PREFIX): value} if field.startswith(PREFIX) else {}
    author = operator().because(reason)
    with transaction() as session:
        asset = asset_of(session, text)
        edit_asset(
            session,
            author,
            asset.id,
            version=asset.version,
            values={} if own else {field: value},
            custom=own,
            at=now(),
        )
        settle_about(session, assets=[asset.id])
        tag = asset.asset_tag
    click.echo(f"{field} of {tag} is set." if value.strip() else f"{field} of {tag} is empty.")


@values.command()
@click.argument("text", metavar="ID|TAG|NAME")
@click.argument("field")
@click.option("--until", "rule", type=click.Choice(_LOCKS), default="never", show_default=True)
@click.option("--days", default=30, show_default=True, help="Of --until days.")
@click.option("--reason", default="", help="Why; kept with it.")
@with_database
def lock(text: str, field: str, *, rule: str, days: int, reason: str) -> None:
    """Lock FIELD of an asset; what a machine has set becomes ours."""
    from parc.clock import now
    from parc.discovery.explain import asset_of
    from parc.extensions import transaction
    from parc.services.provenance import lock_field, read_lock

    choice, author = read_lock(rule, str(days)), operator().because(reason)
    with transaction() as session:
        asset = asset_of(session, text)
        tag = asset.asset_tag
        lock_field(session, author, asset.id, field, choice, at=now())
    click.echo(f"{field} of {tag} is locked.")


@values.command()
@click.argument("text", metavar="ID|TAG|NAME")
@click.argument("field")
@click.option("--reason", default="", help="Why; kept with it.")
@with_database
def release(text: str, field: str, *, reason: str) -> None:
    """Lift the lock of FIELD: what the machine says stands at once."""
    from parc.clock import now
    from parc.discovery.explain import asset_of
    from parc.extensions import transaction
    from parc.services.provenance import release_field

    author = operator().because(reason)
    with transaction() as session:
        asset = asset_of(session, text)
        release_field(session, author, asset.id, field, at=now())
        settle_about(session, assets=[asset.id])
        tag, value = asset.asset_tag, getattr(asset, field)
    click.echo(f"{field} of {tag} follows the machines: {value}")


@values.command()
@click.argument("text", metavar="ID|TAG|NAME")
@click.argument("field")
@click.argument("decision", type=click.Choice(_DECISIONS))
@click.option("--reason", default="", help="Why; kept with it.")
@with_database
def settle(text: str, field: str, decision: str, *, reason: str) -> None:
    """Settle what a machine says otherwise about FIELD: take it, keep ours, or until it changes."""
    from parc.clock import now
    from parc.discovery.explain import asset_of
    from parc.extensions import transaction
    from parc.services.provenance import Settling, settle_difference

    author = operator().because(reason)
    with transaction() as session:
        asset = asset_of(session, text)
        settle_difference(session, author, asset.id, field, Settling(decision), at=now())
        settle_about(session, assets=[asset.id])
        tag, value = asset.asset_tag, getattr(asset, field)
    click.echo(f"{field} of {tag} is {value}.")


def _lock(source: object) -> str:
    """Write a lock: until a day, until the state changes, or until it is lifted."""
    from parc.queries.provenance import FieldSource

    if not isinstance(source, FieldSource) or source.lock is None:
        return "-"
    if source.locked_until is not None:
        return f"until {source.locked_until:%Y-%m-%d}"
    return source.lock.value

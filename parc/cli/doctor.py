"""``parc doctor``: whether the database is sound, and how to mend what is not."""

from __future__ import annotations

import click

from parc.cli.context import box, settings, with_database
from parc.cli.output import print_json, print_table


@click.command()
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def doctor(*, is_json: bool) -> None:
    """Look for what must never be in the database, and say how to mend it.

    Orphans, strong keys of two devices, serial numbers of two assets and assets of two machines of
    which nobody was told, devices whose status and asset disagree, work that nobody does, broken
    history, changes that cannot be undone as they should, counts that disagree,
    secrets that cannot be opened, terms of contracts, cover and documents that do not hold, states
    that movements do not explain, counts of machines of software, words of sources of devices that
    nobody has said, values that your own fields could not have taken. Changes nothing. Ends with 1
    when something is found.
    """
    from parc.clock import now
    from parc.extensions import reading
    from parc.reconcile.contract_invariants import examine_contracts
    from parc.reconcile.custom_invariants import examine_custom_values
    from parc.reconcile.invariants import examine
    from parc.reconcile.licence_invariants import examine_licences
    from parc.reconcile.movement_invariants import examine_movements
    from parc.reconcile.software_invariants import examine_software
    from parc.reconcile.word_invariants import examine_words
    from parc.services.document_store import DocumentStore

    store = DocumentStore(settings().data_folder)
    with reading() as session:
        findings = examine(session, box(), now())
        findings += examine_contracts(session, store, now())
        findings += examine_licences(session)
        findings += examine_movements(session)
        findings += examine_software(session)
        findings += examine_words(session)
        findings += examine_custom_values(session)
    if is_json:
        print_json({"findings": findings})
    elif findings:
        print_table(
            ("CHECK", "SUBJECT", "WHAT", "REMEDY"),
            [(one.check, one.subject, one.detail, one.remedy) for one in findings],
        )
    else:
        click.echo("The database is sound.")
    if findings:
        raise SystemExit(1)

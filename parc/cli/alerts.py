"""``parc alerts``: dates that come near, and the letters that tell of them."""

from __future__ import annotations

import os

import click

from parc.cli.context import settings, with_database


@click.group()
def alerts() -> None:
    """Tell of contracts and warranties that end, and of notice that is due."""


@alerts.command()
@with_database
def send() -> None:
    """Raise the alerts of the day, write their letters and send all letters that are due, now.

    The server does this by itself. Nothing is told twice. Ends with 1 when the mail server did not
    take a letter; it is tried again.
    """
    from parc.clock import now
    from parc.errors import ParcError
    from parc.extensions import transaction
    from parc.jobs.contracts import Work, send_letters, tell_of_dates
    from parc.jobs.mail import open_mailer

    if not settings().mail.host:
        raise ParcError("No mail server is set: see [mail] in the settings.")
    work = Work(transaction, now, settings())
    mailer = open_mailer(settings(), os.environ, now)
    written = tell_of_dates(work)
    sent, failed = send_letters(work, mailer)
    click.echo(f"{written} letter(s) written, {sent} sent, {failed} not taken.")
    if failed:
        raise SystemExit(1)

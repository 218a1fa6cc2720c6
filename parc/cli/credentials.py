"""``parc credentials``: list, add and delete; secrets come by prompt, environment or file.

Never by an argument: process lists and shell histories are read by others.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from parc.cli.context import box, operator, with_database
from parc.cli.output import print_json, print_table
from parc.errors import ParcError

_JSON = click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
_KINDS = ("community", "auth-passphrase", "priv-passphrase")


@click.group()
def credentials() -> None:
    """Look after what Parc shows to devices to be let in."""


@credentials.command("list")
@_JSON
@with_database
def list_all(*, is_json: bool) -> None:
    """List the credentials, without their secrets."""
    from parc.extensions import reading
    from parc.queries.credentials import list_credentials

    with reading() as session:
        rows = list_credentials(session)
    if is_json:
        print_json(rows)
        return
    print_table(
        ("NAME", "VERSION", "USER", "AUTH", "PRIV", "PORT", "USED BY", "MANAGED BY"),
        [
            (
                row.name,
                row.version.value,
                row.user_name,
                row.auth_protocol.value,
                row.priv_protocol.value,
                str(row.port),
                ", ".join(used.name for used in row.ranges),
                "file" if row.is_managed_by_file else "",
            )
            for row in rows
        ],
    )


@credentials.command()
@click.argument("name")
@click.option("--version", default="v2c", show_default=True, help="v1, v2c or v3.")
@click.option("--port", default="161", show_default=True, help="UDP port of the agents.")
@click.option("--user-name", default="", help="User of SNMPv3.")
@click.option("--auth", "auth_protocol", default="none", show_default=True)
@click.option("--priv", "priv_protocol", default="none", show_default=True)
@click.option("--context-name", default="", help="Context of SNMPv3.")
@click.option(
    "--compatible",
    "is_compatible",
    is_flag=True,
    help="Ask through pysnmp, slowly: for devices that answer other programs but not Parc.",
)
@click.option(
    "--other-sources",
    "takes_other_sources",
    is_flag=True,
    help="Take replies from another address than was asked.",
)
@click.option(
    "--network",
    "networks",
    multiple=True,
    help="Where it may be tried; may be repeated. Without it: in the ranges that name it.",
)
@click.option(
    "--secret-env",
    "variables",
    multiple=True,
    metavar="KIND=VARIABLE",
    help="Read a secret from an environment variable; KIND is community, auth-passphrase or "
    "priv-passphrase.",
)
@click.option(
    "--secret-file",
    "files",
    multiple=True,
    metavar="KIND=FILE",
    help="Read a secret from the first line of a file; - is standard input.",
)
@with_database
def add(
    name: str,
    variables: tuple[str, ...],
    files: tuple[str, ...],
    networks: tuple[str, ...],
    *,
    is_compatible: bool,
    takes_other_sources: bool,
    **texts: str,
) -> None:
    """Add a credential; asks for the secrets that no option names."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.credentials import CredentialDraft, save_credential

    given = _from_environment(variables) | _from_files(files)
    for kind in _needed(texts):
        if kind not in given:
            given[kind] = click.prompt(
                kind.replace("-", " ").capitalize(), hide_input=True, confirmation_prompt=True
            )
    secrets = {kind.replace("-", "_"): secret for kind, secret in given.items()}
    draft = CredentialDraft(
        name=name,
        networks="\n".join(networks),
        is_compatible=is_compatible,
        takes_other_sources=takes_other_sources,
        **texts,
        **secrets,
    )
    with transaction() as session:
        saved = save_credential(session, operator(), box(), draft, now=now())
    click.echo(f"Credential {saved.name} added.")


@credentials.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def delete(name: str, *, yes: bool) -> None:
    """Delete a credential; ranges that name it go on without it."""
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.credentials import find_credential
    from parc.services.credentials import delete_credential

    with reading() as session:
        row = find_credential(session, name)
    used = ", ".join(one.name for one in row.ranges)
    question = f"Delete the credential {name}" + (f", used by {used}" if used else "") + "?"
    if not yes:
        click.confirm(question, abort=True)
    with transaction() as session:
        delete_credential(session, operator(), row.id, now=now())
    click.echo(f"Credential {name} deleted.")


def _needed(words: dict[str, str]) -> list[str]:
    if words["version"] != "v3":
        return ["community"]
    chosen = {
        "auth-passphrase": words["auth_protocol"] != "none",
        "priv-passphrase": words["priv_protocol"] != "none",
    }
    return [kind for kind, is_chosen in chosen.items() if is_chosen]


def _from_environment(options: tuple[str, ...]) -> dict[str, str]:
    secrets = {}
    for option in options:
        kind, variable = _parted(option)
        if not os.environ.get(variable):
            raise ParcError(f"The environment variable {variable} is not set.")
        secrets[kind] = os.environ[variable]
    return secrets


def _from_files(options: tuple[str, ...]) -> dict[str, str]:
    secrets = {}
    for option in options:
        kind, name = _parted(option)
        try:
            text = (
                sys.stdin.readline()
                if name == "-"
                else Path(name).read_text(encoding="utf-8").partition("\n")[0]
            )
        except UnicodeDecodeError as error:
            raise ParcError(f"{name} is not UTF-8 text.") from error
        secrets[kind] = text.rstrip("\r\n")
    return secrets


def _parted(option: str) -> tuple[str, str]:
    kind, _, place = option.partition("=")
    if kind not in _KINDS or not place:
        raise click.UsageError(f"expected KIND=PLACE with KIND one of {', '.join(_KINDS)}")
    return kind, place

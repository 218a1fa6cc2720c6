"""``parc demo``: the product on a simulated network, in a data folder of its own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parc.cli.context import application, box, settings
from parc.errors import StartError

if TYPE_CHECKING:
    from parc.demo.organisation import Organisation

_READY = "ready"
LANGUAGES = ("fr", "en")
_STOP_SECONDS = 5.0
_A_MONTH = timedelta(days=30)
_CONFIG = """\
# Written by 'parc demo' at each start.
[server]
port = {port}

[discovery]
retries = 1
"""


@click.group(invoke_without_command=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo keeps its database and key.",
)
@click.option(
    "--network-port",
    type=click.IntRange(1, 65535),
    default=1161,
    show_default=True,
    help="UDP port of the simulated devices.",
)
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=LANGUAGES[0],
    show_default=True,
    help="Of the invented organisation; your browser chooses that of the pages.",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another one, other people.")
@click.pass_context
def demo(
    context: click.Context, port: int, folder: Path, network_port: int, language: str, seed: int
) -> None:
    """Serve Parc until Ctrl-C, with a simulated network and an invented organisation.

    Some fifty devices answer; sixty people have held a hundred machines for a year.
    """
    if context.invoked_subcommand is not None:
        return
    _choose_settings(folder, port)
    click.echo("Starting the simulated network; this takes some ten seconds.")
    with _network(network_port):
        link = _prepare(network_port, language, seed)
        click.echo(f"\nSign in once by this link:  {link}\n")
        from parc.cli.serve import serve

        context.invoke(serve, upgrade=False)


@demo.command()
@click.option("--port", type=click.IntRange(1, 65535), default=1161, show_default=True)
@click.option("--until-input-ends", is_flag=True, hidden=True)
@click.option("--list", "is_list", is_flag=True, help="Print 'address port community' and end.")
def network(*, port: int, until_input_ends: bool, is_list: bool) -> None:
    """Serve the simulated devices alone, on loopback addresses."""
    from parc.demo.agent import serve
    from parc.demo.network import load_network, make_devices

    listed = load_network()
    if is_list:
        for device in listed.devices:
            click.echo(f"{device.address} {port} {device.community}")
        return
    devices = make_devices(listed)

    async def run() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        if until_input_ends:
            # The pipe closes when whoever started us is gone, however it went.
            loop.add_reader(sys.stdin.fileno(), ended.set)
        await serve(devices, port, ended, _say_ready)

    def _say_ready() -> None:
        click.echo(f"{_READY}: {len(devices)} devices answer on port {port}")

    asyncio.run(run())


def _choose_settings(folder: Path, port: int) -> None:
    """Use the demo's own settings, whatever the user's are."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in [name for name in os.environ if name.startswith("PARC_")]:
        del os.environ[name]
    path = folder.absolute() / "config.toml"
    path.write_text(_CONFIG.format(port=port), encoding="utf-8")
    os.environ["PARC_CONFIG"] = str(path)
    os.environ["PARC_DATA"] = str(folder.absolute())


def _prepare(network_port: int, language: str, seed: int) -> str:
    """Bring database and demonstration data into being; give the address of a one-time link."""
    from parc.cli.users import link_url
    from parc.clock import now
    from parc.demo.network import load_network
    from parc.demo.organisation import make_organisation
    from parc.demo.prepare import LOGIN, prepare
    from parc.extensions import reading, transaction
    from parc.queries.users import find_user
    from parc.schema import upgrade_schema
    from parc.services.document_store import DocumentStore

    with application(is_schema_checked=False):
        upgrade_schema(settings().data_folder, now())
        organisation = make_organisation(language=language, today=now().date(), seed=seed)
        with reading() as session:
            is_new = find_user(session, LOGIN) is None
        with transaction() as session:
            token = prepare(
                session,
                box(),
                load_network(),
                organisation,
                port=network_port,
                now=now(),
                language=language,
                store=DocumentStore(settings().data_folder),
            )
        if is_new:
            _report_software(organisation, language)
        return link_url(token)


def _report_software(organisation: Organisation, language: str) -> None:
    """Let the agents of the organisation report as of a month ago, and again as of now.

    The first reports are taken over at once; those of now wait for the worker, as real ones do.
    """
    from parc.cli.import_agent import settle_waiting
    from parc.clock import now
    from parc.demo.inventories import inventories
    from parc.demo.software import set_statuses, store_uploads
    from parc.extensions import transaction
    from parc.services.actor import SYSTEM
    from parc.services.agent_tokens import make_token

    present = now()
    before = present - _A_MONTH
    with transaction() as session:
        token, _secret = make_token(session, SYSTEM, name="GPO", location_id=None, at=before)
        token_id = token.id
        store_uploads(
            session, inventories(organisation, before.date(), is_now=False), before, token_id
        )
    settle_waiting(lambda: before)
    with transaction() as session:
        set_statuses(session, SYSTEM, language, present)
        store_uploads(
            session, inventories(organisation, present.date(), is_now=True), present, token_id
        )


@contextmanager
def _network(port: int) -> Iterator[None]:
    """Run the simulated network as a child while the block runs.

    Raises:
        StartError: it could not start; the child has said why.
    """
    owner = os.getpid()
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-m", "parc", "demo", "network", "--until-input-ends"]
    child = subprocess.Popen(  # noqa: S603 -- our own interpreter and module
        [*command, "--port", str(port)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for the server; the pipe ends this one
    )
    try:
        said = child.stdout.readline() if child.stdout else ""
        if not said.startswith(_READY):
            raise StartError("The simulated network did not start.")
        click.echo(f"The simulated network is {said.strip()}.")
        yield
    finally:
        # The server's forked processes leave through here too; only the first owns the child.
        if os.getpid() == owner:
            _stop(child)


def _stop(child: subprocess.Popen[str]) -> None:
    if child.stdin:
        child.stdin.close()
    try:
        child.wait(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()

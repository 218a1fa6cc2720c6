"""``parc import agent`` and ``parc agents`` do what the pages do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from parc.cli.agents import agents
from parc.cli.import_agent import agent
from parc.extensions import db
from parc.models import Asset, Device
from parc.services.agent_tokens import find_token
from tests.agent_samples import SAMPLES, body, computer, sample

pytestmark = pytest.mark.usefixtures("sqlite_app")


def _run(command: object, *arguments: str, octets: bytes | None = None) -> Result:
    return CliRunner().invoke(command, arguments, input=octets)  # type: ignore[arg-type]  # a command


def _count(model: type[Asset | Device]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def test_files_are_read_and_with_apply_taken_over() -> None:
    names = [str(SAMPLES / name) for name in ("glpi_laptop.json", "ocs_linux.xml")]
    read = _run(agent, *names)
    assert (read.exit_code, _count(Device)) == (0, 0)
    assert "2 of 2 can be taken over" in read.output
    done = _run(agent, *names, "--apply")
    assert (done.exit_code, _count(Device)) == (0, 2)
    assert _count(Asset) == 4  # with a monitor and a printer
    again = _run(agent, *names, "--apply", "--json")
    assert [one["problem"] for one in json.loads(again.output)] == [None, None]
    assert (_count(Device), _count(Asset)) == (2, 4)


def test_an_older_file_is_said_to_be_older(tmp_path: Path) -> None:
    for day in ("07", "03"):
        told = computer(accesslog={"logdate": f"2026-01-{day} 09:00:00"})
        (tmp_path / day).write_bytes(body(told))
    new, old = str(tmp_path / "07"), str(tmp_path / "03")
    assert (
        "PC-0001-2026-01-05-09-00-00, of 2026-01-07 08:00 UTC\n"
        in _run(agent, new, "--apply").output
    )
    said = "of 2026-01-03 08:00 UTC, older than what is known of 2026-01-07 08:00 UTC"
    assert said in _run(agent, old, "--apply").output
    (line,) = json.loads(_run(agent, old, "--apply", "--json").output)
    assert (line["said_at"], line["older_than"]) == (
        "2026-01-03T08:00:00+00:00",
        "2026-01-07T08:00:00+00:00",
    )


def test_what_is_no_inventory_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_bytes(b"{")
    contact = str(SAMPLES / "glpi_contact.json")
    result = _run(agent, str(bad), str(tmp_path / "missing"), contact, "-", "--apply",
                  octets=sample("fusion_laptop.xml"))  # fmt: skip
    assert result.exit_code == 1
    assert f"{bad}: the body is no JSON" in result.output
    assert "No such file" in result.output
    assert "it is no inventory" in result.output
    assert "1 of 4 taken over" in result.output


def test_tokens_are_made_listed_and_revoked() -> None:
    address = _run(agents, "add-token", "Lyon").output.strip()
    assert find_token(db.session(), address.rpartition("/")[2]) is not None
    assert json.loads(_run(agents, "list-tokens", "--json").output)[0]["state"] == "valid"
    assert "Lyon" in _run(agents, "list-tokens").output
    assert _run(agents, "revoke-token", "Lyon").exit_code == 0
    db.session.rollback()
    assert find_token(db.session(), address.rpartition("/")[2]) is None
    assert _run(agents, "revoke-token", "Nice").exit_code != 0
    assert _run(agents, "add-token", "Nice", "--place", "nowhere").exit_code != 0

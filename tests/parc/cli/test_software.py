"""``parc software`` lists, decides, folds again and takes ends of support as the pages do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from parc.cli.software import software
from parc.extensions import transaction
from parc.models import Installation, ValueSource
from tests.conftest import SOME_MOMENT
from tests.factories import make_device

pytestmark = pytest.mark.usefixtures("sqlite_app")


def _run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(software, arguments, catch_exceptions=code == 0)
    assert result.exit_code == code, result.output
    return result.output


def test_product_is_found_decided_and_its_support_told(tmp_path: Path) -> None:
    with transaction() as session:
        session.add(
            Installation(
                device_id=make_device(session).id, source=ValueSource.AGENT, key="x",
                name="7-Zip 19.00", first_seen_at=SOME_MOMENT,
            )
        )  # fmt: skip
    assert _run("list").count("7-Zip") == 0
    _run("refold")
    (row,) = json.loads(_run("list", "--json"))
    assert (row["product"], row["machines"], row["status"]) == ("7-Zip", "1", "undecided")
    assert "nothing was changed" in _run("status", "forbidden", row["id"])
    assert "1 changed" in _run("status", "forbidden", row["id"], "--apply")
    assert "7-Zip" in _run("list", "--status", "forbidden")
    file = tmp_path / "ends.csv"
    file.write_text(
        "publisher;product;version;ends_on;source;sourced_on\n"
        ";7-Zip;19;2020-01-31;7-zip.org;2026-11-01\n",
        encoding="utf-8",
    )
    assert "1 lines taken; the end of support of 1 names changed" in _run(
        "end-of-support", str(file)
    )
    assert "2020-01-31" in _run("product", row["id"])
    assert "7-Zip" in _run("rules", "--search", "7-zip")


def test_file_with_mistakes_is_refused_with_its_lines(tmp_path: Path) -> None:
    file = tmp_path / "ends.csv"
    file.write_text(
        "publisher;product;version;ends_on;source;sourced_on\n;;1;x;y;z\n;A;1;31/01/2020;s;\n",
        encoding="utf-8",
    )
    told = _run("end-of-support", str(file), code=1)
    assert "line 2: product and source are needed" in told
    assert "line 3" in told

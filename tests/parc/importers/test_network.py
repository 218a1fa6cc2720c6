"""What the network knows of the records of a file, told beside the dry run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from parc.extensions import reading, transaction
from parc.importers.apply import Task, plan_lines
from parc.importers.entries import look_over
from parc.importers.kept import found_choices
from parc.importers.kinds import KINDS
from parc.importers.mapping import is_known_heading
from parc.importers.network import NetworkFacts
from parc.importers.reading import read_file
from parc.importers.targets.made import TargetSettings
from parc.models import Installation
from parc.precedence import ValueSource
from parc.services.actor import SYSTEM
from parc.services.software_titles import settle_titles
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_device
from tests.parc.importers.files import write_text


def _facts(app: Flask, folder: Path, kind: str, text: str) -> dict[str, object]:
    found = read_file(write_text(folder, text), is_known_heading)
    choices = found_choices(KINDS[kind], found.headings)
    overview = look_over(found, KINDS[kind], choices)
    settings = TargetSettings(box=app.extensions["parc_box"])
    task = Task(found, KINDS[kind], choices, overview, SYSTEM, "f.csv", settings)
    facts = NetworkFacts()
    list(plan_lines(task, reading, facts))
    with reading() as session:
        return facts.to_json(session)


def _device(**values: Any) -> int:
    with transaction() as session:
        return make_device(session, **values).id


def _asset(**values: Any) -> None:
    with transaction() as session:
        make_asset(session, **values)


def _install(device_id: int, name: str, *, is_gone: bool = False) -> None:
    with transaction() as session:
        session.add(
            Installation(
                device_id=device_id,
                source=ValueSource.AGENT,
                key=name,
                name=name,
                first_seen_at=SOME_MOMENT,
                gone_at=SOME_MOMENT if is_gone else None,
            )
        )
        session.flush()
        settle_titles(session, [device_id], SOME_MOMENT)


def test_seats_bought_stand_beside_installations_seen(app: Flask, tmp_path: Path) -> None:
    one, other, gone = (_device() for _n in range(3))
    _install(one, "Microsoft Office Professionnel Plus 2019 - fr-fr")
    _install(one, "Microsoft Office Professional Plus 2019 - en-us")
    _install(other, "Microsoft Office Standard 2021")
    _install(gone, "Microsoft Office Standard 2021", is_gone=True)
    _install(other, "7-Zip 23.01 (x64)")
    _asset(name="PC-1", asset_tag="T1", serial_number="S1")

    facts = _facts(
        app,
        tmp_path,
        "licences",
        "Logiciel;Quantité;Clé;Machine\n"
        "Microsoft Office;30;A-1;PC-1\nmicrosoft office;20;A-2;S1\n"
        "Microsoft Office Standard 2021;5;A-3;PC-9\n7-Zip;illimité;;\nInconnu;1;;\n",
    )

    assert facts == {
        "products": [
            ["Microsoft Office", 50, 2],
            ["Microsoft Office Standard 2021", 5, 1],
            ["7-Zip", None, 1],
        ],
        "machines": {"named": 3, "assets": 2, "by_serial": 1},
    }


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("assets", "Nom;N° de série;Catégorie\na;S1;PC\nb;S2;PC\nc;S3;PC\nd;Default string;PC\n"),
        (
            "contracts",
            "N° de contrat;N° de série\nC1;S1\nC1;S2\nC1;S3\n",
        ),
    ],
)
def test_serial_numbers_are_looked_for_among_assets_and_on_the_network(
    sqlite_app: Flask, tmp_path: Path, kind: str, text: str
) -> None:
    _asset(name="known", serial_number="S1")
    _device(serial_number="S1")
    _device(serial_number="S2")

    facts = _facts(sqlite_app, tmp_path, kind, text)

    assert facts == {"serials": {"named": 3, "assets": 1, "seen": 2, "only_seen": 1}}


def test_products_are_looked_for_within_bounds(
    sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = _device()
    _install(device, "7-Zip 23.01 (x64)")
    _install(device, "GIMP 2.10")
    monkeypatch.setattr("parc.importers.network._MOST_PRODUCTS", 1)

    text = "Logiciel;Quantité\n7-Zip;1\nGIMP;1\n7-Zip;illimité\n"

    assert _facts(sqlite_app, tmp_path, "licences", text) == {"products": [["7-Zip", None, 1]]}


def test_file_of_which_nothing_is_known_has_no_facts(sqlite_app: Flask, tmp_path: Path) -> None:
    assert _facts(sqlite_app, tmp_path, "places", "Lieu\nLyon\n") == {}
    assert _facts(sqlite_app, tmp_path, "licences", "Logiciel;Quantité\n12;1\n") == {}

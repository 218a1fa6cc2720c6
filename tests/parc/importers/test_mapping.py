"""Columns of known systems become fields without a click; saved mappings are found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from parc.importers.formats.amounts import DecimalSign
from parc.importers.formats.cells import Said
from parc.importers.formats.dates import DateOrder
from parc.importers.header import Record
from parc.importers.kinds import KINDS
from parc.importers.kinds.assets import ASSETS, CATEGORIES, STATES
from parc.importers.kinds.fields import FieldType
from parc.importers.kinds.licences import LICENCES
from parc.importers.mapping import (
    ColumnMap,
    as_headings,
    best_kind,
    find_columns,
    from_headings,
    is_known_heading,
    signature,
    system_of,
    taken_fields,
)
from parc.importers.reading import read_file
from parc.importers.seats import SeatCounter, group_of
from parc.importers.values import CellProblem, FormatFinder, RowReader
from tests.parc.importers.files import write_text

_SETS = {
    "Snipe-IT": "Full Name=person|Email=person_email|Username=person_login|Item name=name"
    "|serial number=keys|Category=category|manufacturer=publisher|purchase date=purchased_on"
    "|purchase cost=cost|purchase order=order_number|order number=|Licensed To Name=licensed_to"
    "|Licensed to Email=licensed_to_email|expiration date=ends_on|maintained=is_maintained"
    "|reassignable=is_reassignable|seats=quantity|company=company|supplier=supplier|notes=notes",
    "GLPI": "name=name|software=product|serial=keys|number=quantity|type=type"
    "|purchase version=version|version in use=version_in_use|expiration=ends_on|status=status"
    "|child of=parent|allow over-quota=allows_overuse|location=location|user=person|group=group"
    "|supplier=supplier|order number=order_number|invoice=invoice_number|value=cost|budget=budget",
    "iTop": "name=name|org=company|licence_key=keys|usage_limit=quantity|perpetual=is_perpetual"
    "|start_date=starts_on|end_date=ends_on|description=notes",
    "Ralph": "licence_type=type|software=product|number_bought=quantity|sn=keys|niw=reference"
    "|invoice_date=invoice_date|invoice_no=invoice_number|order_no=order_number"
    "|valid_thru=ends_on|price=cost|provider=supplier|accounting_id=accounting_number"
    "|budget_info=budget|region=region",
    "": "Logiciel=product|Éditeur=publisher|Version=version|Type=type|Métrique=metric"
    "|Quantité=quantity|Clé=keys|N° contrat=contract_number|N° commande=order_number"
    "|Fournisseur=supplier|Prix unitaire HT=unit_price|Date d'achat=purchased_on"
    "|Date d'expiration=ends_on|Affecté à=person|Service=department|Commentaire=notes",
    "Microsoft 365": "product=product|consumed units=consumed|enabled=quantity"
    "|suspended=suspended|warning units=warning|capability status=status",
}


@pytest.mark.parametrize("system", _SETS)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_columns_of_known_systems_are_mapped_without_a_click(
    system: str, *, is_reversed: bool
) -> None:
    pairs = [pair.split("=") for pair in _SETS[system].split("|")]
    if is_reversed:
        pairs.reverse()
    headings = [heading for heading, _field in pairs]

    found = find_columns(LICENCES, headings)

    fields = {headings[place]: name for name, place in found.items()}
    wanted = {heading: name for heading, name in pairs if name}
    if system == "Snipe-IT":  # two numbers of one order: the purchase order is it
        fields.pop("order number", None)
        wanted.pop("purchase order", None)
        fields.pop("purchase order", None)
    assert fields == wanted
    assert best_kind(headings) is LICENCES
    assert system_of(headings) == system


_ASSET_SETS = {
    "Snipe-IT": "Asset Name=name|Asset Tag=asset_tag|Serial=serial_number|Model=model_name"
    "|Category=category|Status=lifecycle_state|Checked Out To=holder|Location=location"
    "|Manufacturer=manufacturer|Supplier=supplier|Purchase Date=purchased_on"
    "|Purchase Cost=purchase_price|Order Number=order_number|Warranty=warranty_months|Notes=notes",
    "GLPI": "Nom=name|Statut=lifecycle_state|Fabricant=manufacturer|Numéro de série=serial_number"
    "|Type=category|Modèle=model_name|Lieu=location|Usager=holder|Numéro d'inventaire=asset_tag"
    "|Commentaires=notes",
    "": "Désignation=name|N° inventaire=asset_tag|N° de série=serial_number|Marque=manufacturer"
    "|Modèle=model_name|Type de matériel=category|État=lifecycle_state|Affecté à=holder"
    "|Service=department|Salle=location|Date d'achat=purchased_on|Fournisseur=supplier"
    "|Prix d'achat HT=purchase_price|N° facture=invoice_number|N° BC="
    "|Fin de garantie=warranty_ends_on|N° d'immobilisation=fixed_asset_number",
}


@pytest.mark.parametrize("pairs", _ASSET_SETS.values(), ids=_ASSET_SETS)
def test_columns_of_lists_of_assets_are_mapped_without_a_click(pairs: str) -> None:
    wanted = dict(pair.split("=") for pair in pairs.split("|"))
    headings = list(wanted)

    found = {headings[place]: name for name, place in find_columns(ASSETS, headings).items()}

    assert found == {heading: name for heading, name in wanted.items() if name}
    assert best_kind(headings) is ASSETS


def test_headings_are_compared_without_case_accents_signs_and_ways_of_number() -> None:
    headings = ["N° COMMANDE", "numero_facture", "Date d\u2019achat :", "Éditeur*", "Qté"]

    assert find_columns(LICENCES, headings) == {
        "order_number": 0,
        "invoice_number": 1,
        "purchased_on": 2,
        "publisher": 3,
        "quantity": 4,
    }


def test_other_kinds_are_recognised_by_their_headings() -> None:
    assert best_kind(["Nom", "N° de série", "Fabricant", "Modèle", "Catégorie"]).name == "assets"
    assert best_kind(["Prénom", "Nom", "Courriel", "Service", "Matricule"]).name == "people"
    assert best_kind(["Site", "Bâtiment", "Étage", "Salle"]).name == "places"


def test_each_column_is_one_field_and_each_field_one_column() -> None:
    found = find_columns(LICENCES, ["Logiciel", "Nom", "Nom (2)", "Produit", "", "Autre chose"])

    assert found == {"product": 0, "name": 1}


def test_no_heading_leads_to_two_fields_of_equal_rank() -> None:
    for kind in KINDS.values():
        firsts = [one.headings[0] for one in kind.fields]
        assert len(firsts) == len(set(firsts))
        for names in (*kind.needs, *kind.keys, kind.seats):
            assert all(kind.field(name) for name in names)


def test_every_word_of_a_closed_set_leads_to_a_value() -> None:
    assert CATEGORIES["ordinateur portable"] == "workstation"
    assert STATES["in use"] == "in_use"
    with pytest.raises(KeyError):
        ASSETS.field("nothing")
    assert all(one.type is not FieldType.OWN for one in taken_fields(ASSETS))


def test_mapping_is_kept_by_headings_and_found_in_another_order() -> None:
    before = ["Logiciel", "Truc", "Quantité"]
    after = ["quantite", "Nouveau", "logiciel"]
    kept = as_headings({"product": 0, "notes": 1, "quantity": 2, "version": 9}, before)

    assert from_headings(kept, after) == {"product": 2, "quantity": 0}
    assert signature(LICENCES, before) == signature(LICENCES, ["truc", "QUANTITÉ", "Logiciel"])
    assert signature(LICENCES, before) != signature(LICENCES, before[:2])
    assert signature(LICENCES, before) != signature(ASSETS, before)


def _reader(path: Path, columns: ColumnMap) -> tuple[list[Record], RowReader]:
    reading = read_file(path, is_known_heading)
    records = [one for one in reading.records() if isinstance(one, Record)]
    finder = FormatFinder(LICENCES, columns)
    for record in records:
        finder.add(record)
    return records, RowReader(LICENCES, columns, finder.formats(), reading.headings)


def test_row_gives_its_values_and_all_its_problems_at_once(tmp_path: Path) -> None:
    path = write_text(
        tmp_path,
        "Logiciel;Quantité;Expiration;Prix;Clé;Type;Debut\n"
        "Office;5;12/03/2022;1.234;A;OEM;\n"
        "Visio;dix;31/02/2022;12,50;3.0E+13;bidule;perpétuelle\n"
        "X;;;;;;;surplus\n",
    )
    names = ("product", "quantity", "ends_on", "cost", "keys", "type", "starts_on")
    columns = ColumnMap({name: place for place, name in enumerate(names)}, {"metric": "poste"})
    records, reader = _reader(path, columns)

    first, second, third = map(reader.read, records)

    assert not first.problems
    assert first.values["metric"] == "device"
    assert str(getattr(first.values["cost"], "value", "")) == "1234"
    assert second.problems == (
        CellProblem(3, "quantity", "Quantité", "dix", "not_a_quantity", "dix"),
        CellProblem(3, "ends_on", "Expiration", "31/02/2022", "no_such_day", "31/02/2022"),
        CellProblem(3, "keys", "Clé", "3.0E+13", "mangled", "3.0E+13"),
        CellProblem(3, "type", "Type", "bidule", "unknown_word", "bidule"),
        CellProblem(3, "starts_on", "Debut", "perpétuelle", "not_a_date", "perpétuelle"),
    )
    assert [one.code for one in third.problems] == ["surplus_cells"]
    assert third.values["quantity"] is Said.BLANK


def test_what_a_person_chose_goes_before_what_was_found(tmp_path: Path) -> None:
    path = write_text(tmp_path, "Logiciel;Expiration;Prix\nOffice;01/02/2022;1.234\n")
    columns = ColumnMap({"product": 0, "ends_on": 1, "cost": 2})
    records, _rows = _reader(path, columns)
    finder = FormatFinder(LICENCES, columns)
    finder.add(records[0])

    found = finder.formats()
    chosen = finder.formats(chosen={"ends_on": DateOrder.MONTH_FIRST, "cost": DecimalSign.POINT})

    assert found["ends_on"].is_assumed
    assert found["cost"].is_assumed
    assert chosen["ends_on"].order is DateOrder.MONTH_FIRST
    assert not chosen["ends_on"].is_assumed
    assert chosen["cost"].sign is DecimalSign.POINT


def test_own_fields_of_parc_are_known_and_not_taken(tmp_path: Path) -> None:
    reading = read_file(write_text(tmp_path, "Nom;Vu le\nPC;hier\n"), is_known_heading)
    columns = ColumnMap(find_columns(ASSETS, reading.headings))
    record = next(one for one in reading.records() if isinstance(one, Record))

    read = RowReader(ASSETS, columns, {}, reading.headings).read(record)

    assert columns.columns == {"name": 0, "last_seen_at": 1}
    assert (dict(read.values), read.problems) == ({"name": "PC"}, ())


def test_rows_that_differ_only_in_who_holds_them_are_seats(tmp_path: Path) -> None:
    path = write_text(
        tmp_path,
        "Logiciel;Version;Affecté à\nOffice;2021;Anne\nOffice;2021;Paul\nVisio;2021;Anne\n"
        "Office;2019;Luc\n",
    )
    columns = ColumnMap({"product": 0, "version": 1, "person": 2})
    records, _rows = _reader(path, columns)
    counter = SeatCounter(LICENCES, columns)
    for record in records:
        counter.add(record)

    seats = counter.seats(len(records))

    assert (seats.rows, seats.groups, seats.repeated) == (4, 3, 2)
    assert seats.is_likely
    assert group_of(LICENCES, columns, records[0]) == group_of(LICENCES, columns, records[1])


def test_file_that_names_no_holder_has_one_row_a_licence() -> None:
    counter = SeatCounter(LICENCES, ColumnMap({"product": 0}))
    counter.add(Record(2, ("Office",)))
    counter.add(Record(3, ("Office",)))

    assert not counter.seats(2).is_likely
    assert not counter.seats(0).is_likely

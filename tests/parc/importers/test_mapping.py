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
    "|Service=department|Salle=room|Date d'achat=purchased_on|Fournisseur=supplier"
    "|Prix d'achat HT=purchase_price|N° facture=invoice_number|N° BC=order_number"
    "|Fin de garantie=warranty_ends_on|N° d'immobilisation=fixed_asset_number",
}


@pytest.mark.parametrize("pairs", _ASSET_SETS.values(), ids=_ASSET_SETS)
def test_columns_of_lists_of_assets_are_mapped_without_a_click(pairs: str) -> None:
    wanted = dict(pair.split("=") for pair in pairs.split("|"))
    headings = list(wanted)

    found = {headings[place]: name for name, place in find_columns(ASSETS, headings).items()}

    assert found == {heading: name for heading, name in wanted.items() if name}
    assert best_kind(headings) is ASSETS


# As these systems write their lists; GLPI's financial columns bear the name of their group.
_IFA, _FAI = (
    "Informations financières et administratives - ",
    "Financial and administrative information - ",
)
_EXPORTS = {
    ("licences", "Snipe-IT", "its list in English"): "ID=|Company=company|License=name"
    "|Product Key=keys|Expiration Date=ends_on|Termination Date=|Licensed to Email="
    "licensed_to_email|Licensed to Name=licensed_to|Category=category|Supplier=supplier"
    "|Manufacturer=publisher|Min. QTY=|Total=quantity|Avail=|Purchase Date=purchased_on"
    "|Maintained=is_maintained|Reassignable=is_reassignable|Purchase Cost=cost"
    "|Purchase Order Number=|Order Number=order_number|Created By=|Notes=notes",
    # Its French word for a category begins with a Cyrillic letter.
    ("licences", "Snipe-IT", "its list in French"): "ID=|Compagnie=company|Licence=name"
    "|Clé du produit=keys|Date d'expiration=ends_on|E-mail de la licence=licensed_to_email"
    "|Nom de la licence=licensed_to|\u0421atégorie=category|Fournisseur=supplier"
    "|Fabricant=publisher|Qté min=|Total=quantity|Disponible=|Date d'achat=purchased_on"
    "|Maintenu=is_maintained|Réattribuables=is_reassignable|Prix d'achat=cost"
    "|Numéro de commande=order_number|Notes=notes",
    ("licences", "GLPI", "its list in French"): "Nom=name|Logiciel=product|Entité=company"
    "|Numéro de série=keys|Nombre=quantity|Type=type|Version d'achat=version"
    "|Version utilisée=version_in_use|Expiration=ends_on|Statut=status|Lieu=location"
    "|Utilisateur=person|Groupe=group|Technicien en charge de la licence=owner"
    "|Numéro d'inventaire=reference|Valide=|Nombre d'installations=consumed"
    f"|{_IFA}Fournisseur=supplier|{_IFA}Numéro de commande=order_number"
    f"|{_IFA}Numéro de facture=invoice_number|{_IFA}Valeur=cost|{_IFA}Budget=budget"
    f"|{_IFA}Date d'achat=purchased_on|Commentaires=notes",
    ("licences", "GLPI", "its list in English"): "Name=name|Software=product|Entity=company"
    "|Serial number=keys|Number=quantity|Type=type|Purchase version=version"
    "|Version in use=version_in_use|Expiration=ends_on|Status=status|User=person|Valid="
    "|Father=parent"
    f"|Technician in charge of the license=owner|{_FAI}Value=cost"
    f"|{_FAI}Date of purchase=purchased_on|Comments=notes",
    ("licences", "", "iTop in French"): "Nom=name|Organisation->Nom=company"
    "|Logiciel->Nom=product|Clé=keys|Limite d'utilisation=quantity|Perpétuelle=is_perpetual"
    "|Date de début=starts_on|Date de fin=ends_on|Description=notes",
    ("licences", "iTop", "its list in English"): "name=name|org_id->name=company"
    "|software_id->name=product|licence_key=keys|usage_limit=quantity|perpetual=is_perpetual"
    "|start_date=starts_on|end_date=ends_on|description=notes",
    ("licences", "Microsoft 365", "its centre in French"): "Titre du produit=product"
    "|Nombre total de licences=quantity|Licences expirées=|Licences affectées=consumed"
    "|Message d\u2019état=status",
    ("licences", "", "a sheet whose first column counts"): "N°=|Logiciel=product"
    "|Nb de licences=quantity|N° de licence / clé=keys|Coût total HT=cost|Devise=currency"
    "|Échéance maintenance=maintenance_ends_on|Référent=owner|Poste=asset",
    ("licences", "", "a sheet of subscriptions"): "Application=product|Éditeur=publisher"
    "|Nombre d'utilisateurs=quantity|Coût annuel TTC=cost|Date de début du contrat=starts_on"
    "|Date de fin du contrat=ends_on|Licences utilisées=consumed",
    ("assets", "GLPI", "its list in French"): "Nom=name|Entité=|Statut=lifecycle_state"
    "|Fabricant=manufacturer|Numéro de série=serial_number|Type=category|Modèle=model_name"
    "|Système d'exploitation - Nom=operating_system|Lieu=location|Dernière modification="
    "|Usager=|Numéro d'usager=|Numéro d'inventaire=asset_tag|Utilisateur=holder|Groupe="
    f"|Technicien en charge du matériel=technician|{_IFA}Date d'achat=purchased_on"
    f"|{_IFA}Date de mise en service=in_service_on|{_IFA}Date de livraison=delivered_on"
    f"|{_IFA}Date de début de garantie=warranty_starts_on"
    f"|{_IFA}Durée de garantie=warranty_months"
    f"|{_IFA}Date d'expiration de la garantie=warranty_ends_on|{_IFA}Fournisseur=supplier"
    f"|{_IFA}Numéro de commande=order_number|{_IFA}Bon de livraison=delivery_note_number"
    f"|{_IFA}Numéro de facture=invoice_number"
    f"|{_IFA}Numéro d'immobilisation=fixed_asset_number|{_IFA}Valeur=purchase_price"
    f"|{_IFA}Durée d'amortissement=depreciation_months"
    f"|{_IFA}Date du dernier inventaire physique=last_stocktake_on",
    ("assets", "GLPI", "its list in English"): "Name=name|Entity=|Status=lifecycle_state"
    "|Manufacturer=manufacturer|Serial number=serial_number|Type=category|Model=model_name"
    "|Operating system - Name=operating_system|Location=location|Inventory number=asset_tag"
    "|User=holder|Technician in charge of the hardware=technician"
    f"|{_FAI}Date of purchase=purchased_on|{_FAI}Startup date=in_service_on"
    f"|{_FAI}Start date of warranty=warranty_starts_on|{_FAI}Warranty duration=warranty_months"
    f"|{_FAI}Delivery form=delivery_note_number|{_FAI}Value=purchase_price"
    f"|{_FAI}Immobilization number=fixed_asset_number"
    f"|{_FAI}Amortization duration=depreciation_months",
    ("assets", "Snipe-IT", "its list in French"): "ID=|Compagnie=|Nom de l'actif=name"
    "|Étiquette de l'actif=asset_tag|Série =serial_number|Modèle=model_name|Modèle n°.="
    "|\u0421atégorie=category|Statut=lifecycle_state|Extrait vers=holder|Lieu=location"
    "|Fabricant=manufacturer|Fournisseur=supplier|Date d'achat=purchased_on"
    "|Prix d'achat=purchase_price|Numéro de commande=order_number|Fin de vie="
    "|Garantie=warranty_months|Expiration de garantie=warranty_ends_on|Notes=notes"
    "|Date de dissociation prévue=loan_due_on|Dernier audit=last_stocktake_on",
    ("assets", "", "Snipe-IT's sample of an import"): "Company=|Name=name|Asset Tag=asset_tag"
    "|Category=category|Supplier=supplier|Model=model_name|Model Number=|Asset Notes=notes"
    "|Checkout Type=|Checked Out To: Username=|Checked Out To: Email=holder",
    ("assets", "", "OCS Inventory"): "Compte : TAG=|Machine=name|Utilisateur=holder"
    "|Système d'exploitation=operating_system|RAM (MO)=|Numéro de série=serial_number"
    "|Fabricant=manufacturer|Modèle=model_name|Type=category",
    ("people", "", "GLPI in French"): "Identifiant=|Nom de famille=family_name"
    "|Prénom=given_name|Courriels=email|Téléphone=phone|Téléphone mobile=|Lieu=site|Actif="
    "|Matricule=external_id|Responsable=manager",
    ("people", "", "GLPI in English"): "Login=|Surname=family_name|First name=given_name"
    "|Emails=email|Phone=phone|Location=site|Administrative number=external_id"
    "|Supervisor=manager",
    ("people", "", "Snipe-IT in French, with two columns of names"): "ID=|Nom=name"
    "|Prénom=given_name|Nom (2)=family_name|E-mail=email|Nom d'utilisateur="
    "|Numéro d\u2019employé=external_id|département=department|Lieu=site|Responsable=manager"
    "|Date de début=arrived_on|Date de fin=left_on",
    ("people", "", "Active Directory"): "Name=name|GivenName=given_name|Surname=family_name"
    "|SamAccountName=|UserPrincipalName=|mail=email|Department=department"
    "|telephoneNumber=phone|physicalDeliveryOfficeName=site|Manager=manager"
    "|employeeID=external_id",
    ("places", "", "GLPI in French"): "Nom complet=path|Nom=name|Entité="
    "|Numéro de bâtiment=building|Numéro de bureau=room|Code postal=postal_code|Ville=city",
    ("places", "", "a sheet"): "Site=site|Bât.=building|Étage=floor|N° de bureau=room",
    ("contracts", "", "GLPI in French"): "Nom=name|Entité=|Numéro=number|Type de contrat=type"
    "|Date de début=starts_on|Durée=initial_months|Expiration=ends_on|Préavis=notice_months"
    "|Reconduction=renewal|Périodicité de facturation=billing|Périodicité="
    "|Fournisseur=supplier|Coûts - Coût=amount",
}


@pytest.mark.parametrize("case", _EXPORTS, ids=" ".join)
@pytest.mark.parametrize("is_reversed", [False, True])
def test_exports_of_other_systems_are_mapped_without_a_click(
    case: tuple[str, str, str], *, is_reversed: bool
) -> None:
    kind, system, _what = case
    pairs = [pair.rsplit("=", 1) for pair in _EXPORTS[case].split("|")]
    if is_reversed and kind != "people":  # the first of two columns of names is the whole name
        pairs.reverse()
    headings = [heading for heading, _field in pairs]

    found = find_columns(KINDS[kind], headings)

    fields = {headings[place]: name for name, place in found.items()}
    wanted = {heading: name for heading, name in pairs if name}
    if is_reversed:  # two numbers of one order: either is it
        fields.pop("Purchase Order Number", None)
    assert fields == wanted
    assert best_kind(headings).name == kind
    assert system_of(headings) == system


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

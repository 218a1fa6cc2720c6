"""Contracts with their lines: one row a line, or one a contract that names nothing yet."""

from __future__ import annotations

from typing import Final

from parc.importers.kinds.fields import CURRENCIES, FieldType, Kind, make_field, words_of

_TYPES: Final = words_of(
    (
        ("hardware_maintenance", "maintenance|maintenance materielle|materiel|hardware"),
        ("software_maintenance", "maintenance logicielle|logiciel|support logiciel|software"),
        ("rental", "location"),
        ("lease", "credit-bail|leasing|credit bail|loa|lld"),
        ("insurance", "assurance"),
        ("service", "prestation|services|infogerance"),
        ("telecom", "telecommunications|operateur"),
    )
)
_RENEWALS: Final = words_of(
    (
        ("tacit", "tacite|tacit renewal|automatic|tacite reconduction|oui|automatique|auto|yes"),
        ("express", "expresse|explicit|explicite|sur demande"),
        ("none", "aucune|never|jamais|non|sans|no"),
    )
)
_RHYTHMS: Final = words_of(
    (
        ("once", "unique|une fois|comptant"),
        ("monthly", "mensuelle|mensuel|mois|1 mois|1 month"),
        ("bimonthly", "bimestrielle|bimestriel|2 mois|2 months"),
        ("quarterly", "trimestrielle|trimestriel|trimestre|3 mois|3 months"),
        ("half_yearly", "semestrielle|semestriel|semestre|6 mois|6 months"),
        ("yearly", "annuelle|annuel|an|annee|annual|12 mois|12 months|1 an|1 year"),
    )
)
_T = FieldType

CONTRACTS: Final = Kind(
    name="contracts",
    fields=(
        make_field("number", _T.TEXT, "numero|contrat|contract|n° contrat|contract number"
                   "|n° de contrat"
                   "|reference contrat|ref contrat", most=100),
        make_field("name", _T.TEXT, "nom du contrat|intitule|libelle|objet|nom"
                   "|contract name|contrat|contract"),
        make_field("supplier", _T.TEXT, "fournisseur|prestataire|titulaire|societe", most=200,
                   beside="supplier"),
        make_field("type", _T.WORD, "type de contrat|nature|contract type", words=_TYPES),
        make_field("starts_on", _T.DATE, "debut|date de debut|date d'effet|start|start date"),
        make_field("initial_months", _T.MONTHS, "duree|duree initiale|duree (mois)|mois"
                   "|duration|duree en mois"),
        make_field("ends_on", _T.END_DATE, "date de fin|fin|fin de contrat|end date|expiration"
                   "|date d'expiration|echeance|date d'echeance|expire le|date fin"),
        make_field("renewal", _T.WORD, "reconduction|tacite reconduction|renouvellement",
                   words=_RENEWALS),
        make_field("renewal_months", _T.MONTHS, "duree de reconduction|reconduction (mois)"),
        make_field("notice_months", _T.MONTHS, "preavis|preavis (mois)|notice|notice period"),
        make_field("amount", _T.AMOUNT, "montant|montant ht|cout|prix|cost|montant du contrat"),
        make_field("billing", _T.WORD, "facturation|periodicite de facturation|periodicite"
                   "|invoice period|billing period",
                   words=_RHYTHMS),
        make_field("serial_number", _T.SERIAL, "numero de serie|s/n|sn|serial|n° serie"),
        make_field("asset_tag", _T.TEXT, "n° d'inventaire|numero d'inventaire|inventaire|tag"
                   "|n° inventaire", most=60),
        make_field("description", _T.TEXT, "designation|description de la ligne|equipement",
                   most=500),
        make_field("asset", _T.OWN, "materiel"),
        make_field("to_look_at", _T.OWN, "a regarder|a verifier"),
        make_field("currency", _T.WORD, "devise", words=CURRENCIES),
        make_field("line_amount", _T.AMOUNT, "montant de la ligne|prix unitaire|montant ligne"),
    ),
    needs=(("number",),),
    keys=(("number", "serial_number"), ("number", "asset_tag"), ("number",)),
)  # fmt: skip

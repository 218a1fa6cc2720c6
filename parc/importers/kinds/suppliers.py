"""Suppliers: the headings of Parc's own list and of tables of firms."""

from __future__ import annotations

from typing import Final

from parc.importers.kinds.fields import FieldType, Kind, make_field, words_of

ROLES: Final = words_of(
    (
        ("supplier", "fournisseur|vendeur|revendeur|reseller|vendor"),
        ("maintainer", "mainteneur|mainteneurs|reparateur|maintenance"),
        ("lessor", "bailleur|loueur|location|credit-bailleur"),
        ("insurer", "assureur|assurance"),
        ("service_provider", "prestataire|prestataire de services|infogerant|ssii|esn"),
        ("operator", "operateur|operateur telecom|telecom operator|telecom"),
    )
)
_T = FieldType

SUPPLIERS: Final = Kind(
    name="suppliers",
    fields=(
        make_field("name", _T.TEXT, "nom|fournisseur|supplier|societe|raison sociale|company"
                   "|supplier name|nom du fournisseur|entreprise|prestataire|vendor", most=200),
        make_field("roles", _T.TEXT, "roles|role|type de fournisseur|supplier type|activite"
                   "|fonctions"),
        make_field("support_phone", _T.TEXT, "support telephone|telephone du support|telephone"
                   "|phone|tel|phone number|telephone support|hotline|assistance telephonique",
                   most=60),
        make_field("support_email", _T.TEXT, "support e mail|e mail du support|email|e mail"
                   "|courriel|mail|adresse mail|support email|email support", most=254),
        make_field("portal_url", _T.TEXT, "portal|portail|url|site web|website|web site"
                   "|site internet|extranet|web", most=500),
        make_field("customer_number", _T.TEXT, "our customer number|notre numero de client"
                   "|numero de client|numero client|customer number|code client|account number",
                   most=100),
        make_field("address", _T.LONG_TEXT, "adresse|adresse postale|postal address", most=500),
        make_field("contracts", _T.OWN, "contrats"),
        make_field("created_at", _T.OWN, "added|ajoute le|ajoute|cree le"),
        make_field("notes", _T.LONG_TEXT, "commentaire|commentaires|remarques|note|comments"
                   "|description|observations", most=20_000),
    ),
    needs=(("name",),),
    keys=(("name",), ("customer_number",)),
)  # fmt: skip

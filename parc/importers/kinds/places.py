"""Places: one path a row, or one column for each level."""

from __future__ import annotations

from typing import Final

from parc.importers.kinds.fields import FieldType, Kind, make_field, words_of

LEVELS: Final = words_of(
    (
        ("site", "etablissement|campus"),
        ("building", "batiment"),
        ("floor", "etage|niveau"),
        ("room", "salle|bureau|local|piece"),
    )
)
_T = FieldType

PLACES: Final = Kind(
    name="places",
    fields=(
        make_field("path", _T.TEXT, "lieu|place|location|chemin|nom complet|complete name"
                   "|emplacement|lieu complet|localisation", most=800),
        make_field("name", _T.TEXT, "nom|location name|libelle", most=200),
        make_field("parent", _T.TEXT, "lieu parent|parent location|contenu dans|as child of"
                   "|lieu pere", most=800),
        make_field("kind", _T.WORD, "level|type|niveau|type de lieu|nature",
                   words=LEVELS),
        make_field("site", _T.TEXT, "etablissement|campus", most=200),
        make_field("building", _T.TEXT, "batiment|bat|numero de batiment"
                   "|building number", most=200),
        make_field("floor", _T.TEXT, "etage", most=200),
        make_field("room", _T.TEXT, "salle|bureau|local|piece|room name|room number"
                   "|numero de bureau|numero de salle|numero de piece", most=200),
        make_field("code", _T.OWN, "code du lieu"),
        make_field("city", _T.OWN, "ville|town"),
        make_field("address", _T.OWN, "adresse"),
        make_field("postal_code", _T.OWN, "code postal|zip|zip code"),
        make_field("country", _T.OWN, "pays"),
        make_field("assets", _T.OWN, "materiels|parc|equipements"),
        make_field("outlets", _T.OWN, "prises|prises reseau"),
    ),
    needs=(("path", "name", "site"),),
    keys=(("path",), ("site", "building", "floor", "room"), ("name", "parent"), ("name",)),
)  # fmt: skip

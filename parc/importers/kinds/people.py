"""People: the headings of directories and of tables of staff."""

from __future__ import annotations

from typing import Final

from parc.importers.kinds.fields import FieldType, Kind, make_field

_T = FieldType

PEOPLE: Final = Kind(
    name="people",
    fields=(
        make_field("name", _T.TEXT, "full name|nom complet|display name|nom prenom|prenom nom"
                   "|displayname|personne|person|nom et prenom|nom affiche|nom", most=200),
        make_field("family_name", _T.TEXT, "last name|nom|nom de famille|surname|sn|lastname",
                   most=100, is_last=True),
        make_field("given_name", _T.TEXT, "first name|prenom|givenname|firstname", most=100),
        make_field("email", _T.TEXT, "e mail|mail|courriel|adresse mail|adresse email"
                   "|email address|adresse electronique|emails|courriels|adresse de messagerie"
                   "|adresses de messagerie|adresse mail pro|email professionnel|mail pro"
                   "|user principal name|upn", most=254),
        make_field("external_id", _T.TEXT, "matricule|employee id|employee no|identifiant externe"
                   "|employee number|numero d'employe|numero agent|numero matricule"
                   "|directory or payroll number|numero dans l'annuaire ou la paie|employee num"
                   "|administrative number|numero administratif|numero salarie|matricule agent"
                   "|sam account name|login|identifiant|username|user name|nom d'utilisateur",
                   most=120),
        make_field("department", _T.TEXT, "service|departement|direction|pole|unite",
                   beside="department", most=800),
        make_field("site", _T.TEXT, "lieu|place|bureau|emplacement|office|salle|location"
                   "|lieu de travail|place of work|physical delivery office name|office location",
                   beside="place", most=800),
        make_field("manager", _T.TEXT, "responsable|superieur|manager|chef de service"
                   "|superieur hierarchique|responsable hierarchique|supervisor|n 1"),
        make_field("phone", _T.TEXT, "telephone|tel|phone number|numero de telephone|poste"
                   "|ligne directe|telephone number|phone num|tel pro|telephone professionnel"
                   "|mobile phone|telephone mobile|mobile|portable", most=60),
        make_field("arrived_on", _T.DATE, "arrivee|date d'arrivee|hire date|start date|arrived"
                   "|date d'entree|date d'embauche|arrive le|arrived on|date de debut"),
        make_field("left_on", _T.END_DATE, "depart|date de depart|end date|date de sortie|left"
                   "|date de fin|parti le|left on"),
        make_field("notes", _T.LONG_TEXT, "commentaire|commentaires|remarques|note|comments"
                   "|description|fonction", most=20_000),
    ),
    needs=(("name", "family_name"),),
    keys=(("external_id",), ("email",), ("name",), ("family_name", "given_name"), ("family_name",)),
)  # fmt: skip

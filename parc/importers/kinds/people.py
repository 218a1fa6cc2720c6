"""People: the headings of directories and of tables of staff."""

from __future__ import annotations

from typing import Final

from parc.importers.kinds.fields import FieldType, Kind, make_field

_T = FieldType

PEOPLE: Final = Kind(
    name="people",
    fields=(
        make_field("display_name", _T.TEXT, "full name|nom complet|name|nom prenom|prenom nom"
                   "|displayname|personne|nom et prenom|nom affiche", most=200),
        make_field("family_name", _T.TEXT, "last name|nom|nom de famille|surname|sn|lastname",
                   most=100),
        make_field("given_name", _T.TEXT, "first name|prenom|givenname|firstname", most=100),
        make_field("email", _T.TEXT, "e mail|mail|courriel|adresse mail|adresse email"
                   "|email address|adresse electronique", most=254),
        make_field("login", _T.TEXT, "username|user name|identifiant|samaccountname|compte|upn"
                   "|userprincipalname|uid", most=100),
        make_field("employee_number", _T.TEXT, "matricule|employee id|employee no"
                   "|numero d'employe|numero agent|numero matricule", most=60),
        make_field("department", _T.TEXT, "service|departement|direction|pole|unite",
                   beside="department"),
        make_field("location", _T.TEXT, "lieu|place|site|bureau|emplacement|office|salle",
                   beside="place", most=800),
        make_field("phone", _T.TEXT, "telephone|tel|phone number|numero de telephone|poste"
                   "|ligne directe", most=60),
        make_field("job_title", _T.TEXT, "title|fonction|poste occupe|titre|intitule du poste"),
        make_field("arrived_on", _T.DATE, "arrivee|date d'arrivee|hire date|start date"
                   "|date d'entree|date d'embauche"),
        make_field("left_on", _T.END_DATE, "depart|date de depart|end date|date de sortie"
                   "|date de fin"),
        make_field("notes", _T.LONG_TEXT, "commentaire|commentaires|remarques|note|comments"
                   "|description", most=20_000),
    ),
    needs=(("display_name", "family_name"),),
    keys=(("employee_number",), ("login",), ("email",), ("display_name",)),
)  # fmt: skip

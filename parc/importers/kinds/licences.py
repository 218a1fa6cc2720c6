"""Licences: the headings of Snipe-IT, GLPI, iTop, Ralph, Microsoft 365 and of French tables."""

from __future__ import annotations

from typing import Final

from parc.importers.kinds.fields import CURRENCIES, FieldType, Kind, make_field, words_of

METRICS: Final = words_of(
    (
        ("device", "appareil|machine|poste|postes|par poste|ordinateur|pc|postes de travail",
         "devices",
         "|per device|computer|poste de travail|equipement|par appareil|ordinateurs|workstation",
         "|per machine|peripherique|peripheriques|monoposte|mono-poste|serveur|serveurs|server",
         "|servers|par machine"),
        ("named_user", "utilisateur|utilisateurs|par utilisateur|utilisateur nomme|user|users",
         "|per user|nominatif|nominative|named user|utilisateurs nommes|personne|compte|seat",
         "seats"),
        ("concurrent", "concurrent user|concurrents|simultane|simultanes|utilisateur simultane",
         "|utilisateurs simultanes|acces simultane|flottante|flottant|floating|jeton|jetons",
         "|concurrent use|concurrent users|reseau|network|usage simultane"),
        ("core", "coeur|coeurs|cores|par coeur|per core"),
        ("processor", "processeur|processeurs|cpu|socket|par processeur|per processor|processors"),
        ("cal", "cal utilisateur|cal device|cal user|user cal|device cal|licence d'acces client",
         "|cal peripherique|cals"),
        ("site", "licence site|site licence|site license|tout le site|entreprise|enterprise"),
    )
)  # fmt: skip
TYPES: Final = words_of(
    (
        ("perpetual", "perpetuelle|perpetuel|perpetual license|boite|fpp|retail",
         "full packaged product",
         "|definitive|achat|licence perpetuelle|detail"),
        ("subscription", "abonnement|souscription|abonnement annuel|abonnement mensuel|annuel",
         "|mensuel|saas|location|subscription license|monthly|yearly|annual|annuelle|mensuelle"),
        ("oem", "preinstalle|preinstallee|coem|dsp"),
        ("volume", "mak|kms|open|open value|select|mpsa|contrat de volume|licence en volume",
         "|volume license|volume mak|volume kms|entreprise|ea|csp perpetuel"),
        ("trial", "essai|evaluation|demo|demonstration|version d'essai|eval"),
        ("free", "libre|gratuit|gratuite|freeware|open source|opensource|logiciel libre|gpl"),
    )
)  # fmt: skip
# Ralph and price lists write in the column of the type what is counted: "per user", "réseau".
METRIC_OF_TYPE: Final = "metric:"
_TYPES_AND_METRICS: Final = {word: METRIC_OF_TYPE + one for word, one in METRICS.items()} | TYPES
_T = FieldType
_MOST_NOTES: Final = 20_000

LICENCES: Final = Kind(
    name="licences",
    fields=(
        make_field("name", _T.TEXT, "item name|nom|licence|license|nom de la licence|libelle"
                   "|designation|intitule|license name|nom licence|entitlement"),
        make_field("product", _T.TEXT, "software|logiciel|logiciels|produit|product name"
                   "|application"
                   "|nom du logiciel|nom logiciel|software name|nom du produit|sku|offer|offre"
                   "|product title|titre du produit|sku part number|progiciel|solution"),
        make_field("publisher", _T.TEXT, "manufacturer|editeur|fabricant|vendor|software publisher"
                   "|editeur du logiciel|marque|editor", beside="publisher"),
        make_field("version", _T.TEXT, "purchase version|version achetee|version d'achat"
                   "|product version|release", most=60),
        make_field("edition", _T.TEXT, "edition du logiciel", most=100),
        make_field("type", _T.WORD, "license type|licence type|licence_type|type de licence"
                   "|mode de licence|entitlement type|modele", words=_TYPES_AND_METRICS),
        make_field("metric", _T.WORD, "metrique|unite|license metric|mode de comptage"
                   "|unite de mesure|comptage", words=METRICS),
        make_field("quantity", _T.QUANTITY, "seats|number|quantite|qte|nombre|nb licences|enabled"
                   "|nombre de licences|nombre de postes|postes|usage limit|usage_limit"
                   "|number bought|number_bought|qty|total seats|nb postes|total licenses|quantity"
                   "|number purchased|sieges|jetons|prepaid units|licences achetees"
                   "|nombre d'utilisateurs"
                   "|nombre total de licences|nombre de postes autorises|limite d'utilisation"
                   "|nombre de licences achetees|nombre d'acces|nombre de sieges|quantite achetee"
                   "|purchased licenses|number of seats|nombre de droits|total"),
        make_field("keys", _T.KEYS, "serial number|serial|product key|licence key|licence_key|key"
                   "|license key|cle|cle de licence|cle produit|numero de serie|sn|cles"
                   "|cle d'activation|activation key|serie|cle de produit|cle du produit|code"
                   "|numero de licence cle|cle numero de serie|numero de serie cle"),
        make_field("reference", _T.TEXT, "niw|inventory number|numero d'inventaire|reference"
                   "|numero de licence|license id|ref|identifiant|subscription id|skuid"),
        make_field("contract_number", _T.TEXT, "numero contrat|numero de contrat|contract"
                   "|contrat|contract number|agreement number|numero d'accord|license agreement"
                   "|reference contrat|ref contrat"),
        make_field("order_number", _T.TEXT, "purchase order|order number|order no|order_no"
                   "|numero commande|numero de commande|bon de commande|commande|po number"
                   "|numero bon de commande|bdc|purchase order number|numero bc|bc"
                   "|reference commande"
                   "|ref commande"),
        make_field("invoice_number", _T.TEXT, "invoice no|invoice_no|numero facture"
                   "|numero de facture|facture|invoice number|invoice"),
        make_field("invoice_date", _T.DATE, "date facture|date de facture|invoice_date"
                   "|date de facturation"),
        make_field("supplier", _T.TEXT, "provider|fournisseur|revendeur|reseller|vendu par"
                   "|nom du fournisseur", beside="supplier"),
        make_field("unit_price", _T.AMOUNT, "prix unitaire ht|prix unitaire|prix unitaire ttc"
                   "|unit cost|pu ht|pu|cout unitaire|price per unit|prix unit ht|prix par licence"
                   "|prix par poste|cout par licence|cout par utilisateur|cost per license"
                   "|tarif unitaire"),
        make_field("cost", _T.AMOUNT, "purchase cost|price|value|valeur|prix|montant|montant ht"
                   "|prix total|total ht|cout|prix ht|cout d'achat|total price|prix d'achat"
                   "|montant total ht|prix total ht|cost|prix ttc|montant ttc|cout annuel"
                   "|cout total"
                   "|montant annuel|prix annuel|annual cost|total cost|cout de la licence"
                   "|cout d'acquisition|redevance annuelle|total"),
        make_field("currency", _T.WORD, "devise|monnaie", words=CURRENCIES),
        make_field("purchased_on", _T.DATE, "purchase date|date d'achat|date achat|achete le"
                   "|acquisition date|date of purchase|date d'acquisition|date de commande"
                   "|order date|bought on"),
        make_field("starts_on", _T.DATE, "begins on|debute le|debut le|start date|start_date"
                   "|date de debut|debut|valide du"
                   "|date debut|start|date d'activation|valid from|date de debut du contrat"
                   "|debut du contrat|debut de contrat|debut de validite|debut d'abonnement"
                   "|contract start date|subscription start date"),
        make_field("ends_on", _T.END_DATE, "ends on|fin le|expiration date|expiration"
                   "|date d'expiration|end date"
                   "|end_date|valid thru|valid_thru|date de fin|fin|echeance|expire le|date fin"
                   "|termination date|date d'echeance|valid until|fin de validite|expiry date"
                   "|date expiration|expires|expires on|renewal date|date de renouvellement"
                   "|date de fin du contrat|fin du contrat|fin de contrat|fin d'abonnement"
                   "|fin de licence|date de fin de licence|date de fin de validite|date de validite"
                   "|valable jusqu'au|valide jusqu'au|validite|contract end date|expiry"
                   "|prochaine echeance|date de resiliation"),
        make_field("maintenance_ends_on", _T.END_DATE, "maintenance until|fin de maintenance"
                   "|maintenance jusqu'au"
                   "|support end|maintenance end|support jusqu'au|fin maintenance"
                   "|maintenance expiration|fin du support|date fin maintenance"
                   "|echeance maintenance"
                   "|echeance de la maintenance|date de fin de maintenance|fin de la maintenance"
                   "|fin de support|date de fin de support|support expiration"
                   "|maintenance expiry date"),
        make_field("is_perpetual", _T.BOOLEAN, "perpetual|perpetuelle|perpetuel"),
        make_field("is_maintained", _T.BOOLEAN, "maintained|sous maintenance|maintenance"
                   "|maintenance incluse|maintenu"),
        make_field("has_downgrade", _T.BOOLEAN, "downgrade|droit de downgrade|downgrade rights"
                   "|droit a une version anterieure|retrogradation"),
        make_field("owner", _T.TEXT, "responsable|proprietaire|gestionnaire|license owner"
                   "|licence owner|responsable licence|technician in charge of the license"
                   "|technicien en charge de la licence|technicien responsable de la licence"
                   "|referent|referent metier|pilote"),
        make_field("person", _T.TEXT, "full name|affecte a|utilisateur|user|attribue a"
                   "|assigned to|assigne a|beneficiaire|detenteur|nom utilisateur|checked out to"
                   "|nom de l'utilisateur|employee"),
        make_field("person_email", _T.TEXT, "email|e mail|mail|courriel|adresse mail|adresse email"
                   "|user email|adresse electronique"),
        make_field("person_login", _T.TEXT, "username|login|identifiant utilisateur|user name|upn"
                   "|userprincipalname|compte"),
        make_field("asset", _T.TEXT, "machine|ordinateur|computer|asset|asset tag|poste affecte"
                   "|nom du poste|affecte au poste|device name|hostname|materiel|pc|installe sur"
                   "|poste|poste de travail|nom de la machine|serveur"),
        make_field("department", _T.TEXT, "service|departement|direction|pole|business unit"),
        make_field("company", _T.TEXT, "company|societe|org|organisation|organization|entite"
                   "|compagnie"
                   "|entity|client"),
        make_field("category", _T.TEXT, "categorie|famille"),
        make_field("group", _T.TEXT, "groupe|groupe responsable"),
        make_field("location", _T.TEXT, "lieu|site|emplacement|localisation"),
        make_field("region", _T.TEXT, "zone geographique"),
        make_field("budget", _T.TEXT, "budget info|budget_info|ligne budgetaire|imputation"
                   "|centre de cout|cost center"),
        make_field("accounting_number", _T.TEXT, "accounting id|accounting_id|numero comptable"
                   "|numero d'immobilisation|compte comptable"),
        make_field("status", _T.TEXT, "statut|etat|capability status|capabilitystatus"
                   "|message d'etat"
                   "|status message"),
        make_field("parent", _T.TEXT, "child of|enfant de|licence parente|parent|father|pere"),
        make_field("allows_overuse", _T.BOOLEAN, "allow over quota|depassement autorise"
                   "|autoriser le depassement|allow overquota|autoriser le depassement de quota"),
        make_field("version_in_use", _T.TEXT, "version in use|version utilisee|version installee",
                   most=60),
        make_field("licensed_to", _T.TEXT, "licensed to name|licencie a|licence au nom de"
                   "|enregistre au nom de|registered to|nom de la licence"),
        make_field("licensed_to_email", _T.TEXT, "licensed to email|email d'enregistrement"
                   "|e mail de la licence"),
        make_field("is_reassignable", _T.BOOLEAN, "reassignable|reaffectable|reattribuable"
                   "|reattribuables"),
        make_field("consumed", _T.QUANTITY, "consumed units|consumedunits|consomme|utilisees"
                   "|licences utilisees|assigned licenses|used|attribuees|licences affectees"
                   "|licences attribuees|nombre d'installations|number of installations"),
        make_field("suspended", _T.QUANTITY, "suspended|suspended units|suspendu|suspendues"),
        make_field("warning", _T.QUANTITY, "warning units|warning|en alerte"),
        make_field("alert_days", _T.QUANTITY, "delai d'alerte|alerte jours|alert before days"
                   "|preavis d'alerte"),
        make_field("notes", _T.LONG_TEXT, "commentaire|commentaires|description|remarque"
                   "|remarques|remarks"
                   "|comment|comments|observations|note", most=_MOST_NOTES),
    ),
    needs=(("name", "product"),),
    keys=(
        ("reference",),
        ("name", "version", "keys"),
        ("name", "version", "order_number"),
        ("name", "version", "contract_number"),
        ("name", "version"),
        ("name", "keys"),
        ("name", "order_number"),
        ("name", "contract_number"),
        ("name",),
    ),
    seats=("person", "person_email", "person_login", "asset", "department", "keys"),
)  # fmt: skip

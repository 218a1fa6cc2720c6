"""Assets: the headings of Parc's own exports and of the tables that parks are kept in."""

from __future__ import annotations

from typing import Final

from parc.importers.kinds.fields import CURRENCIES, FieldType, Kind, make_field, words_of

CATEGORIES: Final = words_of(
    (
        ("switch", "commutateur|switchs|switches"),
        ("router", "routeur"),
        ("firewall", "pare-feu|parefeu"),
        ("access_point", "point d'acces|borne wifi|borne wi-fi|ap|point d'acces wi-fi|wifi"),
        ("wireless_controller", "controleur wi-fi|controleur wifi"),
        ("radio", "radio link|faisceau hertzien|liaison radio"),
        ("load_balancer", "repartiteur de charge"),
        ("server", "serveur|rack mount chassis|main server chassis|blade|serveur physique"),
        ("hypervisor", "hyperviseur"),
        ("virtual_machine", "machine virtuelle|vm"),
        ("workstation", "poste de travail|pc|ordinateur|ordinateur portable|portable|laptop",
         "|desktop|unite centrale|computer|notebook|station de travail|tour|fixe|pc portable",
         "|pc fixe|ultraportable|poste|uc|tower|mini tower|low profile desktop|all in one",
         "|tout en un|convertible|detachable|space-saving|client leger|thin client|mac|macbook",
         "|windows|imac"),
        ("nas", "serveur nas|stockage nas"),
        ("san", "san storage|baie de stockage|stockage san|baie san"),
        ("tape", "tape library|bibliotheque de bandes|robot de sauvegarde|bandotheque"),
        ("printer", "imprimante|copieur|multifonction|mfp|photocopieur|traceur"),
        ("scanner", "numeriseur|scanneur"),
        ("ups", "onduleur"),
        ("pdu", "bandeau de prises|multiprise"),
        ("power", "power supply|alimentation"),
        ("camera", "camera ip|webcam"),
        ("nvr", "video recorder|enregistreur video"),
        ("video", "video equipment|equipement video|videoprojecteur|ecran de salle|projecteur"),
        ("phone", "ip phone|telephone ip|telephone fixe|telephone|poste telephonique"),
        ("mobile", "mobile phone|smartphone|tablette|tablet|telephone mobile|telephone portable"),
        ("voice", "voice gateway|passerelle voix"),
        ("pbx", "autocommutateur|ipbx|standard"),
        ("bmc", "management controller|carte d'administration|controleur d'administration|idrac",
         "|ilo"),
        ("console", "console server|serveur de consoles"),
        ("kvm", "kvm switch|commutateur ecran-clavier|commutateur kvm"),
        ("environment", "environment sensor|sonde d'environnement|sonde|capteur",
         "|capteur d'environnement"),
        ("timing", "time server|serveur de temps"),
        ("optical", "optical transport|transport optique"),
        ("olt", ""),
        ("modem", "box"),
        ("network", "network equipment|equipement reseau|reseau"),
        ("other", "autre|divers|accessoire|peripherique|ecran|moniteur|monitor|docking station",
         "|station d'accueil"),
    )
)  # fmt: skip
STATES: Final = words_of(
    (
        ("expected", "attendu|commande|ordered"),
        (
            "in_stock",
            "en stock|stock|disponible|available|ready to deploy|pret a etre deploye|deployable",
            "|ready to deploy deployable|pret a etre deploye deployable",
        ),
        ("reserved", "reserve"),
        (
            "in_preparation",
            "en preparation|pending|en attente|pending pending|en attente en attente",
        ),
        (
            "in_use",
            "en service|en production|actif|deployed|utilise|active|production|deploye",
            "|ready to deploy deployed|pret a etre deploye deploye|in production|affecte",
        ),
        ("on_loan", "en pret|prete"),
        ("in_repair", "en reparation|en panne|sav|broken|out for repair|en maintenance"),
        ("in_transit", "en transit"),
        ("missing", "non localise|perdu|lost|introuvable|lost/stolen"),
        ("stolen", "vole"),
        ("to_dispose", "a reformer|to dispose of"),
        ("disposed", "reforme|rebut|archived|mis au rebut|retired|hors service|archive"),
    )
)
_T = FieldType

ASSETS: Final = Kind(
    name="assets",
    fields=(
        make_field("name", _T.TEXT, "nom|nom du poste|hostname|nom d'hote|computer name|asset name"
                   "|nom de la machine|nom du materiel|designation|libelle|nom de l'actif|machine"
                   "|nom de l'equipement|nom machine|nom ordinateur|device name|equipement"),
        make_field("asset_tag", _T.TEXT, "numero d'inventaire|numero inventaire|inventory number"
                   "|tag|etiquette|code inventaire|inventaire|otherserial|etiquette de l'actif"
                   "|etiquette d'inventaire", most=60),
        make_field("serial_number", _T.SERIAL, "numero de serie|serial|numero serie|sn|service tag"
                   "|serie|s n"),
        make_field("category", _T.WORD, "categorie|type|type de materiel|famille|nature"
                   "|type d'equipement|type de machine|type d'actif", words=CATEGORIES),
        make_field("lifecycle_state", _T.WORD, "etat|statut|status|state|status label",
                   words=STATES),
        make_field("manufacturer", _T.TEXT, "fabricant|marque|constructeur|brand|make"),
        make_field("model_name", _T.TEXT, "modele|model|model number|reference modele"),
        make_field("location", _T.TEXT, "lieu|place|emplacement|localisation|site|location name"
                   "|emplacement par defaut|default location", beside="place", most=800),
        # Below the location where that stands in columns of their own, else by themselves.
        make_field("building", _T.TEXT, "batiment|bat", beside="place", most=200),
        make_field("floor", _T.TEXT, "etage", beside="place", most=200),
        make_field("room", _T.TEXT, "salle|bureau|numero de bureau|numero de salle|local|piece",
                   beside="place", most=200),
        make_field("operating_system", _T.TEXT, "systeme d'exploitation|os|systeme"
                   "|systeme d'exploitation nom|operating system name|os name"),
        make_field("software_revision", _T.TEXT, "software version|version logicielle"
                   "|version du logiciel"),
        make_field("firmware_revision", _T.TEXT, "firmware|micrologiciel|version du micrologiciel"),
        make_field("hardware_revision", _T.TEXT, "revision materielle"),
        make_field("base_mac_address", _T.TEXT, "mac address|adresse mac|mac"),
        make_field("holder", _T.TEXT, "utilisateur|usager|affecte a|checked out to|assigned to"
                   "|user|detenteur|attribue a|beneficiaire|utilisateur principal|custodian"
                   "|extrait vers"
                   "|checked out to email|checked out to username|alternate username|username"
                   "|nom d'utilisateur",
                   most=300),
        make_field("department", _T.TEXT, "service|departement|direction|utilisateur service"
                   "|holder department|pole", most=800),
        make_field("loan_due_on", _T.DATE, "retour de pret prevu le|date de retour prevue"
                   "|expected checkin date|retour prevu|expected checkin"
                   "|date de dissociation prevue"),
        make_field("technician", _T.TEXT, "technician in charge|responsable technique|technicien"
                   "|technicien responsable|responsable|technicien en charge du materiel"
                   "|technician in charge of the hardware", most=300),
        make_field("supplier", _T.TEXT, "fournisseur|revendeur|vendeur|reseller|achete chez"
                   "|nom du fournisseur", beside="supplier", most=200),
        make_field("purchased_on", _T.DATE, "achat le|date d'achat|purchase date|date achat"
                   "|achete le|date d'acquisition|date of purchase"),
        make_field("delivered_on", _T.DATE, "livraison le|date de livraison|delivery date"
                   "|livre le|date livraison"),
        make_field("in_service_on", _T.DATE, "in service since|mise en service le"
                   "|date de mise en service|mise en service|in service date"
                   "|date mise en service|startup date"),
        make_field("warranty_starts_on", _T.DATE, "warranty from|debut de garantie"
                   "|garantie debut|date de debut de garantie|warranty start"
                   "|start date of warranty"),
        make_field("warranty_months", _T.MONTHS, "warranty in months|garantie mois|garantie"
                   "|duree de garantie|warranty|warranty months|garantie en mois"
                   "|warranty duration"),
        make_field("warranty_ends_on", _T.END_DATE, "warranty until|garantie expire le"
                   "|fin de garantie|garantie fin|warranty expires|warranty end|fin garantie"
                   "|date de fin de garantie|garantie jusqu'au|warranty expiration date"
                   "|expiration de garantie|date d'expiration de la garantie|warranty date"),
        make_field("last_stocktake_on", _T.DATE, "last stocktake|dernier inventaire physique"
                   "|dernier inventaire|last audit|date d'inventaire"
                   "|date du dernier inventaire physique"
                   "|date of last physical inventory|dernier audit|dernier recolement"),
        make_field("purchase_price", _T.AMOUNT, "prix d'achat|purchase cost|prix|cout d'achat"
                   "|prix d'achat ht|prix ht|valeur d'achat|montant ht|cout|cost|price|valeur"
                   "|value"),
        make_field("currency", _T.WORD, "devise|monnaie", words=CURRENCIES),
        make_field("depreciation_months", _T.MONTHS, "depreciation in months"
                   "|amortissement mois|duree d'amortissement|amortissement|depreciation"
                   "|amortization duration"),
        make_field("order_number", _T.TEXT, "numero de bon de commande|bon de commande"
                   "|numero de commande|commande|purchase order|po number|order no"
                   "|numero commande|numero bc|bc", most=120),
        make_field("delivery_note_number", _T.TEXT, "numero de bon de livraison"
                   "|bon de livraison|delivery note|bl|delivery form", most=120),
        make_field("invoice_number", _T.TEXT, "numero de facture|facture|invoice|invoice no"
                   "|numero facture", most=120),
        make_field("fixed_asset_number", _T.TEXT, "numero d'immobilisation|immobilisation"
                   "|fixed asset|immo|numero immobilisation|numero d'immo|immobilization number",
                   most=120),
        make_field("covered_until", _T.OWN, "couvert jusqu'au"),
        make_field("primary_address", _T.OWN, "address|adresse|adresse ip|ip address|ip"),
        make_field("last_seen_at", _T.OWN, "last seen|vu le|derniere vue|dernier contact"
                   "|vu pour la derniere fois"),
        make_field("created_at", _T.OWN, "added|ajoute le|ajoute|created at|cree le"),
        make_field("notes", _T.LONG_TEXT, "commentaire|commentaires|remarques|note|comments"
                   "|description|observations|asset notes", most=20_000),
    ),
    needs=(("name", "asset_tag", "serial_number"), ("category",)),
    keys=(("asset_tag",), ("manufacturer", "serial_number"), ("serial_number",), ("name",)),
)  # fmt: skip

"""What raw names of installed software mean."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from parc.cli.software import software
from parc.software.folding import fold, product_meant, short_publisher
from parc.software.rules import RulesError, SoftwareKind, read_rules, usual_rules


@pytest.mark.parametrize(
    ("name", "product", "edition", "version"),
    [
        ("7-Zip 23.01 (x64)", "7-Zip", None, "23.01"),
        ("7-Zip 23.01 (x64 edition)", "7-Zip", None, "23.01"),
        ("Mozilla Firefox (x64 fr)", "Mozilla Firefox", None, None),
        ("Mozilla Firefox 115.6.0 ESR (x64 fr)", "Mozilla Firefox", None, "115.6.0"),
        (
            "Microsoft Office Professional Plus 2016",
            "Microsoft Office",
            "Professional Plus",
            "2016",
        ),
        (
            "Microsoft Office Professionnel Plus 2021 - fr-fr",
            "Microsoft Office",
            "Professional Plus",
            "2021",
        ),
        (
            "Microsoft Office Famille et Petite Entreprise 2019 - fr-fr",
            "Microsoft Office",
            "Home and Business",
            "2019",
        ),
        ("Microsoft Office Standard 2013", "Microsoft Office", "Standard", "2013"),
        (
            "Microsoft 365 Apps pour les entreprises - fr-fr",
            "Microsoft 365 Apps",
            "Enterprise",
            None,
        ),
        ("Microsoft 365 Apps for enterprise - en-us", "Microsoft 365 Apps", "Enterprise", None),
        ("Microsoft Visio Professionnel 2019 - fr-fr", "Microsoft Visio", "Professionnel", "2019"),
        ("Microsoft Windows 11 Professionnel", "Windows", "Professional", "11"),
        ("Microsoft Windows 10 Famille", "Windows", "Home", "10"),
        ("Adobe Acrobat XI Pro - English, Français", "Adobe Acrobat", "Pro", None),
        ("Adobe Acrobat Standard 2020", "Adobe Acrobat", "Standard", "2020"),
        ("Microsoft Windows Server 2022 Standard", "Windows Server", "Standard", "2022"),
        ("Adobe Acrobat Reader DC - Français", "Adobe Acrobat Reader", None, None),
        ("Autodesk AutoCAD LT 2024 - Français (French)", "AutoCAD LT", None, "2024"),
        ("Autodesk Revit 2023", "Revit", None, "2023"),
        ("EBP Compta Classic 2019", "EBP Compta", None, "2019"),
        ("Sage 100 Comptabilité i7", "Sage 100 Comptabilité", None, None),
        ("Ciel Paye 12.0", "Ciel Paye", None, "12.0"),
        ("Kaspersky Endpoint Security for Windows", "Kaspersky Endpoint Security", None, None),
        ("Notepad++ (64-bit x64)", "Notepad++", None, None),
        ("VLC media player", "VLC", None, None),
    ],
)
def test_names_of_offices_are_known(
    name: str, product: str, edition: str | None, version: str | None
) -> None:
    folded = fold(name)
    assert (folded.product, folded.edition, folded.version) == (product, edition, version)
    assert folded.rule is not None
    assert folded.kind is SoftwareKind.PRODUCT


@pytest.mark.parametrize(
    ("name", "kind", "product"),
    [
        (
            "Security Update for Microsoft Office 2013 (KB3115404) 32-Bit Edition",
            SoftwareKind.UPDATE,
            "Microsoft Office",
        ),
        ("Mise à jour de sécurité pour Windows (KB5034441)", SoftwareKind.UPDATE, "Windows"),
        ("KB5034441", SoftwareKind.UPDATE, "Windows update"),
        (
            "Module linguistique Microsoft .NET Framework 4.8 - FRA",
            SoftwareKind.LANGUAGE_PACK,
            "Microsoft .NET Framework",
        ),
        (
            "Outils de vérification linguistique 2016 de Microsoft Office - Français",
            SoftwareKind.LANGUAGE_PACK,
            "Microsoft Office",
        ),
        (
            "Microsoft Visual C++ 2015-2022 Redistributable (x64) - 14.38.33130",
            SoftwareKind.RUNTIME,
            "Microsoft Visual C++ Redistributable",
        ),
        ("Java 8 Update 391 (64-bit)", SoftwareKind.RUNTIME, "Java Runtime"),
        ("NVIDIA Pilote graphique 531.18", SoftwareKind.DRIVER, "NVIDIA driver"),
    ],
)
def test_what_is_no_product_is_told_apart(name: str, kind: SoftwareKind, product: str) -> None:
    folded = fold(name)
    assert (folded.kind, folded.product) == (kind, product)


def test_a_name_that_no_rule_knows_loses_only_what_is_certain() -> None:
    folded = fold("Outil maison (x64) 3.2.1", "Mairie SARL")
    assert (folded.product, folded.version) == ("Outil maison", "3.2.1")
    assert (folded.publisher, folded.architecture) == ("Mairie", "x86_64")
    assert folded.rule is None
    assert fold("3.2.1").product == "3.2.1"
    assert fold("Paie 2000").product == "Paie 2000"


def test_what_the_inventory_tells_fills_what_the_name_does_not() -> None:
    folded = fold("VLC media player", "VideoLAN", "3.0.20", "x86_64")
    assert (folded.version, folded.architecture, folded.publisher) == (
        "3.0.20",
        "x86_64",
        "VideoLAN",
    )


@pytest.mark.parametrize(
    ("name", "product", "version"),
    [
        ("zlib-1.2.7-17.el7", "zlib", "1.2.7-17.el7"),
        ("yum-plugin-security-1.1.30-30.el6", "yum-plugin-security", "1.1.30-30.el6"),
        ("kernel-3.10.0-123.el7.x86_64", "kernel", "3.10.0-123.el7"),
        ("tzdata-2014e-1.el7.noarch", "tzdata", "2014e-1.el7"),
        ("libstdc++-4.8.2-16.el7", "libstdc++", "4.8.2-16.el7"),
        ("libc6_2.31-13+deb11u5_amd64", "libc6", "2.31-13+deb11u5"),
        ("vim-common_2:8.2.2434-3_all", "vim-common", "2:8.2.2434-3"),
        ("Outil-maison", "Outil-maison", None),
        ("poste_comptable", "poste_comptable", None),
    ],
)
def test_packages_of_linux_lose_their_version(name: str, product: str, version: str | None) -> None:
    folded = fold(name)
    assert (folded.product, folded.version) == (product, version)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Adobe Systems Incorporated", "Adobe"),
        ("Microsoft Corporation", "Microsoft"),
        ("Oracle America, Inc.", "Oracle America"),
        ("EBP S.A.", "EBP"),
        ("Inc.", "Inc"),
        ("https://www.gnu.org/software/libc/", None),
        ("www.winmerge.org", None),
        ("Debian GCC Maintainers <debian-gcc@lists.debian.org>", "Debian GCC Maintainers"),
        ("", None),
        (None, None),
    ],
)
def test_publishers_lose_their_legal_form(name: str | None, short: str | None) -> None:
    assert short_publisher(name) == short


def test_the_rules_that_come_with_parc_are_sound_and_many() -> None:
    rules = usual_rules()
    assert len(rules) > 300
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.product for rule in rules)


def test_every_mistake_of_all_files_is_told_at_once() -> None:
    texts = {
        "a": 'rules = [{ match = "(", product = "x" }, { product = "x" }]',
        "b": 'rules = [{ match = "x", product = "x", colour = "red" }, 7]',
        "c": 'rules = [{ match = "x", product = "x", kind = "game" }]',
        "d": "rules = [",
    }
    with pytest.raises(RulesError) as caught:
        read_rules(texts)
    for text in ("a 1:", "a 2: a rule needs", "b 1: unknown key colour", "b 2:", "c 1:", "d:"):
        assert text in str(caught.value)


def test_own_rules_can_be_tried() -> None:
    rules = read_rules({"own": 'rules = [{ match = "tool (?P<edition>.*)", product = "Tool" }]'})
    assert fold("Tool Gold", rules=rules).edition == "Gold"


@given(st.text(max_size=120))
@settings(max_examples=60, deadline=None)
def test_any_name_folds_to_some_product(name: str) -> None:
    folded = fold(name)
    assert folded.product or not name.strip() or folded.rule is None


@pytest.mark.parametrize("part", ["a", " ", "1.", "(x64)", "microsoft office ", "- "])
def test_long_names_cost_no_time(part: str) -> None:
    fold(part * 5_000)


def test_the_command_says_what_names_mean() -> None:
    result = CliRunner().invoke(software, ["fold", "7-Zip 23.01 (x64)", "Outil maison"])
    assert "Igor Pavlov" in result.output
    assert "no rule" in result.output
    told = CliRunner().invoke(software, ["fold", "VLC media player", "--json"])
    assert json.loads(told.output)[0]["product"] == "VLC"


@pytest.mark.parametrize(
    ("name", "publisher", "product"),
    [
        ("Microsoft Office 2021 Professional Plus", "", "Microsoft Office"),
        ("Acrobat Pro DC", "Adobe Systems Incorporated", "Adobe Acrobat"),
        ("Windows Server 2022 Standard", "Microsoft", "Windows Server"),
        ("Microsoft 365 Business Premium", "", "Microsoft 365 Apps"),
        ("AutoCAD LT 2024", "Autodesk", "AutoCAD LT"),
        ("Gestion Mairie", "Somebody", None),
        ("Microsoft SQL Server 2012 Native Client", "Microsoft", None),
    ],
)
def test_what_a_licence_is_called_means_what_is_found(
    name: str, publisher: str, product: str | None
) -> None:
    meant = product_meant(name, publisher)
    assert (meant and meant.product) == product

"""Which software needs a licence: what the table says, and what it does not."""

from __future__ import annotations

import pytest

from parc.naming import folded
from parc.software.folding import fold
from parc.software.licensing import LicenceNeed, is_free_edition, known_names, usual_need
from parc.software.rules import SoftwareKind, usual_rules


@pytest.mark.parametrize(
    ("raw", "need"),
    [
        ("Microsoft Office Professionnel Plus 2021 - fr-fr", LicenceNeed.YES),
        ("Microsoft Visio Professional 2019 - en-us", LicenceNeed.YES),
        ("Adobe Acrobat Reader DC - Français", LicenceNeed.NO),
        ("Adobe Acrobat DC", LicenceNeed.YES),
        ("AutoCAD LT 2024 - Français (French)", LicenceNeed.YES),
        ("7-Zip 23.01 (x64)", LicenceNeed.NO),
        ("Sage 100 Comptabilité v12.0", LicenceNeed.YES),
        ("Microsoft Word MUI (French) 2016", None),
        ("Gestion Mairie v3.2 poste", None),
    ],
)
def test_need_of_a_found_name_is_that_of_the_table(raw: str, need: LicenceNeed | None) -> None:
    one = fold(raw)
    assert usual_need(one.product, one.publisher) is need


def test_namesake_of_another_publisher_is_not_known() -> None:
    assert usual_need("Toad", "Quest Software") is LicenceNeed.YES
    assert usual_need("Toad", "Somebody") is None


def test_free_editions_are_those_of_the_table() -> None:
    assert is_free_edition("Visual Studio", "Community")
    assert not is_free_edition("Visual Studio", "Professional")
    assert not is_free_edition("7-Zip", None)


def test_every_product_of_the_table_is_one_that_a_rule_knows() -> None:
    ruled = {folded(rule.product) for rule in usual_rules() if rule.kind is SoftwareKind.PRODUCT}
    assert known_names() - ruled == set()

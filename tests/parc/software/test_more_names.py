"""Names of printers, remote access, backup, development, documents; and what only looks so."""

from __future__ import annotations

import pytest

from parc.software.folding import fold
from parc.software.rules import SoftwareKind, usual_rules

_DRIVER, _PRODUCT = SoftwareKind.DRIVER, SoftwareKind.PRODUCT


@pytest.mark.parametrize(
    ("name", "product", "version", "kind"),
    [
        ("HP Universal Print Driver 7.0.1", "HP Universal Print Driver", "7.0.1", _DRIVER),
        ("HP LaserJet Pro MFP M428", "HP printer software", None, _DRIVER),
        ("PCL6 Driver for Universal Print", "RICOH printer software", None, _DRIVER),
        ("KYOCERA Product Library", "KYOCERA printer software", None, _DRIVER),
        ("Brother P-touch Editor 5.4", "Brother P-touch Editor", "5.4", _PRODUCT),
        ("DYMO Connect for Desktop", "DYMO Label", None, _PRODUCT),
        ("Stormshield VPN Client Exclusive", "Stormshield VPN Client", None, _PRODUCT),
        ("TheGreenBow VPN Client 6.87", "TheGreenBow VPN Client", "6.87", _PRODUCT),
        ("ScreenConnect Client (a1b2c3d4)", "ConnectWise ScreenConnect", None, _PRODUCT),
        ("WAPT Agent 2.4", "WAPT Agent", "2.4", _PRODUCT),
        ("Veeam Backup & Replication", "Veeam Backup & Replication", None, _PRODUCT),
        ("WINDEV 28", "WINDEV", "28", _PRODUCT),
        ("IntelliJ IDEA Community Edition 2023.2.1", "IntelliJ IDEA", "2023.2.1", _PRODUCT),
        ("TortoiseGit 2.14.0.1 (64 bit)", "TortoiseGit", "2.14.0.1", _PRODUCT),
        ("PDF Architect 9", "PDF Architect", "9", _PRODUCT),
        ("uTorrent", "µTorrent", None, _PRODUCT),
        ("qBittorrent 4.5.0", "qBittorrent", "4.5.0", _PRODUCT),
        ("Rainbow 2.121.0", "Rainbow", "2.121.0", _PRODUCT),
        ("Rainbow Six Siege", "Rainbow Six Siege", None, _PRODUCT),
        ("ZEDboard", "ZEDboard", None, _PRODUCT),
        ("Sage 50cloud Ciel", "Sage 50", None, _PRODUCT),
        (
            "Moteur de base de données Microsoft Access 2016 (French)",
            "Microsoft Access Database Engine",
            "2016",
            SoftwareKind.RUNTIME,
        ),
        (
            "Update for Microsoft Office 2010 (KB2553140) 64-Bit Edition",
            "Microsoft Office",
            "2010",
            SoftwareKind.UPDATE,
        ),
        (
            "Module linguistique Microsoft Visual Studio 2010 Tools pour Office Runtime - FRA",
            "Visual Studio Tools for Office Runtime",
            None,
            SoftwareKind.LANGUAGE_PACK,
        ),
        ("Elements Browser", "Elements Browser", None, _PRODUCT),
    ],
)
def test_name_means_its_product(
    name: str, product: str, version: str | None, kind: SoftwareKind
) -> None:
    folded = fold(name)
    assert (folded.product, folded.version, folded.kind) == (product, version, kind)


def test_several_hundred_rules_come_with_parc() -> None:
    rules = usual_rules()
    assert len(rules) > 500
    assert len({rule.pattern.pattern for rule in rules}) == len(rules)

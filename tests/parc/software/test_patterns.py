"""Patterns of our own rules, and the order of versions."""

from __future__ import annotations

import time

import pytest

from parc.models import EndOfSupport
from parc.naming import folded
from parc.services.software_titles import SupportEnds
from parc.software.folding import fold
from parc.software.patterns import PatternError, compile_pattern
from parc.software.rules import usual_rules
from parc.software.support import usual_ends
from parc.software.versions import begins_with, version_sort


@pytest.mark.parametrize(
    ("pattern", "name", "groups"),
    [
        ("Sage 100 * v{version}", "SAGE 100 Comptabilité v12.0", {"version": "12.0"}),
        ("Ciel {edition} {version}", "Ciel Compta Evolution 12.1",
         {"edition": "Compta Evolution", "version": "12.1"}),
        ("*foo", "foo foo", {}),
        ("abc*b*c", "abc1b2b3c", {}),
        ("Editor (beta) {version}", "editor (beta) 2_1", {"version": "2_1"}),
    ],
)  # fmt: skip
def test_pattern_reads_a_whole_name(pattern: str, name: str, groups: dict[str, str]) -> None:
    match = compile_pattern(pattern).fullmatch(name)
    assert match is not None
    assert match.groupdict() == groups


def test_pattern_matches_no_part_of_a_name() -> None:
    assert compile_pattern("sage {version}").fullmatch("sage 12 addon") is None


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("x" * 201, "too_long"),
        ("**{version}*", "too_open"),
        ("abc {version} {version}", "twice"),
        ("abc*{edition}", "stars"),
        ("abc" + "*d" * 9, "stars"),
    ],
)
def test_pattern_that_cannot_be_used_says_why(pattern: str, code: str) -> None:
    with pytest.raises(PatternError, match=code):
        compile_pattern(pattern)


def test_no_pattern_takes_long_on_any_name() -> None:
    started = time.process_time()
    for pattern in ("aaa" + "*a" * 7 + "*b", "a*aa*aaa*{version}*aa{edition}x", "*a1{version}*z!"):
        for name in ("a" * 300, "a1" * 150, "1." * 150, "a1.1" * 75):
            compile_pattern(pattern).fullmatch(name)
    assert time.process_time() - started < 1


def test_versions_sort_as_numbers_and_letters() -> None:
    ordered = ["1.1.1", "1.1.1k", "1.1.2", "2", "9", "10", "10.0.1", "2019"]
    assert sorted(set(ordered), key=version_sort) == ordered
    assert version_sort(None) == ""


def test_prefix_is_of_whole_parts() -> None:
    assert begins_with("3.1.4", "3.1")
    assert begins_with("2016", "2016")
    assert not begins_with("3.12", "3.1")
    assert begins_with(None, "")


def test_table_that_comes_with_parc_names_sources_and_products_that_rules_know() -> None:
    ends = usual_ends()
    assert len(ends) > 150
    assert all(end.source.startswith("https://") and end.sourced_on for end in ends)
    assert {end.product_folded for end in ends} <= {folded(rule.product) for rule in usual_rules()}
    assert len({(end.product, end.version_prefix) for end in ends}) == len(ends)


@pytest.mark.parametrize(
    ("name", "version", "end"),
    [
        ("Microsoft Windows 10 Professionnel", "22H2", "2025-10-14"),
        ("Microsoft Windows 10 Enterprise LTSC 2021", "21H2", "2027-01-12"),
        ("Microsoft Windows 10 Entreprise LTSC", "1809", "2029-01-09"),
        ("Microsoft Windows 10 Entreprise 2016 LTSB", "1607", "2026-10-13"),
        ("Microsoft Windows 10 IoT Enterprise LTSC", "10.0.19044", "2032-01-13"),
        ("Microsoft Windows 11 Professionnel", "24H2", "2026-10-13"),
        ("Microsoft Windows 11 Famille Unilingue", "10.0.22631", "2025-11-11"),
        ("Microsoft Windows 11 Entreprise", "24H2", "2027-10-12"),
        ("Microsoft Windows 11 IoT Enterprise", "10.0.26100", "2027-10-12"),
        ("Microsoft Windows 11 Éducation", "25H2", "2028-10-10"),
        ("Microsoft Windows 11 Professionnel", None, None),
        ("Microsoft Windows 11 Entreprise LTSC", "24H2", "2029-10-09"),
        ("Microsoft Windows Server 2012 R2 Standard", None, "2023-10-10"),
        ("Microsoft Windows Server 2025 Datacenter", "24H2", "2034-11-14"),
        ("Microsoft Office LTSC Professionnel Plus 2021 - fr-fr", "16.0.14332", "2026-10-13"),
        ("Microsoft .NET Framework 4.5", None, "2016-01-12"),
        ("Microsoft .NET Framework 4.5.2", None, "2022-04-26"),
        ("Microsoft .NET Framework 4.8", None, None),
        ("Adobe Acrobat XI Pro", "11.0.23", "2017-10-15"),
        ("Adobe Reader X (10.1.16) - Français", "10.1.16", "2015-11-15"),
        ("Adobe Acrobat 2017", "17.011.30262", "2022-06-06"),
        ("Adobe Acrobat Reader 2020 MUI", "20.005", "2025-11-30"),
        ("Adobe Acrobat DC (64-bit)", "20.013", None),
        ("PostgreSQL 17 ", "17.2-1", "2029-11-08"),
        ("postgresql-18", "18.1-1.pgdg13+1", "2030-11-14"),
        ("Skype Entreprise 2016", "16.0", "2025-10-14"),
        ("Skype version 8.134", "8.134", "2025-05-05"),
    ],
)
def test_version_is_supported_until_the_day_of_the_table(
    name: str, version: str | None, end: str | None
) -> None:
    ends = SupportEnds(
        EndOfSupport(
            publisher_folded=one.publisher_folded,
            product_folded=one.product_folded,
            version_prefix=one.version_prefix,
            ends_on=one.ends_on,
        )
        for one in usual_ends()
    )
    found = fold(name, "Microsoft" if "Adobe" not in name else "Adobe", version)
    on = ends.of(found.publisher, found.product, found.version, found.edition)
    assert (on and on.isoformat()) == end

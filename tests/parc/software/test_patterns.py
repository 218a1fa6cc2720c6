"""Patterns of our own rules, and the order of versions."""

from __future__ import annotations

import time

import pytest

from parc.software.patterns import PatternError, compile_pattern
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


def test_table_that_comes_with_parc_names_sources() -> None:
    ends = usual_ends()
    assert len(ends) > 100
    assert all(end.source and end.sourced_on for end in ends)

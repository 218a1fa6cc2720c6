"""Rules for templates: what they need is said on top, and nothing gets in unescaped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT, tracked, where

_TEMPLATES = [path for path in tracked() if path.is_relative_to(ROOT / "templates")]
_NEVER = {
    "unescaped text": re.compile(r"\|\s*safe\b|\{%-?\s*autoescape\s+false"),
    "an inline style": re.compile(r"\sstyle\s*=|<style\b"),
    "an inline event handler": re.compile(r"\son[a-z]+\s*=\s*[\"']"),
    "an inline script": re.compile(r"<script(?![^>]*\ssrc=)"),
    "code in htmx": re.compile(r"hx-on|hx-vals\s*=\s*[\"']js:|hx-headers\s*=\s*[\"']js:"),
}


def test_there_are_templates() -> None:
    assert _TEMPLATES


@pytest.mark.parametrize("path", _TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_template_starts_with_a_comment(path: Path) -> None:
    """It names the blocks that may be filled and the context that is needed."""
    assert path.read_text(encoding="utf-8").lstrip().startswith("{#")


@pytest.mark.parametrize("what", _NEVER)
def test_no_template_has(what: str) -> None:
    found = [
        where(path, number)
        for path in _TEMPLATES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _NEVER[what].search(line)
    ]
    assert found == []

"""The documents are whole: commands, links, settings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parc.__main__ import parc
from tests.architecture.sources import ROOT, tracked
from tools import reference

_PAGES = [path for path in tracked() if path.suffix == ".md" and "walks" not in path.parts]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def test_every_command_is_in_the_reference() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    missing = [path for path, _ in reference.walk(parc, "parc") if f"\n## {path}\n" not in page]
    assert missing == []


def test_reference_of_commands_is_what_the_commands_say() -> None:
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page(), "run 'make docs'"


@pytest.mark.parametrize("page", _PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    assert text, "an empty page"
    dead = []
    for target in _LINK.findall(text):
        path, _, anchor = target.partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        linked = (page.parent / path).resolve() if path else page
        if not linked.exists() or (anchor and anchor not in _anchors(linked)):
            dead.append(target)
    assert dead == []


def _anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings
    }

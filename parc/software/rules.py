"""The rules of folding, read from the files beside; every mistake of all files is told at once.

A file is of one publisher or one subject. A rule is a regular expression that must match the whole
name, without case, once architecture and language are taken out of it; its groups ``version`` and
``edition`` say where those stand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from parc.errors import ParcError

_FOLDER: Final = Path(__file__).parent / "data"
# Counted up when folding itself, not a rule, gives something else: what is known is folded again.
_WAY_OF_FOLDING: Final = "3"
_KEYS: Final = frozenset({"match", "product", "publisher", "edition", "version", "kind"})


class SoftwareKind(StrEnum):
    """What a line of an inventory is."""

    PRODUCT = "product"
    UPDATE = "update"
    LANGUAGE_PACK = "language_pack"
    RUNTIME = "runtime"
    DRIVER = "driver"


@dataclass(frozen=True, slots=True)
class FoldingRule:
    """One rule.

    Attributes:
        id: file and place in it.
        product: may name the groups of ``pattern`` as ``{version}``.
        edition: fixed; else the group of that name.
        version: names groups as ``product`` does, and ``{told}`` for what the inventory tells;
            else the group of that name, and without one what is told.
    """

    id: str
    pattern: re.Pattern[str]
    product: str
    publisher: str | None = None
    edition: str | None = None
    kind: SoftwareKind = SoftwareKind.PRODUCT
    version: str | None = None


class RulesError(ParcError):
    """Files of rules that cannot be used, with all their mistakes."""


@cache
def usual_rules() -> tuple[FoldingRule, ...]:
    """Give the rules that come with Parc, in the order in which they are tried."""
    return read_rules(_texts())


@cache
def rules_print() -> str:
    """Give what tells the rules that come with Parc from those of another version."""
    parts = (f"{name}\0{text}" for name, text in sorted(_texts().items()))
    text = "\0".join([_WAY_OF_FOLDING, *parts])
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _texts() -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in sorted(_FOLDER.glob("*.toml"))}


def read_rules(texts: Mapping[str, str]) -> tuple[FoldingRule, ...]:
    """Read files of rules by name.

    Raises:
        RulesError: with every mistake of every file.
    """
    problems: list[str] = []
    rules = [rule for name, text in sorted(texts.items()) for rule in _read(name, text, problems)]
    if problems:
        raise RulesError("; ".join(problems))
    return tuple(rules)


def _read(name: str, text: str, problems: list[str]) -> Iterator[FoldingRule]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problems.append(f"{name}: {error}")
        return
    publisher = document.get("publisher")
    for place, entry in enumerate(document.get("rules", ()), start=1):
        rule = _rule(f"{name} {place}", entry, publisher, problems)
        if rule is not None:
            yield rule


def _rule(
    number: str, entry: Any, publisher: str | None, problems: list[str]
) -> FoldingRule | None:
    if not isinstance(entry, dict) or not {"match", "product"} <= entry.keys():
        problems.append(f"{number}: a rule needs match and product")
        return None
    if unknown := sorted(entry.keys() - _KEYS):
        problems.append(f"{number}: unknown key {unknown[0]}")
        return None
    try:
        pattern = re.compile(entry["match"], re.IGNORECASE)
        kind = SoftwareKind(entry.get("kind", SoftwareKind.PRODUCT))
    except (re.error, ValueError) as error:
        problems.append(f"{number}: {error}")
        return None
    return FoldingRule(
        number,
        pattern,
        entry["product"],
        entry.get("publisher", publisher),
        entry.get("edition"),
        kind,
        entry.get("version"),
    )

"""How many cores licences of some products count at least: a table with its sources, not code."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Final

from parc.naming import folded
from parc.software.position_facts import Minimums

_FILE: Final = Path(__file__).parent / "data" / "minimums.csv"


def minimums_of(product: str) -> Minimums:
    """Give the minimums of a product, by the longest name in the table that it begins with."""
    name = folded(product)
    found = [key for key in _table() if name == key or name.startswith(f"{key} ")]
    return _table()[max(found, key=len)] if found else Minimums()


@cache
def _table() -> dict[str, Minimums]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["product"]: Minimums(int(row["cores_of_processor"]), int(row["cores_of_machine"]))
            for row in csv.DictReader(file, delimiter=";")
        }

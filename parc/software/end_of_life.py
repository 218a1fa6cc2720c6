"""What endoflife.date says of the products that a table names: its answers, read with suspicion.

The form is that of its API of version 1: ``result`` with its ``releases``, each with a ``name`` and
the day of its end in ``eolFrom``. Source: https://endoflife.date/docs/api/v1.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

from parc.errors import ParcError
from parc.software.support import SupportEnd

_FILE: Final = Path(__file__).parent / "data" / "endoflife.csv"
SITE: Final = "endoflife.date"
MOST_RELEASES: Final = 1_000
_VERSION: Final = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}")
_YEARS: Final = range(1990, 2101)


@dataclass(frozen=True, slots=True)
class Asked:
    """One product as endoflife.date and as the rules of names call it."""

    slug: str
    publisher: str
    product: str


class _Release(msgspec.Struct, rename="camel"):
    name: str
    eol_from: str | None = None


class _Product(msgspec.Struct):
    releases: list[_Release]


class _Answer(msgspec.Struct):
    result: _Product


class AnswerError(ParcError):
    """An answer that is not of the form that is asked for."""


@cache
def asked_products() -> tuple[Asked, ...]:
    """Give the products that can be asked for."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter=";")
        return tuple(Asked(row["slug"], row["publisher"], row["product"]) for row in rows)


def read_answer(octets: bytes, asked: Asked, today: date) -> tuple[SupportEnd, ...]:
    """Read the ends of the versions of one product; what names no plain version is left out.

    Raises:
        AnswerError: it is no answer of this API, or has too many releases.
    """
    try:
        releases = msgspec.json.decode(octets, type=_Answer).result.releases
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AnswerError(f"{asked.slug}: the answer is of another form ({error})") from error
    if len(releases) > MOST_RELEASES:
        raise AnswerError(f"{asked.slug}: more than {MOST_RELEASES} releases")
    return tuple(_ends(releases, asked, today))


def _ends(releases: list[_Release], asked: Asked, today: date) -> Iterator[SupportEnd]:
    for one in releases:
        if one.eol_from is None or not _VERSION.fullmatch(one.name):
            continue
        try:
            ends_on = date.fromisoformat(one.eol_from)
        except ValueError:
            continue
        if ends_on.year in _YEARS:
            source = f"{SITE}/{asked.slug}"
            yield SupportEnd(asked.publisher, asked.product, one.name, ends_on, source, today)

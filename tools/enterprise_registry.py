"""Write ``collectors/registries/enterprise_iana.tsv`` from the public registry of IANA.

    python -m tools.enterprise_registry FILE

FILE is https://www.iana.org/assignments/enterprise-numbers.txt, or the list that comes with nmap
(``nselib/data/enterprise_numbers.txt``: number, tab, name). Names lose their legal form.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from collectors.registries.oui import usual_name
from collectors.text import clean_name

_TARGET: Final = Path("collectors/registries/enterprise_iana.tsv")
_HEADER: Final = "# IANA Private Enterprise Numbers; written by python -m tools.enterprise_registry"
_ROW: Final = re.compile(r"(?P<number>\d+)\t(?P<name>.+)")
_NUMBER: Final = re.compile(r"\d+")
_NO_MAKER: Final = re.compile(r"(?i)^(?:reserved|unassigned|iana|unknown|none|\W*$)")
_REMARK: Final = re.compile(
    r"\s*(?:\(.*|formerly .*|formely .*|- formerly .*|dba .*)$", re.IGNORECASE
)


def rows(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Give number and usual name of each organisation in either of the two formats."""
    number: int | None = None
    for line in lines:
        row = _ROW.fullmatch(line.rstrip())
        if row is not None:
            yield from _named(int(row["number"]), row["name"])
        elif _NUMBER.fullmatch(line.rstrip()):
            number = int(line)
        elif number is not None and line.strip():
            yield from _named(number, line)
            number = None


def _named(number: int, registered: str) -> Iterator[tuple[int, str]]:
    name = clean_name(_REMARK.sub("", registered.strip().strip("\"'")))
    if name is not None and not _NO_MAKER.match(name):
        yield number, usual_name(name) or name


def main(arguments: list[str]) -> int:
    """Rewrite the file; give the exit status."""
    if len(arguments) != 1:
        sys.stderr.write(__doc__ or "")
        return 2
    lines = Path(arguments[0]).read_text("utf-8", errors="replace").splitlines()
    found = sorted(dict(rows(lines)).items())
    text = "".join(f"{number}\t{name}\n" for number, name in found)
    _TARGET.write_text(f"{_HEADER}\n{text}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

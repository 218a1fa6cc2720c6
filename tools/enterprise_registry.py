"""Write ``collectors/registries/enterprise_iana.txt.xz`` from the public registry of IANA.

    python -m tools.enterprise_registry FILE

FILE is https://www.iana.org/assignments/enterprise-numbers.txt, or the same as other programs
bring it, number and name in a line (``enterprises.tsv`` in Debian's package libwireshark-data).
Line N of the result, counted from 0, is the name of number N without its legal form; empty for
whoever makes no devices (schools, banks, authorities) and for numbers that nobody has.
"""

from __future__ import annotations

import lzma
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from collectors.registries.oui import usual_name
from collectors.text import clean_name

_TARGET: Final = Path("collectors/registries/enterprise_iana.txt.xz")
_LONGEST: Final = 36
_ROW: Final = re.compile(r"(?P<number>\d+)\t(?P<name>.+)")
_NUMBER: Final = re.compile(r"\d+")
_NO_MAKER: Final = re.compile(
    r"(?i)^(?:reserved|unassigned|iana|unknown|none|\W*$)"
    r"|\b(?:universit\w*|universidad\w*|université|college|school|schule|hochschule|fachhochschule"
    r"|gymnasium|hospital|klinik\w*|clinic|bank|sparkasse|insurance|versicherung\w*|ministry"
    r"|ministerio|ministère|department|government|gobierno|county|city of|state of|stadt"
    r"|landkreis|gemeinde|municipality|prefecture|church|foundation|fundaci[oó]n|stiftung"
    r"|association|verein|e\.?v\.?|society|institut\w*|academy|library|museum|council|authority"
    r"|agency|bureau|embassy|army|navy|police|hosting|consult\w*|advis\w*|law|legal|invest\w*"
    r"|capital|holding|financ\w*|healthcare|pharma\w*|airlines?|airport|hotel|casino|travel"
    r"|newspaper|publish\w*|verlag|magazine|free software|open source|linux user group|.*\.(?:com"
    r"|org|net|de|ru|fr|nl|eu|uk|io|info))(?!\w)",
)
_REMARK: Final = re.compile(
    r"\s*(?:#.*|\(.*|-? ?formerly .*|formely .*|dba .*)$",
    re.IGNORECASE,
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
    if name is not None and not _NO_MAKER.search(name):
        yield number, _shortened(usual_name(name) or name)


def _shortened(name: str) -> str:
    """Cut a long name behind a word."""
    if len(name) <= _LONGEST:
        return name
    return name[: _LONGEST + 1].rsplit(" ", 1)[0][:_LONGEST].rstrip(" ,.-&/")


def packed(found: Mapping[int, str]) -> bytes:
    """Give the file's octets: a line for each number up to the highest."""
    lines = "\n".join(found.get(number, "") for number in range(max(found) + 1))
    return lzma.compress(lines.encode(), preset=9 | lzma.PRESET_EXTREME)


def main(arguments: list[str]) -> int:
    """Rewrite the file; give the exit status."""
    if len(arguments) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    lines = Path(arguments[0]).read_text("utf-8", errors="replace").splitlines()
    _TARGET.write_bytes(packed(dict(rows(lines))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

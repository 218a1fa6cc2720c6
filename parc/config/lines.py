"""Where in a TOML file a key stands; the standard library's reader does not tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z0-9_.\"-]+)\s*\]\]?\s*(#.*)?$")


def find_line(text: str, table: str, key: str, position: int = 0) -> int | None:
    """Give the line (from 1) of ``key`` in the ``position``-th ``table``, or None.

    A key that is missing is placed at its table's header. ``table`` is empty for the top level,
    where ``key`` may also be the name of a table.
    """
    current, count, header_line = "", -1, None
    starts = re.compile(rf"^\s*\"?{re.escape(key)}\"?\s*[=.]")
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            current = header.group(1).strip('"')
            if not table and current.split(".")[0] == key:
                return number
            if current == table:
                count += 1
                header_line = number if count == position else header_line
        elif current == table and (not table or count == position) and starts.match(line):
            return number
    return header_line


@dataclass(frozen=True, slots=True)
class Places:
    """Where settings come from: the file's text, and variables that override it.

    Attributes:
        overridden: name of the variable by table and key.
    """

    text: str
    overridden: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def find(self, table: str, key: str, position: int = 0) -> tuple[str, int | None]:
        """Give what to call a setting, and its line; a variable has none."""
        variable = self.overridden.get((table, key))
        if variable is not None:
            return variable, None
        name = f"{table}.{key}" if table else key
        return name, find_line(self.text, table, key, position)

"""The sections of an inventory in one shape, whichever agent and dialect they came in.

Names are those of the JSON dialect. What must not be kept is dropped here, before anything is
stored: environment and processes, which hold secrets, and all of a product key but its end.

Source: schema of glpi-project/inventory_format; names of the XML dialects as seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from collectors.agent.errors import Fault, UploadError
from collectors.agent.limits import UploadLimits
from collectors.agent.trees import Tree
from collectors.text import DESCRIPTION_CHARACTERS, clean_description

Sections = dict[str, list[dict[str, Any]]]

# Never stored: what runs and with which arguments, variables of the environment, and what only
# describes the agent's own Perl.
DROPPED: Final = frozenset({"processes", "envs", "versionprovider", "download", "ssh_key"})
PRIVATE: Final = frozenset({"users", "local_users", "local_groups"})
_PRIVATE_CELLS: Final = frozenset({"lastloggeduser", "datelastloggeduser", "userid"})
_SECTION_NAMES: Final = {"firewall": "firewalls", "repository": "repositories", "user": "users"}
_CELL_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "softwares": {"installdate": "install_date", "architecture": "arch"},
    "networks": {"macaddr": "mac"},
    "storages": {"serialnumber": "serial"},
    "local_groups": {"member": "members"},
    "cpus": {"cores": "core", "logical_cpus": "thread", "cpuarch": "arch"},
    "monitors": {"uuencode": "base64"},
}
_SECRET_CELLS: Final[Mapping[str, tuple[str, ...]]] = {
    "licenseinfos": ("key",),
    "hardware": ("winprodkey",),
    "operatingsystem": ("ssh_key",),
}
_KEY_END: Final = 5
_NESTED_ROWS: Final = 500


def read_sections(content: Tree, limits: UploadLimits) -> Sections:
    """Give sections by name, each a list of rows.

    Args:
        content: ``CONTENT`` of the XML dialects, ``content`` of the JSON one.
        limits: how many rows a section may have.

    Raises:
        UploadError: it is no mapping of sections, or one of them has too many rows.
    """
    if not isinstance(content, dict) or not content:
        raise UploadError(Fault.NOT_AN_INVENTORY, "the inventory holds no sections")
    sections: Sections = {}
    for told, value in content.items():
        name = _SECTION_NAMES.get(told, told)
        if name in DROPPED:
            continue
        given = value if isinstance(value, list) else [value]
        if len(given) > limits.rows:
            raise UploadError(Fault.TOO_LARGE, f"a section holds more than {limits.rows} rows")
        rows = [_row(name, row) for row in given if isinstance(row, dict)]
        if not rows and any(not isinstance(row, dict | None) and row != "" for row in given):
            rows = [{"value": _cell(row)} for row in given if not isinstance(row, dict)]
        sections.setdefault(name, []).extend(row for row in rows if row)
    return sections


def merge_sections(known: Sections, told: Sections) -> Sections:
    """Give the whole state after a partial inventory: a section that came replaces its own."""
    return {**known, **told}


def without_people(sections: Sections) -> Sections:
    """Give the sections without accounts and who signed in."""
    kept = {name: rows for name, rows in sections.items() if name not in PRIVATE}
    if "hardware" in kept:
        kept["hardware"] = [
            {name: cell for name, cell in row.items() if name not in _PRIVATE_CELLS}
            for row in kept["hardware"]
        ]
    return kept


def first(sections: Sections, name: str) -> dict[str, Any]:
    """Give the one row of a section that has only one; an empty one when it did not come."""
    rows = sections.get(name) or [{}]
    return rows[0]


def _row(section: str, told: dict[str, Tree]) -> dict[str, Any]:
    names = _CELL_NAMES.get(section, {})
    row: dict[str, Any] = {}
    for name, value in told.items():
        cell = _cell(value)
        if cell not in (None, "", [], {}):
            row.setdefault(names.get(name, name), cell)
    for name in _SECRET_CELLS.get(section, ()):
        if name in row:
            row[name] = _end_of_key(row[name])
    return row


def _cell(value: Tree) -> Any:
    """Give a value with its texts clean; of nested rows no more than a sane number."""
    if isinstance(value, str):
        return clean_description(value)
    if isinstance(value, dict):
        cells = ((name, _cell(one)) for name, one in value.items())
        return {name: one for name, one in cells if one not in (None, "", [], {})}
    if isinstance(value, list):
        return [_cell(one) for one in value[:_NESTED_ROWS]]
    return value


def _end_of_key(key: Any) -> str:
    """Give the last five characters of a product key: they tell which it is, not what it is."""
    text = str(key)[:DESCRIPTION_CHARACTERS]
    letters = [character for character in text if character.isalnum()]
    return "".join(letters[-_KEY_END:]) if len(letters) > 2 * _KEY_END else ""

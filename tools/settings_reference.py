"""The reference of the settings, made from ``config.example.toml`` and the settings' dataclasses.

python -m tools.settings_reference      # write docs/reference/settings.md
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parc.config.settings import (
    AgentSettings,
    CredentialSettings,
    DatabaseSettings,
    DiscoverySettings,
    DocumentSettings,
    ImportSettings,
    InboxSettings,
    IncidentSettings,
    InterfaceSettings,
    MailSettings,
    RangeSettings,
    ServerSettings,
    SoftwareSettings,
)

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "config.example.toml"
REFERENCE = ROOT / "docs" / "reference" / "settings.md"
TABLES: dict[str, type[Any]] = {
    "server": ServerSettings,
    "database": DatabaseSettings,
    "interface": InterfaceSettings,
    "discovery": DiscoverySettings,
    "inbox": InboxSettings,
    "incidents": IncidentSettings,
    "documents": DocumentSettings,
    "imports": ImportSettings,
    "software": SoftwareSettings,
    "agents": AgentSettings,
    "mail": MailSettings,
    "credential": CredentialSettings,
    "range": RangeSettings,
}
_LISTS = ("credential", "range")
_HEADER = re.compile(r"^#?\[\[?(\w+)\]\]?$")
_KEY = re.compile(r"^#?(\w+) = ")

_HEAD = """\
# Settings

Made from `config.example.toml` by `python -m tools.settings_reference`; do not edit by hand.

Parc reads `config.toml` of the folder it is started in, or the file that `--config` or
`PARC_CONFIG` names; without one the defaults hold. The environment wins over the file. An unknown
key, a wrong value or a secret that cannot be read stops the start; all problems are told at once,
with key, line and, where one is near, the key that was probably meant.

Three things are in the environment only:

| Variable | Meaning |
|---|---|
| `PARC_CONFIG` | the settings file |
| `PARC_DATA` | the data folder: database, master key, caches; by default `var` of the present one |
| `PARC_MASTER_KEY` | the key ring that seals secrets, instead of `master.key` in the data folder |
"""
_MANAGED = "May be repeated. Taken over at each start and shown read-only as “managed by file”. "
_LIST_NOTES = {
    "credential": _MANAGED
    + "What is taken out of the file stays, and can then be changed in the interface.",
    "range": _MANAGED + "What is taken out of the file stays, with its schedule switched off.",
}


@dataclass(frozen=True, slots=True)
class Described:
    """What the example says of one setting."""

    table: str
    key: str
    reason: str
    unit: str


def read_example(text: str) -> Iterator[Described]:
    """Give the settings of an example file in its order, commented out or not."""
    table, unit = "", ""
    reason: list[str] = []
    for line in text.splitlines():
        header, key = _HEADER.match(line), _KEY.match(line)
        if header:
            table, reason, unit = header.group(1), [], ""
        elif key:
            yield Described(table, key.group(1), " ".join(reason), unit)
            reason, unit = [], ""
        elif line.startswith("# Unit: "):
            unit = line.removeprefix("# Unit: ")
        elif line.startswith("# "):
            reason.append(line.removeprefix("# "))


def uncommented(text: str) -> str:
    """Give the example with its commented entries in force."""
    return re.sub(r"^#(?=\[|\w+ = )", "", text, flags=re.MULTILINE)


def render(text: str) -> str:
    """Write the reference of an example file."""
    parts = [_HEAD]
    described = list(read_example(text))
    for table, kind in TABLES.items():
        is_list = table in _LISTS
        parts.append(f"\n## {f'[[{table}]]' if is_list else f'[{table}]'}\n")
        if is_list:
            parts.append(f"\n{_LIST_NOTES[table]}\n")
        parts.append("\n| Key | Default | Unit | Meaning |\n|---|---|---|---|\n")
        defaults = {entry.name: entry.default for entry in dataclasses.fields(kind)}
        parts += [_row(one, defaults) for one in described if one.table == table]
        if not is_list:
            variable = f"PARC_{table}_{next(iter(defaults))}".upper()
            parts.append(f"\nIn the environment: `{variable}` and so on; lists parted by commas.\n")
    return "".join(parts)


def _row(one: Described, defaults: dict[str, Any]) -> str:
    default = _written(defaults.get(one.key, dataclasses.MISSING))
    cells = (f"`{one.key}`", default, one.unit, one.reason)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _written(value: Any) -> str:
    """Write a default as TOML has it."""
    if value is dataclasses.MISSING:
        return "required"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{item}"' for item in value) + "]`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def main() -> int:
    """Write the reference."""
    REFERENCE.parent.mkdir(parents=True, exist_ok=True)
    REFERENCE.write_text(render(EXAMPLE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""From a TOML file and the environment to ``Settings``; every problem of the file at once.

An environment variable ``PARC_SERVER_PORT`` overrides ``port`` in ``[server]``, and so on for
every table that occurs once; ``PARC_DATA`` names the data folder.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parc.config.lines import Places
from parc.config.rules import check_rules
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
    Settings,
    SoftwareSettings,
)
from parc.errors import ConfigError, ConfigProblem

_TABLES: dict[str, type[Any]] = {
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
}
_LISTS: dict[str, type[Any]] = {"credential": CredentialSettings, "range": RangeSettings}
_WORDS = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: "text",
    tuple: "a list of texts",
}


def find_settings(environment: Mapping[str, str]) -> Settings:
    """Read the file that ``PARC_CONFIG`` names, or ``config.toml`` where there is one.

    Raises:
        ConfigError: see ``load_settings``.
    """
    named = environment.get("PARC_CONFIG")
    path = Path(named) if named else Path("config.toml")
    return load_settings(path if named or path.exists() else None, environment)


def load_settings(path: Path | None, environment: Mapping[str, str]) -> Settings:
    """Read the settings.

    Args:
        path: TOML file, or None for defaults.
        environment: usually ``os.environ``.

    Raises:
        ConfigError: the file cannot be read, or anything in it cannot be used.
    """
    text = _read(path) if path else ""
    source = str(path) if path else "environment"
    document = _parse(text, source)
    merged, overridden = _with_environment(document, environment)
    reader = _Reader(Places(text, overridden))
    reader.check_names("", merged, [*_TABLES, *_LISTS])
    tables = {
        name: reader.table(name, kind, merged.get(name, {})) for name, kind in _TABLES.items()
    }
    lists = {name: reader.array(name, kind, merged.get(name, [])) for name, kind in _LISTS.items()}
    # A value of a wrong type was replaced by its default: what the rules say of it is left out.
    told = {(problem.key, problem.line) for problem in reader.problems}
    rules = check_rules(reader.places, tables, lists["credential"], lists["range"])
    reader.problems += [one for one in rules if (one.key, one.line) not in told]
    if reader.problems:
        raise ConfigError(source, reader.problems)
    folder = Path(environment.get("PARC_DATA", "var")).absolute()
    return Settings(
        data_folder=folder,
        **tables,
        credentials=tuple(lists["credential"]),
        ranges=tuple(lists["range"]),
        path=path.absolute() if path else None,
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise ConfigError(str(path), [ConfigProblem("file", str(reason))]) from error


def _parse(text: str, source: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        reason, _, place = str(error).partition(" (at line ")
        line = place.partition(",")[0]
        problem = ConfigProblem("TOML", reason, int(line) if line.isdecimal() else None)
        raise ConfigError(source, [problem]) from error


def _with_environment(
    document: dict[str, Any], environment: Mapping[str, str]
) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    """Give the document with what the environment overrides, and by which variables."""
    merged = dict(document)
    overridden = {}
    for name, kind in _TABLES.items():
        for entry in dataclasses.fields(kind):
            variable = f"PARC_{name}_{entry.name}".upper()
            text = environment.get(variable)
            if text is not None:
                overridden[name, entry.name] = variable
                table = merged.get(name)
                merged[name] = dict(table) if isinstance(table, dict) else {}
                merged[name][entry.name] = _from_text(text, _plain_type(kind, entry.name))
    return merged, overridden


def _from_text(text: str, kind: type) -> Any:
    """Turn an environment variable into what TOML would give; what fails is told as text."""
    if kind is bool:
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    if kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            return text
    return [part.strip() for part in text.split(",") if part.strip()] if kind is tuple else text


def _plain_type(kind: type[Any], name: str) -> type:
    hint = typing.get_type_hints(kind)[name]
    origin = typing.get_origin(hint)
    return tuple if origin is tuple else typing.cast("type", hint)


class _Reader:
    """Collects problems while tables are turned into dataclasses."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.problems: list[ConfigProblem] = []

    def check_names(
        self, where: str, table: Mapping[str, Any], known: list[str], position: int = 0
    ) -> None:
        for name in table:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
                nearest = close[0] if close else None
                reason = "is not a known key"
                self._add(where, name, reason, nearest=nearest, position=position)

    def table(self, where: str, kind: type[Any], value: Any, position: int = 0) -> Any:
        if not isinstance(value, dict):
            self._add("", where, "must be a table")
            return kind(name="") if "name" in _names(kind) else kind()
        self.check_names(where, value, _names(kind), position)
        taken: dict[str, Any] = {}
        for name in _names(kind):
            if name in value:
                taken[name] = self._value(
                    where, name, value[name], _plain_type(kind, name), position
                )
        if "name" in _names(kind) and not taken.get("name"):
            self._add(where, "name", "is required", position=position)
            taken["name"] = ""
        return kind(**{name: item for name, item in taken.items() if item is not None})

    def array(self, where: str, kind: type[Any], value: Any) -> list[Any]:
        if not isinstance(value, list):
            self._add("", where, f"must be written as [[{where}]]")
            return []
        return [self.table(where, kind, item, position) for position, item in enumerate(value)]

    def _value(self, where: str, name: str, value: Any, kind: type, position: int) -> Any:
        if kind is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
            return tuple(value)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if kind is not tuple and type(value) is kind:
            return value
        self._add(where, name, f"must be {_WORDS[kind]}", position=position)
        return None

    def _add(
        self, where: str, name: str, reason: str, *, nearest: str | None = None, position: int = 0
    ) -> None:
        key, line = self.places.find(where, name, position)
        self.problems.append(ConfigProblem(key, reason, line, nearest))


def _names(kind: type[Any]) -> list[str]:
    return [entry.name for entry in dataclasses.fields(kind)]

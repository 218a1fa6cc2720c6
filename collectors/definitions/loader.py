"""Reads definition files strictly: every mistake of every file is told at once, with its key."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import product
from pathlib import Path
from typing import Any, Final

from collectors import oids
from collectors.definitions.model import (
    READABLE,
    VERBS,
    Definition,
    Definitions,
    Match,
    ObjectSays,
    Step,
    SysDescrSays,
)
from collectors.observation import Category, Component

_TEXT_KEYS: Final = ("id", "title", "source")
_OPTIONAL_TEXT_KEYS: Final = ("manufacturer", "operating_system")
_KEYS: Final = frozenset({*_TEXT_KEYS, *_OPTIONAL_TEXT_KEYS, "category", "match", "read"})
_CHASSIS_COLUMNS: Final = frozenset(
    one.name for one in dataclasses.fields(Component) if one.type == "str | None"
)


class DefinitionsError(ValueError):
    """Definition files are wrong.

    Attributes:
        problems: one line each: file, key, reason.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load_definitions(extra_folder: Path | None = None) -> Definitions:
    """Load the definitions that come with the program, and those of an operator.

    Args:
        extra_folder: a folder of further files; one with the id of ours replaces it.

    Raises:
        DefinitionsError: any file is wrong, or two claim the same devices.
    """
    problems: list[str] = []
    found: dict[str, Definition] = {}
    folders: list[Traversable] = [resources.files(__package__).joinpath("data")]
    if extra_folder is not None:
        folders.append(extra_folder)
    for folder in folders:
        for file in _files(folder, problems):
            definition = _load_file(file, problems)
            if definition is not None:
                found[definition.id] = definition
    definitions = Definitions(found[key] for key in sorted(found))
    problems += _ties(definitions)
    if problems:
        raise DefinitionsError(problems)
    return definitions


def _files(folder: Traversable, problems: list[str]) -> list[Traversable]:
    if not folder.is_dir():
        problems.append(f"{folder}: is not a folder")
        return []
    files = [one for one in folder.iterdir() if one.name.endswith(".toml")]
    return sorted(files, key=lambda one: one.name)


def _load_file(file: Traversable, problems: list[str]) -> Definition | None:
    try:
        raw = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        problems.append(f"{file.name}: {error}")
        return None
    reader = _Reader(file.name, raw)
    definition = reader.read()
    problems += reader.problems
    return None if reader.problems else definition


class _Reader:
    """One file on its way to a definition; collects its problems."""

    def __init__(self, file_name: str, raw: dict[str, Any]) -> None:
        self._file_name = file_name
        self._raw = raw
        self.problems: list[str] = []

    def _wrong(self, key: str, reason: str) -> None:
        self.problems.append(f"{self._file_name}: {key}: {reason}")

    def read(self) -> Definition:
        """Check all keys; the result counts only when there are no problems."""
        for key in sorted(self._raw.keys() - _KEYS):
            self._wrong(key, f"unknown key; known are {', '.join(sorted(_KEYS))}")
        texts = {key: self._text(key) for key in _TEXT_KEYS}
        if texts["id"] != self._file_name.removesuffix(".toml"):
            self._wrong("id", "is not the file's name")
        optional = {
            key: self._text(key) if key in self._raw else None for key in _OPTIONAL_TEXT_KEYS
        }
        return Definition(
            **texts,
            manufacturer=optional["manufacturer"],
            operating_system=optional["operating_system"],
            category=self._category(),
            matches=tuple(self._matches()),
            read=dict(self._read_fields()),
        )

    def _text(self, key: str) -> str:
        value = self._raw.get(key)
        if not isinstance(value, str) or not value.strip():
            self._wrong(key, "needs a text")
            return ""
        return value

    def _category(self) -> Category | None:
        if "category" not in self._raw:
            return None
        try:
            return Category(self._raw["category"])
        except ValueError:
            self._wrong("category", f"is none of {', '.join(Category)}")
            return None

    def _matches(self) -> Iterator[Match]:
        blocks = self._raw.get("match")
        if not isinstance(blocks, list) or not blocks:
            self._wrong("match", "needs at least one block [[match]]")
            return
        for number, block in enumerate(blocks, 1):
            key = f"match {number}"
            for unknown in sorted(block.keys() - {"sys_object_id", "sys_descr", "subtree"}):
                self._wrong(f"{key}.{unknown}", "unknown key")
            if not block:
                self._wrong(key, "needs sys_object_id, sys_descr or subtree")
            prefixes = self._list(f"{key}.sys_object_id", block.get("sys_object_id", []))
            arcs = [self._arcs(f"{key}.sys_object_id", one) for one in prefixes]
            subtrees = self._list(f"{key}.subtree", block.get("subtree", []))
            octets = [self._oid(f"{key}.subtree", one) for one in subtrees]
            pattern = None
            if "sys_descr" in block:
                pattern = self._pattern(f"{key}.sys_descr", block["sys_descr"], group=None)
            yield Match(
                tuple(one for one in arcs if one is not None),
                pattern,
                tuple(one for one in octets if one is not None),
            )

    def _list(self, key: str, value: Any) -> list[Any]:
        if isinstance(value, list):
            return value
        self._wrong(key, "needs a list")
        return []

    def _arcs(self, key: str, value: Any) -> tuple[int, ...] | None:
        octets = self._oid(key, value)
        return None if octets is None else tuple(map(int, oids.decode(octets).split(".")))

    def _oid(self, key: str, value: Any) -> bytes | None:
        try:
            return oids.encode(value)
        except (ValueError, AttributeError, TypeError):
            self._wrong(key, f"{value!r} is not an object identifier")
            return None

    def _pattern(self, key: str, value: Any, group: str | None) -> re.Pattern[str] | None:
        try:
            pattern = re.compile(value)
        except (re.error, TypeError) as error:
            self._wrong(key, f"is not a regular expression: {error}")
            return None
        if group is not None and group not in pattern.groupindex:
            self._wrong(key, f"needs a group (?P<{group}>...)")
        return pattern

    def _read_fields(self) -> Iterator[tuple[str, tuple[Step, ...]]]:
        tables = self._raw.get("read", {})
        if not isinstance(tables, dict):
            self._wrong("read", "needs blocks [[read.field]]")
            return
        for name, steps in tables.items():
            key = f"read.{name}"
            if name not in READABLE:
                self._wrong(key, f"unknown field; known are {', '.join(READABLE)}")
            if not isinstance(steps, list) or not steps:
                self._wrong(key, f"needs blocks [[{key}]]")
                continue
            read = [self._step(f"{key} {number}", one) for number, one in enumerate(steps, 1)]
            if name == "category":
                self._check_categories(key, read)
            yield name, tuple(step for step in read if step is not None)

    def _check_categories(self, key: str, steps: list[Step | None]) -> None:
        """Refuse a word that is no category, while it can be told without a device."""
        for step in steps:
            if isinstance(step, SysDescrSays | ObjectSays) and step.value not in set(Category):
                self._wrong(key, f"{step.value!r} is none of {', '.join(Category)}")

    def _step(self, key: str, raw: dict[str, Any]) -> Step | None:
        kind = VERBS.get(raw.get("verb", ""))
        if kind is None:
            self._wrong(f"{key}.verb", f"is none of {', '.join(VERBS)}")
            return None
        names = {one.name for one in dataclasses.fields(kind)}
        given = raw.keys() - {"verb"}
        for name in sorted(given - names):
            self._wrong(f"{key}.{name}", f"the verb {raw['verb']} does not take it")
        for name in sorted(names - given):
            self._wrong(f"{key}.{name}", f"the verb {raw['verb']} needs it")
        if given != names:
            return None
        values = {name: self._argument(f"{key}.{name}", name, raw[name]) for name in names}
        return None if None in values.values() else kind(**values)

    def _argument(self, key: str, name: str, value: Any) -> Any:
        if name in {"oid", "suffix"}:
            octets = self._oid(key, value if name == "oid" else f"1.3.{value}")
            return value if octets is not None and name == "suffix" else octets
        if name in {"pattern", "words"}:
            return self._pattern(key, value, group="value" if name == "pattern" else None)
        if name == "value" and not isinstance(value, str):
            self._wrong(key, "needs a text")
            return None
        if name == "column" and value not in _CHASSIS_COLUMNS:
            self._wrong(key, f"is none of {', '.join(sorted(_CHASSIS_COLUMNS))}")
            return None
        if name == "names" and not _is_table_of_names(value):
            self._wrong(key, "needs a table of texts")
            return None
        return value


def _is_table_of_names(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _ties(definitions: tuple[Definition, ...]) -> Iterator[str]:
    """Find conditions that two definitions share, so that neither could win."""
    owners: dict[tuple[tuple[int, ...], str, bytes], str] = {}
    for definition in definitions:
        for match in definition.matches:
            text = match.sys_descr.pattern if match.sys_descr else ""
            conditions = product(match.sys_object_id or ((),), match.subtree or (b"",))
            for prefix, subtree in conditions:
                owner = owners.setdefault((prefix, text, subtree), definition.id)
                if owner != definition.id:
                    dotted = ".".join(map(str, prefix))
                    yield f"{definition.id}.toml: match: {dotted} {text} is also in {owner}.toml"

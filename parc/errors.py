"""Parc's errors, each with what a person can do about it.

    ParcError
    ├── ConfigError           settings that cannot be used, all problems at once
    ├── InvalidInputError     a person's input, by field; shown beside the fields
    ├── NotFoundError         nothing of that name, or out of the person's scope
    ├── NotAllowedError       the person's role does not allow it
    ├── ConflictError         somebody else changed or holds the thing meanwhile
    ├── SecretError           the master key is missing, or does not fit what is stored
    └── StartError            the product cannot start: port, database, migration, assets

Messages are English; texts for pages are translated where they are shown, by ``code``.
"""

from __future__ import annotations

from dataclasses import dataclass


class ParcError(Exception):
    """Root of all errors that Parc raises on purpose."""


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """One thing wrong in the settings: key with its table, line when known, reason in words."""

    key: str
    reason: str
    line: int | None = None
    nearest: str | None = None

    def __str__(self) -> str:
        """Say it on one line."""
        where = f"line {self.line}: " if self.line else ""
        hint = f" (did you mean {self.nearest}?)" if self.nearest else ""
        return f"{where}{self.key}: {self.reason}{hint}"


class ConfigError(ParcError):
    """The settings cannot be used; ``problems`` lists everything that is wrong."""

    def __init__(self, path: str, problems: list[ConfigProblem]) -> None:
        super().__init__("\n".join([f"{path}: {len(problems)} problem(s)", *map(str, problems)]))
        self.path = path
        self.problems = problems


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that cannot be taken: a stable ``code`` for translation and its arguments."""

    field: str
    code: str
    value: str = ""


class InvalidInputError(ParcError):
    """What a person entered cannot be taken; says which field and why."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.code} {p.value}".rstrip() for p in problems))
        self.problems = problems


class NotFoundError(ParcError):
    """There is nothing of that name, or it is out of the person's scope."""


class NotAllowedError(ParcError):
    """The person's role does not allow it."""


class ConflictError(ParcError):
    """Somebody else changed or holds the thing meanwhile."""


class SecretError(ParcError):
    """The master key is missing, readable by others, or does not fit what is stored."""


class StartError(ParcError):
    """The product cannot start; the message says in one line what to do."""
